package logstore

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"gocloud.dev/blob"
)

func TestWriteAndRead(t *testing.T) {
	eachStore(t, func(t *testing.T, b *blob.Bucket) {
		spool := t.TempDir()
		w := newWriter(t, b, Options{Spool: spool})
		one, two := open(t, w, "12", "+w+one", 1), open(t, w, "12", "+w+two", 3)
		other := open(t, w, "1", "+w+one", 1)
		one.Line(LevelInfo, "begin")
		write(t, one, "raw \xff\n")
		two.Line(LevelDebug, "detail")
		write(t, one, "half a character: \xe3\x81")
		write(t, one, "\x82\n")
		other.Line(LevelInfo, "another attempt")
		two.Line(LevelError, "bad\nvery")
		closeLog(t, one, two, other)

		const want = "+w+one INFO begin\nraw \xff\nhalf a character: あ\n+w+two ERROR bad\nvery\n+w+one ends\n+w+two ends\n"
		records := readAll(t, b, "12", ReadOptions{})
		if got := shown(records); got != want {
			t.Errorf("%q\nwant %q", got, want)
		}
		for _, r := range records {
			if r.Time.Location() != time.UTC || time.Since(r.Time) > time.Hour || r.Stream == "" || r.Run != 1 && r.Task == "+w+one" || r.Run != 3 && r.Task == "+w+two" {
				t.Errorf("%#v", r)
			}
		}
		if got, want := shown(readAll(t, b, "12", ReadOptions{Task: "+w+t", Level: LevelDebug})), "+w+two DEBUG detail\n+w+two ERROR bad\nvery\n+w+two ends\n"; got != want {
			t.Errorf("%q\nwant %q", got, want)
		}
		if got := readAll(t, b, "2", ReadOptions{}); len(got) != 0 {
			t.Errorf("%v", got)
		}

		closeWriter(t, w)
		if left, err := os.ReadDir(spool); err != nil || len(left) > 0 {
			t.Errorf("in the spool are %v, %v", left, err)
		}
		if got := readAll(t, b, "1", ReadOptions{}); len(got) != 2 {
			t.Errorf("%v", got)
		}
	})
}

func TestSmallCases(t *testing.T) {
	b := folderBucket(t, t.TempDir())
	w := newWriter(t, b, Options{})
	t.Run("a task that says nothing leaves nothing", func(t *testing.T) {
		closeLog(t, open(t, w, "1", "+w", 1))
		if got := chunks(t, b, "1"); len(got) > 0 {
			t.Errorf("%v", got)
		}
	})
	t.Run("bytes held back come with the end", func(t *testing.T) {
		log := open(t, w, "2", "+w", 1)
		write(t, log, "\xe3")
		closeLog(t, log)
		if got := shown(readAll(t, b, "2", ReadOptions{})); got != "\xe3+w ends\n" {
			t.Errorf("%q", got)
		}
	})
	t.Run("closed", func(t *testing.T) {
		log := open(t, w, "3", "+w", 1)
		log.Line(LevelInfo, "x")
		closeLog(t, log, log)
		log.Line(LevelInfo, "y")
		if _, err := log.Write([]byte("z")); err == nil {
			t.Error("a closed log takes output")
		}
		if got := shown(readAll(t, b, "3", ReadOptions{})); got != "+w INFO x\n+w ends\n" {
			t.Errorf("%q", got)
		}
	})
	t.Run("names", func(t *testing.T) {
		for _, attempt := range []string{"", "x", "../1", "-1"} {
			if _, err := w.Open(attempt, "+w", 1); err == nil {
				t.Errorf("%q is taken for an attempt", attempt)
			}
			if err := Read(t.Context(), b, attempt, ReadOptions{}, nil); err == nil {
				t.Errorf("%q is taken for an attempt", attempt)
			}
		}
	})
	closeWriter(t, w)
	if _, err := w.Open("1", "+w", 1); err == nil {
		t.Error("a closed writer opens logs")
	}
}

