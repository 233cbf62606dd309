package bucket

import (
	"context"
	"errors"
	"io/fs"
	"iter"
	"math/rand/v2"
	"time"

	"gocloud.dev/blob"
)

const (
	// listPage is the most objects that clouds give in one answer.
	listPage = 1000
	// listTries is enough for a folder that writers never leave alone: a try fails
	// only if a file goes in the microseconds after its folder was read.
	listTries = 100
)

// List yields the objects of a bucket in the order of their keys, as the options
// choose them; nil options choose all. After an error it yields nothing more.
//
// A folder can't be listed while an unfinished file of another writer disappears,
// or a blob that somebody deletes; then the page is read again. What was yielded
// is not yielded twice.
func List(ctx context.Context, b *blob.Bucket, options *blob.ListOptions) iter.Seq2[*blob.ListObject, error] {
	return func(yield func(*blob.ListObject, error) bool) {
		for token := blob.FirstPageToken; len(token) > 0; {
			page, next, err := readPage(ctx, b, token, options)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, object := range page {
				if !yield(object, nil) {
					return
				}
			}
			token = next
		}
	}
}

func readPage(ctx context.Context, b *blob.Bucket, token []byte, options *blob.ListOptions) ([]*blob.ListObject, []byte, error) {
	for try := 0; ; try++ {
		page, next, err := b.ListPage(ctx, token, listPage, options)
		// Clouds have other errors for a bucket that isn't there, which stays so.
		if !errors.Is(err, fs.ErrNotExist) || try == listTries {
			return page, next, err
		}
		if err := wait(ctx, rand.N(time.Millisecond*time.Duration(min(try, 20)+1))); err != nil {
			return nil, nil, err
		}
	}
}

func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
