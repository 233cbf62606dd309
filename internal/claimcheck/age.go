package claimcheck

import (
	"context"
	"fmt"
	"time"

	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"

	"github.com/dig2temporal/dig2temporal/internal/bucket"
)

// refresh is the age from which an object that is stored again is written again,
// so that its age tells when somebody last referred to it anew.
const refresh = 24 * time.Hour

// heavy is the size in bytes from which objects are renewed one by one: each is
// held in memory.
const heavy = 8 << 20

// renew sees to it that an object is young, as if it were stored again. What is not
// there, or damaged, stays so: whoever needs it will find out.
func (s *Store) renew(ctx context.Context, sum string) error {
	if s.recent(sum) {
		return nil
	}
	about, err := s.bucket.Attributes(ctx, Folder+sum)
	switch {
	case gcerrors.Code(err) == gcerrors.NotFound:
		return nil
	case err != nil:
		return fmt.Errorf("the store of large payloads can't be asked for %s%s: %w", Folder, sum, err)
	case s.now().Sub(about.ModTime) < refresh:
		s.stored.put(sum, about.ModTime, 1)
		return nil
	}
	if about.Size > heavy {
		select {
		case s.renewing <- struct{}{}:
			defer func() { <-s.renewing }()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	// Not every store can copy an object onto itself.
	data, err := s.fetch(ctx, sum)
	if Permanent(err) {
		return nil
	}
	if err != nil {
		return err
	}
	return s.write(ctx, sum, data)
}

// Sweep deletes the objects that nobody stored or renewed since the given time and
// returns their number and size. Objects are written again when that is a day ago,
// so the time must lie before the beginning of every history that is kept, by a day
// at least.
func (s *Store) Sweep(ctx context.Context, before time.Time) (count int, size int64, err error) {
	for object, err := range bucket.List(ctx, s.bucket, &blob.ListOptions{Prefix: Folder}) {
		if err != nil {
			return count, size, err
		}
		if object.IsDir || !object.ModTime.Before(before) || !sumShape.MatchString(object.Key[len(Folder):]) {
			continue
		}
		if err := s.bucket.Delete(ctx, object.Key); err != nil && gcerrors.Code(err) != gcerrors.NotFound {
			return count, size, err
		}
		count++
		size += object.Size
	}
	return count, size, nil
}
