package bucket_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/dig2temporal/dig2temporal/internal/bucket"
	"github.com/dig2temporal/dig2temporal/internal/bucket/buckettest"
)

func TestBatch(t *testing.T) {
	for _, url := range []string{"mem://", t.TempDir(), buckettest.S3(t)} {
		b := open(t, url)
		batch := bucket.NewBatch(b)
		for _, key := range []string{"x", "a/b/x", "a/b/y", "a/c/x"} {
			if err := batch.Create(t.Context(), key, "text/plain", strings.NewReader(key)); err != nil {
				t.Fatal(err)
			}
		}
		if err := batch.Create(t.Context(), "a/b/y", "text/plain", strings.NewReader("2")); !errors.Is(err, bucket.ErrExists) {
			t.Errorf("%s: a second time: %v", url, err)
		}
		if err := batch.Sync(); err != nil {
			t.Errorf("%s: %v", url, err)
		}
		if got, err := b.ReadAll(t.Context(), "a/b/y"); err != nil || string(got) != "a/b/y" {
			t.Errorf("%s: holds %q, %v", url, got, err)
		}
	}
}

// TestBatchSyncsFolders takes away one folder of those that a batch wrote to, so
// that the call that makes its names last has to fail.
func TestBatchSyncsFolders(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("folders are not synced there")
	}
	for _, gone := range []string{"", "a", "a/b", "a/c"} {
		folder := filepath.Join(t.TempDir(), "store")
		b := open(t, folder)
		batch := bucket.NewBatch(b)
		for _, key := range []string{"a/b/x", "a/c/x"} {
			if err := batch.Create(t.Context(), key, "text/plain", strings.NewReader(key)); err != nil {
				t.Fatal(err)
			}
		}
		place := filepath.Join(folder, gone)
		if err := os.Rename(place, place+"-moved"); err != nil {
			t.Fatal(err)
		}
		if err := batch.Sync(); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%q: %v", gone, err)
		}
		if err := os.Rename(place+"-moved", place); err != nil {
			t.Fatal(err)
		}
		if err := batch.Sync(); err != nil {
			t.Errorf("%q is back: %v", gone, err)
		}
		if err := os.RemoveAll(filepath.Join(folder, "a")); err != nil {
			t.Fatal(err)
		}
		if err := batch.Sync(); err != nil {
			t.Errorf("%q: with nothing to do: %v", gone, err)
		}
	}
}
