package activities

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"sort"
	"strings"
	"sync"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/operators"
)

// mask hides the secrets that a task has read in what it says. It is a net, not
// a wall: a command can always print a secret in another form.
type mask struct {
	mu      sync.RWMutex
	values  []string
	longest int
}

const (
	hidden = "***"
	// minSecret is the shortest text that is hidden: "1" is everywhere.
	minSecret = 4
	// maxSecret bounds what has to be held back of an output stream.
	maxSecret = 16 << 10
)

// add makes a secret known. Of one with several lines every line is one.
func (m *mask) add(value string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, line := range append(strings.Split(value, "\n"), value) {
		line = strings.TrimSpace(line)
		if len(line) < minSecret || len(line) > maxSecret || contains(m.values, line) {
			continue
		}
		m.values = append(m.values, line)
		m.longest = max(m.longest, len(line))
	}
	// A secret within another one must not be replaced first.
	sort.SliceStable(m.values, func(i, j int) bool { return len(m.values[i]) > len(m.values[j]) })
}

// found returns the dotted key of a value that gives a secret away, "" when there
// is none.
func (m *mask) found(o *ordered.Object) string {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if len(m.values) == 0 {
		return ""
	}
	return m.within("", o)
}

func (m *mask) within(at string, v any) string {
	switch v := v.(type) {
	case string:
		if m.discloses(v) {
			return at
		}
	case json.Number:
		if slices.Contains(m.values, v.String()) {
			return at
		}
	case []any:
		for i, e := range v {
			if key := m.within(fmt.Sprintf("%s[%d]", at, i), e); key != "" {
				return key
			}
		}
	case *ordered.Object:
		for _, name := range v.Keys() {
			key := strings.TrimPrefix(at+"."+name, ".")
			e, _ := v.Get(name)
			if m.discloses(name) {
				return key
			}
			if key := m.within(key, e); key != "" {
				return key
			}
		}
	}
	return ""
}

func (m *mask) discloses(text string) bool {
	return slices.ContainsFunc(m.values, func(secret string) bool { return operators.Discloses(text, secret) })
}

func contains(list []string, s string) bool {
	for _, v := range list {
		if v == s {
			return true
		}
	}
	return false
}

// text hides secrets in a text.
func (m *mask) text(s string) string {
	m.mu.RLock()
	defer m.mu.RUnlock()
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
	values, longest := w.m.values, w.m.longest
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
