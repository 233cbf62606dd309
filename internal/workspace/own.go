package workspace

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gofrs/flock"
	"github.com/google/uuid"
)

// own is the folder of this process, in which everything lies that is of no use
// after its end.
type own struct {
	dir  string
	root *os.Root
	lock *flock.Flock
	last atomic.Int64
}

// newOwn makes the folder and removes those of dead processes.
func newOwn(tasks string) (*own, error) {
	// A process that comes to life makes its lock's file before it locks it. This
	// keeps others from taking it for dead in between.
	birth := flock.New(filepath.Join(tasks, "birth"), flock.SetPermissions(0o600))
	if err := birth.Lock(); err != nil {
		return nil, err
	}
	defer birth.Close()
	dead, err := lockDead(tasks)
	if err != nil {
		return nil, err
	}
	o, err := makeOwn(tasks)
	birth.Close()
	for _, lock := range dead {
		bury(tasks, lock)
	}
	return o, err
}

func makeOwn(tasks string) (*own, error) {
	o := &own{dir: filepath.Join(tasks, uuid.NewString()[:13])}
	o.lock = flock.New(o.dir+lockSuffix, flock.SetPermissions(0o600))
	if locked, err := o.lock.TryLock(); err != nil || !locked {
		return nil, errors.Join(fmt.Errorf("lock %q: another process has it", o.dir), err)
	}
	if err := os.Mkdir(o.dir, 0o700); err != nil {
		return nil, errors.Join(err, o.lock.Close())
	}
	var err error
	if o.root, err = os.OpenRoot(o.dir); err != nil {
		return nil, errors.Join(err, o.lock.Close())
	}
	return o, nil
}

const lockSuffix = ".lock"

// lockDead returns the locks of the processes that live no more.
func lockDead(tasks string) ([]*flock.Flock, error) {
	entries, err := os.ReadDir(tasks)
	if err != nil {
		return nil, err
	}
	var dead []*flock.Flock
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), lockSuffix) {
			continue
		}
		lock := flock.New(filepath.Join(tasks, e.Name()), flock.SetPermissions(0o600))
		if locked, err := lock.TryLock(); err == nil && locked {
			dead = append(dead, lock)
		}
	}
	return dead, nil
}

// bury removes the folder of a dead process. What it can't remove, such as the
// files of a container's other user, is for somebody with more rights: it must not
// keep this process from its work.
func bury(tasks string, lock *flock.Flock) {
	root, err := os.OpenRoot(tasks)
	if err == nil {
		err = removeAll(root, strings.TrimSuffix(filepath.Base(lock.Path()), lockSuffix))
		root.Close()
	}
	lock.Close()
	if err == nil {
		_ = os.Remove(lock.Path())
	}
}

// folder makes a new folder and returns its name and its path.
func (o *own) folder() (name, path string, err error) {
	name = strconv.FormatInt(o.last.Add(1), 10)
	return name, filepath.Join(o.dir, name), o.root.Mkdir(name, 0o700)
}

func (o *own) remove(name string) error {
	err := removeAll(o.root, name)
	if errors.Is(err, os.ErrClosed) {
		// Then the whole folder is gone.
		return nil
	}
	return err
}

// isGone says whether the folder is no longer where it was made. When that can't be
// known it is not: tasks may work in it.
func (o *own) isGone() bool {
	found, err := os.Lstat(o.dir)
	if err != nil {
		return errors.Is(err, fs.ErrNotExist)
	}
	made, err := o.root.Stat(".")
	return err == nil && !os.SameFile(made, found)
}

// leave gives up a folder that is gone. If its lock's file is left, a later
// process finds it.
func (o *own) leave() {
	_ = o.root.Close()
	_ = o.lock.Close()
}

func (o *own) close() error {
	err := o.root.Close()
	tasks, openErr := os.OpenRoot(filepath.Dir(o.dir))
	if errors.Is(openErr, fs.ErrNotExist) {
		// Somebody removed the folders of all processes.
		return errors.Join(err, o.lock.Close())
	}
	if openErr != nil {
		return errors.Join(err, openErr, o.lock.Close())
	}
	defer tasks.Close()
	if err := removeAll(tasks, filepath.Base(o.dir)); err != nil {
		// The lock's file stays, so that a later process finds the rest.
		return errors.Join(err, o.lock.Close())
	}
	err = errors.Join(err, o.lock.Close())
	// Another process may have found it in the meantime.
	if removed := os.Remove(o.lock.Path()); !errors.Is(removed, fs.ErrNotExist) {
		err = errors.Join(err, removed)
	}
	return err
}

// removeAll removes a folder, whatever rights it leaves; and also if processes
// that end just now still write to it.
func removeAll(root *os.Root, name string) error {
	var err error
	for try := range 5 {
		if err = root.RemoveAll(name); err == nil {
			return nil
		}
		if errors.Is(err, os.ErrClosed) {
			return err
		}
		loosen(root, name)
		if try > 0 {
			time.Sleep(time.Duration(try) * 5 * time.Millisecond)
		}
	}
	return fmt.Errorf("remove %q: %w", filepath.Join(root.Name(), name), err)
}

// loosen makes the folders writable. Links are not followed, and the root keeps
// what is swapped for one meanwhile from leading out.
func loosen(root *os.Root, name string) {
	_ = fs.WalkDir(root.FS(), name, func(path string, e fs.DirEntry, err error) error {
		if e != nil && e.IsDir() {
			_ = root.Chmod(path, 0o700)
		}
		return nil
	})
}
