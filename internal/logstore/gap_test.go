package logstore

import (
	"context"
	"strings"
	"testing"
	"time"

	"gocloud.dev/blob/memblob"
)

func TestGaps(t *testing.T) {
	a := streamName(0, "a")
	t.Run("a gap may be one of the listing only", func(t *testing.T) {
		b := memblob.OpenBucket(nil)
		r := newReader(t, b)
		put(t, b, a, 1, lines(0, "1"))
		put(t, b, a, 3, lines(2*time.Second, "3"))
		r.want(t, "1")
		put(t, b, a, 2, lines(time.Second, "2"))
		r.want(t, "23")
		r.want(t, "")
	})
	t.Run("a gap is said in its place", func(t *testing.T) {
		b := memblob.OpenBucket(nil)
		r := newReader(t, b)
		missing := func(seq int, text string) string {
			return "A part of the log can't be read: " + chunkName(a, seq) + ": " + text
		}
		const one, two = "it is not in the store", "it and 1 more after it are not in the store"
		put(t, b, a, 1, lines(0, "1"))
		r.want(t, "1")
		put(t, b, a, 3, lines(2*time.Second, "3"))
		r.want(t, "")
		r.want(t, missing(2, one)+"3")
		put(t, b, a, 3, lines(2*time.Second, "3", "4"))
		put(t, b, a, 6, lines(5*time.Second, "6"))
		put(t, b, a, 7, lines(6*time.Second, "7"))
		r.want(t, "4")
		r.want(t, missing(4, two)+"67")
		r.want(t, "")
		got := readAll(t, b, "1", ReadOptions{})
		var all strings.Builder
		for _, r := range got {
			all.WriteString(r.Text)
			if isGap := strings.HasPrefix(r.Text, "A part"); isGap != (r.Level == LevelWarn) || isGap != (r.Task == "") || r.Stream == "" {
				t.Errorf("%#v", r)
			}
		}
		if want := "1" + missing(2, one) + "34" + missing(4, two) + "67"; all.String() != want {
			t.Errorf("%q\nwant %q", all.String(), want)
		}
	})
	t.Run("the beginning is missing", func(t *testing.T) {
		b := memblob.OpenBucket(nil)
		put(t, b, a, 2, lines(time.Second, "2"))
		got := readAll(t, b, "1", ReadOptions{})
		if len(got) != 2 || !strings.Contains(got[0].Text, chunkName(a, 1)) || !got[0].Time.Equal(start) || got[1].Text != "2" {
			t.Errorf("%v", got)
		}
	})
	t.Run("a stream with a gap does not keep others waiting", func(t *testing.T) {
		b := memblob.OpenBucket(nil)
		put(t, b, a, 1, lines(0, "1"))
		put(t, b, a, 3, lines(2*time.Second, "3"))
		put(t, b, streamName(0, "b"), 1, lines(time.Second, "x", "y"))
		got := readAll(t, b, "1", ReadOptions{})
		if len(got) != 5 || got[0].Text+got[1].Text+got[2].Text != "1xy" || got[3].Level != LevelWarn || got[4].Text != "3" {
			t.Errorf("%v", got)
		}
	})
}

// TestVanished reads chunks that are listed and not there: for a moment, which
// nobody needs to know of, or for good.
func TestVanished(t *testing.T) {
	a := streamName(0, "a")
	for _, c := range []struct {
		name, hidden string
		times        int64
		want         []string
	}{
		{"for a moment", chunkName(a, 2), 1, []string{"1", "2", "3"}},
		{"in the middle", chunkName(a, 2), 1 << 40, []string{"1", chunkName(a, 2) + ": it is not in the store any more", "3"}},
		{"at the end", chunkName(a, 3), 1 << 40, []string{"1", "2", chunkName(a, 3) + ": it is not in the store any more"}},
		{"all", ".ndjson", 1 << 40, []string{
			chunkName(a, 1) + ": it is not in the store any more",
			chunkName(a, 2) + ": it is not in the store any more",
			chunkName(a, 3) + ": it is not in the store any more",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b, f := s3Bucket(t)
			for i, text := range []string{"1", "2", "3"} {
				put(t, b, a, i+1, lines(time.Duration(i)*time.Second, text))
			}
			for _, follow := range []bool{false, true} {
				f.hide(c.hidden, c.times)
				got := readAll(t, b, "1", ReadOptions{Follow: follow, Poll: time.Millisecond, Done: func(context.Context) (bool, error) { return true, nil }})
				if len(got) != len(c.want) {
					t.Fatalf("%v", got)
				}
				for i, r := range got {
					if !strings.HasSuffix(r.Text, c.want[i]) || strings.HasPrefix(r.Text, "A part") != (r.Level == LevelWarn) {
						t.Errorf("%#v, want %q", r, c.want[i])
					}
				}
			}
		})
	}
}
