package workspace_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dig2temporal/dig2temporal/internal/workspace"
)

// TestFolderGone removes parts of the cache's folder while it is in use.
func TestFolderGone(t *testing.T) {
	for _, c := range []struct {
		name    string
		gone    func(dir string) string
		fetches int32
		// copies says whether the copies of tasks are gone as well.
		copies bool
	}{
		{"all", func(dir string) string { return dir }, 2, true},
		{"locks", func(dir string) string { return filepath.Join(dir, "locks") }, 1, false},
		{"trees", func(dir string) string { return filepath.Join(dir, "trees") }, 2, false},
		{"tasks", func(dir string) string { return filepath.Join(dir, "tasks") }, 1, true},
		{"the folder of the process", func(dir string) string {
			all, _ := filepath.Glob(filepath.Join(dir, "tasks", "*.lock"))
			return strings.TrimSuffix(all[0], ".lock")
		}, 1, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			var s source
			dir := filepath.Join(t.TempDir(), "cache")
			digest := s.add(t, map[string]string{"a/x": "text"})
			cache := open(t, workspace.Options{Dir: dir, Fetch: s.fetch})
			before, closeBefore := openCopy(t, cache, digest)
			if err := os.RemoveAll(c.gone(dir)); err != nil {
				t.Fatal(err)
			}
			after, closeAfter := openCopy(t, cache, digest)
			if got := read(t, filepath.Join(after, "a/x")); got != "text" {
				t.Errorf("got %q", got)
			}
			if n := s.fetches.Load(); n != c.fetches {
				t.Errorf("%d fetches, not %d", n, c.fetches)
			}
			if _, err := os.Stat(before); errors.Is(err, fs.ErrNotExist) != c.copies {
				t.Errorf("the copy from before: %v", err)
			}
			// Another process does not take this one for dead.
			open(t, workspace.Options{Dir: dir, Fetch: s.fetch})
			if got := read(t, filepath.Join(after, "a/x")); got != "text" {
				t.Errorf("got %q", got)
			}
			if err := errors.Join(closeBefore(), closeAfter(), cache.Close()); err != nil {
				t.Error(err)
			}
			for _, copied := range []string{before, after} {
				if _, err := os.Stat(copied); !errors.Is(err, fs.ErrNotExist) {
					t.Errorf("%s is left: %v", copied, err)
				}
			}
		})
	}
}

// TestFolderGoneAtTheEnd closes a cache whose folder is gone.
func TestFolderGoneAtTheEnd(t *testing.T) {
	var s source
	dir := filepath.Join(t.TempDir(), "cache")
	cache := open(t, workspace.Options{Dir: dir, Fetch: s.fetch})
	_, closeCopy := openCopy(t, cache, s.add(t, map[string]string{"x": "1"}))
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(closeCopy(), cache.Close()); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the folder is there again: %v", err)
	}
}

// TestFolderGoneWithinAFetch removes everything while an archive comes for several
// callers, and another caller makes the folder again before it has come.
func TestFolderGoneWithinAFetch(t *testing.T) {
	var s source
	dir := filepath.Join(t.TempDir(), "cache")
	slow, quick := s.add(t, map[string]string{"x": "slow"}), s.add(t, map[string]string{"x": "quick"})
	var first sync.Once
	started, finish := make(chan struct{}), make(chan struct{})
	cache := open(t, workspace.Options{Dir: dir, Fetch: func(ctx context.Context, digest string) (io.ReadCloser, error) {
		if digest == slow {
			first.Do(func() {
				close(started)
				<-finish
			})
		}
		return s.fetch(ctx, digest)
	}})
	var all sync.WaitGroup
	join := func() {
		all.Go(func() {
			copied, closeCopy, err := cache.Open(t.Context(), slow)
			if err != nil {
				t.Error(err)
				return
			}
			if text, err := os.ReadFile(filepath.Join(copied, "x")); err != nil || string(text) != "slow" {
				t.Errorf("%q, %v", text, err)
			}
			if err := closeCopy(); err != nil {
				t.Error(err)
			}
		})
	}
	join()
	<-started
	join()
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	copied, _ := openCopy(t, cache, quick)
	if got := read(t, filepath.Join(copied, "x")); got != "quick" {
		t.Errorf("got %q", got)
	}
	// Who comes now finds the folder as it should be, and waits for a fetch that
	// began before.
	join()
	close(finish)
	all.Wait()
}

// TestFolderGoneUnderMany opens and closes copies in two processes while somebody
// cleans the disk now and then.
func TestFolderGoneUnderMany(t *testing.T) {
	var s source
	dir := filepath.Join(t.TempDir(), "cache")
	digests := []string{s.add(t, map[string]string{"x": "1"}), s.add(t, map[string]string{"x": "2"})}
	caches := []*workspace.Cache{open(t, workspace.Options{Dir: dir, Fetch: s.fetch}), open(t, workspace.Options{Dir: dir, Fetch: s.fetch})}
	var opened atomic.Int64
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for n := range 60 {
				_, closeCopy, err := caches[i%2].Open(t.Context(), digests[(i+n)%3%2])
				if err != nil {
					t.Error(err)
					continue
				}
				opened.Add(1)
				if err := closeCopy(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for n := int64(1); n <= 4; n++ {
			for opened.Load() < 80*n && !t.Failed() {
				time.Sleep(time.Millisecond)
			}
			// What is made meanwhile may keep it from removing all.
			_ = os.RemoveAll(dir)
		}
	}()
	all.Wait()
	<-done
	for i, cache := range caches {
		copied, _ := openCopy(t, cache, digests[i])
		if read(t, filepath.Join(copied, "x")) == "" {
			t.Error("an empty file")
		}
	}
}

// TestFolderBehindLink wants the path that commands see.
func TestFolderBehindLink(t *testing.T) {
	var s source
	real, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(real, link); err != nil {
		t.Fatal(err)
	}
	cache := open(t, workspace.Options{Dir: filepath.Join(link, "a", "b"), Fetch: s.fetch})
	copied, closeCopy := openCopy(t, cache, s.add(t, map[string]string{"x": "1"}))
	if !strings.HasPrefix(copied, filepath.Join(real, "a", "b")+string(filepath.Separator)) {
		t.Errorf("the copy is in %s, not in %s", copied, real)
	}
	pwd := exec.Command("pwd", "-P")
	pwd.Dir = copied
	if seen, err := pwd.Output(); err != nil || string(bytes.TrimSpace(seen)) != copied {
		t.Errorf("commands see %q, not %q: %v", seen, copied, err)
	}
	// Where the link leads later does not matter.
	if err := errors.Join(os.Remove(link), os.Symlink(t.TempDir(), link)); err != nil {
		t.Fatal(err)
	}
	if err := closeCopy(); err != nil {
		t.Error(err)
	}
	if _, err := os.Lstat(copied); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the copy is still there: %v", err)
	}
}
