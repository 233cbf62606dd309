package logstore

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"gocloud.dev/blob"
	"gocloud.dev/blob/memblob"
)

var start = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)

// lines are records one second apart, as a chunk.
func lines(first time.Duration, texts ...string) string {
	var b []byte
	for i, text := range texts {
		b = appendRecord(b, &Record{Time: start.Add(first + time.Duration(i)*time.Second), Task: "+w", Run: 1, Kind: KindOutput, Text: text})
	}
	return string(b)
}

func streamName(at time.Duration, worker string) string {
	return start.Add(at).Format(startForm) + "-" + worker
}

func put(t *testing.T, b *blob.Bucket, stream string, seq int, text string) {
	t.Helper()
	if err := b.WriteAll(t.Context(), chunkKey("1", stream, seq), []byte(text), nil); err != nil {
		t.Fatal(err)
	}
}

// reader makes the rounds of a Read one by one.
type reader struct {
	*merge
	got strings.Builder
}

func newReader(t *testing.T, b *blob.Bucket) *reader {
	r := &reader{}
	f := newFetcher(t.Context(), b, "1")
	t.Cleanup(f.close)
	r.merge = &merge{fetcher: f, tails: map[string]*tail{}, each: func(record Record) error {
		r.got.WriteString(record.Text)
		return nil
	}}
	return r
}

func (r *reader) want(t *testing.T, text string) {
	t.Helper()
	news, err := r.round(t.Context())
	if err != nil || news != (text != "" || r.gaps) {
		t.Errorf("news %t, error %v", news, err)
	}
	if r.got.String() != text {
		t.Errorf("%q, want %q", r.got.String(), text)
	}
	r.got.Reset()
}

func TestRounds(t *testing.T) {
	a := streamName(0, "a")
	t.Run("a chunk grows before the next one comes", func(t *testing.T) {
		b := memblob.OpenBucket(nil)
		r := newReader(t, b)
		r.want(t, "")
		put(t, b, a, 1, lines(0, "1"))
		r.want(t, "1")
		r.want(t, "")
		put(t, b, a, 1, lines(0, "1", "2"))
		put(t, b, a, 2, lines(2*time.Second, "3"))
		put(t, b, a, 3, lines(3*time.Second, "4"))
		r.want(t, "234")
		put(t, b, a, 3, lines(3*time.Second, "4", "5"))
		r.want(t, "5")
		r.want(t, "")
	})
	t.Run("the listing is older than the chunk", func(t *testing.T) {
		b := memblob.OpenBucket(nil)
		r := newReader(t, b)
		put(t, b, a, 1, lines(0, "1"))
		r.want(t, "1")
		old := int64(len(lines(0, "1")))
		put(t, b, a, 1, lines(0, "1", "2"))
		put(t, b, a, 2, lines(2*time.Second, "3"))
		tail := r.tails[a]
		if !tail.listed([]chunk{{1, old, start}, {2, 1, start}}) {
			t.Fatal("nothing is to be read")
		}
		var got string
		for {
			tail.head = nil
			if err := tail.advance(t.Context()); err != nil {
				t.Fatal(err)
			}
			if tail.head == nil {
				break
			}
			got += tail.head.Text
		}
		if got != "23" {
			t.Errorf("%q", got)
		}
		r.want(t, "")
	})
	t.Run("streams are merged by time", func(t *testing.T) {
		b := memblob.OpenBucket(nil)
		put(t, b, a, 1, lines(0, "1", "2", "3"))
		put(t, b, a, 2, lines(6*time.Second, "7"))
		put(t, b, streamName(time.Second, "b"), 1, lines(3*time.Second, "4", "5", "6"))
		put(t, b, streamName(6*time.Second, "a"), 1, lines(7*time.Second, "8"))
		put(t, b, streamName(6*time.Second, "a"), 2, "")
		newReader(t, b).want(t, "12345678")
	})
	t.Run("what can't be read is said", func(t *testing.T) {
		b := memblob.OpenBucket(nil)
		put(t, b, a, 1, lines(0, "1")+"{\n"+lines(time.Second, "2")+"half")
		put(t, b, a, 2, lines(2*time.Second, "3"))
		for _, object := range []string{"logs/1/x", "logs/1/" + chunkName(a, 3) + ".tmp", "logs/12/" + chunkName(a, 1)} {
			if err := b.WriteAll(t.Context(), object, []byte("x"), nil); err != nil {
				t.Fatal(err)
			}
		}
		got := readAll(t, b, "1", ReadOptions{Task: "+w"})
		if len(got) != 4 || got[1].Level != LevelWarn || !strings.Contains(got[1].Text, chunkName(a, 1)+": line 2") || got[0].Text+got[2].Text+got[3].Text != "123" {
			t.Errorf("%v", got)
		}
	})
	t.Run("much of many", func(t *testing.T) {
		b := memblob.OpenBucket(nil)
		var want strings.Builder
		for i := range 400 {
			text := fmt.Sprintf("%d ", i)
			want.WriteString(text)
			put(t, b, streamName(0, fmt.Sprint("w", i%7)), i/7+1, lines(time.Duration(i)*time.Second, text))
		}
		newReader(t, b).want(t, want.String())
	})
}

