package workspace

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
	"time"
)

// download writes the archive to a file, which is rewound. One that was damaged may
// have been so on its way only, and is fetched once more.
func (c *Cache) download(ctx context.Context, digest string, to *os.File) error {
	err := c.downloadOnce(ctx, digest, to)
	var damaged *ArchiveError
	if !errors.As(err, &damaged) {
		return err
	}
	if err := to.Truncate(0); err != nil {
		return err
	}
	if _, err := to.Seek(0, io.SeekStart); err != nil {
		return err
	}
	return c.downloadOnce(ctx, digest, to)
}

// downloadOnce also compares the digests. It ends when the store sends nothing for too long: whoever waits for
// the same archive, in other processes too, waits for this download.
func (c *Cache) downloadOnce(ctx context.Context, digest string, to *os.File) error {
	stall := c.options.Stall
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watch := time.AfterFunc(stall, func() { cancel(fmt.Errorf("the store sent nothing for %s", stall)) })
	defer watch.Stop()
	r, err := c.options.Fetch(ctx, digest)
	if err != nil {
		return &fetchError{whyEnded(ctx, err)}
	}
	defer r.Close()
	// What can't be packed any denser than it is grows by a little.
	most := c.options.Limits.MaxBytes + 64<<20
	sum := sha256.New()
	body := watched{ctx, r, func() { watch.Reset(stall) }}
	n, err := io.Copy(io.MultiWriter(to, sum), io.LimitReader(body, most+1))
	if err != nil {
		return whyEnded(ctx, err)
	}
	if n > most {
		return &ArchiveError{fmt.Errorf("it is longer than %d bytes", most)}
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != digest {
		return &ArchiveError{fmt.Errorf("what was fetched has another digest: %s (%d bytes)", got, n)}
	}
	_, err = to.Seek(0, io.SeekStart)
	return err
}

// ArchiveError is of an archive that the store gives and that can't be used, now or
// later: it is damaged, or it is refused.
type ArchiveError struct{ Err error }

func (e *ArchiveError) Error() string { return e.Err.Error() }

// Unwrap returns what is wrong.
func (e *ArchiveError) Unwrap() error { return e.Err }

// ofSystem says whether an error is one of the disk or of a context, which a later
// try may not meet.
func ofSystem(err error) bool {
	var path *fs.PathError
	var link *os.LinkError
	var call *os.SyscallError
	var number syscall.Errno
	return errors.As(err, &path) || errors.As(err, &link) || errors.As(err, &call) || errors.As(err, &number) ||
		errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// fetchError is one of the store, not of the cache's folder.
type fetchError struct{ err error }

func (e *fetchError) Error() string { return e.err.Error() }

func (e *fetchError) Unwrap() error { return e.err }

// whyEnded puts the reason for which a context ended in the place of the error
// that this led to.
func whyEnded(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil && !errors.Is(err, cause) {
		return cause
	}
	return err
}

// watched reads until the context ends, and tells of progress.
type watched struct {
	ctx      context.Context
	r        io.Reader
	progress func()
}

func (w watched) Read(p []byte) (int, error) {
	if err := w.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := w.r.Read(p)
	if n > 0 {
		w.progress()
	}
	if err != nil && err != io.EOF {
		err = &fetchError{err}
	}
	return n, err
}
