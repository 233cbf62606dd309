package logstore

import (
	"container/heap"
	"context"
	"fmt"
	"strings"
	"time"

	"gocloud.dev/blob"
)

// ReadOptions are the choices of Read.
type ReadOptions struct {
	// Task is the beginning of the full names of the tasks to read; all by
	// default.
	Task string
	// Level leaves out lines below it; the zero value is LevelInfo. What commands
	// print is never left out.
	Level Level
	// Follow goes on until Done says that the attempt has ended.
	Follow bool
	// Done says whether the attempt has ended. Without it Follow goes on until the
	// context ends.
	Done func(ctx context.Context) (bool, error)
	// Ended, if there is one, is closed when it is time to ask Done, so that the
	// end is not seen later for Poll.
	Ended <-chan struct{}
	// Settling is how long after the end of an attempt the last lines may still be
	// on their way into the store, 300 milliseconds by default: tasks don't wait for
	// logs that are released. It is to be longer than the writer's Rewrite.
	Settling time.Duration
	// Poll is how often Follow looks for news, 500 milliseconds by default. It is
	// up to twice as long while there are none.
	Poll time.Duration
	// Patience is how long Follow bears errors of the store and of Done, a minute
	// by default. An error before anything was read ends it at once.
	Patience time.Duration
}

// DefaultSettling is that of ReadOptions.
const DefaultSettling = 300 * time.Millisecond

// Read calls each for the records of an attempt. Those of one stream come in
// their order, those of several are merged by time; with Follow, by time among
// what is new. What can't be read of the log is a warning in its place. An error
// of each ends it and is returned. An attempt without a log has no records.
func Read(ctx context.Context, bucket *blob.Bucket, attempt string, opts ReadOptions, each func(Record) error) error {
	if err := checkAttempt(attempt); err != nil {
		return fmt.Errorf("log store: %w", err)
	}
	if opts.Poll <= 0 {
		opts.Poll = 500 * time.Millisecond
	}
	if opts.Settling <= 0 {
		opts.Settling = DefaultSettling
	}
	if opts.Patience <= 0 {
		opts.Patience = time.Minute
	}
	f := newFetcher(ctx, bucket, attempt)
	defer f.close()
	m := &merge{fetcher: f, tails: map[string]*tail{}, each: func(r Record) error {
		// A complaint of the reader has no task.
		if r.Task != "" && !strings.HasPrefix(r.Task, opts.Task) || r.Kind == KindLine && r.Level < opts.Level {
			return nil
		}
		return each(r)
	}}
	if opts.Follow {
		return m.follow(ctx, opts)
	}
	for {
		if _, err := m.round(ctx); err != nil || !m.gaps {
			return err
		}
	}
}

// follow makes rounds until Done and, when all has settled, until one that brings
// nothing.
func (m *merge) follow(ctx context.Context, opts ReadOptions) error {
	var failing time.Time
	done, ended, begun := false, false, false
	for wait := opts.Poll; ; {
		news, err := m.round(ctx)
		if err == nil && !news {
			if done {
				return nil
			}
			if opts.Done != nil {
				done, err = opts.Done(ctx)
			}
		}
		if m.failed != nil {
			return m.failed
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		switch {
		case err == nil:
			failing, begun = time.Time{}, true
		case !begun:
			return err
		case failing.IsZero():
			failing = time.Now()
		case time.Since(failing) > opts.Patience:
			return err
		}
		pause := wait
		switch {
		case news && (done || ended):
			continue
		case news:
			wait, pause = opts.Poll, opts.Poll
		case done && err == nil:
			pause, opts.Ended = opts.Settling, nil
		case ended:
			ended = false // it has not, in spite of what was said
		}
		select {
		case <-time.After(pause):
		case <-opts.Ended:
			ended, opts.Ended = true, nil
		case <-ctx.Done():
			return ctx.Err()
		}
		wait = min(wait*5/4, 2*opts.Poll)
	}
}

// merge brings the records of all streams into one order.
type merge struct {
	fetcher *fetcher
	tails   map[string]*tail
	each    func(Record) error
	// failed is the error that each returned.
	failed error
	// gaps says that the last round stopped before a gap in a stream.
	gaps bool
}

// round reads what is there now. It returns whether that brought anything.
func (m *merge) round(ctx context.Context) (news bool, err error) {
	found, err := m.fetcher.list(ctx)
	if err != nil {
		return false, err
	}
	m.gaps = false
	var queue tailQueue
	for name, chunks := range found {
		t := m.tails[name]
		if t == nil {
			t = &tail{fetcher: m.fetcher, name: name, next: chunks[0].start}
			m.tails[name] = t
		}
		if t.listed(chunks) {
			queue = append(queue, t)
		}
	}
	heap.Init(&queue)
	for len(queue) > 0 {
		if err := ctx.Err(); err != nil {
			return news, err
		}
		t := queue[0]
		if t.head != nil {
			r := *t.head
			t.head = nil
			news = true
			if err := m.each(r); err != nil {
				m.failed = err
				return news, err
			}
		}
		err := t.advance(ctx)
		if err != nil {
			return news, err
		}
		if t.gap {
			m.gaps, news = true, true
		}
		if t.head == nil {
			heap.Pop(&queue)
		} else {
			heap.Fix(&queue, 0)
		}
	}
	return news, nil
}

// tailQueue has the stream with the earliest record first. A stream that was not
// read yet counts from its start, so that no more streams are read at once than
// ran at once.
type tailQueue []*tail

func (q tailQueue) Len() int { return len(q) }
func (q tailQueue) Less(i, j int) bool {
	if c := q[i].next.Compare(q[j].next); c != 0 {
		return c < 0
	}
	return q[i].name < q[j].name
}
func (q tailQueue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *tailQueue) Push(x any)   { *q = append(*q, x.(*tail)) }
func (q *tailQueue) Pop() any {
	old := *q
	last := old[len(old)-1]
	*q = old[:len(old)-1]
	return last
}
