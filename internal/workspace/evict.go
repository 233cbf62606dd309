package workspace

import (
	"encoding/json"
	"maps"
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
// one that was just made. A tree that can't be removed is said and passed over.
func (c *Cache) evict(keep string) {
	all, total, err := c.all()
	if err != nil {
		c.options.Logger.Warn("The cached projects can't be listed.", "error", err)
		return
	}
	slices.SortFunc(all, func(a, b cached) int { return a.used.Compare(b.used) })
	for _, tree := range all {
		if total <= c.options.MaxBytes {
			return
		}
		if tree.digest == keep {
			continue
		}
		removed, err := c.removeTree(tree.digest)
		if err != nil {
			c.options.Logger.Warn("A cached project can't be removed.", "archive", tree.digest, "error", err)
		}
		if removed {
			total -= tree.bytes
		}
	}
}

// removeTree does nothing to a tree that is in use. A tree that was taken away is
// removed from the cache, whatever error its files meet with after that.
func (c *Cache) removeTree(digest string) (removed bool, err error) {
	own := c.current()
	name, at, err := own.folder()
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
		return false, firstError(err, own.remove(name))
	}
	c.mu.Lock()
	delete(c.sizes, digest)
	c.mu.Unlock()
	return true, own.remove(name)
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
	found := map[string]bool{}
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
		found[digest] = true
		t := cached{digest: digest, used: info.ModTime(), bytes: c.sizeOf(digest)}
		total += t.bytes
		trees = append(trees, t)
	}
	// What other processes removed is not remembered for ever.
	c.mu.Lock()
	maps.DeleteFunc(c.sizes, func(digest string, _ int64) bool { return !found[digest] })
	c.mu.Unlock()
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
