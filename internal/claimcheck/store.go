// Package claimcheck keeps large payloads in a blob store, so that the history of
// an execution holds small references to them.
//
// It does so in two ways on one store.
//
// Values takes single large values out of params where an activity returns them,
// and puts them back where the next activity needs them. The interpreter between
// the two only carries texts of about a hundred bytes: a value is encoded and
// stored once, however many tasks see it, and the workflow neither decodes nor
// encodes it, which would take it seconds that it hasn't got. This is what serves
// params, and the only way that keeps a value single when payloads are encrypted,
// since equal texts then have different ciphertexts.
//
// Driver is the net under it: the SDK hands it every payload that is large as a
// whole, such as the plan of thousands of tasks or an object of a million small
// keys, and stores a reference to it in its place.
//
//   - The SDK calls it after the codecs of the data converter, so objects are
//     compressed and encrypted.
//   - It covers the input and the result of workflows, children, activities and
//     local activities, signals, updates, queries with their answers, memos, the
//     details of heartbeats, failures and cancellations. Search attributes never
//     leave the server; they are small. It does not cover what bypasses the SDK's
//     client: histories exported as files, and payloads that are read off the raw
//     gRPC service, hold references.
//   - Payloads are fetched when a task is polled, before workflow code runs, so the
//     deadlock detector doesn't see that. Decoding happens in workflow code, where
//     40 MB of JSON need seconds: workers must give it more than the second of the
//     default. (The SDK's converter that pauses the detector is no way out: it takes
//     two locks in the other order than the end of a workflow task does, and hangs
//     in executions with local activities.)
//   - The server needs nothing. Clients, workers and replayers all need the driver:
//     one that lacks it fails with TMPRL1105 on the first reference it meets.
//
// An object is named by the SHA-256 of its bytes and never changes. None is
// deleted but by Sweep, or by a rule of the bucket of the same kind; such a rule
// must keep objects for longer than the retention of histories, the longest run of
// an attempt and a day together. It counts from when an object was written last:
// what is stored again, and what an attempt takes over from an earlier one (Touch),
// is written again.
package claimcheck

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"regexp"
	"time"

	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"
	"golang.org/x/sync/singleflight"
)

// Folder is what the names of all objects begin with.
const Folder = "payloads/"

// Options tune a Store. The zero value is ready to use.
type Options struct {
	// CacheBytes is how many bytes of recently seen objects are kept in memory, 64
	// MiB by default; a negative one keeps none.
	CacheBytes int64
	// MaxBytes is the largest object that is stored or read, 512 MiB by default.
	MaxBytes int64
	// Now is the clock, time.Now by default.
	Now func() time.Time
}

// Store keeps objects by the hash of their content. It is safe for concurrent use.
type Store struct {
	bucket *blob.Bucket
	max    int64
	now    func() time.Time
	// seen holds the bytes of objects, stored the objects that are known to be in
	// the bucket and young.
	seen   *cache
	stored *cache
	reads  singleflight.Group
	// patience is how long a read that many wait for may take.
	patience time.Duration
	// renewing is full while a heavy object is renewed.
	renewing chan struct{}
}

// patience lets an object of the largest size through at a megabyte a second.
const patience = 10 * time.Minute

