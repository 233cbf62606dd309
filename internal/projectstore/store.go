// Package projectstore keeps projects, their revisions, archives and plans in a
// bucket.
//
// Everything but a project's own record is written once and never changed:
//
//	projects/<name>.json              the project that has the name now
//	projects-by-id/<id>.json          every project that ever was
//	revisions/<id>/<number>.json      the revisions of a project, numbered from 1 without a gap
//	revision-names/<id>/<name>.json   the number of the revision of a name
//	archives/<digest>.tar.gz          by content, as are
//	plans/<digest>.json
//
// A revision exists when its numbered record does, and that record is created only
// if no other has the number. So a push has seen all revisions before its own, and
// what it found there is still true when it is done: that is what makes names
// unique, whoever pushes at the same time.
//
// To look at all earlier revisions for a name would be slow, so there is a record
// for each name. It is written after the revision, and a push may die in between.
// Therefore every push, before it takes number n+1, sees to it that the name of
// revision n has its record. By that rule only the newest revision can lack one,
// and whoever looks for a name looks at the newest revision too.
package projectstore

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"

	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"

	"github.com/dig2temporal/dig2temporal/internal/bucket"
)

// Store keeps projects in a bucket. It is safe for concurrent use, and so is the
// bucket by any number of stores.
type Store struct {
	bucket *blob.Bucket
	now    func() time.Time
}

// New makes a store of a bucket, which stays the caller's to close. The times of
// projects and revisions are those of now, in UTC and whole milliseconds.
func New(b *blob.Bucket, now func() time.Time) *Store { return &Store{bucket: b, now: now} }

// Plan reads a compiled workflow by its digest. The error may be a *NotFoundError
// or, for bytes that are not those of the digest, a *DamagedError.
func (s *Store) Plan(ctx context.Context, digest string) ([]byte, error) {
	if !isDigest(digest) {
		return nil, &NotFoundError{Kind: "plan", Name: digest}
	}
	text, err := s.read(ctx, planKey(digest))
	if isMissing(err) {
		return nil, &NotFoundError{Kind: "plan", Name: digest}
	}
	if err != nil {
		return nil, err
	}
	if sum := sha256.Sum256(text); hex.EncodeToString(sum[:]) != digest {
		return nil, &DamagedError{Key: planKey(digest), Reason: "the content is not that of its digest"}
	}
	return text, nil
}

// Archive opens a project's tar.gz by its digest. The reader's content is not
// verified. The error may be a *NotFoundError.
func (s *Store) Archive(ctx context.Context, digest string) (io.ReadCloser, error) {
	if !isDigest(digest) {
		return nil, &NotFoundError{Kind: "archive", Name: digest}
	}
	r, err := s.bucket.NewReader(ctx, archiveKey(digest), nil)
	if isMissing(err) {
		return nil, &NotFoundError{Kind: "archive", Name: digest}
	}
	if err != nil {
		return nil, fmt.Errorf("project store: %w", err)
	}
	return r, nil
}

// maxRecord is far more than a revision of thousands of workflows, or the plan of
// one, is long.
const maxRecord = 64 << 20

// read reads a small blob. See isMissing for its error.
func (s *Store) read(ctx context.Context, key string) ([]byte, error) {
	r, err := s.bucket.NewReader(ctx, key, nil)
	if err != nil {
		return nil, fmt.Errorf("project store: %w", err)
	}
	defer r.Close()
	if r.Size() > maxRecord {
		return nil, &DamagedError{Key: key, Reason: fmt.Sprintf("it is longer than %d bytes", maxRecord)}
	}
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("project store: %w", err)
	}
	return text, nil
}

func (s *Store) readRecord(ctx context.Context, key string, into any) error {
	text, err := s.read(ctx, key)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, into); err != nil {
		return &DamagedError{Key: key, Reason: err.Error()}
	}
	return nil
}

// create writes a record unless there is another one, which is bucket.ErrExists.
//
// A record of the same content is taken for the one to be written: most likely it
// is, since a client that got no answer asks again and finds what it wrote at
// first. And if somebody else wrote the same at the same time, both may go on.
func (s *Store) create(ctx context.Context, key string, record any) error {
	text, err := encode(record)
	if err != nil {
		return storeError(err)
	}
	err = bucket.Create(ctx, s.bucket, key, jsonType, bytes.NewReader(text))
	if !errors.Is(err, bucket.ErrExists) {
		return storeError(err)
	}
	switch found, readErr := s.read(ctx, key); {
	case readErr == nil && bytes.Equal(found, text):
		return nil
	case readErr == nil || isMissing(readErr):
		return storeError(err)
	default:
		return readErr
	}
}

func (s *Store) overwrite(ctx context.Context, key string, record any) error {
	text, err := encode(record)
	if err == nil {
		err = s.bucket.WriteAll(ctx, key, text, &blob.WriterOptions{ContentType: jsonType})
	}
	return storeError(err)
}

// put writes a blob whose key is the digest of its content.
func (s *Store) put(ctx context.Context, batch *bucket.Batch, key, contentType string, content io.ReadSeeker, size int64) error {
	switch old, err := s.bucket.Attributes(ctx, key); {
	case err == nil && old.Size == size:
		return nil
	case err == nil:
		// Half a blob, from whatever calamity, would spoil all later pushes.
		return storeError(s.bucket.Upload(ctx, key, content, &blob.WriterOptions{ContentType: contentType}))
	case !isMissing(err):
		return storeError(err)
	}
	err := batch.Create(ctx, key, contentType, content)
	if errors.Is(err, bucket.ErrExists) {
		return nil
	}
	return storeError(err)
}

const (
	jsonType    = "application/json"
	archiveType = "application/gzip"
)

func encode(record any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(record)
	return b.Bytes(), err
}

func storeError(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("project store: %w", err)
}

func isMissing(err error) bool { return err != nil && gcerrors.Code(err) == gcerrors.NotFound }

var digestForm = regexp.MustCompile(`^[0-9a-f]{64}$`)

func isDigest(text string) bool { return digestForm.MatchString(text) }

func planKey(digest string) string    { return "plans/" + digest + ".json" }
func archiveKey(digest string) string { return "archives/" + digest + ".tar.gz" }

func projectKey(name string) string { return "projects/" + escape(name) + ".json" }
func idKey(id int64) string         { return fmt.Sprintf("projects-by-id/%d.json", id) }

func revisionFolder(id int64) string { return fmt.Sprintf("revisions/%d/", id) }
func revisionKey(id int64, number int) string {
	return fmt.Sprintf("%s%08d.json", revisionFolder(id), number)
}
func revisionNameKey(id int64, name string) string {
	return fmt.Sprintf("revision-names/%d/%s.json", id, escape(name))
}

// escape makes a key of a name. What comes out is one name for every file system:
// lower case, for the systems that take A and a for one; short; and nothing in it
// has a meaning to a system or to the bucket's own escaping ("__0x2f__").
func escape(name string) string {
	var b strings.Builder
	for i := range len(name) {
		c := name[i]
		plain := c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' ||
			c == '.' && i > 0 || c == '_' && (i == 0 || name[i-1] != '_')
		if plain {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "=%02x", c)
		}
	}
	const most, kept = 180, 100
	if b.Len() <= most {
		return b.String()
	}
	sum := sha256.Sum256([]byte(name))
	return b.String()[:kept] + "~" + hex.EncodeToString(sum[:])
}
