package logstore

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestRest wants no open files and no buffers for attempts that wait for their
// next task, which still goes into the same chunk.
func TestRest(t *testing.T) {
	b := folderBucket(t, t.TempDir())
	w := newWriter(t, b, Options{Flush: time.Millisecond, Idle: time.Hour})
	const attempts = 20
	for run := range 3 {
		for i := range attempts {
			log := open(t, w, fmt.Sprint(i), "+w", run+1)
			log.Line(LevelInfo, fmt.Sprint(run))
			if i%2 == 0 {
				// Then all but the end is stored before.
				s := log.stream
				s.await(t.Context(), s.hurry())
			}
			if held(w) == 0 {
				t.Error("an open log holds nothing")
			}
			closeLog(t, log)
		}
		if n := held(w); n != 0 || len(w.streams) != attempts {
			t.Errorf("%d files and buffers for %d streams at rest", n, len(w.streams))
		}
	}
	for i := range attempts {
		attempt := fmt.Sprint(i)
		if got := shown(readAll(t, b, attempt, ReadOptions{})); got != "+w INFO 0\n+w ends\n+w INFO 1\n+w ends\n+w INFO 2\n+w ends\n" {
			t.Errorf("%q", got)
		}
		for _, c := range chunks(t, b, attempt) {
			if len(c) != 1 {
				t.Errorf("%v", c)
			}
		}
	}
	// A file that is gone, or isn't what it was, is not written to any more.
	for i, damage := range []func(path string) error{os.Remove, func(path string) error { return os.Truncate(path, 3) }} {
		attempt := fmt.Sprint(i)
		if err := damage(w.streams[attempt].parts[0].path); err != nil {
			t.Fatal(err)
		}
		log := open(t, w, attempt, "+w", 4)
		log.Line(LevelInfo, "3")
		closeLog(t, log)
		if got := shown(readAll(t, b, attempt, ReadOptions{})); !strings.HasSuffix(got, "+w INFO 2\n+w ends\n+w INFO 3\n+w ends\n") {
			t.Errorf("%q", got)
		}
	}
}

func TestIdleStreamEnds(t *testing.T) {
	b := folderBucket(t, t.TempDir())
	w := newWriter(t, b, Options{Idle: time.Millisecond})
	for i := range 2 {
		log := open(t, w, "1", "+w", i+1)
		log.Line(LevelInfo, "x")
		time.Sleep(5 * time.Millisecond)
		closeLog(t, log)
		eventually(t, "the stream ends", func() bool {
			w.mu.Lock()
			defer w.mu.Unlock()
			return len(w.streams) == 0
		})
		if left, err := os.ReadDir(w.dir); err != nil || len(left) > 0 {
			t.Errorf("in the spool are %v, %v", left, err)
		}
	}
	if got := chunks(t, b, "1"); len(got) != 2 {
		t.Errorf("%v", got)
	}
	if got := shown(readAll(t, b, "1", ReadOptions{})); got != strings.Repeat("+w INFO x\n+w ends\n", 2) {
		t.Errorf("%q", got)
	}
}

// openFiles counts what this process has open; it skips a test where that can't
// be known.
func openFiles(t *testing.T) int {
	t.Helper()
	all, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("the system does not list open files")
	}
	return len(all)
}

// TestManyAttempts runs many attempts one after the other and some at once. While
// their streams rest they take neither goroutines nor files; after that nothing is
// left of them.
func TestManyAttempts(t *testing.T) {
	const attempts, atOnce = 500, 4
	for _, c := range []struct {
		name string
		idle time.Duration
		left int
	}{{"resting", time.Hour, attempts}, {"ended", time.Millisecond, 0}} {
		t.Run(c.name, func(t *testing.T) {
			b := folderBucket(t, t.TempDir())
			w := newWriter(t, b, Options{Idle: c.idle})
			goroutines, files := runtime.NumGoroutine(), openFiles(t)
			var all sync.WaitGroup
			for n := range atOnce {
				all.Go(func() {
					for i := n; i < attempts; i += atOnce {
						for run := range 2 {
							log, err := w.Open(fmt.Sprint(i), "+w", run+1)
							if err != nil {
								t.Error(err)
								return
							}
							log.Line(LevelInfo, "x")
							if err := log.Close(); err != nil {
								t.Error(err)
							}
						}
					}
				})
			}
			all.Wait()
			eventually(t, "the goroutines end", func() bool { return runtime.NumGoroutine() <= goroutines })
			if n := openFiles(t); n > files {
				t.Errorf("%d open files, %d before", n, files)
			}
			eventually(t, "the streams end", func() bool {
				w.mu.Lock()
				defer w.mu.Unlock()
				return len(w.streams) == c.left
			})
			if left, err := os.ReadDir(w.dir); err != nil || len(left) != c.left {
				t.Errorf("%d files in the spool, %v", len(left), err)
			}
			for _, i := range []int{0, 1, attempts - 1} {
				if got := shown(readAll(t, b, fmt.Sprint(i), ReadOptions{})); got != strings.Repeat("+w INFO x\n+w ends\n", 2) {
					t.Errorf("%q", got)
				}
			}
			closeWriter(t, w)
			if left, err := os.ReadDir(w.opts.Spool); err != nil || len(left) > 0 {
				t.Errorf("in the spool are %v, %v", left, err)
			}
		})
	}
}

// TestOutageHoldsNoFiles ends tasks of many attempts while the store is down.
func TestOutageHoldsNoFiles(t *testing.T) {
	b, f := s3Bucket(t)
	w := newWriter(t, b, Options{CloseWait: time.Millisecond})
	f.refuse.Store(true)
	const attempts = 50
	for run := range 2 {
		for i := range attempts {
			log := open(t, w, fmt.Sprint(i), "+w", run+1)
			log.Line(LevelInfo, "x")
			if err := log.Close(); !errors.Is(err, ErrPending) {
				t.Fatal(err)
			}
			if n := held(w); n != 0 {
				t.Fatalf("%d files and buffers", n)
			}
		}
	}
	f.refuse.Store(false)
	closeWriter(t, w)
	for i := range attempts {
		if got := shown(readAll(t, b, fmt.Sprint(i), ReadOptions{})); got != strings.Repeat("+w INFO x\n+w ends\n", 2) {
			t.Errorf("%q", got)
		}
	}
}

// held counts the open files and buffers of all streams.
func held(w *Writer) (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range w.streams {
		s.mu.Lock()
		for _, p := range s.parts {
			if p.file != nil {
				n++
			}
		}
		if s.buf != nil {
			n++
		}
		s.mu.Unlock()
	}
	return n
}
