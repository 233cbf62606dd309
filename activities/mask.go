package activities

import (
	"bytes"
	"io"
	"slices"
	"sort"
	"strings"
	"sync"
)

// mask hides the secrets that a task has read in what it says, and finds them in
// what it gives back (disclosure.go). It is a net, not a wall: a command can always
// print a secret in another form.
type mask struct {
	mu sync.RWMutex
	// values are what is hidden, the longest first; in streams only those from the
	// index on.
	values  []string
	streams int
	longest int // of those of streams
	// keys are those of the secrets that the values come from.
	keys map[string]string
}

const (
	hidden = "***"
	// shortestSecret is the length in bytes from which on secrets are hidden and
	// found: "1" is everywhere.
	shortestSecret = 4
	// maxSecret bounds what has to be held back of an output stream.
	maxSecret = 16 << 10
)

// add makes a secret known. Of one with several lines every line is one.
func (m *mask) add(key, value string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	values := slices.Clone(m.values)
	for _, line := range append(strings.Split(value, "\n"), value) {
		line = strings.TrimSpace(line)
		if _, known := m.keys[line]; known || len(line) < shortestSecret {
			continue
		}
		if m.keys == nil {
			m.keys = map[string]string{}
		}
		m.keys[line] = key
		values = append(values, line)
	}
	// A secret within another one must not be replaced first.
	slices.SortStableFunc(values, func(a, b string) int { return len(b) - len(a) })
	m.values = values
	m.streams = sort.Search(len(values), func(i int) bool { return len(values[i]) <= maxSecret })
	if m.streams < len(values) {
		m.longest = len(values[m.streams])
	}
}

// text hides secrets in a text, long ones too.
func (m *mask) text(s string) string {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.hide(s)
}

func (m *mask) hide(s string) string {
	for _, v := range m.values {
		s = strings.ReplaceAll(s, v, hidden)
	}
	return s
}

// writer returns a writer that hides secrets, also those that come in pieces.
// flush writes what is held back.
func (m *mask) writer(w io.Writer) *maskWriter { return &maskWriter{m: m, w: w} }

type maskWriter struct {
	m  *mask
	w  io.Writer
	mu sync.Mutex
	// held is the end of the output so far that may be the beginning of a secret.
	held []byte
}

func (w *maskWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.m.mu.RLock()
	values, longest := w.m.values[w.m.streams:], w.m.longest
	w.m.mu.RUnlock()
	if len(values) == 0 && len(w.held) == 0 {
		return w.w.Write(p)
	}
	text := append(w.held, p...)
	for _, v := range values {
		text = bytes.ReplaceAll(text, []byte(v), []byte(hidden))
	}
	keep := unfinished(text, values, longest)
	_, err := w.w.Write(text[:len(text)-keep])
	w.held = append([]byte(nil), text[len(text)-keep:]...)
	return len(p), err
}

// unfinished returns the length of the longest end of text that begins a secret.
func unfinished(text []byte, values []string, longest int) int {
	for n := min(longest-1, len(text)); n > 0; n-- {
		end := text[len(text)-n:]
		for _, v := range values {
			if len(v) > n && v[:n] == string(end) {
				return n
			}
		}
	}
	return 0
}

func (w *maskWriter) flush() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.held) > 0 {
		_, _ = w.w.Write(w.held)
		w.held = nil
	}
}
