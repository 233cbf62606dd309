package workspace

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// The folder of a cache is one that people clean while workers run. Nothing is
// looked at before something fails; then mend makes what is missing, and the
// caller tries again.

// maxMends is how often one caller does so, with pauses of half a second in all.
const maxMends = 8

// isRemoval says whether something failed as it does when somebody removed files of
// the cache.
func isRemoval(err error) bool {
	var store *fetchError
	if errors.As(err, &store) {
		return false
	}
	// A folder that another caller gave up is closed. A tree that is there already
	// is that of a process whose lock was removed.
	for _, sign := range []error{fs.ErrNotExist, os.ErrClosed, fs.ErrExist} {
		if errors.Is(err, sign) {
			return true
		}
	}
	return false
}

// folders makes the folders of the cache.
func (c *Cache) folders() error {
	for _, name := range []string{"locks", "trees", "tasks"} {
		if err := os.MkdirAll(filepath.Join(c.options.Dir, name), 0o700); err != nil {
			return err
		}
	}
	return nil
}

// mend makes again what somebody removed of the cache's folder.
func (c *Cache) mend() error {
	c.mending.Lock()
	defer c.mending.Unlock()
	if err := c.folders(); err != nil {
		return err
	}
	old := c.current()
	if !old.isGone() {
		return nil
	}
	fresh, err := newOwn(filepath.Join(c.options.Dir, "tasks"))
	if err != nil {
		return err
	}
	c.mu.Lock()
	closed := c.closed
	if !closed {
		c.own = fresh
	}
	c.mu.Unlock()
	if closed {
		return errors.Join(errClosed, fresh.close())
	}
	old.leave()
	return nil
}

// current is the folder of this process as it is now.
func (c *Cache) current() *own {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.own
}
