package workspace_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dig2temporal/dig2temporal/internal/archive"
	"github.com/dig2temporal/dig2temporal/internal/workspace"
)

// source is where archives are fetched from.
type source struct {
	mu       sync.Mutex
	archives map[string][]byte
	fetches  atomic.Int32
}

// add packs files ("path", "path*" for what may be executed, "path -> target") and
// returns the digest.
func (s *source) add(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		name, target, isLink := strings.Cut(name, " -> ")
		name, executable := strings.CutSuffix(name, "*")
		perm := fs.FileMode(0o600)
		if executable {
			perm = 0o700
		}
		at := filepath.Join(dir, name)
		err := os.MkdirAll(filepath.Dir(at), 0o755)
		switch {
		case err != nil:
		case isLink:
			err = os.Symlink(target, at)
		default:
			err = os.WriteFile(at, []byte(text), perm)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	var packed bytes.Buffer
	sum, err := archive.Pack(t.Context(), dir, &packed, archive.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s.put(sum.Digest, packed.Bytes())
	return sum.Digest
}

func (s *source) put(digest string, packed []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.archives == nil {
		s.archives = map[string][]byte{}
	}
	s.archives[digest] = packed
}

func (s *source) fetch(_ context.Context, digest string) (io.ReadCloser, error) {
	s.fetches.Add(1)
	s.mu.Lock()
	defer s.mu.Unlock()
	packed, ok := s.archives[digest]
	if !ok {
		return nil, errors.New("no such archive")
	}
	return io.NopCloser(bytes.NewReader(packed)), nil
}

func open(t testing.TB, o workspace.Options) *workspace.Cache {
	t.Helper()
	c, err := workspace.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func openCopy(t testing.TB, c *workspace.Cache, digest string) (string, func() error) {
	t.Helper()
	dir, closeCopy, err := c.Open(t.Context(), digest)
	if err != nil {
		t.Fatal(err)
	}
	return dir, closeCopy
}

func read(t testing.TB, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// names lists a folder of the cache.
func names(t testing.TB, path ...string) string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, e := range entries {
		found = append(found, e.Name())
	}
	return strings.Join(found, " ")
}

func TestCopies(t *testing.T) {
	var s source
	digest := s.add(t, map[string]string{"main.dig": "+a:", "scripts/run*": "#!", "scripts/empty": "", "link -> scripts/run": "", "folder -> scripts": "", "later -> made/later": ""})
	c := open(t, workspace.Options{Dir: filepath.Join(t.TempDir(), "a", "[b]"), Fetch: s.fetch})
	first, closeFirst := openCopy(t, c, digest)
	second, closeSecond := openCopy(t, c, digest)
	if first == second || filepath.Base(first) != "work" || !filepath.IsAbs(first) {
		t.Errorf("%s and %s", first, second)
	}
	for name, want := range map[string]string{"main.dig": "+a:", "scripts/run": "#!", "scripts/empty": "", "link": "#!", "folder/run": "#!"} {
		if got := read(t, filepath.Join(first, name)); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
	for name, want := range map[string]bool{"main.dig": false, "scripts/run": true, "scripts/empty": false} {
		info, err := os.Stat(filepath.Join(first, name))
		if err != nil || info.Mode()&0o100 != 0 != want || info.Mode()&0o200 == 0 {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
	if target, err := os.Readlink(filepath.Join(first, "later")); err != nil || target != "made/later" {
		t.Errorf("%q, %v", target, err)
	}
	for name, text := range map[string]string{"main.dig": "changed", "new": "made"} {
		if err := os.WriteFile(filepath.Join(first, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.RemoveAll(filepath.Join(first, "scripts")); err != nil {
		t.Fatal(err)
	}
	third, _ := openCopy(t, c, digest)
	for _, dir := range []string{second, third} {
		if read(t, filepath.Join(dir, "main.dig")) != "+a:" || read(t, filepath.Join(dir, "scripts/run")) != "#!" {
			t.Errorf("a copy changed with another")
		}
		if _, err := os.Lstat(filepath.Join(dir, "new")); !errors.Is(err, fs.ErrNotExist) {
			t.Error("a copy has another's file")
		}
	}
	for range 2 {
		if err := errors.Join(closeFirst(), closeSecond()); err != nil {
			t.Error(err)
		}
	}
	for _, dir := range []string{first, second} {
		if _, err := os.Lstat(filepath.Dir(dir)); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is still there", dir)
		}
	}
	if n := s.fetches.Load(); n != 1 {
		t.Errorf("%d fetches", n)
	}
}

func TestTreesAreReadOnly(t *testing.T) {
	var s source
	dir := t.TempDir()
	digest := s.add(t, map[string]string{"a/b": "1", "c*": "2"})
	openCopy(t, open(t, workspace.Options{Dir: dir, Fetch: s.fetch}), digest)
	count := 0
	err := filepath.WalkDir(filepath.Join(dir, "trees", digest), func(at string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		count++
		info, err := e.Info()
		if err == nil && info.Mode()&0o222 != 0 {
			t.Errorf("%s: %v", at, info.Mode())
		}
		return err
	})
	if err != nil || count != 2 {
		t.Errorf("%d files, %v", count, err)
	}
}

func TestOneFetchForAll(t *testing.T) {
	var s source
	dir := t.TempDir()
	digest := s.add(t, map[string]string{"x": "1"})
	slow := func(ctx context.Context, digest string) (io.ReadCloser, error) {
		time.Sleep(20 * time.Millisecond)
		return s.fetch(ctx, digest)
	}
	// Two caches on one folder are what two processes are to each other.
	caches := []*workspace.Cache{open(t, workspace.Options{Dir: dir, Fetch: slow}), open(t, workspace.Options{Dir: dir, Fetch: slow})}
	var all sync.WaitGroup
	for i := range 40 {
		all.Go(func() {
			copied, closeCopy, err := caches[i%2].Open(t.Context(), digest)
			if err != nil {
				t.Error(err)
				return
			}
			if text, err := os.ReadFile(filepath.Join(copied, "x")); err != nil || string(text) != "1" {
				t.Errorf("%q, %v", text, err)
			}
			if err := closeCopy(); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := s.fetches.Load(); n != 1 {
		t.Errorf("%d fetches", n)
	}
	if got := names(t, dir, "trees"); got != digest+" "+digest+".json" {
		t.Errorf("trees: %s", got)
	}
}

func TestOpenErrors(t *testing.T) {
	var s source
	dir := t.TempDir()
	good := s.add(t, map[string]string{"x": "1"})
	sum := sha256.Sum256([]byte("no archive"))
	text := hex.EncodeToString(sum[:])
	s.put(text, []byte("no archive"))
	missing, wrong := strings.Repeat("0", 64), strings.Repeat("1", 64)
	s.put(wrong, []byte("something"))
	large := s.add(t, map[string]string{"x": strings.Repeat("1", 2000)})
	c := open(t, workspace.Options{Dir: dir, Fetch: s.fetch, Limits: archive.Limits{MaxBytes: 1000}})
	for _, test := range []struct {
		digest, want string
		unusable     bool
	}{
		{"", `workspace: "" is no SHA-256 digest`, false},
		{"../" + good[3:], `is no SHA-256 digest`, false},
		{strings.ToUpper(good), `is no SHA-256 digest`, false},
		{missing, "workspace: project archive " + missing + ": no such archive", false},
		{wrong, "what was fetched has another digest: ", true},
		{text, "the archive is no sound tar.gz", true},
		{large, "the files are longer than 1000 bytes in all", true},
	} {
		copied, closeCopy, err := c.Open(t.Context(), test.digest)
		if err == nil || !strings.Contains(err.Error(), test.want) || copied != "" || closeCopy != nil {
			t.Errorf("%s: %v", test.digest, err)
		}
		var unusable *workspace.ArchiveError
		if errors.As(err, &unusable) != test.unusable {
			t.Errorf("%s: %T %v", test.digest, err, err)
		}
	}
	if got := names(t, dir, "trees"); got != "" {
		t.Errorf("trees: %s", got)
	}
	// An error is not remembered.
	s.put(missing, nil)
	s.archives[wrong] = s.archives[good]
	openCopy(t, c, good)
	fresh := s.add(t, map[string]string{"y": "2"})
	packed := s.archives[fresh]
	delete(s.archives, fresh)
	if _, _, err := c.Open(t.Context(), fresh); err == nil {
		t.Error("what is missing is opened")
	}
	s.put(fresh, packed)
	openCopy(t, c, fresh)
}

// TestDamagedOnTheWay fetches an archive again that did not arrive as it is.
func TestDamagedOnTheWay(t *testing.T) {
	var s source
	digest := s.add(t, map[string]string{"x": "1"})
	fetches := 0
	c := open(t, workspace.Options{Dir: t.TempDir(), Fetch: func(ctx context.Context, digest string) (io.ReadCloser, error) {
		if fetches++; fetches == 1 {
			return io.NopCloser(strings.NewReader(strings.Repeat("longer than it is", 1000))), nil
		}
		return s.fetch(ctx, digest)
	}})
	copied, _ := openCopy(t, c, digest)
	if got := read(t, filepath.Join(copied, "x")); got != "1" || fetches != 2 {
		t.Errorf("%q after %d fetches", got, fetches)
	}
}

func TestWaitersAndFetch(t *testing.T) {
	var s source
	digest := s.add(t, map[string]string{"x": "1"})
	started, release := make(chan context.Context, 1), make(chan struct{})
	c := open(t, workspace.Options{Dir: t.TempDir(), Fetch: func(ctx context.Context, digest string) (io.ReadCloser, error) {
		started <- ctx
		select {
		case <-release:
			return s.fetch(ctx, digest)
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}})
	openWith := func(ctx context.Context) <-chan error {
		done := make(chan error, 1)
		go func() {
			_, _, err := c.Open(ctx, digest)
			done <- err
		}()
		return done
	}
	first, cancelFirst := context.WithCancel(t.Context())
	one := openWith(first)
	fetching := <-started
	cancelFirst()
	if err := <-one; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	// Nobody waits: the fetch ends.
	<-fetching.Done()

	first, cancelFirst = context.WithCancel(t.Context())
	one = openWith(first)
	fetching = <-started
	two := openWith(t.Context())
	time.Sleep(20 * time.Millisecond)
	cancelFirst()
	if err := <-one; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if fetching.Err() != nil {
		t.Error("the fetch ends with the first who waited")
	}
	close(release)
	if err := <-two; err != nil {
		t.Error(err)
	}
}

func TestDamagedTrees(t *testing.T) {
	for _, c := range []struct {
		name   string
		damage func(tree string) error
		// known damages are found by a cache that has used the tree.
		known bool
	}{
		{"empty file", func(tree string) error { return os.Truncate(filepath.Join(tree, "a/x"), 0) }, true},
		{"file is gone", func(tree string) error { return os.Remove(filepath.Join(tree, "a/x")) }, true},
		{"tree is gone", os.RemoveAll, true},
		{"folder for a file", func(tree string) error {
			return errors.Join(os.Remove(filepath.Join(tree, "a/x")), os.Mkdir(filepath.Join(tree, "a/x"), 0o700))
		}, false},
		{"list is gone", func(tree string) error { return os.Remove(tree + ".json") }, true},
		{"list is empty", func(tree string) error { return os.Truncate(tree+".json", 0) }, false},
	} {
		for _, known := range []bool{false, true} {
			if known && !c.known {
				continue
			}
			t.Run(fmt.Sprint(c.name, known), func(t *testing.T) {
				var s source
				dir := t.TempDir()
				digest := s.add(t, map[string]string{"a/x": "text", "b": "text"})
				cache := open(t, workspace.Options{Dir: dir, Fetch: s.fetch})
				openCopy(t, cache, digest)
				tree := filepath.Join(dir, "trees", digest)
				if err := errors.Join(os.Chmod(tree, 0o700), os.Chmod(filepath.Join(tree, "a"), 0o700), os.Chmod(filepath.Join(tree, "a/x"), 0o600), c.damage(tree)); err != nil {
					t.Fatal(err)
				}
				if !known {
					cache = open(t, workspace.Options{Dir: dir, Fetch: s.fetch})
				}
				copied, _ := openCopy(t, cache, digest)
				if got := read(t, filepath.Join(copied, "a/x")); got != "text" {
					t.Errorf("got %q", got)
				}
				if n := s.fetches.Load(); n != 2 {
					t.Errorf("%d fetches", n)
				}
			})
		}
	}
}

func TestManyFiles(t *testing.T) {
	var s source
	files := map[string]string{}
	for i := range 300 {
		files[fmt.Sprintf("folder%d/sub/file%d", i%7, i)] = fmt.Sprint(i)
	}
	c := open(t, workspace.Options{Dir: t.TempDir(), Fetch: s.fetch})
	copied, _ := openCopy(t, c, s.add(t, files))
	for name, want := range files {
		if got := read(t, filepath.Join(copied, name)); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func BenchmarkOpen(b *testing.B) {
	for _, files := range []int{1, 10, 100, 1000} {
		b.Run(fmt.Sprint(files, "files"), func(b *testing.B) {
			var s source
			project := map[string]string{}
			for i := range files {
				project[fmt.Sprintf("folder%d/file%d", i%5, i)] = strings.Repeat("a line of a script\n", 100)
			}
			digest := s.add(b, project)
			c := open(b, workspace.Options{Dir: b.TempDir(), Fetch: s.fetch})
			openCopy(b, c, digest)
			var closing time.Duration
			for b.Loop() {
				_, closeCopy, err := c.Open(b.Context(), digest)
				if err != nil {
					b.Fatal(err)
				}
				b.StopTimer()
				begin := time.Now()
				if err := closeCopy(); err != nil {
					b.Fatal(err)
				}
				closing += time.Since(begin)
				b.StartTimer()
			}
			b.ReportMetric(float64(closing.Nanoseconds())/float64(b.N), "ns/close")
		})
	}
}
