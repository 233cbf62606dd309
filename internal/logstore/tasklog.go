package logstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
	"unicode/utf8"
)

// maxPiece is the most that one record holds of what a command prints.
const maxPiece = 32 << 10

// ErrPending says that a log is in the spool and not in the store yet. It will
// be stored in the background.
var ErrPending = errors.New("log store: the store can't be reached; the log is kept in the spool")

// TaskLog takes the log of one run of a task. It is safe for concurrent use.
type TaskLog struct {
	stream *stream
	task   string
	run    int

	mu     sync.Mutex
	closed bool
	// wrote says that there is a record.
	wrote bool
	// held is the beginning of a character of which the rest is to come.
	held []byte
	// lost counts the bytes that neither store nor spool had room for.
	lost int64
}

// Write takes raw output, in pieces of any size. It waits while the store is
// behind. It fails only after Close: tasks don't fail for their logs.
func (t *TaskLog) Write(text []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return 0, errClosed
	}
	n := len(text)
	if len(t.held) > 0 {
		text = append(t.held, text...)
		t.held = nil
	}
	if k := unfinished(text); k > 0 {
		t.held = bytes.Clone(text[len(text)-k:])
		text = text[:len(text)-k]
	}
	for len(text) > 0 {
		k := cut(text, maxPiece)
		t.put(Record{Kind: KindOutput, Text: string(text[:k])}, false)
		text = text[k:]
	}
	return n, nil
}

// Line takes one message, which may have several lines, without a line end.
func (t *TaskLog) Line(level Level, text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return
	}
	t.flush()
	t.put(Record{Kind: KindLine, Level: level, Text: text}, false)
}

// Release ends the log like Close, and waits for nothing. What it holds is stored
// in a moment (Options.Gather), together with what the attempt's other tasks write
// until then.
func (t *TaskLog) Release() {
	if t.end() {
		t.stream.release()
	}
}

// end writes the last record. It returns false when that was done before.
func (t *TaskLog) end() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return false
	}
	t.flush()
	if t.wrote || t.lost > 0 {
		t.put(Record{Kind: KindEnd}, true)
	}
	t.closed = true
	return true
}

// Close ends the log and waits until it is stored. The error is ErrPending when
// that takes too long.
func (t *TaskLog) Close() error {
	if !t.end() {
		return nil
	}
	s := t.stream
	s.mu.Lock()
	s.tasks--
	s.rest()
	s.mu.Unlock()
	until := s.hurry()
	wait := s.w.health.patience(s.w.opts.CloseWait, time.Now())
	ctx, cancel := context.WithTimeout(s.w.ctx, wait)
	defer cancel()
	if !s.await(ctx, until) {
		return ErrPending
	}
	return nil
}

var errClosed = errors.New("log store: write to a closed log")

func (t *TaskLog) flush() {
	if len(t.held) > 0 {
		held := t.held
		t.held = nil
		t.put(Record{Kind: KindOutput, Text: string(held)}, false)
	}
}

// put appends a record, or counts what it would have held. What is missing is
// said in its place. A forced record doesn't wait for room.
func (t *TaskLog) put(r Record, force bool) {
	r.Task, r.Run = t.task, t.run
	if !force && t.stream.full(len(r.Text)) {
		t.lost += int64(len(r.Text))
		return
	}
	if t.lost > 0 {
		note := Record{
			Task: t.task, Run: t.run, Kind: KindLine, Level: LevelWarn,
			Text: fmt.Sprintf("%d bytes of the log are missing here: they could neither be stored nor kept on the worker's disk.", t.lost),
		}
		if _, err := t.stream.append(&note); err == nil {
			t.lost, t.wrote = 0, true
		}
	}
	if _, err := t.stream.append(&r); err != nil {
		t.stream.w.spoolFailed(err)
		t.lost += int64(len(r.Text))
		return
	}
	t.wrote = true
}

// unfinished counts the bytes at the end that begin a character.
func unfinished(text []byte) int {
	for k := 1; k < utf8.UTFMax && k <= len(text); k++ {
		if c := text[len(text)-k]; utf8.RuneStart(c) {
			if !utf8.FullRune(text[len(text)-k:]) {
				return k
			}
			return 0
		}
	}
	return 0
}

// cut is where a piece of at most n bytes ends: at the end of a line if there is
// one in the second half, otherwise between characters.
func cut(text []byte, n int) int {
	if len(text) <= n {
		return len(text)
	}
	if i := bytes.LastIndexByte(text[n/2:n], '\n'); i >= 0 {
		return n/2 + i + 1
	}
	for k := n; k > n-utf8.UTFMax; k-- {
		if utf8.RuneStart(text[k]) {
			return k
		}
	}
	return n
}
