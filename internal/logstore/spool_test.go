package logstore

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestSpoolGone lets a cleaner of temporary files take the spool.
func TestSpoolGone(t *testing.T) {
	b := folderBucket(t, t.TempDir())
	w := newWriter(t, b, Options{Flush: time.Hour})
	lost := open(t, w, "1", "+w+lost", 1)
	lost.Line(LevelInfo, "gone")
	if err := os.RemoveAll(w.dir); err != nil {
		t.Fatal(err)
	}
	closeLog(t, lost)
	log := open(t, w, "1", "+w+kept", 1)
	log.Line(LevelInfo, "kept")
	closeLog(t, log)
	other := open(t, w, "2", "+w", 1)
	other.Line(LevelInfo, "kept")
	closeLog(t, other)
	got := readAll(t, b, "1", ReadOptions{})
	if len(got) != 3 || got[0].Level != LevelWarn || got[0].Task != "" || !strings.Contains(got[0].Text, "-00000001.ndjson: it is not in the store") {
		t.Fatalf("%v", got)
	}
	if got := shown(got[1:]); got != "+w+kept INFO kept\n+w+kept ends\n" {
		t.Errorf("%q", got)
	}
	if got := shown(readAll(t, b, "2", ReadOptions{})); got != "+w INFO kept\n+w ends\n" {
		t.Errorf("%q", got)
	}
}

// TestSpoolRootGone removes the whole spool: the folder that is made again is
// that of a living process for others too.
func TestSpoolRootGone(t *testing.T) {
	b := folderBucket(t, t.TempDir())
	spool := t.TempDir()
	w := newWriter(t, b, Options{Spool: spool, Flush: time.Hour})
	if err := os.RemoveAll(spool); err != nil {
		t.Fatal(err)
	}
	if n, err := w.Recover(t.Context()); n != 0 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	log := open(t, w, "1", "+w", 1)
	log.Line(LevelInfo, "one")
	other := newWriter(t, b, Options{Spool: spool})
	if n, err := other.Recover(t.Context()); n != 0 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	log.Line(LevelInfo, "two")
	closeLog(t, log)
	if got := shown(readAll(t, b, "1", ReadOptions{})); got != "+w INFO one\n+w INFO two\n+w ends\n" {
		t.Errorf("%q", got)
	}
	closeWriter(t, w)
	closeWriter(t, other)
	if left, err := os.ReadDir(spool); err != nil || len(left) > 0 {
		t.Errorf("in the spool are %v, %v", left, err)
	}
}

// TestLockLost makes the folder again after another process, which looked for the
// dead, has left a lock's file in the place of the one that is gone.
func TestLockLost(t *testing.T) {
	spool := t.TempDir()
	w := newWriter(t, folderBucket(t, t.TempDir()), Options{Spool: spool, Flush: time.Hour})
	if err := errors.Join(os.RemoveAll(spool), os.Mkdir(spool, 0o700), os.WriteFile(w.dir+lockSuffix, nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	log := open(t, w, "1", "+w", 1)
	log.Line(LevelInfo, "x")
	other := newWriter(t, w.bucket, Options{Spool: spool})
	if n, err := other.Recover(t.Context()); n != 0 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	closeLog(t, log)
}

// waiting lists the chunks in the spool of a writer. What lies beside them must be
// empty, and not too much.
func waiting(t *testing.T, w *Writer) []string {
	t.Helper()
	entries, err := os.ReadDir(w.dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), sparePrefix) {
			names = append(names, e.Name())
		} else if info, err := e.Info(); err != nil || info.Size() > 0 {
			t.Errorf("a spare file with content: %v, %v", info, err)
		}
	}
	if spare := len(entries) - len(names); spare > maxSpares {
		t.Errorf("%d spare files", spare)
	}
	return names
}

// TestSparesAreUsed writes many short logs, one after the other and then many at
// once: the first ones share a file, and of the others only some files are kept.
func TestSparesAreUsed(t *testing.T) {
	b := folderBucket(t, t.TempDir())
	w := newWriter(t, b, Options{Idle: time.Millisecond, Flush: time.Hour})
	end := func(logs ...*TaskLog) {
		for _, log := range logs {
			closeLog(t, log)
		}
		eventually(t, "the streams end", func() bool {
			w.mu.Lock()
			defer w.mu.Unlock()
			return len(w.streams) == 0
		})
	}
	var one os.FileInfo
	for i := range 10 {
		log := open(t, w, strconv.Itoa(i), "+w", 1)
		log.Line(LevelInfo, strings.Repeat("x", 10-i))
		files := waiting(t, w)
		if len(files) != 1 {
			t.Fatalf("in the spool are %v", files)
		}
		info, err := os.Stat(filepath.Join(w.dir, files[0]))
		if err != nil {
			t.Fatal(err)
		}
		if one != nil && !os.SameFile(one, info) {
			t.Error("a file was made although there was a spare one")
		}
		one = info
		end(log)
		if n := len(w.spares.paths); n != 1 {
			t.Errorf("%d spare files", n)
		}
	}
	var logs []*TaskLog
	for i := range 2 * maxSpares {
		log := open(t, w, strconv.Itoa(100+i), "+w", 1)
		log.Line(LevelInfo, "x")
		logs = append(logs, log)
	}
	end(logs...)
	if left := waiting(t, w); len(left) > 0 {
		t.Errorf("in the spool are %v", left)
	}
	for i := range 10 {
		if got, want := shown(readAll(t, b, strconv.Itoa(i), ReadOptions{})), "+w INFO "+strings.Repeat("x", 10-i)+"\n+w ends\n"; got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// TestSparesOfDead: a process may die between the moments in which a stored file
// loses its name and its content.
func TestSparesOfDead(t *testing.T) {
	b := folderBucket(t, t.TempDir())
	const stream = "20240101T000000.000Z-dead-0a1b2c3d"
	spool := t.TempDir()
	dir := spoolOfDead(t, spool, map[string]string{chunkName(stream, 1): lines(0, "1")})
	for name, text := range map[string]string{sparePrefix + "1": "", sparePrefix + "2": lines(0, "again")} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	w := newWriter(t, b, Options{Spool: spool})
	if n, err := w.Recover(t.Context()); n != 1 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	if got := shown(readAll(t, b, "1", ReadOptions{})); got != "1" {
		t.Errorf("%q", got)
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("the spool is still there: %v", err)
	}
}
