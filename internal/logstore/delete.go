package logstore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"
)

// Delete deletes the log of an attempt. One that isn't there is no error.
func Delete(ctx context.Context, bucket *blob.Bucket, attempt string) error {
	if err := checkAttempt(attempt); err != nil {
		return fmt.Errorf("log store: %w", err)
	}
	var keys []string
	list := bucket.List(&blob.ListOptions{Prefix: attemptPrefix(attempt)})
	for {
		object, err := list.Next(ctx)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("log of attempt %s: %w", attempt, err)
		}
		keys = append(keys, object.Key)
	}
	var (
		all  sync.WaitGroup
		mu   sync.Mutex
		errs []error
	)
	slots := make(chan struct{}, maxFetches)
	for _, key := range keys {
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			if err := bucket.Delete(ctx, key); err != nil && gcerrors.Code(err) != gcerrors.NotFound {
				mu.Lock()
				errs = append(errs, fmt.Errorf("%s: %w", key, err))
				mu.Unlock()
			}
		})
	}
	all.Wait()
	return errors.Join(errs...)
}
