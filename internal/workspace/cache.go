// Package workspace gives every task a private copy of its project.
//
// A revision is fetched and unpacked once a machine, as a tree of files that
// nobody writes to; each task gets a copy of that tree and throws it away. Below one folder lie
//
//	trees/<digest>        the files of a revision
//	trees/<digest>.json   the list of them, written last: without it a tree is none
//	tasks/<process>/…     what one process works on: copies, and trees not ready yet
//	tasks/<process>.lock  locked for as long as that process lives
//	locks/…               see below
//
// Several processes may share the folder. Whoever copies a tree holds a shared
// lock on it, and whoever removes it an exclusive one, for the moment of a rename;
// a second kind of lock keeps two processes from fetching the same. The locks are
// the operating system's and end with their process. A lock's file is never
// removed, because somebody may be about to lock it; so there is not one for each
// digest but a fixed number, and digests share them.
package workspace

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"sync"
	"time"

	"github.com/gofrs/flock"

	"github.com/dig2temporal/dig2temporal/internal/archive"
)

// Options are the choices of New.
type Options struct {
	// Dir is the folder of the cache; it is created if it is missing, also while the
	// cache is in use. The processes of one machine may share it.
	Dir string
	// MaxBytes is what the cached projects may take on disk, by default 2 GiB. Copies
	// don't count, and a project that is larger by itself is kept until the next.
	MaxBytes int64
	// Fetch opens the archive of a digest (SHA-256 in hexadecimal).
	Fetch func(ctx context.Context, digest string) (io.ReadCloser, error)
	// Stall is how long the store may send nothing of an archive before its fetch
	// ends with an error, a minute by default.
	Stall time.Duration
	// Limits bound the archives.
	Limits archive.Limits
	// Logger is told what can't be removed. The default says nothing.
	Logger *slog.Logger
}

// Cache hands out private copies of projects. It is safe for concurrent use.
type Cache struct {
	options Options
	// mending lets one caller at a time look for what is missing.
	mending sync.Mutex

	mu      sync.Mutex
	closed  bool
	own     *own
	flights map[string]*flight
	// trees are the lists of files that were read, sizes what all trees take that
	// were seen.
	trees map[string]*tree
	sizes map[string]int64
}

// New opens a cache and removes what processes that are dead left in its folder.
func New(o Options) (*Cache, error) {
	dir, err := resolved(o.Dir)
	if err != nil {
		return nil, fmt.Errorf("workspace: %w", err)
	}
	o.Dir = dir
	o.MaxBytes = cmp.Or(o.MaxBytes, 2<<30)
	o.Stall = cmp.Or(o.Stall, time.Minute)
	o.Limits = o.Limits.WithDefaults()
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	c := &Cache{options: o, flights: map[string]*flight{}, trees: map[string]*tree{}, sizes: map[string]int64{}}
	if err := c.folders(); err != nil {
		return nil, fmt.Errorf("workspace: %w", err)
	}
	if c.own, err = newOwn(filepath.Join(dir, "tasks")); err != nil {
		return nil, fmt.Errorf("workspace: %w", err)
	}
	return c, nil
}

// resolved makes a folder and returns its path without symbolic links: commands see
// the folder that they run in so, and what they say of it is compared with it.
func resolved(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(dir)
}

// Close removes the copies that are left. The cached projects stay.
func (c *Cache) Close() error {
	c.mu.Lock()
	done := c.closed
	c.closed = true
	for _, f := range c.flights {
		f.cancel()
	}
	c.mu.Unlock()
	if done {
		return nil
	}
	if err := c.current().close(); err != nil {
		return fmt.Errorf("workspace: %w", err)
	}
	return nil
}

// Open makes a copy of the project of a digest. The copy is the caller's to write
// to; its folder is named "work". closeCopy removes it, whatever was made of it,
// and may be called again.
//
// The archive is fetched if the cache has not got it; of several callers one
// fetches. Nothing of it is used unless it has the digest. An error of Fetch is
// wrapped. That of a store that sends nothing is one that passes: Open may be called
// again.
func (c *Cache) Open(ctx context.Context, digest string) (dir string, closeCopy func() error, err error) {
	if !digestForm.MatchString(digest) {
		return "", nil, fmt.Errorf("workspace: %q is no SHA-256 digest", digest)
	}
	c.mu.Lock()
	closed := c.closed
	c.mu.Unlock()
	if closed {
		return "", nil, fmt.Errorf("workspace: %w", errClosed)
	}
	// Another process may remove the tree before it is locked here, and somebody
	// who cleans the disk anything.
	mends := 0
	for range 10 + maxMends {
		dir, closeCopy, err = c.copyOf(ctx, digest)
		if errors.Is(err, errNoTree) {
			if err = c.install(ctx, digest); err == nil {
				err = errNoTree
				continue
			}
		}
		if err == nil {
			return dir, closeCopy, nil
		}
		if ctx.Err() != nil || !isRemoval(err) || mends == maxMends {
			break
		}
		mends++
		if mending := c.mend(); mending != nil && !isRemoval(mending) {
			err = errors.Join(err, mending)
			break
		}
		// Whoever removes the folder may be at it still.
		select {
		case <-time.After(time.Millisecond << mends):
		case <-ctx.Done():
		}
	}
	if ctx.Err() != nil {
		return "", nil, ctx.Err()
	}
	return "", nil, fmt.Errorf("workspace: project archive %s: %w", digest, err)
}

var errClosed = errors.New("it is closed")

var digestForm = regexp.MustCompile(`^[0-9a-f]{64}$`)

// errNoTree is for a digest whose tree must be fetched.
var errNoTree = errors.New("it is removed from the cache as soon as it is fetched")

// copyOf makes a copy of a tree that is there, or answers errNoTree.
func (c *Cache) copyOf(ctx context.Context, digest string) (string, func() error, error) {
	lock := c.useLock(digest)
	if err := lock.RLock(); err != nil {
		return "", nil, err
	}
	defer lock.Close()
	t, err := c.tree(digest)
	if err != nil {
		return "", nil, err
	}
	own := c.current()
	name, at, err := own.folder()
	if err != nil {
		return "", nil, err
	}
	closeCopy := sync.OnceValue(func() error { return own.remove(name) })
	dir := filepath.Join(at, "work")
	if err := t.copy(ctx, c.treePath(digest), dir); err != nil {
		// Somebody who cleans the disk may have removed files of the tree.
		if _, gone := c.readTree(digest); gone == errNoTree {
			c.forget(digest)
			err = gone
		}
		return "", nil, firstError(closeCopy(), err)
	}
	return dir, closeCopy, nil
}

func (c *Cache) treePath(digest string) string { return filepath.Join(c.options.Dir, "trees", digest) }
func (c *Cache) listPath(digest string) string { return c.treePath(digest) + ".json" }

func (c *Cache) useLock(digest string) *flock.Flock {
	return flock.New(filepath.Join(c.options.Dir, "locks", digest[:2]), flock.SetPermissions(0o600))
}

func (c *Cache) fetchLock(digest string) *flock.Flock {
	return flock.New(filepath.Join(c.options.Dir, "locks", digest[:2]+".fetch"), flock.SetPermissions(0o600))
}