func TestReadEnds(t *testing.T) {
	b := memblob.OpenBucket(nil)
	put(t, b, streamName(0, "a"), 1, lines(0, "1", "2"))
	enough := errors.New("enough")
	for _, follow := range []bool{false, true} {
		n := 0
		err := Read(t.Context(), b, "1", ReadOptions{Follow: follow}, func(Record) error {
			n++
			return enough
		})
		if !errors.Is(err, enough) || n != 1 {
			t.Errorf("%d records, %v", n, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	err := Read(ctx, b, "1", ReadOptions{Follow: true, Poll: time.Millisecond}, func(Record) error {
		cancel()
		return nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	for _, follow := range []bool{false, true} {
		if err := Read(t.Context(), b, "1", ReadOptions{Follow: follow}, nil); err == nil {
			t.Error("a closed bucket was read")
		}
	}
}

// TestFollow follows a task that writes one line after the other and waits for
// each to be shown; what is written last comes before the end.
func TestFollow(t *testing.T) {
	eachStore(t, func(t *testing.T, b *blob.Bucket) {
		w := newWriter(t, b, Options{Flush: 20 * time.Millisecond})
		var done atomic.Bool
		seen, ended := make(chan string, 100), make(chan error, 1)
		go func() {
			ended <- Read(context.Background(), b, "1", ReadOptions{
				Follow: true, Poll: 20 * time.Millisecond,
				Done: func(context.Context) (bool, error) { return done.Load(), nil },
			}, func(r Record) error {
				seen <- r.Text
				return nil
			})
		}()
		log := open(t, w, "1", "+w", 1)
		next := func(want string) {
			t.Helper()
			select {
			case got := <-seen:
				if got != want {
					t.Errorf("%q, want %q", got, want)
				}
			case err := <-ended:
				t.Fatalf("ended before %q: %v", want, err)
			case <-time.After(30 * time.Second):
				t.Fatalf("%q is not shown", want)
			}
		}
		for i := range 10 {
			text := fmt.Sprint("line ", i)
			log.Line(LevelInfo, text)
			next(text)
		}
		write(t, log, "half a line")
		next("half a line")
		log.Line(LevelInfo, "last")
		closeLog(t, log)
		done.Store(true)
		next("last")
		next("")
		select {
		case err := <-ended:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(30 * time.Second):
			t.Error("it goes on after the end")
		}
	})
}

// TestFollowLag measures how late a line is shown with the default times.
func TestFollowLag(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	b := folderBucket(t, t.TempDir())
	w := newWriter(t, b, Options{})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	lags := make(chan time.Duration, 100)
	go func() {
		_ = Read(ctx, b, "1", ReadOptions{Follow: true}, func(r Record) error {
			lags <- time.Since(r.Time)
			return nil
		})
	}()
	log := open(t, w, "1", "+w", 1)
	var sum, worst time.Duration
	const lines = 4
	for i := range lines {
		time.Sleep(time.Duration(i) * 370 * time.Millisecond)
		log.Line(LevelInfo, "x")
		lag := <-lags
		sum, worst = sum+lag, max(worst, lag)
	}
	t.Logf("shown after %s on average, %s at most", sum/lines, worst)
	// It is 1.5 s by design; the rest is for a machine that is busy.
	if worst > 20*time.Second {
		t.Errorf("a line was shown after %s", worst)
	}
}

// TestFollowBearsFaults loses the store and Done for a while.
func TestFollowBearsFaults(t *testing.T) {
	b, f := s3Bucket(t)
	stream := streamName(0, "a")
	put(t, b, stream, 1, lines(0, "1"))
	var asked atomic.Int64
	var got strings.Builder
	err := Read(t.Context(), b, "1", ReadOptions{
		Follow: true, Poll: 10 * time.Millisecond,
		Done: func(context.Context) (bool, error) {
			switch asked.Add(1) {
			case 1:
				return false, errors.New("not now")
			case 2:
				f.refuse.Store(true)
				go func() {
					time.Sleep(50 * time.Millisecond)
					f.refuse.Store(false)
				}()
				return false, nil
			case 3:
				put(t, b, stream, 1, lines(0, "1", "2"))
				return true, nil
			}
			return true, nil
		},
	}, func(r Record) error {
		got.WriteString(r.Text)
		return nil
	})
	if err != nil || got.String() != "12" {
		t.Errorf("%q, %v", got.String(), err)
	}
	f.refuse.Store(true)
	asked.Store(3)
	if err := Read(t.Context(), b, "1", ReadOptions{Follow: true}, nil); err == nil {
		t.Error("a store that refuses from the beginning was read")
	}
}
