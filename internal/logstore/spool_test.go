package logstore

import (
	"errors"
	"os"
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
