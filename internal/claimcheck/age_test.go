package claimcheck

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"gocloud.dev/blob"

	"github.com/dig2temporal/dig2temporal/internal/bucket"
	"github.com/dig2temporal/dig2temporal/internal/bucket/buckettest"
	"github.com/dig2temporal/dig2temporal/internal/codec"
	"github.com/dig2temporal/dig2temporal/internal/ordered"
)

func open(t *testing.T, url string) *blob.Bucket {
	t.Helper()
	b, err := bucket.Open(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

// written returns when each object was written.
func written(t *testing.T, b *blob.Bucket) map[string]time.Time {
	t.Helper()
	at := map[string]time.Time{}
	for object, err := range bucket.List(ctx, b, nil) {
		if err != nil {
			t.Fatal(err)
		}
		at[object.Key] = object.ModTime
	}
	return at
}

// TestTouch: what an attempt takes over is kept as if it were new, at most once a
// day, and the rest grows old.
func TestTouch(t *testing.T) {
	for _, kind := range []string{"memory", "folder", "S3"} {
		t.Run(kind, func(t *testing.T) {
			url := "mem://"
			switch kind {
			case "folder":
				url = t.TempDir()
			case "S3":
				url = buckettest.S3(t)
			}
			b := open(t, url)
			values := func(after time.Duration) *Values {
				return NewValues(New(b, Options{Now: func() time.Time { return time.Now().Add(after) }}), codec.Codecs()...)
			}
			shrink := func(o *ordered.Object) *ordered.Object {
				t.Helper()
				small, err := values(0).Shrink(ctx, o)
				if err != nil {
					t.Fatal(err)
				}
				return small
			}
			left := shrink(ordered.Of("text", long+"left"))
			old := written(t, b)
			text, deep, wide := shrink(ordered.Of("text", long)), shrink(ordered.Of("a", ordered.Of("b", rows(5000)))), shrink(many("k"))
			taken := []*ordered.Object{nil, text, ordered.New(), deep, text.Merge(wide)}
			before := written(t, b)
			if len(old) != 1 || len(before) != 4 {
				t.Fatalf("%d and %d objects", len(old), len(before))
			}
			// The times of S3 are whole seconds.
			time.Sleep(1100 * time.Millisecond)

			if err := values(time.Hour).Touch(ctx, taken...); err != nil {
				t.Fatal(err)
			}
			if now := written(t, b); fmt.Sprint(now) != fmt.Sprint(before) {
				t.Errorf("what is young was written again: %v, %v", before, now)
			}
			v := values(25 * time.Hour)
			if err := v.Touch(ctx, taken...); err != nil {
				t.Fatal(err)
			}
			renewed := written(t, b)
			for key, at := range renewed {
				if _, left := old[key]; left == at.After(before[key]) {
					t.Errorf("%s: written at %v, then at %v", key, before[key], at)
				}
			}
			if err := v.Touch(ctx, taken...); err != nil {
				t.Fatal(err)
			}
			if now := written(t, b); fmt.Sprint(now) != fmt.Sprint(renewed) {
				t.Error("they were written once more")
			}

			// The sweep takes what nobody took over.
			var last time.Time
			for key, at := range before {
				if at = at.Add(time.Millisecond); at.After(last) && !renewed[key].Before(at) {
					last = at
				}
			}
			if n, _, err := New(b, Options{}).Sweep(ctx, last); n != 1 || err != nil {
				t.Errorf("swept %d, %v", n, err)
			}
			for _, o := range taken {
				if _, err := values(0).Expand(ctx, o); err != nil {
					t.Error(err)
				}
			}
			if _, err := values(0).Expand(ctx, left); !Permanent(err) {
				t.Errorf("what nobody took over: %v", err)
			}
		})
	}
}

// TestTouchOfTheLost: what can't be renewed stays as it is for whoever needs it.
func TestTouchOfTheLost(t *testing.T) {
	b := newBucket(t)
	small, err := NewValues(New(b, Options{}), codec.Codecs()...).Shrink(ctx, ordered.Of("a", long+"1", "b", long+"2"))
	if err != nil {
		t.Fatal(err)
	}
	list := names(t, b)
	if err := b.Delete(ctx, list[0]); err != nil {
		t.Fatal(err)
	}
	if err := b.WriteAll(ctx, list[1], []byte("damaged"), nil); err != nil {
		t.Fatal(err)
	}
	v := NewValues(New(b, Options{Now: func() time.Time { return time.Now().Add(25 * time.Hour) }}), codec.Codecs()...)
	if err := v.Touch(ctx, small); err != nil {
		t.Error(err)
	}
	if now := names(t, b); !slices.Equal(now, list[1:]) {
		t.Errorf("got %v", now)
	}
	b.Close()
	if err := v.Touch(ctx, small); err == nil || Permanent(err) {
		t.Errorf("without a store: %v", err)
	}
	var none *Values
	if err := none.Touch(ctx, small); err != nil {
		t.Error(err)
	}
}
