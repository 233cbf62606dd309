package logstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// TestStoreDown keeps the log of a store that can't be reached, and stores it
// once when it can.
func TestStoreDown(t *testing.T) {
	for _, c := range []struct {
		name string
		set  func(f *faults, on bool)
	}{
		{"refuses", func(f *faults, on bool) { f.refuse.Store(on) }},
		{"stores and says it did not", func(f *faults, on bool) { f.lie.Store(on) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			b, f := s3Bucket(t)
			var said bytes.Buffer
			w := newWriter(t, b, Options{Flush: time.Millisecond, CloseWait: 50 * time.Millisecond, Logger: slog.New(slog.NewTextHandler(&said, nil))})
			var want []string
			say := func(log *TaskLog, text string) {
				log.Line(LevelInfo, text)
				want = append(want, "+w INFO "+text)
			}
			log := open(t, w, "1", "+w", 1)
			say(log, "before")
			eventually(t, "the first upload", func() bool { return f.puts.Load() > 0 })
			c.set(f, true)
			for i := range 20 {
				say(log, fmt.Sprint("while down ", i))
				time.Sleep(time.Millisecond)
			}
			if err := log.Close(); !errors.Is(err, ErrPending) {
				t.Fatalf("%v", err)
			}
			want = append(want, "+w ends")
			eventually(t, "the failure is known", func() bool { return w.health.patience(time.Second, time.Now().Add(time.Second)) == 0 })
			// Tasks that end later don't wait for a store that is known to be down.
			late := open(t, w, "1", "+w", 2)
			say(late, "later")
			if err := late.Close(); !errors.Is(err, ErrPending) {
				t.Fatalf("%v", err)
			}
			want = append(want, "+w ends")
			c.set(f, false)
			closeWriter(t, w)
			if got := shown(readAll(t, b, "1", ReadOptions{})); got != strings.Join(want, "\n")+"\n" {
				t.Errorf("%q\nwant %q", got, want)
			}
			if n := strings.Count(said.String(), "kept in the spool"); n != 1 || !strings.Contains(said.String(), "stored again") {
				t.Errorf("it was said %d times: %s", n, said.String())
			}
		})
	}
}

// TestCloseKeepsTheRest closes a writer while the store is down; the next writer
// stores what is left.
func TestCloseKeepsTheRest(t *testing.T) {
	b, f := s3Bucket(t)
	spool := t.TempDir()
	w := newWriter(t, b, Options{Spool: spool, CloseWait: time.Millisecond})
	log := open(t, w, "1", "+w", 1)
	f.refuse.Store(true)
	log.Line(LevelInfo, "x")
	if err := log.Close(); !errors.Is(err, ErrPending) {
		t.Fatalf("%v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := w.Close(ctx); err == nil || !strings.Contains(err.Error(), w.dir) {
		t.Fatalf("%v", err)
	}

	next := newWriter(t, b, Options{Spool: spool})
	if n, err := next.Recover(t.Context()); n != 0 || err == nil {
		t.Fatalf("%d, %v", n, err)
	}
	f.refuse.Store(false)
	if n, err := next.Recover(t.Context()); n != 1 || err != nil {
		t.Fatalf("%d, %v", n, err)
	}
	if got := shown(readAll(t, b, "1", ReadOptions{})); got != "+w INFO x\n+w ends\n" {
		t.Errorf("%q", got)
	}
	closeWriter(t, next)
	if left, err := os.ReadDir(spool); err != nil || len(left) > 0 {
		t.Errorf("in the spool are %v, %v", left, err)
	}
}

// TestMuchOutput prints faster than the store takes it: memory and disk stay
// bounded, and nothing is missing.
func TestMuchOutput(t *testing.T) {
	const total, pending = 64 << 20, 256 << 10
	b := folderBucket(t, t.TempDir())
	w := newWriter(t, b, Options{MaxPending: pending, CloseWait: time.Minute})
	var heap, disk uint64
	stop, watched := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(watched)
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			heap, disk = max(heap, m.HeapAlloc), max(disk, size(w.dir))
			select {
			case <-stop:
				return
			case <-time.After(10 * time.Millisecond):
			}
		}
	}()
	runtime.GC()
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	log := open(t, w, "1", "+w", 1)
	piece := bytes.Repeat([]byte("a line that is as long as a line is, more or less, and no longer\n"), 1000)
	written := 0
	for written < total {
		n, err := log.Write(piece)
		if err != nil {
			t.Fatal(err)
		}
		written += n
	}
	closeLog(t, log)
	close(stop)
	<-watched
	t.Logf("heap %d MiB above %d MiB, spool %d MiB", (heap-before.HeapAlloc)>>20, before.HeapAlloc>>20, disk>>20)
	if heap > before.HeapAlloc+48<<20 {
		t.Errorf("the heap grew from %d to %d bytes", before.HeapAlloc, heap)
	}
	// One record and one chunk that is being removed come on top.
	if disk > pending+maxChunkSize+1<<20 {
		t.Errorf("the spool had %d bytes", disk)
	}
	read := 0
	err := Read(t.Context(), b, "1", ReadOptions{}, func(r Record) error {
		if r.Kind == KindOutput {
			read += len(r.Text)
		}
		return nil
	})
	if err != nil || read != written {
		t.Errorf("%d bytes of %d, %v", read, written, err)
	}
}

