package logstore

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
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
