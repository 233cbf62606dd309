package logstore

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gofrs/flock"
)

// take makes this process's part of the spool. The lock comes before the
// folder: a folder without a locked lock is that of a dead process.
func (w *Writer) take() error {
	if err := os.MkdirAll(w.opts.Spool, 0o700); err != nil {
		return err
	}
	for {
		var random [4]byte
		_, _ = rand.Read(random[:])
		w.id = cleanWorker(w.opts.Worker) + "-" + hex.EncodeToString(random[:])
		w.dir = filepath.Join(w.opts.Spool, w.id)
		w.lock = flock.New(w.dir+lockSuffix, flock.SetPermissions(0o600))
		locked, err := w.lock.TryLock()
		if err != nil {
			return err
		}
		if !locked {
			continue
		}
		if err := os.Mkdir(w.dir, 0o700); err != nil {
			return errors.Join(err, w.lock.Unlock())
		}
		return nil
	}
}

// holds says whether the file that this process locked is the one that others
// find.
func (w *Writer) holds() bool {
	held, err := w.lock.Stat()
	if err != nil {
		return false
	}
	found, err := os.Lstat(w.lock.Path())
	return err == nil && os.SameFile(held, found)
}

// remake makes the folder again after somebody cleaned the disk. The lock comes
// first here as well, lest another process takes the folder for a dead one's.
func (w *Writer) remake() error {
	w.making.Lock()
	defer w.making.Unlock()
	if err := os.MkdirAll(w.opts.Spool, 0o700); err != nil {
		return err
	}
	if !w.holds() {
		lock := flock.New(w.lock.Path(), flock.SetPermissions(0o600))
		// A process that looks for the dead may have it for a moment.
		limited, cancel := context.WithTimeout(w.ctx, time.Second)
		defer cancel()
		if _, err := lock.TryLockContext(limited, 10*time.Millisecond); err != nil {
			return fmt.Errorf("lock %q: %w", lock.Path(), err)
		}
		// What it locked is gone.
		_ = w.lock.Unlock()
		w.lock = lock
	}
	return os.MkdirAll(w.dir, 0o700)
}

// spoolFailed says, not too often, that the spool takes nothing.
func (w *Writer) spoolFailed(err error) {
	w.mu.Lock()
	quiet := time.Since(w.complained) < time.Minute
	if !quiet {
		w.complained = time.Now()
	}
	w.mu.Unlock()
	if !quiet {
		w.opts.Logger.Error("Logs are left out: the spool can't be written.", "spool", w.dir, "error", err)
	}
}

// spares are emptied files of the spool that the next chunks take. Attempts are
// often short and their chunks small: to make and to remove a file for each takes
// some systems longer than all else that is done with it.
type spares struct {
	mu    sync.Mutex
	paths []string
	made  int
}

const (
	sparePrefix = "spare-"
	maxSpares   = 64
)

// put takes a file that is stored, or removes it.
func (s *spares) put(path string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.paths) < maxSpares {
		s.made++
		spare := filepath.Join(filepath.Dir(path), sparePrefix+strconv.Itoa(s.made))
		// Under the name of its chunk it must never be found empty.
		if os.Rename(path, spare) == nil {
			if os.Truncate(spare, 0) == nil {
				s.paths = append(s.paths, spare)
				return
			}
			path = spare
		}
	}
	_ = os.Remove(path)
}

// take gives a spare file another name and opens it; nil when there is none.
func (s *spares) take(path string) *os.File {
	s.mu.Lock()
	defer s.mu.Unlock()
	for n := len(s.paths); n > 0; n = len(s.paths) {
		spare := s.paths[n-1]
		s.paths = s.paths[:n-1]
		if os.Rename(spare, path) != nil {
			continue
		}
		if file, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0o600); err == nil {
			return file
		}
	}
	return nil
}

// removeSpares removes those of a folder, whoever made them.
func removeSpares(dir string) {
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), sparePrefix) {
			_ = os.Remove(filepath.Join(dir, e.Name()))
		}
	}
}

// part is a chunk in the spool.
type part struct {
	seq  int
	path string
	// file is open while tasks write to it; whole says that nothing more is to be
	// appended.
	file         *os.File
	whole        bool
	size, stored int64
	// frozen is the size at which an upload failed, so that it is repeated so.
	frozen int64
}

func (p *part) close() {
	p.shut()
	p.whole = true
}

func (p *part) shut() {
	if p.file != nil {
		_ = p.file.Close()
		p.file = nil
	}
}

// reopen returns false when the file is not there any more as it was.
func (p *part) reopen() bool {
	if p.file != nil {
		return true
	}
	file, err := os.OpenFile(p.path, os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return false
	}
	p.file = file
	info, err := file.Stat()
	return err == nil && info.Size() == p.size
}
