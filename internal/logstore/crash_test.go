package logstore

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"gocloud.dev/blob"
	"gocloud.dev/blob/fileblob"
)

const (
	childSpool  = "LOGSTORE_TEST_SPOOL"
	childBucket = "LOGSTORE_TEST_BUCKET"
	childFlush  = "LOGSTORE_TEST_FLUSH"
)

func TestMain(m *testing.M) {
	if os.Getenv(childSpool) != "" {
		if err := writeForEver(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

// writeForEver writes lines and says on stdout which ones it has written.
func writeForEver() error {
	flush, err := time.ParseDuration(os.Getenv(childFlush))
	if err != nil {
		return err
	}
	b, err := bucketOfChild()
	if err != nil {
		return err
	}
	w, err := NewWriter(b, Options{Spool: os.Getenv(childSpool), Flush: flush, Sweep: -1})
	if err != nil {
		return err
	}
	log, err := w.Open("1", "+w", 1)
	if err != nil {
		return err
	}
	for i := 0; ; i++ {
		if _, err := log.Write(fmt.Appendf(nil, "line %d %s\n", i, strings.Repeat("x", i%300))); err != nil {
			return err
		}
		if _, err := fmt.Println(i); err != nil {
			return err
		}
	}
}

// TestKill kills a process that writes, before, while and after it stores, and
// wants each line that was written exactly once.
func TestKill(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		flush string
		lines int
	}{{"1h", 1}, {"1h", 5_000}, {"1ms", 3_000}, {"1ms", 20_000}} {
		t.Run(fmt.Sprintf("%d lines, flushed after %s", c.lines, c.flush), func(t *testing.T) {
			dir, spool := t.TempDir(), t.TempDir()
			child := exec.Command(exe)
			child.Env = append(os.Environ(), childSpool+"="+spool, childBucket+"="+dir, childFlush+"="+c.flush)
			child.Stderr = os.Stderr
			out, err := child.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := child.Start(); err != nil {
				t.Fatal(err)
			}
			written := -1
			lines := bufio.NewScanner(out)
			for lines.Scan() {
				if written, err = strconv.Atoi(lines.Text()); err != nil {
					t.Fatal(err)
				}
				if written == c.lines {
					if err := child.Process.Kill(); err != nil {
						t.Fatal(err)
					}
				}
			}
			_ = child.Wait()
			if written < c.lines {
				t.Fatalf("the process ended after %d lines", written)
			}

			b := folderBucket(t, dir)
			before := len(readAll(t, b, "1", ReadOptions{}))
			w := newWriter(t, b, Options{Spool: spool})
			n, err := w.Recover(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%d lines, %d of them stored before the death, %d chunks recovered", written+1, before, n)
			var got strings.Builder
			for _, r := range readAll(t, b, "1", ReadOptions{}) {
				got.WriteString(r.Text)
			}
			next := 0
			for line := range strings.Lines(got.String()) {
				if want := fmt.Sprintf("line %d %s\n", next, strings.Repeat("x", next%300)); line != want {
					t.Fatalf("%q, want %q", line, want)
				}
				next++
			}
			// The last line may have been written without being said.
			if next <= written {
				t.Errorf("%d lines, %d were written", next, written+1)
			}
			if n, err := w.Recover(t.Context()); n != 0 || err != nil {
				t.Errorf("%d, %v", n, err)
			}
			closeWriter(t, w)
			if left, err := os.ReadDir(spool); err != nil || len(left) > 0 {
				t.Errorf("in the spool are %v, %v", left, err)
			}
		})
	}
}

// TestRecoverLeavesTheLiving has two writers in one spool: neither takes what is
// the other's, nor what is nobody's.
func TestRecoverLeavesTheLiving(t *testing.T) {
	b := folderBucket(t, t.TempDir())
	spool := t.TempDir()
	one, two := newWriter(t, b, Options{Spool: spool, Flush: time.Hour}), newWriter(t, b, Options{Spool: spool})
	log := open(t, one, "1", "+w", 1)
	log.Line(LevelInfo, "x")
	foreign := filepath.Join(spool, "foreign")
	if err := os.MkdirAll(foreign, 0o700); err != nil {
		t.Fatal(err)
	}
	if n, err := two.Recover(t.Context()); n != 0 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	if got := readAll(t, b, "1", ReadOptions{}); len(got) != 0 {
		t.Errorf("%v", got)
	}
	closeLog(t, log)
	closeWriter(t, one)
	closeWriter(t, two)
	if left, err := os.ReadDir(spool); err != nil || len(left) != 1 {
		t.Errorf("in the spool are %v, %v", left, err)
	}
}

// TestHalfARecord recovers a file that ends within a record, and one that has
// nothing else.
func TestHalfARecord(t *testing.T) {
	b := folderBucket(t, t.TempDir())
	spool := t.TempDir()
	dead := filepath.Join(spool, "dead-0a1b2c3d")
	if err := os.Mkdir(dead, 0o700); err != nil {
		t.Fatal(err)
	}
	const stream = "20240101T000000.000Z-dead-0a1b2c3d"
	whole := string(appendRecord(nil, &Record{Task: "+w", Run: 1, Text: "whole"}))
	for seq, text := range []string{whole + whole[:20], whole[:20]} {
		if err := os.WriteFile(filepath.Join(dead, "1"+spoolMark+chunkName(stream, seq+1)), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	// The writer finds them by itself.
	w := newWriter(t, b, Options{Spool: spool, Sweep: time.Hour})
	eventually(t, "the spool is empty", func() bool {
		_, err := os.Stat(dead)
		return os.IsNotExist(err)
	})
	if got := shown(readAll(t, b, "1", ReadOptions{})); got != "+w INFO whole\n" {
		t.Errorf("%q", got)
	}
	if err := w.Close(context.Background()); err != nil {
		t.Error(err)
	}
}

func bucketOfChild() (*blob.Bucket, error) {
	return fileblob.OpenBucket(os.Getenv(childBucket), &fileblob.Options{NoTempDir: true, Metadata: fileblob.MetadataDontWrite})
}
