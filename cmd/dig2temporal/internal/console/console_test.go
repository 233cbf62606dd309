package console

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
)

type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func newClock() *clock { return &clock{now: time.Date(2024, 2, 29, 1, 2, 3, 0, time.UTC)} }

// still stops the console's own drawing, so that tests decide when it happens.
func still(c *Console) {
	close(c.stop)
	c.stopped.Wait()
	c.stop = make(chan struct{})
}

func (c *Console) drawNow() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.draw()
}

func TestView(t *testing.T) {
	at := newClock()
	screen := &terminal{t: t, columns: 60}
	c := New(screen, Options{Now: at.Now, Size: func() (int, int) { return screen.columns, 24 }})
	still(c)

	expect := func(d time.Duration, want string) {
		t.Helper()
		at.pass(d)
		c.drawNow()
		if got := screen.String(); got != want {
			t.Errorf("after %s the screen is\n%s\nwant\n%s", d, got, want)
		}
	}
	a, b := c.Start("+daily+load", "sh"), c.Start("+daily+clean", "")
	expect(0, "")
	fmt.Fprint(c, "hello\nhalf")
	expect(time.Second, `hello
half
      1s  +daily+load  sh>
      1s  +daily+clean
  2 running, 0 done, 1s
`)
	fmt.Fprint(c, " a line\n10 %\r\x1b[32m20 %\x1b[0m\r")
	expect(62*time.Second, `hello
half a line
20 %
   1m03s  +daily+load  sh>
   1m03s  +daily+clean
  2 running, 0 done, 1m03s
`)
	fmt.Fprint(c, "done and over\n")
	c.Done(b)
	screen.resize(20)
	expect(time.Hour, `hello
half a line
done and over
   1h01m  +daily+l…
  1 running, 1 don…
`)
	fmt.Fprint(c, "last")
	c.Done(a)
	c.Close()
	if got := screen.String(); got != "hello\nhalf a line\ndone and over\nlast\n" {
		t.Errorf("at the end the screen is\n%s", got)
	}
}

func TestViewIsAsHighAsTheTerminalAllows(t *testing.T) {
	at := newClock()
	screen := &terminal{t: t, columns: 60}
	c := New(screen, Options{Now: at.Now, Size: func() (int, int) { return 60, 10 }})
	still(c)
	for range 50 {
		c.Start("+wf+task", "sh")
	}
	at.pass(time.Second)
	c.drawNow()
	lines := len(screen.lines)
	if last := string(screen.lines[lines-1]); lines != 5 || last != "  … and 46 more; 50 running, 0 done, 1s" {
		t.Errorf("%d lines, last %q", lines, last)
	}
	c.Close()
	if got := screen.String(); got != "" {
		t.Errorf("at the end the screen is\n%s", got)
	}
}

func TestConcurrentUse(t *testing.T) {
	screen := &terminal{t: t, columns: 80}
	c := New(screen, Options{Now: time.Now, Size: func() (int, int) { return 80, 24 }})
	var all sync.WaitGroup
	for range 8 {
		all.Add(1)
		go func() {
			defer all.Done()
			for range 50 {
				r := c.Start("+wf+t", "sh")
				fmt.Fprintln(c, "line")
				c.Done(r)
			}
		}()
	}
	all.Wait()
	c.Close()
	if got := screen.String(); got != strings.Repeat("line\n", 400) {
		t.Errorf("the screen is\n%s", got)
	}
}

func TestCut(t *testing.T) {
	for _, c := range []struct {
		text    string
		columns int
		want    string
	}{
		{"short", 10, "short"},
		{"exactly ten", 11, "exactly ten"},
		{"exactly ten", 10, "exactly t…"},
		{"日本語のタスク", 14, "日本語のタスク"},
		{"日本語のタスク", 8, "日本語…"},
		{"x", 0, "…"},
	} {
		if got := cut(c.text, c.columns); got != c.want {
			t.Errorf("cut(%q, %d) = %q, want %q", c.text, c.columns, got, c.want)
		}
	}
}
