package container

import (
	"io"
	"sync/atomic"
	"time"
)

// stream is the output of a container while it is copied to its writers. It
// knows whether the copying waits for the engine or for the writers.
type stream struct {
	from io.Reader
	// hangUp ends a read.
	hangUp func()
	// since is when the read that goes on has begun, in nanoseconds; 0 for none.
	since  atomic.Int64
	copied chan struct{}
}

// copying starts copy, which reads from the stream until it ends.
func copying(from io.Reader, hangUp func(), copy func(io.Reader)) *stream {
	s := &stream{from: from, hangUp: hangUp, copied: make(chan struct{})}
	go func() {
		defer close(s.copied)
		copy(s)
	}()
	return s
}

func (s *stream) Read(p []byte) (int, error) {
	s.since.Store(time.Now().UnixNano())
	defer s.since.Store(0)
	return s.from.Read(p)
}

// wait waits for the end of the output. The engine closes it when the container
// ends; when the engine is silent instead for longer than the patience, the
// stream is ended. The writers may take their time.
func (s *stream) wait(patience time.Duration) {
	begin := time.Now().UnixNano()
	tick := time.NewTicker(patience / 10)
	defer tick.Stop()
	for {
		select {
		case <-s.copied:
			return
		case now := <-tick.C:
			since := s.since.Load()
			if since != 0 && now.UnixNano()-max(begin, since) > int64(patience) {
				s.end()
				return
			}
		}
	}
}

// end ends the stream. Nothing is written to the writers afterwards.
func (s *stream) end() {
	s.hangUp()
	<-s.copied
}
