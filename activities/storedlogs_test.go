package activities

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"gocloud.dev/blob/memblob"

	"github.com/dig2temporal/dig2temporal/internal/logstore"
)

// TestStoredLogs writes the same log to LineLogs and to the store, and wants the
// stored one printed like the other.
func TestStoredLogs(t *testing.T) {
	at := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	now := func() time.Time { return at }
	session := &Session{Project: "p", SessionID: 3, AttemptID: 42}
	write := func(t *testing.T, logs Logs) {
		t.Helper()
		open := func(task string) TaskLog {
			log, err := logs.Open(LogRun{Session: session, Task: task, Type: "sh", Run: 1})
			if err != nil {
				t.Fatal(err)
			}
			return log
		}
		one, two := open("+w+one"), open("+w+two")
		one.Line(LevelInfo, "sh>: x")
		two.Line(LevelWarn, "two\nlines")
		one.Line(LevelDebug, "hidden\nas a whole")
		for _, piece := range []string{"a\xff\x00 ", "b\n", "unfinished é\xe3"} {
			if _, err := one.Write([]byte(piece)); err != nil {
				t.Fatal(err)
			}
		}
		two.Line(LevelError, "<&>\u2028")
		for _, log := range []TaskLog{one, two} {
			if err := log.Close(); err != nil {
				t.Fatal(err)
			}
		}
		three := open("+w+three")
		three.Line(LevelInfo, "takes the first place again")
		if err := three.Close(); err != nil {
			t.Fatal(err)
		}
	}

	bucket := memblob.OpenBucket(nil)
	w, err := logstore.NewWriter(bucket, logstore.Options{Spool: t.TempDir(), Worker: "here", Now: now})
	if err != nil {
		t.Fatal(err)
	}
	write(t, NewStoredLogs(w))
	if err := w.Close(context.Background()); err != nil {
		t.Fatal(err)
	}

	for _, opts := range []LineLogOptions{
		{Zone: time.UTC, Now: now},
		{Zone: time.FixedZone("", 9*3600), Now: now, Colour: true, Level: LevelDebug},
	} {
		var want, got bytes.Buffer
		write(t, NewLineLogs(&want, opts))
		opts.Now = nil
		p := NewLogPrinter(&got, session, opts)
		if err := logstore.Read(context.Background(), bucket, "42", logstore.ReadOptions{Level: logstore.Level(opts.Level)}, p.Record); err != nil {
			t.Fatal(err)
		}
		if err := p.Close(); err != nil {
			t.Fatal(err)
		}
		if got.String() != want.String() {
			t.Errorf("%q\nwant %q", got.String(), want.String())
		}
	}
}

func TestLogPrinter(t *testing.T) {
	at := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	session := &Session{Project: "p", SessionID: 3, AttemptID: 42}
	output := func(stream, task string, run int, text string) logstore.Record {
		return logstore.Record{Time: at, Stream: stream, Task: task, Run: run, Kind: logstore.KindOutput, Text: text}
	}
	end := func(stream, task string, run int) logstore.Record {
		return logstore.Record{Time: at, Stream: stream, Task: task, Run: run, Kind: logstore.KindEnd}
	}
	line := func(stream, task string, run int, text string) logstore.Record {
		return logstore.Record{Time: at, Stream: stream, Task: task, Run: run, Text: text}
	}
	const head = "2024-01-01 00:00:00 +0000 [INFO] "
	for name, c := range map[string]struct {
		records []logstore.Record
		want    string
	}{
		"a run that a dead worker left open gives its place to the next run": {
			[]logstore.Record{output("a", "+t", 1, "half"), line("b", "+t", 2, "again"), end("b", "+t", 2)},
			"half\n" + head + "(0001@[0:p:3:42]+t): again\n",
		},
		"two workers at once": {
			[]logstore.Record{output("a", "+t", 1, "x\n"), output("b", "+u", 1, "half "), line("a", "+t", 1, "y"), output("b", "+u", 1, "line\n")},
			"x\n" + head + "(0001@[0:p:3:42]+t): y\nhalf line\n",
		},
		"what is left open is printed": {
			[]logstore.Record{output("a", "+t", 1, "x\n"), output("a", "+u", 1, "half")},
			"x\nhalf\n",
		},
		"an end without a beginning": {[]logstore.Record{end("a", "+t", 1)}, ""},
		"a complaint of the reader":  {[]logstore.Record{line("a", "", 0, "not readable")}, head + "(log): not readable\n"},
	} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			p := NewLogPrinter(&b, session, LineLogOptions{Zone: time.UTC})
			for _, r := range c.records {
				if err := p.Record(r); err != nil {
					t.Fatal(err)
				}
			}
			if err := p.Close(); err != nil {
				t.Fatal(err)
			}
			if b.String() != c.want {
				t.Errorf("%q\nwant %q", b.String(), c.want)
			}
		})
	}
	t.Run("a reader that goes away ends it", func(t *testing.T) {
		gone := errors.New("gone")
		p := NewLogPrinter(failingWriter{gone}, session, LineLogOptions{})
		if err := p.Record(line("a", "+t", 1, strings.Repeat("x", 10))); !errors.Is(err, gone) {
			t.Errorf("%v", err)
		}
	})
}

type failingWriter struct{ err error }

func (w failingWriter) Write([]byte) (int, error) { return 0, w.err }