func size(dir string) (n uint64) {
	_ = filepath.WalkDir(dir, func(_ string, e fs.DirEntry, err error) error {
		if err == nil && e.Type().IsRegular() {
			if info, err := e.Info(); err == nil {
				n += uint64(info.Size())
			}
		}
		return nil
	})
	return n
}

// TestSpoolFull goes on without the log when the store hangs and the spool is
// full, and says what is missing.
func TestSpoolFull(t *testing.T) {
	b, f := s3Bucket(t)
	f.hang()
	w := newWriter(t, b, Options{MaxPending: 64 << 10, MaxSpool: 256 << 10, CloseWait: 20 * time.Millisecond, Timeout: 100 * time.Millisecond})
	log := open(t, w, "1", "+w", 1)
	line := strings.Repeat("x", 999) + "\n"
	const lines = 1000
	for range lines {
		write(t, log, line)
	}
	if n := size(w.dir); n > 300<<10 {
		t.Errorf("the spool has %d bytes", n)
	}
	f.free()
	eventually(t, "the store takes what there is", func() bool { return w.spooled.Load() < 100<<10 })
	write(t, log, "the end\n")
	eventually(t, "the rest is stored", func() bool { return log.Close() == nil })
	closeWriter(t, w)
	var kept, lost int64
	for _, r := range readAll(t, b, "1", ReadOptions{}) {
		var n int64
		if r.Kind == KindLine {
			if _, err := fmt.Sscanf(r.Text, "%d bytes of the log are missing here", &n); err != nil || r.Level != LevelWarn {
				t.Errorf("%#v", r)
			}
		}
		if r.Kind == KindOutput {
			kept += int64(len(r.Text))
		}
		lost += n
	}
	if lost == 0 || kept+lost != lines*int64(len(line))+8 {
		t.Errorf("%d kept and %d lost are not %d", kept, lost, lines*len(line)+8)
	}
}

// TestUploadsAreBounded hangs the store and counts what is under way.
func TestUploadsAreBounded(t *testing.T) {
	b, f := s3Bucket(t)
	f.hang()
	w := newWriter(t, b, Options{Uploads: 3, Flush: time.Millisecond, CloseWait: time.Minute})
	var closed atomic.Int64
	for i := range 10 {
		log := open(t, w, fmt.Sprint(i), "+w", 1)
		log.Line(LevelInfo, "x")
		go func() {
			if log.Close() == nil {
				closed.Add(1)
			}
		}()
	}
	eventually(t, "all places are taken", func() bool { return len(w.slots) == 3 })
	if n := closed.Load(); n > 0 {
		t.Errorf("%d logs are said to be stored", n)
	}
	f.free()
	eventually(t, "all are stored", func() bool { return closed.Load() == 10 })
}
