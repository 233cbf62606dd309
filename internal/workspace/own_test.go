package workspace_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/dig2temporal/dig2temporal/internal/workspace"
)

const childDir, childDigest = "WORKSPACE_TEST_DIR", "WORKSPACE_TEST_DIGEST"

// TestMain plays the process that dies, when it is told to.
func TestMain(m *testing.M) {
	dir := os.Getenv(childDir)
	if dir == "" {
		os.Exit(m.Run())
	}
	os.Exit(die(dir))
}

// die leaves a copy behind and says which.
func die(dir string) int {
	c, err := workspace.New(workspace.Options{Dir: dir, Fetch: func(context.Context, string) (io.ReadCloser, error) {
		return nil, errors.New("the tree is there")
	}})
	if err != nil {
		fmt.Println(err)
		return 1
	}
	copied, _, err := c.Open(context.Background(), os.Getenv(childDigest))
	if err != nil {
		fmt.Println(err)
		return 1
	}
	fmt.Println(copied)
	return 0
}

func TestDeadProcessesAreCleanedUp(t *testing.T) {
	dir := t.TempDir()
	var s source
	digest := s.add(t, map[string]string{"x": "1"})
	alive := open(t, workspace.Options{Dir: dir, Fetch: s.fetch})
	kept, _ := openCopy(t, alive, digest)
	executable, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	child := exec.Command(executable)
	child.Env = append(os.Environ(), childDir+"="+dir, childDigest+"="+digest)
	out, err := child.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	left := strings.TrimSpace(string(out))
	if _, err := os.Stat(left); err != nil || filepath.Base(left) != "work" {
		t.Fatalf("the child left %q: %v", left, err)
	}
	before := strings.Count(names(t, dir, "tasks"), ".lock")
	open(t, workspace.Options{Dir: dir, Fetch: s.fetch})
	if _, err := os.Lstat(filepath.Dir(filepath.Dir(left))); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%s is still there", left)
	}
	if after := strings.Count(names(t, dir, "tasks"), ".lock"); after != before {
		t.Errorf("%d locks, then %d", before, after)
	}
	if read(t, filepath.Join(kept, "x")) != "1" {
		t.Error("a copy of the living is gone")
	}
	// What the dead had fetched is not fetched again.
	if n := s.fetches.Load(); n != 1 {
		t.Errorf("%d fetches", n)
	}
}

func TestManyBirthsAtOnce(t *testing.T) {
	dir := t.TempDir()
	var s source
	digest := s.add(t, map[string]string{"x": "1"})
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			c, err := workspace.New(workspace.Options{Dir: dir, Fetch: s.fetch})
			if err != nil {
				t.Error(err)
				return
			}
			copied, _, err := c.Open(t.Context(), digest)
			if err != nil {
				t.Error(err)
			} else if _, err := os.Stat(filepath.Join(copied, "x")); err != nil {
				t.Error(err)
			}
			if err := c.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if got := names(t, dir, "tasks"); got != "birth" {
		t.Errorf("left behind: %s", got)
	}
}

func TestCopiesThatResist(t *testing.T) {
	var s source
	outside := t.TempDir()
	if err := os.WriteFile(filepath.Join(outside, "kept"), nil, 0o400); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(outside, 0o500); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(outside, 0o700)
	c := open(t, workspace.Options{Dir: t.TempDir(), Fetch: s.fetch})
	copied, closeCopy := openCopy(t, c, s.add(t, map[string]string{"a/b/c": "1", "d": "2"}))
	err := errors.Join(
		os.Symlink(outside, filepath.Join(copied, "a/b/link")),
		os.Mkdir(filepath.Join(copied, "empty"), 0),
		os.Chmod(filepath.Join(copied, "a/b/c"), 0),
		os.Chmod(filepath.Join(copied, "a/b"), 0),
		os.Chmod(filepath.Join(copied, "a"), 0o100),
		os.Chmod(copied, 0),
		os.Chmod(filepath.Dir(copied), 0o500),
	)
	if err != nil {
		t.Fatal(err)
	}
	if err := closeCopy(); err != nil {
		t.Error(err)
	}
	if _, err := os.Lstat(filepath.Dir(copied)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the copy is still there: %v", err)
	}
	info, err := os.Stat(outside)
	if err != nil || info.Mode().Perm() != 0o500 || names(t, outside) != "kept" {
		t.Errorf("what a link leads to was changed: %v, %v", info.Mode(), err)
	}
}

func TestCopyThatIsStillWrittenTo(t *testing.T) {
	var s source
	c := open(t, workspace.Options{Dir: t.TempDir(), Fetch: s.fetch})
	copied, closeCopy := openCopy(t, c, s.add(t, map[string]string{"x": "1"}))
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := 0; os.WriteFile(filepath.Join(copied, fmt.Sprint(i)), nil, 0o600) == nil; i++ {
		}
	}()
	if err := closeCopy(); err != nil {
		t.Error(err)
	}
	<-done
}

func TestCloseRemovesWhatIsLeft(t *testing.T) {
	var s source
	dir := t.TempDir()
	digest := s.add(t, map[string]string{"x": "1"})
	c, err := workspace.New(workspace.Options{Dir: dir, Fetch: s.fetch})
	if err != nil {
		t.Fatal(err)
	}
	copied, closeCopy := openCopy(t, c, digest)
	for range 2 {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := os.Lstat(copied); !errors.Is(err, fs.ErrNotExist) {
		t.Error("a copy is left")
	}
	if err := closeCopy(); err != nil {
		t.Error(err)
	}
	if _, _, err := c.Open(t.Context(), digest); err == nil || err.Error() != "workspace: it is closed" {
		t.Errorf("got %v", err)
	}
}

func TestNewErrors(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := workspace.New(workspace.Options{Dir: file}); err == nil || !strings.HasPrefix(err.Error(), "workspace: ") {
		t.Errorf("got %v", err)
	}
}