// TestManyTasks writes from many tasks at once, in pieces that cut lines and
// characters, and wants the bytes of each in their order.
func TestManyTasks(t *testing.T) {
	eachStore(t, func(t *testing.T, b *blob.Bucket) {
		const tasks, rounds = 20, 60
		text := strings.Repeat("line é 日本語 \xff\n", 30)
		workers := []*Writer{newWriter(t, b, Options{Flush: 10 * time.Millisecond}), newWriter(t, b, Options{Flush: 10 * time.Millisecond})}
		var all sync.WaitGroup
		for i := range tasks {
			log := open(t, workers[i%2], "7", fmt.Sprintf("+w+%d", i), 1)
			all.Go(func() {
				for n := range rounds {
					size := 1 + (i*7+n*13)%97
					for rest := text; len(rest) > 0; rest = rest[min(size, len(rest)):] {
						_, _ = log.Write([]byte(rest[:min(size, len(rest))]))
					}
				}
				if err := log.Close(); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		got := map[string]*strings.Builder{}
		ends, last := 0, map[string]time.Time{}
		for _, r := range readAll(t, b, "7", ReadOptions{}) {
			if got[r.Task] == nil {
				got[r.Task] = &strings.Builder{}
			}
			got[r.Task].WriteString(r.Text)
			if r.Kind == KindEnd {
				ends++
			}
			if r.Time.Before(last[r.Stream]) {
				t.Errorf("%s after %s", r.Time, last[r.Stream])
			}
			last[r.Stream] = r.Time
		}
		if len(got) != tasks || ends != tasks || len(last) != 2 {
			t.Errorf("%d tasks, %d ends, %d streams", len(got), ends, len(last))
		}
		for task, b := range got {
			if b.String() != strings.Repeat(text, rounds) {
				t.Errorf("%s: %d bytes differ from the %d written", task, b.Len(), rounds*len(text))
			}
		}
	})
}

// TestGroupCommit closes many logs at once in a slow store.
func TestGroupCommit(t *testing.T) {
	b, f := s3Bucket(t)
	w := newWriter(t, b, Options{CloseWait: time.Minute})
	f.delay.Store(int64(30 * time.Millisecond))
	const tasks = 100
	var all sync.WaitGroup
	for i := range tasks {
		log := open(t, w, "1", fmt.Sprintf("+w+%d", i), 1)
		log.Line(LevelInfo, "x")
		all.Go(func() {
			if err := log.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := f.puts.Load(); n > tasks/4 {
		t.Errorf("%d uploads for %d tasks that ended together", n, tasks)
	}
	if got := readAll(t, b, "1", ReadOptions{}); len(got) != 2*tasks {
		t.Errorf("%d records", len(got))
	}
}

// TestChunksGrow wants few objects from many small flushes, and large ones from
// much output.
func TestChunksGrow(t *testing.T) {
	b := folderBucket(t, t.TempDir())
	w := newWriter(t, b, Options{})
	count := func(attempt string) (n int) {
		for _, c := range chunks(t, b, attempt) {
			n += len(c)
		}
		return n
	}
	for i := range 100 {
		log := open(t, w, "1", "+w", i+1)
		log.Line(LevelInfo, strings.Repeat("x", 1000))
		closeLog(t, log)
	}
	if n := count("1"); n < 2 || n > 4 {
		t.Errorf("%d chunks of 110 kB", n)
	}
	log := open(t, w, "2", "+w", 1)
	write(t, log, strings.Repeat(strings.Repeat("x", 99)+"\n", 40_000))
	closeLog(t, log)
	if n := count("2"); n > 20 {
		t.Errorf("%d chunks of 4 MB", n)
	}
	if got := shown(readAll(t, b, "2", ReadOptions{})); len(got) != 4_000_000+len("+w ends\n") {
		t.Errorf("%d bytes", len(got))
	}
	all, err := os.ReadDir(w.dir)
	if err != nil || len(all) > 2 {
		t.Errorf("in the spool are %v, %v", all, err)
	}
}

// TestRewritePause wants no object written twice within the pause when tasks end
// quickly one after the other.
func TestRewritePause(t *testing.T) {
	b, f := s3Bucket(t)
	w := newWriter(t, b, Options{Rewrite: time.Hour})
	for i := range 5 {
		log := open(t, w, "1", "+w", i+1)
		log.Line(LevelInfo, "x")
		closeLog(t, log)
	}
	n := 0
	for _, c := range chunks(t, b, "1") {
		n += len(c)
	}
	if puts := f.puts.Load(); n != 5 || puts != 5 {
		t.Errorf("%d chunks, %d uploads", n, puts)
	}
	if got := readAll(t, b, "1", ReadOptions{}); len(got) != 10 {
		t.Errorf("%d records", len(got))
	}
}
