package workspace_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dig2temporal/dig2temporal/internal/workspace"
)

// slowBody sends one piece after each pause. It ends with the context, as the bodies
// of stores do.
type slowBody struct {
	ctx    context.Context
	pieces [][]byte
	pause  time.Duration
}

func (b *slowBody) Read(p []byte) (int, error) {
	select {
	case <-time.After(b.pause):
	case <-b.ctx.Done():
		return 0, b.ctx.Err()
	}
	if len(b.pieces) == 0 {
		return 0, io.EOF
	}
	n := copy(p, b.pieces[0])
	if b.pieces[0] = b.pieces[0][n:]; len(b.pieces[0]) == 0 {
		b.pieces = b.pieces[1:]
	}
	return n, nil
}

func (b *slowBody) Close() error { return nil }

// TestStall fetches from stores that send too slowly or nothing at all, with a
// clock that runs only while all wait.
func TestStall(t *testing.T) {
	var s source
	digest := s.add(t, map[string]string{"x": strings.Repeat("1", 1000)})
	packed := s.archives[digest]
	pieces := func() [][]byte {
		return [][]byte{packed[:20:20], packed[20:40:40], packed[40:60:60], bytes.Clone(packed[60:])}
	}
	for _, c := range []struct {
		name  string
		stall time.Duration
		fetch func(ctx context.Context, digest string) (io.ReadCloser, error)
		want  string
		takes time.Duration
	}{
		{"slow and steady", 0, func(ctx context.Context, _ string) (io.ReadCloser, error) {
			return &slowBody{ctx, pieces(), 50 * time.Second}, nil
		}, "", 250 * time.Second},
		{"stops halfway", 0, func(ctx context.Context, _ string) (io.ReadCloser, error) {
			return struct {
				io.Reader
				io.Closer
			}{io.MultiReader(bytes.NewReader(packed[:20]), &slowBody{ctx, nil, time.Hour}), io.NopCloser(nil)}, nil
		}, "the store sent nothing for 1m0s", time.Minute},
		{"never begins", 5 * time.Second, func(ctx context.Context, _ string) (io.ReadCloser, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}, "the store sent nothing for 5s", 5 * time.Second},
		{"begins too late", 0, func(ctx context.Context, digest string) (io.ReadCloser, error) {
			time.Sleep(2 * time.Minute)
			return s.fetch(ctx, digest)
		}, "the store sent nothing for 1m0s", 2 * time.Minute},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				fetch := c.fetch
				cache := open(t, workspace.Options{Dir: t.TempDir(), Stall: c.stall, Fetch: func(ctx context.Context, digest string) (io.ReadCloser, error) {
					return fetch(ctx, digest)
				}})
				begin := time.Now()
				copied, _, err := cache.Open(t.Context(), digest)
				if took := time.Since(begin); took != c.takes {
					t.Errorf("it took %s, not %s", took, c.takes)
				}
				if c.want == "" {
					if err != nil || read(t, filepath.Join(copied, "x")) != strings.Repeat("1", 1000) {
						t.Errorf("got %v", err)
					}
					return
				}
				// It must not look like the end of the task's own context.
				if err == nil || !strings.HasSuffix(err.Error(), c.want) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("got %v", err)
				}
				// Nobody's lock is left, and the next try is a new one.
				fetch = s.fetch
				openCopy(t, cache, digest)
			})
		})
	}
}

// TestStallOfOthersFetch waits for a fetch of another process, which takes its time.
func TestStallOfOthersFetch(t *testing.T) {
	var s source
	digest := s.add(t, map[string]string{"x": "1"})
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		slow := open(t, workspace.Options{Dir: dir, Fetch: func(ctx context.Context, _ string) (io.ReadCloser, error) {
			return &slowBody{ctx, [][]byte{bytes.Clone(s.archives[digest])}, 50 * time.Second}, nil
		}})
		waits := open(t, workspace.Options{Dir: dir, Stall: time.Second, Fetch: s.fetch})
		done := make(chan error, 1)
		go func() {
			_, _, err := slow.Open(t.Context(), digest)
			done <- err
		}()
		time.Sleep(time.Second)
		copied, _ := openCopy(t, waits, digest)
		if _, err := os.Stat(filepath.Join(copied, "x")); err != nil {
			t.Error(err)
		}
		if err := <-done; err != nil || s.fetches.Load() != 0 {
			t.Errorf("%v, %d fetches", err, s.fetches.Load())
		}
	})
}

// TestCancelWhileStalled ends with the caller's context, not with the deadline, and
// so does the download.
func TestCancelWhileStalled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cache := open(t, workspace.Options{Dir: t.TempDir(), Fetch: func(ctx context.Context, _ string) (io.ReadCloser, error) {
			return &slowBody{ctx, nil, time.Hour}, nil
		}})
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		if _, _, err := cache.Open(ctx, strings.Repeat("0", 64)); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		synctest.Wait()
	})
}

// TestOutOfTime: who can't wait as long as a download takes finds it done later.
func TestOutOfTime(t *testing.T) {
	var s source
	digest := s.add(t, map[string]string{"x": "1"})
	synctest.Test(t, func(t *testing.T) {
		cache := open(t, workspace.Options{Dir: t.TempDir(), Fetch: func(ctx context.Context, digest string) (io.ReadCloser, error) {
			r, err := s.fetch(ctx, digest)
			time.Sleep(50 * time.Second)
			return r, err
		}})
		ctx, cancel := context.WithTimeout(t.Context(), 40*time.Second)
		defer cancel()
		if _, _, err := cache.Open(ctx, digest); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		copied, _ := openCopy(t, cache, digest)
		if n := s.fetches.Load(); n != 1 || read(t, filepath.Join(copied, "x")) != "1" {
			t.Errorf("%d fetches", n)
		}
	})
}

// TestCloseWhileDownloading leaves nothing at work.
func TestCloseWhileDownloading(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cache := open(t, workspace.Options{Dir: t.TempDir(), Stall: 24 * time.Hour, Fetch: func(ctx context.Context, _ string) (io.ReadCloser, error) {
			return &slowBody{ctx, nil, time.Hour}, nil
		}})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, _, err := cache.Open(ctx, strings.Repeat("0", 64)); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		if err := cache.Close(); err != nil {
			t.Error(err)
		}
		synctest.Wait()
	})
}
