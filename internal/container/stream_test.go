package container

import (
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// copyTo reads a stream to its end; what it has read may be looked at when the
// stream is over.
func copyTo(got *string, each time.Duration) func(io.Reader) {
	return func(r io.Reader) {
		b := make([]byte, 4)
		for {
			n, err := r.Read(b)
			time.Sleep(each)
			*got += string(b[:n])
			if err != nil {
				*got += "!"
				return
			}
		}
	}
}

// TestStreamOfSilentEngine: an engine that does not close the output is not
// waited for, and nobody writes after the end.
func TestStreamOfSilentEngine(t *testing.T) {
	ours, theirs := net.Pipe()
	defer theirs.Close()
	got := ""
	s := copying(ours, func() { ours.Close() }, copyTo(&got, 0))
	if _, err := theirs.Write([]byte("text")); err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	s.wait(100 * time.Millisecond)
	if took := time.Since(begin); got != "text!" || took < 100*time.Millisecond || took > 5*time.Second {
		t.Errorf("%q after %v", got, took)
	}
	s.end()
}

// TestStreamOfSlowWriter: a writer that takes longer than the patience gets all.
func TestStreamOfSlowWriter(t *testing.T) {
	got, closed := "", false
	s := copying(strings.NewReader("one two three "), func() { closed = true }, copyTo(&got, 100*time.Millisecond))
	s.wait(50 * time.Millisecond)
	if got != "one two three !" || closed {
		t.Errorf("%q, closed %v", got, closed)
	}
}
