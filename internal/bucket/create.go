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
	"strings"

	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"
)

// ErrExists is what Create answers when there is a blob of that key.
var ErrExists = errors.New("a blob of that key exists")

// Create writes a blob unless there is one of its key: of several writers, in
// whatever process, one succeeds and the others get ErrExists. A blob whose
// reader or context fails halfway is not there at all.
//
// The clouds' stores promise that by themselves (WriterOptions.IfNotExist), and so
// does a bucket in memory. The library's folders look for the file and then rename
// the new one over whatever is there by then, so that of two writers at once the
// first is lost; there the file is linked to its name instead, which fails if the
// name is taken.
func Create(ctx context.Context, b *blob.Bucket, key, contentType string, content io.Reader) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var linked error
	w, err := b.NewWriter(ctx, key, &blob.WriterOptions{
		IfNotExist: true,
		// Otherwise the writer guesses from the first bytes.
		ContentType: contentType,
		BeforeWrite: func(as func(any) bool) error {
			var file *os.File
			if !as(&file) {
				return nil
			}
			linked = link(ctx, file, key, content)
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

// errInPlace ends a write to a folder, whose temporary file is then removed.
var errInPlace = errors.New("the file is in its place")

var temporary = regexp.MustCompile(`\.[0-9a-f]+\.tmp$`)

func link(ctx context.Context, file *os.File, key string, content io.Reader) error {
	name := temporary.ReplaceAllString(file.Name(), "")
	if !strings.HasSuffix(filepath.ToSlash(name), "/"+key) {
		return fmt.Errorf("the folder was not opened with its temporary files in it: %q is written as %q", key, file.Name())
	}
	if _, err := io.Copy(file, content); err != nil {
		return err
	}
	// Who was told that the blob is there shall find it whole after a power failure.
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
	return err
}

func createError(err error) error {
	if err == nil {
		return nil
	}
	// The second is what S3 says while another conditional write goes on.
	var api interface{ ErrorCode() string }
	if gcerrors.Code(err) == gcerrors.FailedPrecondition || errors.As(err, &api) && api.ErrorCode() == "ConditionalRequestConflict" {
		return ErrExists
	}
	return err
}