// New returns a store on a bucket, which stays the caller's to close.
func New(b *blob.Bucket, o Options) *Store {
	if o.CacheBytes == 0 {
		o.CacheBytes = 64 << 20
	}
	if o.MaxBytes == 0 {
		o.MaxBytes = 512 << 20
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Store{
		bucket: b, max: o.MaxBytes, now: o.Now, seen: newCache(o.CacheBytes), stored: newCache(10_000), patience: patience,
		renewing: make(chan struct{}, 1),
	}
}

var sumShape = regexp.MustCompile(`^[0-9a-f]{64}$`)

// put stores an object unless it is there and returns its hash.
func (s *Store) put(ctx context.Context, data []byte) (sum string, err error) {
	if int64(len(data)) > s.max {
		return "", &TooLargeError{Bytes: int64(len(data)), Max: s.max}
	}
	h := sha256.Sum256(data)
	sum = hex.EncodeToString(h[:])
	if s.recent(sum) {
		return sum, nil
	}
	name := Folder + sum
	about, err := s.bucket.Attributes(ctx, name)
	switch {
	case err == nil && about.Size == int64(len(data)) && s.now().Sub(about.ModTime) < refresh:
		s.stored.put(sum, about.ModTime, 1)
		return sum, nil
	case err != nil && gcerrors.Code(err) != gcerrors.NotFound:
		return "", fmt.Errorf("the store of large payloads can't be asked for %s: %w", name, err)
	}
	if err := s.write(ctx, sum, data); err != nil {
		return "", err
	}
	s.seen.put(sum, data, int64(len(data)))
	return sum, nil
}

func (s *Store) write(ctx context.Context, sum string, data []byte) error {
	now := s.now()
	err := s.bucket.WriteAll(ctx, Folder+sum, data, &blob.WriterOptions{
		ContentType: "application/octet-stream", DisableContentTypeDetection: true,
	})
	if err != nil {
		return fmt.Errorf("the large payload %s%s can't be stored: %w", Folder, sum, err)
	}
	s.stored.put(sum, now, 1)
	return nil
}

// recent tells whether an object was stored or found by this process of late.
func (s *Store) recent(sum string) bool {
	at, ok := s.stored.get(sum)
	return ok && s.now().Sub(at.(time.Time)) < refresh
}

// get reads an object and verifies it. The caller must not change the bytes.
func (s *Store) get(ctx context.Context, sum string) ([]byte, error) {
	if !sumShape.MatchString(sum) {
		return nil, fmt.Errorf("%q is no hash of a large payload", sum)
	}
	if data, ok := s.seen.get(sum); ok {
		return data.([]byte), nil
	}
	data, err := shared(ctx, &s.reads, sum, func(ctx context.Context) (any, error) {
		// Whoever comes later waits for the same read, also if the store hangs.
		ctx, cancel := context.WithTimeoutCause(ctx, s.patience, fmt.Errorf("the store took longer than %s", s.patience))
		defer cancel()
		data, err := s.fetch(ctx, sum)
		switch {
		case err == nil:
			s.seen.put(sum, data, int64(len(data)))
		case ctx.Err() != nil:
			err = fmt.Errorf("the large payload %s%s can't be read: %w", Folder, sum, context.Cause(ctx))
		}
		return data, err
	})
	if err != nil {
		return nil, err
	}
	return data.([]byte), nil
}

func (s *Store) fetch(ctx context.Context, sum string) ([]byte, error) {
	name := Folder + sum
	r, err := s.bucket.NewReader(ctx, name, nil)
	if gcerrors.Code(err) == gcerrors.NotFound {
		return nil, &NotFoundError{sum}
	}
	if err != nil {
		return nil, fmt.Errorf("the large payload %s can't be read: %w", name, err)
	}
	defer r.Close()
	if r.Size() > s.max {
		return nil, fmt.Errorf("the large payload %s has %d bytes, %d are allowed", name, r.Size(), s.max)
	}
	b := bytes.NewBuffer(make([]byte, 0, max(r.Size(), 0)+bytes.MinRead))
	if _, err := b.ReadFrom(io.LimitReader(r, s.max+1)); err != nil {
		return nil, fmt.Errorf("the large payload %s can't be read: %w", name, err)
	}
	if h := sha256.Sum256(b.Bytes()); hex.EncodeToString(h[:]) != sum {
		return nil, &DamagedError{sum}
	}
	return b.Bytes(), nil
}

// shared makes one of several calls at a time for the same key. Tasks that start
// together want the same values, and each copy may take hundreds of megabytes. The
// call is nobody's, so that no caller's end takes it from the others; it must have a
// limit of its own.
func shared(ctx context.Context, group *singleflight.Group, key string, call func(context.Context) (any, error)) (any, error) {
	done := group.DoChan(key, func() (any, error) { return call(context.Background()) })
	select {
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	case r := <-done:
		return r.Val, r.Err
	}
}
