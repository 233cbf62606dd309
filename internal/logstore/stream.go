package logstore

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"time"
)

const (
	// growLimit is the size from which a stored chunk doesn't grow any more.
	growLimit = 64 << 10
	// chunkSize is the size of a chunk that was not stored before it got there.
	// When the store is slower than the task, larger ones gain speed.
	chunkSize    = 256 << 10
	maxChunkSize = 4 << 20
	// keptBuffer is how much memory a stream keeps for its next record.
	keptBuffer = 256 << 10
)

// stream is the log of an attempt as this process writes it.
type stream struct {
	w             *Writer
	attempt, name string
	// woken tells run that there may be something to do.
	woken chan struct{}

	mu sync.Mutex
	// running says that run is at work: while a task writes, and until all is
	// stored. Then idle ends the stream, unless another task comes first.
	running bool
	idle    *time.Timer
	// parts are the chunks that are not final in the store, in order. All but the
	// last one are whole.
	parts []*part
	seq   int
	buf   []byte
	// last is the time of the last record: times don't go back within a stream.
	last time.Time
	// tasks counts the open logs.
	tasks int
	// pos counts the bytes appended, stored those of them in the store. A closing
	// task wants everything up to urgent.
	pos, stored, urgent int64
	// dirty is when the first byte that isn't stored came. Released logs want
	// everything up to released stored at gather.
	dirty, gather time.Time
	released      int64
	// uploaded is when the last upload ended, rushed whether it was for a closing
	// task. retry is when a failed one is to be repeated, and failures how often
	// that was.
	uploaded time.Time
	rushed   bool
	retry    time.Time
	failures int
	// ended says that nothing may be appended any more.
	ended bool
	// stalled says that a writer waited in vain.
	stalled bool
	// moved is closed with each upload.
	moved chan struct{}
}

func newStream(w *Writer, attempt string, start time.Time) *stream {
	return &stream{
		w: w, attempt: attempt, name: start.Format(startForm) + "-" + w.id,
		woken: make(chan struct{}, 1), moved: make(chan struct{}), last: start,
	}
}

// begin counts a task in, and sees to it that what it writes is stored. The
// caller holds the writer's lock, so that a writer that closes waits for run.
func (s *stream) begin() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tasks++
	if s.idle != nil {
		s.idle.Stop()
	}
	if !s.running {
		s.running = true
		s.w.done.Go(s.run)
	}
}

// pause ends run when there is nothing to do for it.
func (s *stream) pause() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tasks > 0 || s.pos > s.stored {
		return false
	}
	s.rest()
	s.running = false
	s.idle = time.AfterFunc(s.w.opts.Idle, func() { s.w.retire(s) })
	return true
}

func (s *stream) wake() {
	select {
	case s.woken <- struct{}{}:
	default:
	}
}

// append writes a record into the spool and returns the position after it.
func (s *stream) append(r *Record) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return s.pos, errClosed
	}
	if now := s.w.opts.Now().UTC().Truncate(time.Millisecond); now.After(s.last) {
		s.last = now
	}
	r.Time = s.last
	s.buf = appendRecord(s.buf[:0], r)
	p, err := s.open()
	if err != nil {
		return s.pos, err
	}
	n, err := p.file.Write(s.buf)
	if err != nil {
		// Half a record must not be followed by another one.
		if n > 0 && p.file.Truncate(p.size) != nil {
			p.close()
			s.drop()
			s.wake()
		}
		return s.pos, err
	}
	p.size += int64(n)
	s.pos += int64(n)
	s.w.spooled.Add(int64(n))
	if cap(s.buf) > keptBuffer {
		s.buf = nil
	}
	if s.dirty.IsZero() {
		s.dirty = time.Now()
		s.wake()
	}
	if p.size >= min(max(chunkSize, (s.pos-s.stored)/4), maxChunkSize) {
		p.close()
		s.wake()
	}
	return s.pos, nil
}

// open returns the part to append to.
func (s *stream) open() (*part, error) {
	if n := len(s.parts); n > 0 && !s.parts[n-1].whole {
		p := s.parts[n-1]
		// Tasks that end quickly don't wait for the store's pause between two
		// writes of one object.
		quick := s.rushed && p.stored == p.size && time.Since(s.uploaded) < s.w.opts.Rewrite
		if !quick && p.reopen() {
			return p, nil
		}
		p.close()
		s.drop()
	}
	seq := s.seq + 1
	path := filepath.Join(s.w.dir, s.attempt+spoolMark+chunkName(s.name, seq))
	const flags = os.O_APPEND | os.O_CREATE | os.O_EXCL | os.O_WRONLY
	file, err := os.OpenFile(path, flags, 0o600)
	if os.IsNotExist(err) {
		// Cleaners of temporary folders take old ones.
		if err = s.w.remake(); err == nil {
			file, err = os.OpenFile(path, flags, 0o600)
		}
	}
	if err != nil {
		return nil, err
	}
	s.seq = seq
	p := &part{seq: seq, path: path, file: file}
	s.parts = append(s.parts, p)
	return p, nil
}

// rest gives back what a stream holds that no task writes to: many short attempts
// may wait at once, for their next task or for the store. The chunk still grows
// when the next task comes.
func (s *stream) rest() {
	if s.tasks > 0 {
		return
	}
	for _, p := range s.parts {
		p.shut()
	}
	s.drop()
	s.buf = nil
}

// drop removes the parts from the spool that are final in the store.
func (s *stream) drop() {
	for len(s.parts) > 0 {
		p := s.parts[0]
		if !p.whole || p.stored < p.size {
			return
		}
		_ = os.Remove(p.path)
		s.w.spooled.Add(-p.size)
		s.parts = s.parts[1:]
	}
}

// full waits for room in the spool, as long as the store makes progress. It
// returns true when there is none for n bytes.
func (s *stream) full(n int) bool {
	opts := &s.w.opts
	var wait *time.Timer
	for {
		s.mu.Lock()
		behind := s.pos-s.stored > opts.MaxPending
		full := s.w.spooled.Load()+int64(n) > opts.MaxSpool
		if !behind && !full {
			s.stalled = false
		}
		stalled, moved := s.stalled, s.moved
		s.mu.Unlock()
		if stalled || !behind && !full {
			return full
		}
		if wait == nil {
			wait = time.NewTimer(opts.CloseWait)
		}
		select {
		case <-moved:
			wait.Reset(opts.CloseWait)
		case <-time.After(100 * time.Millisecond): // room that other streams make
		case <-wait.C:
			wait = nil
			s.mu.Lock()
			s.stalled = true
			s.mu.Unlock()
		}
	}
}

// hurry asks for an upload of all there is now.
func (s *stream) hurry() (until int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.urgent = s.pos
	s.wake()
	return s.pos
}

// release counts a task out that waits for nothing.
func (s *stream) release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tasks--
	s.released = s.pos
	if s.pos > s.stored && s.gather.IsZero() {
		s.gather = time.Now().Add(s.w.opts.Gather)
	}
	s.wake()
}

// await waits until everything up to a position is stored.
func (s *stream) await(ctx context.Context, until int64) bool {
	for {
		s.mu.Lock()
		stored, moved := s.stored, s.moved
		s.mu.Unlock()
		if stored >= until {
			return true
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return false
		}
	}
}

// close closes the files, and removes those that are stored. It returns how many
// bytes are not.
func (s *stream) close() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
	if s.idle != nil {
		s.idle.Stop()
	}
	for _, p := range s.parts {
		p.close()
	}
	s.drop()
	return s.pos - s.stored
}
