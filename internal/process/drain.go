package process

import (
	"io"
	"os"
	"sync"
	"time"
)

// Drain passes on what comes out of a pipe. It ends when nobody holds the other
// end any more, or with Finish.
type Drain struct {
	// Done is closed at the end.
	Done <-chan struct{}

	pipe   *os.File
	to     io.Writer
	finish sync.Once
}

// StartDrain begins to pass on what comes out of the pipe. Errors of the writer
// are ignored: a broken log must not stop a command.
func StartDrain(to io.Writer, pipe *os.File) *Drain {
	done := make(chan struct{})
	d := &Drain{Done: done, pipe: pipe, to: to}
	go func() {
		defer close(done)
		d.run()
	}()
	return d
}

// buffers are shared: a command that prints little should not cost 32 KiB.
var buffers = sync.Pool{New: func() any { b := make([]byte, 32<<10); return &b }}

func (d *Drain) run() {
	b := buffers.Get().(*[]byte)
	defer buffers.Put(b)
	for {
		n, err := d.pipe.Read(*b)
		if n > 0 {
			_, _ = d.to.Write((*b)[:n])
		}
		if os.IsTimeout(err) {
			d.rest(*b)
			return
		}
		if err != nil {
			return
		}
	}
}

// maxHeld is what a pipe holds at most. Someone who goes on writing is not
// listened to for longer.
const maxHeld = 1 << 20

// rest passes on what is in the pipe.
func (d *Drain) rest(b []byte) {
	for held := 0; held < maxHeld; {
		n := readNow(d.pipe, b)
		if n <= 0 {
			return
		}
		_, _ = d.to.Write(b[:n])
		held += n
	}
}

// Finish lets the drain end soon when others still hold the pipe. What is in the
// pipe is passed on before, however long the writer takes: that the writer is
// slow does not mean that the command has said nothing. It does not wait for
// Done.
func (d *Drain) Finish() {
	d.finish.Do(func() {
		if d.pipe.SetReadDeadline(time.Now()) != nil {
			// A read cannot be interrupted otherwise.
			d.pipe.Close()
		}
	})
}

// Close closes the pipe; who still writes gets SIGPIPE.
func (d *Drain) Close() { d.pipe.Close() }
