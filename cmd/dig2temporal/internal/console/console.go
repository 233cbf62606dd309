// Package console shows on a terminal what runs: the text of the logs, and below
// it the tasks that are running. It is drawn with one write and only when
// something changed or a moment went by, so that it does not flicker; its height
// is taken back by moving the cursor up, with the width that the terminal has by
// then.
package console

import (
	"bytes"
	"io"
	"slices"
	"sync"
	"time"
)

// frame is the shortest time between two drawings, tick the time after which the
// view is drawn anew without need, for the elapsed times.
const (
	frame = 40 * time.Millisecond
	tick  = 250 * time.Millisecond
)

// Options say how a console behaves.
type Options struct {
	// Size tells the terminal's columns and rows.
	Size func() (columns, rows int)
	// Now tells the time.
	Now func() time.Time
}

// Console is a writer for the text of the logs. It is safe for concurrent use.
type Console struct {
	options Options
	started time.Time

	mu  sync.Mutex
	out io.Writer
	// text waits to be written; what follows its last line end stays here until
	// the line is finished.
	text    []byte
	view    view
	rows    []*Row
	done    int
	drawn   time.Time
	stop    chan struct{}
	stopped sync.WaitGroup
}

// Row is a running task.
type Row struct {
	name, operator string
	started        time.Time
}

// New returns a console on a terminal. It must be closed.
func New(out io.Writer, options Options) *Console {
	c := &Console{options: options, out: out, started: options.Now(), stop: make(chan struct{})}
	c.stopped.Add(1)
	go c.refresh()
	return c
}

// Close takes the view away.
func (c *Console) Close() {
	close(c.stop)
	c.stopped.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.rows = nil
	if len(c.text) > 0 && c.text[len(c.text)-1] != '\n' {
		c.text = append(c.text, '\n')
	}
	c.draw()
}

// Start shows a task as running until it is done. The operator may be empty.
func (c *Console) Start(name, operator string) *Row {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := &Row{name: name, operator: operator, started: c.options.Now()}
	c.rows = append(c.rows, r)
	return r
}

// Done takes a task out of those that run.
func (c *Console) Done(r *Row) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if at := slices.Index(c.rows, r); at >= 0 {
		c.rows = slices.Delete(c.rows, at, at+1)
		c.done++
	}
}

// maxUnfinished is how much of an unfinished line is held back.
const maxUnfinished = 64 << 10

// Write takes text. It never fails: nothing depends on somebody reading along.
func (c *Console) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.text = append(c.text, p...)
	if len(c.text)-bytes.LastIndexByte(c.text, '\n') > maxUnfinished {
		c.text = append(c.text, '\n')
	}
	if c.options.Now().Sub(c.drawn) >= frame {
		c.draw()
	}
	return len(p), nil
}

func (c *Console) refresh() {
	defer c.stopped.Done()
	t := time.NewTicker(frame)
	defer t.Stop()
	for {
		select {
		case <-c.stop:
			return
		case <-t.C:
			c.mu.Lock()
			if bytes.IndexByte(c.text, '\n') >= 0 || len(c.rows) > 0 && c.options.Now().Sub(c.drawn) >= tick {
				c.draw()
			}
			c.mu.Unlock()
		}
	}
}

// draw writes the finished lines and the view below them.
func (c *Console) draw() {
	columns, rows := c.options.Size()
	now := c.options.Now()
	end := bytes.LastIndexByte(c.text, '\n') + 1
	var b bytes.Buffer
	text := slices.Clone(c.text[:end])
	c.text = append(c.text[:0], c.text[end:]...)
	c.view.draw(&b, text, c.lines(now, rows), columns)
	c.drawn = now
	if b.Len() > 0 {
		_, _ = c.out.Write(b.Bytes())
	}
}
