package logstore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gofrs/flock"
	"gocloud.dev/blob"
)

// Options are the choices of NewWriter. Only Spool is required.
type Options struct {
	// Spool is the folder, on a disk of this machine, that keeps what is not
	// stored yet. The worker processes of a machine share it, so that each can
	// store what another one left behind. It is made when it is not there.
	Spool string
	// Worker names the worker in keys; the host and the process id by default. It
	// need not be unique.
	Worker string
	// Flush is how long a record waits for others before it is stored, 500
	// milliseconds by default.
	Flush time.Duration
	// Gather is how long what a released log holds waits for others, 20
	// milliseconds by default.
	Gather time.Duration
	// Rewrite is the shortest time between two writes of one object. The default,
	// 0, suits folders, S3 and Azure. Google's store takes one write a second.
	Rewrite time.Duration
	// CloseWait is how long TaskLog.Close waits for a store that can't be reached,
	// and how long writes wait for a store that makes no progress; 5 seconds by
	// default.
	CloseWait time.Duration
	// Timeout is how long one upload may take, 30 seconds by default.
	Timeout time.Duration
	// Uploads is how many run at once, 8 by default.
	Uploads int
	// MaxPending is how many bytes of one attempt may wait to be stored before
	// writes wait as well, 16 MiB by default.
	MaxPending int64
	// MaxSpool is how many bytes of all attempts may lie in the spool. While the
	// store can't be reached and the spool is full, records are left out; the log
	// says how many bytes that were. 1 GiB by default.
	MaxSpool int64
	// Idle is how long the stream of an attempt waits for another task, 10 seconds
	// by default. A later task begins a new one, with a chunk of its own.
	Idle time.Duration
	// Sweep is how often the spools of dead processes are looked for, 30 seconds
	// by default; a negative one leaves that to Recover.
	Sweep time.Duration
	// Now tells the time of records; time.Now by default.
	Now func() time.Time
	// Logger is told when the store can't be reached and when it can again. The
	// default says nothing.
	Logger *slog.Logger
}

func (o Options) withDefaults() Options {
	o.Flush = cmp.Or(o.Flush, 500*time.Millisecond)
	o.Gather = cmp.Or(o.Gather, 20*time.Millisecond)
	o.CloseWait = cmp.Or(o.CloseWait, 5*time.Second)
	o.Timeout = cmp.Or(o.Timeout, 30*time.Second)
	o.Uploads = cmp.Or(o.Uploads, 8)
	o.MaxPending = cmp.Or(o.MaxPending, 16<<20)
	o.MaxSpool = cmp.Or(o.MaxSpool, 1<<30)
	o.Idle = cmp.Or(o.Idle, 10*time.Second)
	o.Sweep = cmp.Or(o.Sweep, 30*time.Second)
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Worker == "" {
		host, _ := os.Hostname()
		o.Worker = fmt.Sprintf("%s-%d", host, os.Getpid())
	}
	return o
}

// Writer stores the logs of the tasks that run in this process. It is safe for
// concurrent use.
type Writer struct {
	bucket *blob.Bucket
	opts   Options
	// id is unique among all processes; dir is its part of the spool, lock says
	// that this process lives. making guards lock, and dir against being made twice.
	id, dir string
	making  sync.Mutex
	lock    *flock.Flock

	ctx   context.Context
	stop  context.CancelFunc
	done  sync.WaitGroup
	slots chan struct{}
	// spooled is the size of all files in dir.
	spooled atomic.Int64
	health  health

	mu      sync.Mutex
	closed  bool
	streams map[string]*stream
	// lastStart keeps the names of streams apart.
	lastStart time.Time
	// complained is when an error of the spool was last said.
	complained time.Time
}

// NewWriter returns a writer that stores in bucket, which stays the caller's. It
// begins to store what dead processes left in the spool, in the background.
func NewWriter(bucket *blob.Bucket, opts Options) (*Writer, error) {
	if opts.Spool == "" {
		return nil, errors.New("log store: a spool folder is needed")
	}
	w := &Writer{bucket: bucket, opts: opts.withDefaults(), streams: map[string]*stream{}}
	if err := w.take(); err != nil {
		return nil, fmt.Errorf("log spool: %w", err)
	}
	w.slots = make(chan struct{}, w.opts.Uploads)
	w.ctx, w.stop = context.WithCancel(context.Background())
	if w.opts.Sweep > 0 {
		w.done.Go(w.sweepForever)
	}
	return w, nil
}

// Open begins the log of one run of a task. attempt is its number.
func (w *Writer) Open(attempt, task string, run int) (*TaskLog, error) {
	if err := checkAttempt(attempt); err != nil {
		return nil, fmt.Errorf("log store: %w", err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return nil, errors.New("log store: the writer is closed")
	}
	s := w.streams[attempt]
	if s == nil {
		start := w.opts.Now().UTC().Truncate(time.Millisecond)
		if !start.After(w.lastStart) {
			start = w.lastStart.Add(time.Millisecond)
		}
		w.lastStart = start
		s = newStream(w, attempt, start)
		w.streams[attempt] = s
	}
	s.begin()
	return &TaskLog{stream: s, task: task, run: run}, nil
}

// Close stores what is not stored yet, until ctx ends. What remains is kept in
// the spool, and the error says so; another process of this machine stores it.
// Logs that are still open must not be used any more.
func (w *Writer) Close(ctx context.Context) error {
	w.mu.Lock()
	if w.closed {
		w.mu.Unlock()
		return nil
	}
	w.closed = true
	streams := make([]*stream, 0, len(w.streams))
	for _, s := range w.streams {
		streams = append(streams, s)
	}
	w.mu.Unlock()
	until := make([]int64, len(streams))
	for i, s := range streams {
		until[i] = s.hurry()
	}
	for i, s := range streams {
		s.await(ctx, until[i])
	}
	w.stop()
	w.done.Wait()
	var left int64
	for _, s := range streams {
		left += s.close()
	}
	// The folder goes only when it is empty.
	if left == 0 && os.Remove(w.dir) == nil {
		_ = os.Remove(w.dir + lockSuffix)
	}
	w.making.Lock()
	err := w.lock.Unlock()
	w.making.Unlock()
	if left > 0 {
		err = errors.Join(fmt.Errorf("log store: %d bytes of logs could not be stored yet and are kept in %s", left, w.dir), err)
	}
	return err
}

// retire ends a stream that has rested.
func (w *Writer) retire(s *stream) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s.mu.Lock()
	resting := !s.running && !s.ended
	s.mu.Unlock()
	if resting && !w.closed {
		delete(w.streams, s.attempt)
		s.close()
	}
}

// health is whether the store takes uploads, as the last one of any stream
// found it.
type health struct {
	mu    sync.Mutex
	since time.Time
}

// failed notes a failed upload. It returns true for the first one of a series.
func (h *health) failed(now time.Time) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.since.IsZero() {
		return false
	}
	h.since = now
	return true
}

// worked notes an upload. down is how long the series of failures before was.
func (h *health) worked(now time.Time) (down time.Duration, first bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.since.IsZero() {
		return 0, false
	}
	down = now.Sub(h.since)
	h.since = time.Time{}
	return down, true
}

// patience is how long one may still wait for an upload.
func (h *health) patience(most time.Duration, now time.Time) time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.since.IsZero() {
		return most
	}
	return max(0, most-now.Sub(h.since))
}
