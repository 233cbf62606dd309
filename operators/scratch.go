package operators

import (
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

// scratch is a folder for the files of one run of a task.
type scratch struct {
	dir, workdir string
	// used is a lock that ends with this process, however that ends; nil where the
	// whole project is a copy, with which the folder goes.
	used *flock.Flock
}

// newScratch makes the folder. remove deletes it with the files named in it.
//
// It is ".digdag" in a copy of the project, which no other task sees, and one below
// ".digdag/tmp" otherwise.
func newScratch(t *Task) (*scratch, error) {
	own := filepath.Join(t.ProjectDir, ".digdag")
	if t.Copy && os.Mkdir(own, 0o700) == nil {
		return &scratch{dir: own, workdir: t.Workdir}, nil
	}
	parent := filepath.Join(own, "tmp")
	if !t.Copy {
		sweep(parent, time.Now().Add(-abandoned))
	}
	for {
		dir := filepath.Join(parent, "digdag-"+t.Type+"-"+strconv.FormatUint(rand.Uint64(), 36))
		err := os.Mkdir(dir, 0o700)
		switch {
		case err == nil && t.Copy:
			return &scratch{dir: dir, workdir: t.Workdir}, nil
		case err == nil:
			s := &scratch{dir: dir, workdir: t.Workdir, used: flock.New(filepath.Join(dir, lockFile), flock.SetPermissions(0o600))}
			// Without locks, as on some network file systems, nothing is swept.
			_, _ = s.used.TryLock()
			return s, nil
		case errors.Is(err, fs.ErrNotExist):
			if err := os.MkdirAll(filepath.Dir(parent), 0o755); err != nil {
				return nil, err
			}
			// Others may pass, but not list: see open.
			if err := os.Mkdir(parent, 0o711); err != nil && !errors.Is(err, fs.ErrExist) {
				return nil, err
			}
		case !errors.Is(err, fs.ErrExist):
			return nil, err
		}
	}
}

const (
	lockFile = "lock"
	// abandoned is the age from which on a folder without a lock counts as left
	// behind; a new one has not got its lock yet.
	abandoned = time.Minute
)

// sweep removes the folders of processes that died: a script in them may show
// secrets.
func sweep(parent string, before time.Time) {
	entries, err := os.ReadDir(parent)
	if err != nil {
		return
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !e.IsDir() || !strings.HasPrefix(e.Name(), "digdag-") || info.ModTime().After(before) {
			continue
		}
		dir := filepath.Join(parent, e.Name())
		lock := flock.New(filepath.Join(dir, lockFile), flock.SetFlag(os.O_RDONLY))
		if free, err := lock.TryLock(); err == nil && free {
			_ = lock.Unlock()
			_ = os.RemoveAll(dir)
		}
	}
}

func (s *scratch) write(name, text string) error {
	return os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o600)
}

// path returns the file as the command sees it: relative to its folder.
func (s *scratch) path(name string) string {
	file := filepath.Join(s.dir, name)
	if relative, err := filepath.Rel(s.workdir, file); err == nil {
		return relative
	}
	return file
}

// open lets every user who knows the name of the folder read the files and write
// others.
func (s *scratch) open() error {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Type().IsRegular() {
			if err := os.Chmod(filepath.Join(s.dir, e.Name()), 0o644); err != nil {
				return err
			}
		}
	}
	return os.Chmod(s.dir, 0o733)
}

func (s *scratch) remove() {
	if s.used == nil {
		return
	}
	_ = s.used.Unlock()
	_ = os.RemoveAll(s.dir)
}
