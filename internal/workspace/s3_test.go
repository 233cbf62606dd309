package workspace_test

import (
	"bytes"
	"path/filepath"
	"testing"
	"time"

	"github.com/dig2temporal/dig2temporal/internal/archive"
	"github.com/dig2temporal/dig2temporal/internal/bucket"
	"github.com/dig2temporal/dig2temporal/internal/bucket/buckettest"
	"github.com/dig2temporal/dig2temporal/internal/projectstore"
	"github.com/dig2temporal/dig2temporal/internal/workspace"
)

// TestFromFolderToTask goes the whole way of a project, by a folder and by S3.
func TestFromFolderToTask(t *testing.T) {
	for _, url := range []string{t.TempDir(), buckettest.S3(t) + "&prefix=team/"} {
		b, err := bucket.Open(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		defer b.Close()
		store := projectstore.New(b, time.Now)
		project := filepath.Join("testdata", "project")
		var packed bytes.Buffer
		sum, err := archive.Pack(t.Context(), project, &packed, archive.Options{})
		if err != nil {
			t.Fatal(err)
		}
		pushed, err := store.Push(t.Context(), projectstore.Push{
			Project: "shop", Archive: bytes.NewReader(packed.Bytes()),
			Workflows: []projectstore.PushWorkflow{{Name: "main", Timezone: "UTC", Plan: []byte(`{}`)}},
		})
		if err != nil || pushed.Digest != sum.Digest {
			t.Fatalf("%+v, %v", pushed, err)
		}
		latest, err := store.Latest(t.Context(), "shop")
		if err != nil {
			t.Fatal(err)
		}
		c := open(t, workspace.Options{Dir: t.TempDir(), Fetch: store.Archive})
		dir, closeCopy := openCopy(t, c, latest.Digest)
		for _, name := range []string{"main.dig", "scripts/load.sh"} {
			if got, want := read(t, filepath.Join(dir, name)), read(t, filepath.Join(project, name)); got != want {
				t.Errorf("%s: %q", name, got)
			}
		}
		if err := closeCopy(); err != nil {
			t.Error(err)
		}
	}
}
