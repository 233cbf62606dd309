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
	"gocloud.dev/gcerrors"
)

const (
	lockSuffix = ".lock"
	// spoolMark parts the attempt from the chunk's name in the name of a spool
	// file.
	spoolMark = "_"
	// maxRead bounds what is read at once.
	maxRead = 256 << 20
	// maxRefused is how often in a row the store may refuse the chunks of one
	// folder.
	maxRefused = 3
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
	if errors.Is(err, os.ErrNotExist) {
		// Somebody cleaned the disk; the next record makes the folder again.
		return 0, nil
	}
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
	var errs []error
	var skipped deadPart
	refused := 0
	for _, p := range parts {
		// Within a stream no chunk may be stored before the one before it.
		if p.attempt == skipped.attempt && p.stream == skipped.stream {
			continue
		}
		text, err := readDead(p.path)
		if err == nil {
			if err = w.storeDead(ctx, p, text); err != nil {
				refused++
			} else {
				refused = 0
			}
		}
		if err == nil {
			err = os.Remove(p.path)
		}
		if err == nil {
			chunks++
			continue
		}
		errs = append(errs, err)
		// A store that is down is not asked for each of a thousand streams.
		if refused == maxRefused || ctx.Err() != nil {
			break
		}
		skipped = p
	}
	if len(errs) == 0 && os.Remove(dir) == nil {
		_ = os.Remove(dir + lockSuffix)
	}
	return chunks, errors.Join(errs...)
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

// readDead reads what a dead process wrote.
func readDead(path string) ([]byte, error) {
	text, err := readBounded(path)
	// The process may have died within its last write.
	return text[:bytes.LastIndexByte(text, '\n')+1], err
}

// storeDead stores the chunk of a dead process, unless there is as much of it in
// the store already.
func (w *Writer) storeDead(ctx context.Context, p deadPart, text []byte) error {
	if len(text) == 0 {
		return nil
	}
	select {
	case w.slots <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-w.slots }()
	key := chunkKey(p.attempt, p.stream, p.seq)
	// After a power failure the file may be shorter than what was stored of it.
	stored, err := w.sizeOf(ctx, key)
	if err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	if stored >= int64(len(text)) {
		return nil
	}
	return w.put(ctx, key, text)
}

// sizeOf is the size of a stored chunk, 0 for one that is not there.
func (w *Writer) sizeOf(ctx context.Context, key string) (int64, error) {
	limited, cancel := context.WithTimeout(ctx, w.opts.Timeout)
	defer cancel()
	attributes, err := w.bucket.Attributes(limited, key)
	switch gcerrors.Code(err) {
	case gcerrors.OK:
		return attributes.Size, nil
	case gcerrors.NotFound, gcerrors.PermissionDenied:
		// Whoever may write and not list is denied the sight of what is not there.
		return 0, nil
	}
	return 0, err
}

func readBounded(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if info.Size() > maxRead {
		return nil, fmt.Errorf("%s: larger than %d bytes", path, maxRead)
	}
	return io.ReadAll(io.LimitReader(file, maxRead))
}
