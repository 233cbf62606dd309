package logstore

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gocloud.dev/blob"
)

// spoolOfDead makes the spool folder of a process that died.
func spoolOfDead(t *testing.T, spool string, files map[string]string) (dir string) {
	t.Helper()
	dir = filepath.Join(spool, "dead-0a1b2c3d")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, "1"+spoolMark+name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestRecoverKeepsWhatIsLonger recovers files that a power failure made shorter
// than what was stored of them, and one that is longer.
func TestRecoverKeepsWhatIsLonger(t *testing.T) {
	eachStore(t, func(t *testing.T, b *blob.Bucket) {
		const stream = "20240101T000000.000Z-dead-0a1b2c3d"
		one, two := lines(0, "1"), lines(0, "1", "2")
		put(t, b, stream, 1, two)
		put(t, b, stream, 2, one)
		put(t, b, stream, 3, one)
		spool := t.TempDir()
		dir := spoolOfDead(t, spool, map[string]string{
			chunkName(stream, 1): one, chunkName(stream, 2): one, chunkName(stream, 3): two, chunkName(stream, 4): one,
		})
		w := newWriter(t, b, Options{Spool: spool})
		if n, err := w.Recover(t.Context()); n != 4 || err != nil {
			t.Errorf("%d, %v", n, err)
		}
		if got := shown(readAll(t, b, "1", ReadOptions{})); got != "121121" {
			t.Errorf("%q", got)
		}
		if _, err := os.Stat(dir); !os.IsNotExist(err) {
			t.Errorf("the spool is still there: %v", err)
		}
	})
}

// TestRecoverSkipsOneStream has a file that can't be read: the rest of its
// stream waits, other streams don't.
func TestRecoverSkipsOneStream(t *testing.T) {
	b := folderBucket(t, t.TempDir())
	const bad, good = "20240101T000000.000Z-dead-0a1b2c3d", "20240101T000001.000Z-dead-0a1b2c3d"
	spool := t.TempDir()
	dir := spoolOfDead(t, spool, map[string]string{
		chunkName(bad, 1): lines(0, "1"), chunkName(bad, 2): "", chunkName(bad, 3): lines(0, "3"), chunkName(good, 1): lines(time.Second, "good"),
	})
	unreadable := filepath.Join(dir, "1"+spoolMark+chunkName(bad, 2))
	if err := os.Truncate(unreadable, maxRead+1); err != nil {
		t.Fatal(err)
	}
	w := newWriter(t, b, Options{Spool: spool})
	if n, err := w.Recover(t.Context()); n != 2 || err == nil || !strings.Contains(err.Error(), chunkName(bad, 2)) {
		t.Errorf("%d, %v", n, err)
	}
	if got := shown(readAll(t, b, "1", ReadOptions{})); got != "1good" {
		t.Errorf("%q", got)
	}
	if err := os.WriteFile(unreadable, []byte(lines(0, "2")), 0o600); err != nil {
		t.Fatal(err)
	}
	if n, err := w.Recover(t.Context()); n != 2 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	if got := shown(readAll(t, b, "1", ReadOptions{})); got != "123good" {
		t.Errorf("%q", got)
	}
}

// TestRecoverGivesUp does not ask a store that is down for each of many streams.
func TestRecoverGivesUp(t *testing.T) {
	b, f := s3Bucket(t)
	files := map[string]string{}
	for i := range 20 {
		files[chunkName(streamName(time.Duration(i)*time.Second, "dead-0a1b2c3d"), 1)] = lines(0, "x")
	}
	spool := t.TempDir()
	spoolOfDead(t, spool, files)
	w := newWriter(t, b, Options{Spool: spool})
	f.refuse.Store(true)
	if n, err := w.Recover(t.Context()); n != 0 || err == nil || f.puts.Load() != maxRefused {
		t.Errorf("%d recovered with %d uploads, %v", n, f.puts.Load(), err)
	}
	f.refuse.Store(false)
	if n, err := w.Recover(t.Context()); n != len(files) || err != nil {
		t.Errorf("%d, %v", n, err)
	}
}
