package bucket

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"time"

	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"
)

// ErrExists is what Create answers when there is a blob of that key.
var ErrExists = errors.New("a blob of that key exists")

// Create writes a blob unless there is one of its key: of several writers, in
// whatever process, one succeeds and the others get ErrExists. A blob whose
// reader or context fails halfway is not there at all. The content is read from
// where it stands, and from there again if the store wants to be asked again.
//
// A client of the clouds repeats a request without an answer. If it was the answer
// that was lost, the writer meets its own blob, and gets ErrExists too.
//
// The clouds' stores promise that by themselves (WriterOptions.IfNotExist), and so
// does a bucket in memory. The library's folders look for the file and then rename
// the new one over whatever is there by then, so that of two writers at once the
// first is lost; there the file is linked to its name instead, which fails if the
// name is taken.
func Create(ctx context.Context, b *blob.Bucket, key, contentType string, content io.ReadSeeker) error {
	batch := NewBatch(b)
	if err := batch.Create(ctx, key, contentType, content); err != nil {
		return err
	}
	return batch.Sync()
}

// Create is the function Create, but that only Sync makes the blob last.
func (b *Batch) Create(ctx context.Context, key, contentType string, content io.ReadSeeker) error {
	start, err := content.Seek(0, io.SeekCurrent)
	if err != nil {
		return err
	}
	for try := 0; ; try++ {
		err := b.createOnce(ctx, key, contentType, content)
		if !undecided(err) {
			return err
		}
		if try == createTries {
			return fmt.Errorf("another write of %q does not come to an end: %w", key, err)
		}
		if err := wait(ctx, createPause<<try/2+rand.N(createPause<<try)); err != nil {
			return err
		}
		if _, err := content.Seek(start, io.SeekStart); err != nil {
			return err
		}
	}
}

// Together the pauses are about three seconds.
const (
	createTries = 6
	createPause = 50 * time.Millisecond
)

// undecided tells what S3 says while another conditional write of the key goes on,
// which may yet fail: there may be a blob in the end, or none.
func undecided(err error) bool {
	var api interface{ ErrorCode() string }
	return errors.As(err, &api) && api.ErrorCode() == "ConditionalRequestConflict"
}

func (b *Batch) createOnce(ctx context.Context, key, contentType string, content io.Reader) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var linked error
	w, err := b.bucket.NewWriter(ctx, key, &blob.WriterOptions{
		IfNotExist: true,
		// Otherwise the writer guesses from the first bytes.
		ContentType: contentType,
		BeforeWrite: func(as func(any) bool) error {
			var file *os.File
			if !as(&file) {
				return nil
			}
			linked = b.link(ctx, file, key, content)
			return errInPlace
		},
	})
	if errors.Is(err, errInPlace) {
		return linked
	}
	if err != nil {
		return err
	}
	if _, err := io.Copy(w, content); err != nil {
		cancel()
		// It ends what runs for the writer; its error is that of the cancelled context.
		_ = w.Close()
		return createError(err)
	}
	return createError(w.Close())
}

func createError(err error) error {
	if gcerrors.Code(err) == gcerrors.FailedPrecondition {
		return ErrExists
	}
	return err
}
