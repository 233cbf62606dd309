package workspace

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

type cached struct {
	digest string
	used   time.Time
	bytes  int64
}

// evict removes the trees that were not used for the longest time, until the rest
// is no larger than it may be. Trees that are being copied stay, and so does the
// one that was just made.
func (c *Cache) evict(keep string) error {
	all, total, err := c.all()
	if err != nil {
		return err
	}
	slices.SortFunc(all, func(a, b cached) int { return a.used.Compare(b.used) })
	for _, tree := range all {
		if total <= c.options.MaxBytes {
			return nil
		}
		if tree.digest == keep {
			continue
		}
		removed, err := c.removeTree(tree.digest)
		if err != nil {
			return err
		}
		if removed {
			total -= tree.bytes
		}
	}
	return nil
}

// removeTree does nothing to a tree that is in use.
func (c *Cache) removeTree(digest string) (bool, error) {
	name, at, err := c.own.folder()
	if err != nil {
		return false, err
	}
	lock := c.useLock(digest)
	locked, err := lock.TryLock()
	if locked {
		err = c.takeAway(digest, at)
		lock.Close()
	}
	if err != nil || !locked {
		return false, firstError(err, c.own.remove(name))
	}
	c.mu.Lock()
	delete(c.sizes, digest)
	c.mu.Unlock()
	return true, c.own.remove(name)
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// all lists the trees of all processes and what they take together.
func (c *Cache) all() ([]cached, int64, error) {
	entries, err := os.ReadDir(filepath.Join(c.options.Dir, "trees"))
	if err != nil {
		return nil, 0, err
	}
	var trees []cached
	var total int64
	for _, e := range entries {
		digest, isList := strings.CutSuffix(e.Name(), ".json")
		if !isList {
			continue
		}
		info, err := e.Info()
		if err != nil {
			// Another process removed it.
			continue
		}
		t := cached{digest: digest, used: info.ModTime(), bytes: c.sizeOf(digest)}
		total += t.bytes
		trees = append(trees, t)
	}
	return trees, total, nil
}

// sizeOf reads what a tree takes, once for each.
func (c *Cache) sizeOf(digest string) int64 {
	c.mu.Lock()
	size, known := c.sizes[digest]
	c.mu.Unlock()
	if known {
		return size
	}
	var list struct {
		Bytes int64 `json:"bytes"`
	}
	text, err := os.ReadFile(c.listPath(digest))
	if err != nil || json.Unmarshal(text, &list) != nil {
		// It is gone, or it will be replaced when it is used.
		return 0
	}
	c.mu.Lock()
	c.sizes[digest] = list.Bytes
	c.mu.Unlock()
	return list.Bytes
}
