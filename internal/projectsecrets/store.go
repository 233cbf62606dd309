// Package projectsecrets keeps the secrets of projects in a blob store, each one
// encrypted with a key that a keeper protects.
//
// The object of a secret is secrets/<project id>/<key>. It holds a data key of its
// own, sealed by the keeper, and the value, sealed with the data key by AES-256-GCM:
// key management services encrypt a few hundred bytes to 4 KiB, a secret may have 16.
// What is sealed names the project and the key too, so that an object copied to
// another place in the store is refused instead of handing a secret to a stranger.
package projectsecrets

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sort"
	"strconv"
	"strings"
	"time"

	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"
	"gocloud.dev/secrets"

	"github.com/dig2temporal/dig2temporal/internal/bucket"
	"github.com/dig2temporal/dig2temporal/internal/secretstore"
)

// options tune the memory of a Store.
type options struct {
	// ttl is how long Get may answer from memory; 0 turns the memory off.
	ttl time.Duration
	// cached is the most values kept in memory.
	cached int
	now    func() time.Time
}

func defaults() options { return options{ttl: 5 * time.Second, cached: 1000, now: time.Now} }

// Store keeps the secrets of projects. It is safe for concurrent use.
type Store struct {
	bucket *blob.Bucket
	keeper *secrets.Keeper
	cache  *cache
}

// New returns a store on a bucket and a keeper. Both stay the caller's to close.
// A nil keeper makes a store that lists and deletes, but neither sets nor gets.
func New(b *blob.Bucket, keeper *secrets.Keeper) *Store {
	return newStore(b, keeper, defaults())
}

func newStore(b *blob.Bucket, keeper *secrets.Keeper, o options) *Store {
	return &Store{bucket: b, keeper: keeper, cache: newCache(o)}
}

var errNoKeeper = errors.New("no keeper is configured, so secrets can neither be set nor read")

// Set writes secrets of a project, replacing those of the same keys. All of them
// are checked before the first is written; an invalid one gives a
// *secretstore.InvalidError.
func (s *Store) Set(ctx context.Context, project int64, values map[string]string) error {
	if s.keeper == nil {
		return errNoKeeper
	}
	keys := make([]string, 0, len(values))
	for key, value := range values {
		if err := secretstore.CheckKey(key); err != nil {
			return err
		}
		if err := secretstore.CheckValue(key, value); err != nil {
			return err
		}
		keys = append(keys, key)
	}
	sort.Strings(keys)
	for _, key := range keys {
		sealed, err := seal(ctx, s.keeper, content{project, key, values[key]})
		if err != nil {
			return fmt.Errorf("can't encrypt the secret %q: %w", key, err)
		}
		err = s.bucket.WriteAll(ctx, objectName(project, key), sealed, &blob.WriterOptions{ContentType: "application/octet-stream"})
		s.cache.forget(project, key)
		if err != nil {
			return fmt.Errorf("can't write the secret %q: %w", key, err)
		}
	}
	return nil
}

// Delete removes secrets of a project and tells which of them there were not.
func (s *Store) Delete(ctx context.Context, project int64, keys ...string) (missing []string, err error) {
	for _, key := range keys {
		if err := secretstore.CheckKey(key); err != nil {
			return missing, err
		}
	}
	for _, key := range keys {
		err := s.bucket.Delete(ctx, objectName(project, key))
		s.cache.forget(project, key)
		switch {
		case gcerrors.Code(err) == gcerrors.NotFound:
			missing = append(missing, key)
		case err != nil:
			return missing, fmt.Errorf("can't delete the secret %q: %w", key, err)
		}
	}
	return missing, nil
}

