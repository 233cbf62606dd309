package workspace_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gofrs/flock"

	"github.com/dig2temporal/dig2temporal/internal/workspace"
)

func TestLeastRecentlyUsedGoes(t *testing.T) {
	var s source
	dir := t.TempDir()
	text := strings.Repeat("x", 8000)
	digests := make([]string, 5)
	for i := range digests {
		digests[i] = s.add(t, map[string]string{"x": text + fmt.Sprint(i)})
	}
	// A tree takes a block for its folder and two for the file.
	o := workspace.Options{Dir: dir, MaxBytes: 3 * 3 * 4096, Fetch: s.fetch}
	c := open(t, o)
	use := func(c *workspace.Cache, i int) {
		t.Helper()
		_, closeCopy := openCopy(t, c, digests[i])
		if err := closeCopy(); err != nil {
			t.Error(err)
		}
		time.Sleep(5 * time.Millisecond)
	}
	cachedAre := func(want ...int) {
		t.Helper()
		got := names(t, dir, "trees")
		if strings.Count(got, ".json") != len(want) || strings.Count(got, " ")+1 != 2*len(want) {
			t.Errorf("trees: %s", got)
		}
		for _, i := range want {
			if !strings.Contains(got, digests[i]+" "+digests[i]+".json") {
				t.Errorf("project %d is not there", i)
			}
		}
	}
	use(c, 0)
	use(c, 1)
	use(c, 2)
	use(c, 0)
	cachedAre(0, 1, 2)
	use(c, 3)
	cachedAre(0, 2, 3)
	// Another process has the same view.
	other := open(t, o)
	use(other, 2)
	use(other, 4)
	cachedAre(2, 3, 4)
	fetched := s.fetches.Load()
	use(c, 4)
	if s.fetches.Load() != fetched {
		t.Error("what another process fetched is fetched again")
	}
	use(c, 0)
	cachedAre(0, 2, 4)

	// What is being copied stays; what is in use by nobody goes instead.
	lock := flock.New(filepath.Join(dir, "locks", digests[2][:2]))
	if err := lock.RLock(); err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	use(c, 1)
	cachedAre(0, 1, 2)
}

func TestTooLargeForTheCache(t *testing.T) {
	var s source
	dir := t.TempDir()
	c := open(t, workspace.Options{Dir: dir, MaxBytes: 1, Fetch: s.fetch})
	for i := range 3 {
		digest := s.add(t, map[string]string{"x": fmt.Sprint(i)})
		copied, _ := openCopy(t, c, digest)
		if read(t, filepath.Join(copied, "x")) != fmt.Sprint(i) {
			t.Error("another project")
		}
		if got := names(t, dir, "trees"); got != digest+" "+digest+".json" {
			t.Errorf("trees: %s", got)
		}
	}
}

// TestWhatResistsEviction has something among the trees that can't be removed. Tasks
// get their projects all the same, and the next tree goes in its place.
func TestWhatResistsEviction(t *testing.T) {
	var s source
	var said bytes.Buffer
	dir := t.TempDir()
	c := open(t, workspace.Options{Dir: dir, MaxBytes: 1, Fetch: s.fetch, Logger: slog.New(slog.NewTextHandler(&said, nil))})
	stubborn := strings.Repeat("0", 64)
	for _, name := range []string{stubborn, stubborn + ".json"} {
		if err := os.MkdirAll(filepath.Join(dir, "trees", name, "x"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chtimes(filepath.Join(dir, "trees", stubborn+".json"), time.Unix(1, 0), time.Unix(1, 0)); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		digest := s.add(t, map[string]string{"x": fmt.Sprint(i)})
		copied, _ := openCopy(t, c, digest)
		if got := read(t, filepath.Join(copied, "x")); got != fmt.Sprint(i) {
			t.Errorf("%q", got)
		}
		if got := names(t, dir, "trees"); got != stubborn+" "+stubborn+".json "+digest+" "+digest+".json" {
			t.Errorf("trees: %s", got)
		}
	}
	if n := strings.Count(said.String(), "can't be removed"); n != 3 || !strings.Contains(said.String(), stubborn) {
		t.Errorf("said %d times: %s", n, said.String())
	}
}
