package activities

import (
	"errors"
	"strings"
	"testing"
	"time"

	"gocloud.dev/blob"
	"gocloud.dev/blob/memblob"

	"github.com/dig2temporal/dig2temporal/internal/projectstore"
	"github.com/dig2temporal/dig2temporal/internal/workspace"
	"github.com/dig2temporal/dig2temporal/operators"
)

// keyOf returns the key of the only object in a folder of the bucket.
func keyOf(t *testing.T, b *blob.Bucket, folder string) string {
	t.Helper()
	o, err := b.List(&blob.ListOptions{Prefix: folder}).Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return o.Key
}

// TestFindInDamagedStore: what is gone or damaged is no reason to try again, a
// store that does not answer is.
func TestFindInDamagedStore(t *testing.T) {
	for _, r := range []struct {
		name    string
		damage  func(t *testing.T, b *blob.Bucket) error
		project string
		// lasting and passing tell of what kind the error is; nothing is found
		// without both.
		lasting, passing bool
	}{
		{name: "no such project", project: "other"},
		{name: "a damaged plan", project: "p", lasting: true, damage: func(t *testing.T, b *blob.Bucket) error {
			return b.WriteAll(t.Context(), keyOf(t, b, "plans/"), []byte("{}"), nil)
		}},
		{name: "no plan", project: "p", lasting: true, damage: func(t *testing.T, b *blob.Bucket) error {
			return b.Delete(t.Context(), keyOf(t, b, "plans/"))
		}},
		{name: "a damaged project", project: "p", lasting: true, damage: func(t *testing.T, b *blob.Bucket) error {
			return b.WriteAll(t.Context(), keyOf(t, b, "projects/"), []byte("{"), nil)
		}},
		{name: "no answer", project: "p", passing: true, damage: func(_ *testing.T, b *blob.Bucket) error { return b.Close() }},
	} {
		t.Run(r.name, func(t *testing.T) {
			b := memblob.OpenBucket(nil)
			store := projectstore.New(b, time.Now)
			_, err := store.Push(t.Context(), projectstore.Push{
				Project: "p", Revision: "1", Archive: strings.NewReader("archive"),
				Workflows: []projectstore.PushWorkflow{{Name: "w", Timezone: "UTC", Plan: []byte(`{"name":"w"}`)}},
			})
			if err != nil {
				t.Fatal(err)
			}
			if r.damage != nil {
				if err := r.damage(t, b); err != nil {
					t.Fatal(err)
				}
			}
			w, err := FindRevision(store)(t.Context(), &Session{}, operators.ProjectRef{Name: r.project}, "w")
			var mistake *operators.ConfigError
			var passing *temporary
			if w != nil || errors.As(err, &mistake) != r.lasting || errors.As(err, &passing) != r.passing || (err != nil) != (r.lasting || r.passing) {
				t.Errorf("%+v, %T %v", w, err, err)
			}
		})
	}
}

// TestOpenRevisionThatIsGone does the same with the project's files.
func TestOpenRevisionThatIsGone(t *testing.T) {
	b := memblob.OpenBucket(nil)
	store := projectstore.New(b, time.Now)
	cache, err := workspace.New(workspace.Options{Dir: t.TempDir(), Fetch: store.Archive})
	if err != nil {
		t.Fatal(err)
	}
	open := func() error {
		_, err := Revisions(cache).Open(t.Context(), &Session{Archive: strings.Repeat("0", 64)})
		return spaceError(err)
	}
	var mistake *operators.ConfigError
	var passing *temporary
	if err := open(); !errors.As(err, &mistake) {
		t.Errorf("gone: %T %v", err, err)
	}
	if err := b.WriteAll(t.Context(), "archives/"+strings.Repeat("0", 64)+".tar.gz", []byte("another"), nil); err != nil {
		t.Fatal(err)
	}
	if err := open(); !errors.As(err, &mistake) || !strings.Contains(err.Error(), "another digest") {
		t.Errorf("damaged: %T %v", err, err)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if err := open(); errors.As(err, &mistake) || !errors.As(err, &passing) {
		t.Errorf("no answer: %T %v", err, err)
	}
}