// DeleteAll removes all that is kept of a project and returns the number of
// objects, also when an error ends it halfway.
func (s *Store) DeleteAll(ctx context.Context, project int64) (count int, err error) {
	defer s.cache.forgetAll(project)
	for object, err := range bucket.List(ctx, s.bucket, &blob.ListOptions{Prefix: folderName(project)}) {
		if err != nil {
			return count, fmt.Errorf("can't list the secrets: %w", err)
		}
		switch err := s.bucket.Delete(ctx, object.Key); {
		case gcerrors.Code(err) == gcerrors.NotFound:
		case err != nil:
			return count, fmt.Errorf("can't delete the secrets: %w", err)
		default:
			count++
		}
	}
	return count, nil
}

// Keys lists the keys of a project's secrets in order.
func (s *Store) Keys(ctx context.Context, project int64) ([]string, error) {
	folder := folderName(project)
	keys := []string{}
	for object, err := range bucket.List(ctx, s.bucket, &blob.ListOptions{Prefix: folder}) {
		if err != nil {
			return nil, fmt.Errorf("can't list the secrets: %w", err)
		}
		if key, ok := keyOf(strings.TrimPrefix(object.Key, folder)); ok {
			keys = append(keys, key)
		}
	}
	sort.Strings(keys)
	return keys, nil
}

// Get reads one secret; ok tells whether there is one. What it answers may be as
// old as five seconds, unless this store itself changed it.
func (s *Store) Get(ctx context.Context, project int64, key string) (value string, ok bool, err error) {
	if err := secretstore.CheckKey(key); err != nil {
		return "", false, err
	}
	if v, hit := s.cache.get(project, key); hit {
		return v.value, v.ok, nil
	}
	since := s.cache.mark()
	sealed, err := s.read(ctx, objectName(project, key))
	if gcerrors.Code(err) == gcerrors.NotFound {
		s.cache.put(since, project, key, answer{})
		return "", false, nil
	}
	if err != nil {
		return "", false, fmt.Errorf("can't read the secret %q: %w", key, err)
	}
	if s.keeper == nil {
		return "", false, fmt.Errorf("can't decrypt the secret %q: %w", key, errNoKeeper)
	}
	c, err := unseal(ctx, s.keeper, sealed)
	if err != nil {
		return "", false, fmt.Errorf("can't decrypt the secret %q: %w", key, err)
	}
	if c.Project != project || c.Key != key {
		return "", false, fmt.Errorf("the object of the secret %q of project %d holds the secret %q of project %d: the objects in the store were moved", key, project, c.Key, c.Project)
	}
	s.cache.put(since, project, key, answer{c.Value, true})
	return c.Value, true, nil
}

// maxObject is more than a sealed secret of the largest size takes.
const maxObject = 256 << 10

func (s *Store) read(ctx context.Context, name string) ([]byte, error) {
	r, err := s.bucket.NewReader(ctx, name, nil)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	if r.Size() > maxObject {
		return nil, fmt.Errorf("its object has %d bytes, more than any secret", r.Size())
	}
	return io.ReadAll(io.LimitReader(r, maxObject))
}

func folderName(project int64) string {
	return "secrets/" + strconv.FormatInt(project, 10) + "/"
}

// objectName marks capitals, since folders on some systems can't tell them from
// small letters.
func objectName(project int64, key string) string {
	var b strings.Builder
	b.WriteString(folderName(project))
	for _, c := range []byte(key) {
		if c >= 'A' && c <= 'Z' {
			b.WriteByte('!')
			c += 'a' - 'A'
		}
		b.WriteByte(c)
	}
	return b.String()
}

// keyOf undoes objectName; ok is false for names that it never makes.
func keyOf(name string) (key string, ok bool) {
	b := make([]byte, 0, len(name))
	for i := 0; i < len(name); i++ {
		c := name[i]
		switch {
		case c == '!' && i+1 < len(name) && name[i+1] >= 'a' && name[i+1] <= 'z':
			i++
			c = name[i] - 'a' + 'A'
		case c >= 'A' && c <= 'Z':
			return "", false
		}
		b = append(b, c)
	}
	return string(b), secretstore.CheckKey(string(b)) == nil
}
