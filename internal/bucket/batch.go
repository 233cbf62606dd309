package bucket

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"syscall"

	"gocloud.dev/blob"
)

// Batch creates blobs that are of use together only. In a bucket that is a folder
// the names of files take a call of their own to last, for each folder; a batch
// makes it once for all its files. It is safe for concurrent use.
type Batch struct {
	bucket *blob.Bucket

	mu sync.Mutex
	// folders are those that hold a new file, and those above them.
	folders map[string]bool
}

// NewBatch returns a batch without blobs.
func NewBatch(b *blob.Bucket) *Batch { return &Batch{bucket: b, folders: map[string]bool{}} }

// Sync returns when what was created survives a power failure.
func (b *Batch) Sync() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if runtime.GOOS == "windows" {
		return nil // it has no such call
	}
	for name := range b.folders {
		if err := syncFolder(name); err != nil {
			return err
		}
		delete(b.folders, name)
	}
	return nil
}

// errInPlace ends a write to a folder, whose temporary file is then removed.
var errInPlace = errors.New("the file is in its place")

var temporary = regexp.MustCompile(`\.[0-9a-f]+\.tmp$`)

// link writes a file and gives it its name.
func (b *Batch) link(ctx context.Context, file *os.File, key string, content io.Reader) error {
	name := temporary.ReplaceAllString(file.Name(), "")
	if !strings.HasSuffix(filepath.ToSlash(name), "/"+key) {
		return fmt.Errorf("the folder was not opened with its temporary files in it: %q is written as %q", key, file.Name())
	}
	if _, err := io.Copy(file, content); err != nil {
		return err
	}
	// Who was told that the blob is there shall find it, whole, after a power failure.
	if err := file.Sync(); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	err := os.Link(file.Name(), name)
	if errors.Is(err, fs.ErrExist) {
		return ErrExists
	}
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for range strings.Count(key, "/") + 1 {
		name = filepath.Dir(name)
		b.folders[name] = true
	}
	return nil
}

func syncFolder(name string) error {
	folder, err := os.Open(name)
	if err != nil {
		return err
	}
	err = folder.Sync()
	// Some file systems can't do it, and say so in these two ways.
	if errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.EINVAL) {
		err = nil
	}
	return errors.Join(err, folder.Close())
}
