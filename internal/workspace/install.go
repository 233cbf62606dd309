package workspace

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"

	"github.com/dig2temporal/dig2temporal/internal/archive"
)

// flight is one fetch that several callers wait for. It ends early when none of
// them waits any more, not when the first does.
type flight struct {
	waiting int
	cancel  context.CancelFunc
	done    chan struct{}
	err     error
}

// install sees to it that the tree of a digest is there.
func (c *Cache) install(ctx context.Context, digest string) error {
	c.mu.Lock()
	f := c.flights[digest]
	if f == nil {
		f = &flight{done: make(chan struct{})}
		var fetching context.Context
		fetching, f.cancel = context.WithCancel(context.WithoutCancel(ctx))
		c.flights[digest] = f
		go func() {
			defer f.cancel()
			err := c.fetch(fetching, digest)
			c.mu.Lock()
			c.land(digest, f)
			c.mu.Unlock()
			f.err = err
			close(f.done)
		}()
	}
	f.waiting++
	c.mu.Unlock()
	select {
	case <-f.done:
		return f.err
	case <-ctx.Done():
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	// Who ran out of time comes again, and finds what was fetched by then.
	if f.waiting--; f.waiting == 0 && !errors.Is(ctx.Err(), context.DeadlineExceeded) {
		f.cancel()
		c.land(digest, f)
	}
	return ctx.Err()
}

func (c *Cache) land(digest string, f *flight) {
	if c.flights[digest] == f {
		delete(c.flights, digest)
	}
}

// poll is how often a lock is asked for that another process holds.
const poll = 10 * time.Millisecond

func (c *Cache) fetch(ctx context.Context, digest string) error {
	lock := c.fetchLock(digest)
	if err := takeLock(ctx, lock); err != nil {
		return err
	}
	defer lock.Close()
	// Another process may have fetched it while this one waited.
	if there, err := c.isThere(digest); there || err != nil {
		return err
	}
	// Later it would be in vain that it was fetched.
	if err := c.folders(); err != nil {
		return err
	}
	own := c.current()
	name, at, err := own.folder()
	if err != nil {
		return err
	}
	// What can't be removed is no reason not to use the tree.
	defer func() {
		if err := own.remove(name); err != nil {
			c.options.Logger.Warn("What a download leaves can't be removed.", "error", err)
		}
	}()
	t, err := c.prepare(ctx, digest, at)
	if err != nil {
		return err
	}
	if err := c.place(ctx, digest, at, t); err != nil {
		return err
	}
	c.evict(digest)
	return nil
}

func takeLock(ctx context.Context, lock *flock.Flock) error {
	_, err := lock.TryLockContext(ctx, poll)
	return err
}

func (c *Cache) isThere(digest string) (bool, error) {
	lock := c.useLock(digest)
	if err := lock.RLock(); err != nil {
		return false, err
	}
	defer lock.Close()
	c.forget(digest)
	_, err := c.tree(digest)
	if errors.Is(err, errNoTree) {
		return false, nil
	}
	return err == nil, err
}

// prepare makes the tree and its list in a folder of this process.
func (c *Cache) prepare(ctx context.Context, digest, at string) (*tree, error) {
	packed, err := os.OpenFile(filepath.Join(at, "archive"), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	defer packed.Close()
	if err := c.download(ctx, digest, packed); err != nil {
		return nil, err
	}
	dir := filepath.Join(at, "tree")
	switch err := archive.Unpack(ctx, packed, dir, c.options.Limits); {
	case err == nil:
	case ofSystem(err):
		return nil, err
	default:
		return nil, &ArchiveError{err}
	}
	t, err := listFiles(dir)
	if err != nil {
		return nil, err
	}
	if err := t.protect(dir); err != nil {
		return nil, err
	}
	text, err := json.Marshal(t)
	if err != nil {
		return nil, err
	}
	return t, os.WriteFile(filepath.Join(at, "list"), text, 0o600)
}

// place moves a tree where everybody finds it, its list last.
func (c *Cache) place(ctx context.Context, digest, at string, t *tree) error {
	lock := c.useLock(digest)
	if err := takeLock(ctx, lock); err != nil {
		return err
	}
	defer lock.Close()
	// What is there is no whole tree, or it would have been used.
	if err := c.takeAway(digest, at); err != nil {
		return err
	}
	if err := os.Rename(filepath.Join(at, "tree"), c.treePath(digest)); err != nil {
		return err
	}
	if err := os.Rename(filepath.Join(at, "list"), c.listPath(digest)); err != nil {
		return err
	}
	t.used = time.Now()
	c.remember(digest, t)
	return nil
}

// takeAway moves a tree, or what is there of one, into a folder of this process.
// The caller holds the exclusive lock.
func (c *Cache) takeAway(digest, to string) error {
	c.forget(digest)
	// Without its list it is no tree, should this end halfway.
	if err := os.Remove(c.listPath(digest)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	err := os.Rename(c.treePath(digest), filepath.Join(to, "gone"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
