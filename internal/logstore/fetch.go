package logstore

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"gocloud.dev/blob"

	"github.com/dig2temporal/dig2temporal/internal/bucket"
)

const (
	// aheadChunks is how many chunks of a stream are fetched before they are
	// needed, maxFetches how many of all streams at once.
	aheadChunks = 4
	maxFetches  = 8
)

// chunk is an object as a listing shows it.
type chunk struct {
	seq   int
	size  int64
	start time.Time
}

// fetcher gets the chunks of one attempt.
type fetcher struct {
	bucket  *blob.Bucket
	attempt string
	ctx     context.Context
	stop    context.CancelFunc
	running sync.WaitGroup
	slots   chan struct{}
	// early are the chunks that are on their way. Only the reader uses the map.
	early map[string]*early
}

type early struct {
	ready chan struct{}
	text  []byte
	err   error
}

func newFetcher(ctx context.Context, b *blob.Bucket, attempt string) *fetcher {
	f := &fetcher{bucket: b, attempt: attempt, slots: make(chan struct{}, maxFetches), early: map[string]*early{}}
	f.ctx, f.stop = context.WithCancel(ctx)
	return f
}

func (f *fetcher) close() {
	f.stop()
	f.running.Wait()
}

// list returns the chunks of each stream in order.
func (f *fetcher) list(ctx context.Context) (map[string][]chunk, error) {
	found := map[string][]chunk{}
	prefix := attemptPrefix(f.attempt)
	for object, err := range bucket.List(ctx, f.bucket, &blob.ListOptions{Prefix: prefix}) {
		if err != nil {
			return nil, fmt.Errorf("log of attempt %s: %w", f.attempt, err)
		}
		stream, start, seq, ok := parseChunkName(strings.TrimPrefix(object.Key, prefix))
		if ok {
			found[stream] = append(found[stream], chunk{seq, object.Size, start})
		}
	}
	for _, chunks := range found {
		slices.SortFunc(chunks, func(a, b chunk) int { return cmp.Compare(a.seq, b.seq) })
	}
	return found, nil
}

// ahead begins to fetch final chunks: the first ones, without the last, which
// may grow.
func (f *fetcher) ahead(stream string, chunks []chunk) {
	for _, c := range chunks[:min(aheadChunks, len(chunks)-1)] {
		key := chunkKey(f.attempt, stream, c.seq)
		if f.early[key] != nil {
			continue
		}
		e := &early{ready: make(chan struct{})}
		f.early[key] = e
		f.running.Go(func() {
			defer close(e.ready)
			select {
			case f.slots <- struct{}{}:
				defer func() { <-f.slots }()
				e.text, e.err = f.get(f.ctx, key, 0)
			case <-f.ctx.Done():
				e.err = f.ctx.Err()
			}
		})
	}
}

// read returns a chunk from an offset on.
func (f *fetcher) read(ctx context.Context, stream string, seq int, offset int64) ([]byte, error) {
	key := chunkKey(f.attempt, stream, seq)
	if e := f.early[key]; e != nil && offset == 0 {
		delete(f.early, key)
		<-e.ready
		return e.text, e.err
	}
	return f.get(ctx, key, offset)
}

func (f *fetcher) get(ctx context.Context, key string, offset int64) ([]byte, error) {
	// Stores refuse a range that begins at the end; one byte before it is there.
	back := min(offset, 1)
	r, err := f.bucket.NewRangeReader(ctx, key, offset-back, -1, nil)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	text, err := io.ReadAll(io.LimitReader(r, maxRead))
	if err == nil && len(text) == maxRead {
		err = fmt.Errorf("larger than %d bytes", maxRead)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", key, err)
	}
	return text[min(back, int64(len(text))):], nil
}
