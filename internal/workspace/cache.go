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
	"os"
	"path/filepath"
	"regexp"
	"sync"

	"github.com/gofrs/flock"

	"github.com/dig2temporal/dig2temporal/internal/archive"
)

// Options are the choices of New.
type Options struct {
	// Dir is the folder of the cache; it is created if it is missing. The processes
	// of one machine may share it.
	Dir string
	// MaxBytes is what the cached projects may take on disk, by default 2 GiB. Copies
	// don't count, and a project that is larger by itself is kept until the next.
	MaxBytes int64
	// Fetch opens the archive of a digest (SHA-256 in hexadecimal).
	Fetch func(ctx context.Context, digest string) (io.ReadCloser, error)
	// Limits bound the archives.
	Limits archive.Limits
}

// Cache hands out private copies of projects. It is safe for concurrent use.
type Cache struct {
	options Options
	own     *own

	mu      sync.Mutex
	closed  bool
	flights map[string]*flight
	// trees are the lists of files that were read, sizes what all trees take that
	// were seen.
	trees map[string]*tree
	sizes map[string]int64
}

// New opens a cache and removes what processes that are dead left in its folder.
func New(o Options) (*Cache, error) {
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, fmt.Errorf("workspace: %w", err)
	}
	o.Dir = dir
	o.MaxBytes = cmp.Or(o.MaxBytes, 2<<30)
	o.Limits = o.Limits.WithDefaults()
	for _, folder := range []string{"locks", "trees", "tasks"} {
		if err := os.MkdirAll(filepath.Join(dir, folder), 0o700); err != nil {
			return nil, fmt.Errorf("workspace: %w", err)
		}
	}
	c := &Cache{options: o, flights: map[string]*flight{}, trees: map[string]*tree{}, sizes: map[string]int64{}}
	if c.own, err = newOwn(filepath.Join(dir, "tasks")); err != nil {
		return nil, fmt.Errorf("workspace: %w", err)
	}
	return c, nil
}

// Close removes the copies that are left. The cached projects stay.
func (c *Cache) Close() error {
	c.mu.Lock()
	done := c.closed
	c.closed = true
	c.mu.Unlock()
	if done {
		return nil
	}
	if err := c.own.close(); err != nil {
		return fmt.Errorf("workspace: %w", err)
	}
	return nil
}

// Open makes a copy of the project of a digest. The copy is the caller's to write
// to; its folder is named "work". closeCopy removes it, whatever was made of it,
// and may be called again.
//
// The archive is fetched if the cache has not got it; of several callers one
// fetches. Nothing of it is used unless it has the digest.
func (c *Cache) Open(ctx context.Context, digest string) (dir string, closeCopy func() error, err error) {
	if !digestForm.MatchString(digest) {
		return "", nil, fmt.Errorf("workspace: %q is no SHA-256 digest", digest)
	}
	c.mu.Lock()
	closed := c.closed
	c.mu.Unlock()
	if closed {
		return "", nil, errors.New("workspace: it is closed")
	}
	// Another process may remove the tree before it is locked here.
	for range 10 {
		dir, closeCopy, err = c.copyOf(ctx, digest)
		if !errors.Is(err, errNoTree) {
			break
		}
		if err = c.install(ctx, digest); err != nil {
			break
		}
	}
	switch {
	case err == nil:
		return dir, closeCopy, nil
	case ctx.Err() != nil:
		return "", nil, ctx.Err()
	}
	return "", nil, fmt.Errorf("workspace: project archive %s: %w", digest, err)
}

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
	name, at, err := c.own.folder()
	if err != nil {
		return "", nil, err
	}
	closeCopy := sync.OnceValue(func() error { return c.own.remove(name) })
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
