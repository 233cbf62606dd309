package logstore

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"time"

	"gocloud.dev/blob"
)

const (
	firstRetry = 250 * time.Millisecond
	lastRetry  = 15 * time.Second
)

// run stores what is appended, until no task writes and all is stored, or the
// writer stops.
func (s *stream) run() {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for !s.pause() {
		s.mu.Lock()
		at, any := s.due()
		s.mu.Unlock()
		var later <-chan time.Time
		if any {
			wait := time.Until(at)
			if wait <= 0 {
				select {
				case s.w.slots <- struct{}{}:
				case <-s.w.ctx.Done():
					return
				}
				s.upload()
				<-s.w.slots
				continue
			}
			timer.Reset(wait)
			later = timer.C
		}
		select {
		case <-s.woken:
		case <-later:
		case <-s.w.ctx.Done():
			return
		}
	}
}

// due is when the next upload is to be, if there is anything to store.
func (s *stream) due() (at time.Time, any bool) {
	if s.pos == s.stored {
		return time.Time{}, false
	}
	if !s.retry.IsZero() {
		return s.retry, true
	}
	first := s.parts[0]
	if !first.whole && s.urgent <= s.stored {
		at = s.dirty.Add(s.w.opts.Flush)
		if !s.gather.IsZero() && s.gather.Before(at) {
			at = s.gather
		}
	}
	if first.stored > 0 {
		if next := s.uploaded.Add(s.w.opts.Rewrite); next.After(at) {
			at = next
		}
	}
	return at, true
}

// upload stores the first part as it is now.
func (s *stream) upload() {
	s.mu.Lock()
	p := s.parts[0]
	size := p.size
	if p.frozen > 0 {
		size = p.frozen
	} else if size >= growLimit {
		p.close()
	}
	rushed, began := s.urgent > s.stored || !s.gather.IsZero(), time.Now()
	s.mu.Unlock()

	text, err := readPart(p.path, size)
	if err != nil {
		s.w.opts.Logger.Error("A part of a log is lost: its file can't be read.", "attempt", s.attempt, "bytes", size-p.stored, "error", err)
	} else if err = s.w.put(s.w.ctx, chunkKey(s.attempt, s.name, p.seq), text); err != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		p.frozen = size
		s.rest()
		s.failures++
		s.retry = time.Now().Add(backoff(s.failures))
		return
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		p.close()
	}
	s.stored += size - p.stored
	p.stored, p.frozen = size, 0
	s.retry, s.failures, s.stalled = time.Time{}, 0, false
	s.uploaded, s.rushed = time.Now(), rushed
	s.dirty = time.Time{}
	if s.pos > s.stored {
		s.dirty = began
	}
	if s.stored >= s.released {
		s.gather = time.Time{}
	}
	s.drop()
	close(s.moved)
	s.moved = make(chan struct{})
}

func readPart(path string, size int64) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	text := make([]byte, size)
	if _, err := io.ReadFull(file, text); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return text, nil
}

// put stores a chunk, once.
func (w *Writer) put(ctx context.Context, key string, text []byte) error {
	limited, cancel := context.WithTimeout(ctx, w.opts.Timeout)
	defer cancel()
	err := w.bucket.Upload(limited, key, bytes.NewReader(text), &blob.WriterOptions{ContentType: "application/x-ndjson"})
	switch {
	case err == nil:
		if down, first := w.health.worked(time.Now()); first {
			w.opts.Logger.Info("Logs can be stored again.", "down", down.Round(time.Millisecond))
		}
	case ctx.Err() == nil && w.health.failed(time.Now()):
		w.opts.Logger.Warn("Logs can't be stored; they are kept in the spool and tried again.", "key", key, "spool", w.dir, "error", err)
	}
	return err
}

// backoff is the pause after so many failures, without a beat that many workers
// share.
func backoff(failures int) time.Duration {
	d := lastRetry
	if failures < 8 {
		d = min(firstRetry<<(failures-1), lastRetry)
	}
	return d/2 + rand.N(d/2)
}
