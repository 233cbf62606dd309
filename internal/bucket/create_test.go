package bucket_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"gocloud.dev/blob/fileblob"

	"github.com/dig2temporal/dig2temporal/internal/bucket"
	"github.com/dig2temporal/dig2temporal/internal/bucket/buckettest"
)

func TestOneOfManyCreates(t *testing.T) {
	for _, url := range []string{"mem://", t.TempDir(), "file://" + t.TempDir() + "?prefix=p/", buckettest.S3(t)} {
		b := open(t, url)
		for round := range 20 {
			key := fmt.Sprintf("folder/%d.json", round)
			var winner atomic.Value
			var all sync.WaitGroup
			for n := range 8 {
				all.Go(func() {
					text := strings.Repeat(fmt.Sprint(n), 1000)
					switch err := bucket.Create(t.Context(), b, key, "text/plain", strings.NewReader(text)); {
					case err == nil && winner.Swap(text) != nil:
						t.Errorf("%s: two writers made %s", url, key)
					case err != nil && !errors.Is(err, bucket.ErrExists):
						t.Errorf("%s: %v", url, err)
					}
				})
			}
			all.Wait()
			text, err := b.ReadAll(t.Context(), key)
			if err != nil || string(text) != winner.Load() {
				t.Errorf("%s: %s holds %.10q…, %v", url, key, text, err)
			}
		}
		if got := strings.Count(keys(t, b), "folder/"); got != 20 {
			t.Errorf("%s: %d keys", url, got)
		}
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("broken") }

func TestCreateAllOrNothing(t *testing.T) {
	for _, url := range []string{"mem://", t.TempDir(), buckettest.S3(t)} {
		b := open(t, url)
		err := bucket.Create(t.Context(), b, "x", "text/plain", io.MultiReader(strings.NewReader("half"), broken{}))
		if err == nil || !strings.Contains(err.Error(), "broken") {
			t.Errorf("%s: %v", url, err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := bucket.Create(ctx, b, "x", "text/plain", strings.NewReader("late")); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: cancelled: %v", url, err)
		}
		if got := keys(t, b); got != "" {
			t.Errorf("%s: holds %q", url, got)
		}
	}
}

func TestCreateNeedsTemporaryFilesBeside(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	dir := t.TempDir()
	b, err := fileblob.OpenBucket(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if err := bucket.Create(t.Context(), b, "folder/x", "text/plain", strings.NewReader("1")); err == nil {
		t.Error("a file that can't be linked is created")
	}
	if entries, _ := os.ReadDir(os.TempDir()); len(entries) != 0 {
		t.Errorf("left behind: %v", entries)
	}
}

func TestCreateInClosedBucket(t *testing.T) {
	b, err := bucket.Open(t.Context(), "mem://")
	if err != nil {
		t.Fatal(err)
	}
	b.Close()
	if err := bucket.Create(t.Context(), b, "x", "text/plain", strings.NewReader("1")); err == nil || errors.Is(err, bucket.ErrExists) {
		t.Errorf("got %v", err)
	}
}
