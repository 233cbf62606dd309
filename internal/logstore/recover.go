package logstore

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

const (
	lockSuffix = ".lock"
	// spoolMark parts the attempt from the chunk's name in the name of a spool
	// file.
	spoolMark = "_"
	// maxRead bounds what is read at once.
	maxRead = 256 << 20
)

var workerFolder = regexp.MustCompile(`^[A-Za-z0-9._-]+-[0-9a-f]{8}$`)

func (w *Writer) sweepForever() {
	for {
		n, err := w.Recover(w.ctx)
		if n > 0 {
			w.opts.Logger.Info("Logs of workers that died are stored.", "chunks", n)
		}
		if err != nil && w.ctx.Err() == nil {
			w.opts.Logger.Warn("Logs of a worker that died can't be stored yet.", "error", err)
		}
		select {
		case <-w.ctx.Done():
			return
		case <-time.After(w.opts.Sweep):
		}
	}
}

// Recover stores what dead processes of this machine left in the spool, and
// returns how many chunks that were. A Writer does so by itself unless its Sweep
// is negative.
func (w *Writer) Recover(ctx context.Context) (chunks int, err error) {
	entries, err := os.ReadDir(w.opts.Spool)
	if err != nil {
		return 0, err
	}
	var errs []error
	for _, e := range entries {
		if !e.IsDir() || e.Name() == w.id || !workerFolder.MatchString(e.Name()) {
			continue
		}
		n, err := w.recoverFolder(ctx, filepath.Join(w.opts.Spool, e.Name()))
		chunks += n
		if err != nil {
			errs = append(errs, err)
		}
		if ctx.Err() != nil {
			break
		}
	}
	return chunks, errors.Join(errs...)
}

// recoverFolder stores one process's part of the spool, unless that process or
// another one that recovers has it.
func (w *Writer) recoverFolder(ctx context.Context, dir string) (chunks int, err error) {
	lock := flock.New(dir+lockSuffix, flock.SetPermissions(0o600))
	locked, err := lock.TryLock()
	if err != nil || !locked {
		return 0, err
	}
	defer func() { err = errors.Join(err, lock.Unlock()) }()
	parts, err := spoolParts(dir)
	if err != nil {
		return 0, err
	}
	for _, p := range parts {
		if err := w.recoverPart(ctx, p); err != nil {
			return chunks, err
		}
		chunks++
	}
	if os.Remove(dir) == nil {
		_ = os.Remove(dir + lockSuffix)
	}
	return chunks, nil
}

type deadPart struct {
	path, attempt, stream string
	seq                   int
}

func spoolParts(dir string) ([]deadPart, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var parts []deadPart
	for _, e := range entries {
		attempt, name, ok := strings.Cut(e.Name(), spoolMark)
		if !ok || checkAttempt(attempt) != nil || !e.Type().IsRegular() {
			continue
		}
		stream, _, seq, ok := parseChunkName(name)
		if ok {
			parts = append(parts, deadPart{filepath.Join(dir, e.Name()), attempt, stream, seq})
		}
	}
	slices.SortFunc(parts, func(a, b deadPart) int {
		return cmp.Or(cmp.Compare(a.stream, b.stream), cmp.Compare(a.attempt, b.attempt), cmp.Compare(a.seq, b.seq))
	})
	return parts, nil
}

func (w *Writer) recoverPart(ctx context.Context, p deadPart) error {
	text, err := readBounded(p.path)
	if err != nil {
		return err
	}
	// The process may have died within its last write.
	text = text[:bytes.LastIndexByte(text, '\n')+1]
	if len(text) > 0 {
		select {
		case w.slots <- struct{}{}:
		case <-ctx.Done():
			return ctx.Err()
		}
		err := w.put(ctx, chunkKey(p.attempt, p.stream, p.seq), text)
		<-w.slots
		if err != nil {
			return err
		}
	}
	return os.Remove(p.path)
}

func readBounded(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxRead+1))
	if err == nil && len(text) > maxRead {
		err = fmt.Errorf("%s: larger than %d bytes", path, maxRead)
	}
	return text, err
}
