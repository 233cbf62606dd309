package bucket_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

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

// broken is a text that can't be read to its end.
type broken struct{ *strings.Reader }

func (b broken) Read(p []byte) (int, error) {
	if b.Len() == 0 {
		return 0, errors.New("broken")
	}
	return b.Reader.Read(p)
}

func (b broken) WriteTo(io.Writer) (int64, error) { return 0, errors.New("broken") }

func TestCreateAllOrNothing(t *testing.T) {
	for _, url := range []string{"mem://", t.TempDir(), buckettest.S3(t)} {
		b := open(t, url)
		err := bucket.Create(t.Context(), b, "x", "text/plain", broken{strings.NewReader("half")})
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

// conflicts answers the first writes as S3 does while another one goes on.
func conflicts(n int64) func(http.Handler) http.Handler {
	var writes atomic.Int64
	return func(server http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method != http.MethodPut || writes.Add(1) > n {
				server.ServeHTTP(w, r)
				return
			}
			_, _ = io.Copy(io.Discard, r.Body)
			w.Header().Set("Content-Type", "application/xml")
			w.WriteHeader(http.StatusConflict)
			_, _ = io.WriteString(w, "<Error><Code>ConditionalRequestConflict</Code><Message>try again</Message></Error>")
		})
	}
}

func TestCreateBesideAnUndecidedWrite(t *testing.T) {
	b := open(t, buckettest.S3Through(t, conflicts(3)))
	text := strings.NewReader("not this, but this")
	if _, err := text.Seek(10, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	if err := bucket.Create(t.Context(), b, "x", "text/plain", text); err != nil {
		t.Fatal(err)
	}
	if got, err := b.ReadAll(t.Context(), "x"); err != nil || string(got) != "but this" {
		t.Errorf("holds %q, %v", got, err)
	}
	if err := bucket.Create(t.Context(), b, "x", "text/plain", strings.NewReader("2")); !errors.Is(err, bucket.ErrExists) {
		t.Errorf("a second time: %v", err)
	}
}

// TestCreateStaysUndecided: nobody knows of a blob, so it must not be said that
// there is one.
func TestCreateStaysUndecided(t *testing.T) {
	b := open(t, buckettest.S3Through(t, conflicts(1<<40)))
	err := bucket.Create(t.Context(), b, "x", "text/plain", strings.NewReader("1"))
	if err == nil || errors.Is(err, bucket.ErrExists) || !strings.Contains(err.Error(), `another write of "x" does not come to an end`) {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := bucket.Create(ctx, b, "x", "text/plain", strings.NewReader("1")); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("out of time: %v", err)
	}
}
