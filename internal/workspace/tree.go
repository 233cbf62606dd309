package workspace

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"
)

// tree is the list of a revision's files.
type tree struct {
	// Bytes is what the tree takes on disk.
	Bytes int64  `json:"bytes"`
	Files []file `json:"files"`

	used time.Time
}

// file is a file, a folder or a link. Folders come before what is in them.
type file struct {
	Path       string `json:"path"`
	Folder     bool   `json:"folder,omitempty"`
	Link       string `json:"link,omitempty"`
	Size       int64  `json:"size,omitempty"`
	Executable bool   `json:"executable,omitempty"`
}

const block = 4096

// listFiles reads what was unpacked.
func listFiles(dir string) (*tree, error) {
	t := &tree{Files: []file{}}
	err := filepath.WalkDir(dir, func(at string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		t.Bytes += block
		name, err := filepath.Rel(dir, at)
		if err != nil || name == "." {
			return err
		}
		f := file{Path: filepath.ToSlash(name)}
		switch {
		case e.IsDir():
			f.Folder = true
		case e.Type()&fs.ModeSymlink != 0:
			if f.Link, err = os.Readlink(at); err != nil {
				return err
			}
		default:
			info, err := e.Info()
			if err != nil {
				return err
			}
			f.Size, f.Executable = info.Size(), info.Mode()&0o111 != 0
			t.Bytes += f.Size / block * block
		}
		t.Files = append(t.Files, f)
		return nil
	})
	return t, err
}

// protect takes the right to write to the files away. The folders stay writable,
// so that the cache is no hindrance to whoever removes it: a file that is missing
// is noticed.
func (t *tree) protect(dir string) error {
	for _, f := range t.Files {
		perm := fs.FileMode(0o400)
		switch {
		case f.Folder || f.Link != "":
			continue
		case f.Executable:
			perm = 0o500
		}
		if err := os.Chmod(f.in(dir), perm); err != nil {
			return err
		}
	}
	return nil
}

func (f file) in(dir string) string { return filepath.Join(dir, filepath.FromSlash(f.Path)) }

// tree returns the list of a tree that is there, or errNoTree. The caller holds a
// lock on the tree.
func (c *Cache) tree(digest string) (*tree, error) {
	now := time.Now()
	// The list's time is when the tree was last used, for all processes to see. That
	// it can be set shows that the tree is there.
	err := os.Chtimes(c.listPath(digest), now, now)
	if errors.Is(err, fs.ErrNotExist) {
		c.forget(digest)
		return nil, errNoTree
	}
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	t := c.trees[digest]
	if t != nil {
		t.used = now
	}
	c.mu.Unlock()
	if t != nil {
		return t, nil
	}
	if t, err = c.readTree(digest); err != nil {
		return nil, err
	}
	t.used = now
	c.remember(digest, t)
	return t, nil
}

// readTree reads a list and looks whether the files are those that it lists: after
// a power failure they may be there without what was written to them.
func (c *Cache) readTree(digest string) (*tree, error) {
	text, err := os.ReadFile(c.listPath(digest))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errNoTree
	}
	if err != nil {
		return nil, err
	}
	t := &tree{}
	if json.Unmarshal(text, t) != nil {
		return nil, errNoTree
	}
	for _, f := range t.Files {
		info, err := os.Lstat(f.in(c.treePath(digest)))
		if err != nil || info.IsDir() != f.Folder || info.Mode().IsRegular() != (!f.Folder && f.Link == "") ||
			info.Mode().IsRegular() && info.Size() != f.Size {
			return nil, errNoTree
		}
	}
	return t, nil
}

// maxTrees is how many lists are kept in memory.
const maxTrees = 256

func (c *Cache) remember(digest string, t *tree) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.trees[digest], c.sizes[digest] = t, t.Bytes
	if len(c.trees) <= maxTrees {
		return
	}
	oldest := digest
	for d, t := range c.trees {
		if t.used.Before(c.trees[oldest].used) {
			oldest = d
		}
	}
	delete(c.trees, oldest)
}

func (c *Cache) forget(digest string) {
	c.mu.Lock()
	delete(c.trees, digest)
	c.mu.Unlock()
}

// copy makes a new folder of a tree's files.
func (t *tree) copy(ctx context.Context, from, to string) error {
	if err := os.Mkdir(to, 0o755); err != nil {
		return err
	}
	// Below this many files the goroutines cost more than they win.
	const few, atOnce = 32, 4
	var all errgroup.Group
	all.SetLimit(atOnce)
	for _, f := range t.Files {
		if err := ctx.Err(); err != nil {
			return errors.Join(err, all.Wait())
		}
		var err error
		switch {
		case f.Folder:
			err = os.Mkdir(f.in(to), 0o755)
		case f.Link != "":
			err = os.Symlink(filepath.FromSlash(f.Link), f.in(to))
		case len(t.Files) < few:
			err = f.copy(from, to)
		default:
			all.Go(func() error { return f.copy(from, to) })
		}
		if err != nil {
			return errors.Join(err, all.Wait())
		}
	}
	return all.Wait()
}

func (f file) copy(from, to string) error {
	perm := fs.FileMode(0o644)
	if f.Executable {
		perm = 0o755
	}
	out, err := os.OpenFile(f.in(to), os.O_WRONLY|os.O_CREATE|os.O_EXCL, perm)
	if err != nil {
		return err
	}
	if f.Size == 0 {
		return out.Close()
	}
	in, err := os.Open(f.in(from))
	if err != nil {
		return errors.Join(err, out.Close())
	}
	// Between two files the system copies, or shares the blocks where it can.
	n, err := io.Copy(out, in)
	if err == nil && n != f.Size {
		err = fmt.Errorf("the cached file %q has %d bytes, not %d", f.Path, n, f.Size)
	}
	return errors.Join(err, in.Close(), out.Close())
}
