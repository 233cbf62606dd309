package claimcheck

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"gocloud.dev/blob"

	"github.com/dig2temporal/dig2temporal/internal/codec"
	"github.com/dig2temporal/dig2temporal/internal/ordered"
)

func parse(t testing.TB, text string) *ordered.Object {
	t.Helper()
	o, err := ordered.ParseObject([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return o
}

var long = strings.Repeat("long text ", MinValue/10+1)

// many is an object of many small members.
func many(prefix string) *ordered.Object {
	o := ordered.New()
	for i := range 2000 {
		o.Set(fmt.Sprintf("%s%d", prefix, i), ordered.Int(int64(i)))
	}
	return o
}

func rows(n int) []any {
	l := make([]any, n)
	for i := range l {
		l[i] = ordered.Of("id", ordered.Int(int64(i)))
	}
	return l
}

func TestValues(t *testing.T) {
	encryption, err := codec.NewEncryption([]codec.Key{{ID: "k", Secret: make([]byte, 32)}}, "")
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name   string
		params *ordered.Object
		// objects are how many are stored, most is how long the rest may be.
		objects, most int
	}{
		{"nothing", ordered.New(), 0, 2},
		{"small", ordered.Of("a", "b", "c", rows(10), "d", ordered.Of("e", nil, "f", true)), 0, 300},
		{"a text", ordered.Of("a", "b", "text", long, "c", "d"), 1, 200},
		{"a list", ordered.Of("list", rows(5000)), 1, 200},
		{"a small list of long texts", ordered.Of("list", []any{long, long}), 1, 200},
		{"a nested text", ordered.Of("a", ordered.Of("b", ordered.Of("c", long, "d", ordered.Int(1)))), 1, 200},
		{"an object of many keys", ordered.Of("many", many("k"), "z", ordered.Int(1)), 1, 250},
		{"an object with its own long text", ordered.Of("many", many("k").Merge(ordered.Of("t", long))), 1, 250},
		{"many params", many("k"), 1, 200},
		{"many params around operators", many("a").Merge(ordered.Of("sh>", "x", "_type", "sh")).Merge(many("b")), 2, 400},
		{"many long texts", ordered.Of("a", long+"1", "b", long+"2", "c", long+"3"), 3, 500},
		{"many objects that are long together", many("k").Merge(ordered.Of("o", many("l"))), 1, 200},
		{"the mark", ordered.Of("a", mark+"x"), 1, 200},
		{"a reference", ordered.Of("a", mark+strings.Repeat("0", 64)+":12 bytes"), 1, 200},
		{"a deferred object", ordered.Of("a", ordered.Deferred("x")), 1, 250},
		{"a deferred object alone", ordered.Deferred(mark + strings.Repeat("0", 64) + ":12 bytes"), 1, 250},
		{"no UTF-8", ordered.Of("a", long+"\xff"), 1, 200},
	}
	for _, test := range tests {
		for _, encrypted := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, encrypted %v", test.name, encrypted), func(t *testing.T) {
				codecs := codec.Codecs()
				if encrypted {
					codecs = codec.Codecs(encryption)
				}
				b := newBucket(t)
				v := NewValues(New(b, Options{}), codecs...)
				before := ordered.Text(test.params)
				small, err := v.Shrink(ctx, test.params)
				if err != nil {
					t.Fatal(err)
				}
				text := ordered.Text(small)
				if n := len(names(t, b)); n != test.objects || len(text) > test.most {
					t.Errorf("%d objects, %d bytes: %.300s", n, len(text), text)
				}
				if test.objects == 0 && small != test.params {
					t.Error("small params were copied")
				}
				if ordered.Text(test.params) != before {
					t.Error("the params that were given were changed")
				}
				for _, key := range []string{"sh>", "_type"} {
					if test.params.Has(key) && !strings.Contains(text, `"`+key+`"`) {
						t.Errorf("%s is out of sight: %.300s", key, text)
					}
				}
				want := strings.ReplaceAll(before, "\xff", "\ufffd")
				for _, v := range []*Values{v, NewValues(New(b, Options{}), codecs...), NewValues(New(b, Options{CacheBytes: -1}), codecs...)} {
					for range 2 {
						full, err := v.Expand(ctx, parse(t, text))
						if err != nil {
							t.Fatal(err)
						}
						if got := ordered.Text(full); got != want {
							t.Fatalf("comes back as %.300s", got)
						}
					}
				}
				if encrypted {
					notReadable(t, b)
				}
			})
		}
	}
}

func notReadable(t *testing.T, b *blob.Bucket) {
	t.Helper()
	for _, name := range names(t, b) {
		data, err := b.ReadAll(ctx, name)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(data, []byte("json/plain")) || bytes.Contains(data, []byte("long text")) {
			t.Errorf("%s is readable", name)
		}
	}
}

// TestMergedReferences merges and cuts shrunk params as the interpreter does.
func TestMergedReferences(t *testing.T) {
	v := NewValues(New(newBucket(t), Options{}), codec.Codecs()...)
	shrink := func(o *ordered.Object) *ordered.Object {
		t.Helper()
		small, err := v.Shrink(ctx, o)
		if err != nil {
			t.Fatal(err)
		}
		return parse(t, ordered.Text(small))
	}
	one := ordered.Of("o", many("k"), "text", long)
	two := ordered.Of("o", many("l").Merge(ordered.Of("k3", long)))
	three := ordered.Of("o", ordered.Of("k1", "new", "text", long+"!"))
	want := one.Merge(two).DeletePath("o", "k2").Merge(three)
	merged := shrink(one).Merge(shrink(two)).DeletePath("o", "k2").Merge(shrink(three))
	if n := len(ordered.Text(merged)); n > 1000 {
		t.Errorf("%d bytes", n)
	}
	got, err := v.Expand(ctx, merged)
	if err != nil {
		t.Fatal(err)
	}
	if ordered.Text(got) != ordered.Text(want) {
		t.Errorf("got %.500s", ordered.Text(got))
	}
}

func TestSameValueOnce(t *testing.T) {
	encryption, err := codec.NewEncryption([]codec.Key{{ID: "k", Secret: make([]byte, 32)}}, "")
	if err != nil {
		t.Fatal(err)
	}
	b := newBucket(t)
	v := NewValues(New(b, Options{}), codec.Codecs(encryption)...)
	for i := range 5 {
		if _, err := v.Shrink(ctx, ordered.Of(fmt.Sprint("k", i), long)); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(names(t, b)); n != 1 {
		t.Errorf("%d objects", n)
	}
}

func TestMissingValues(t *testing.T) {
	b := newBucket(t)
	small, err := NewValues(New(b, Options{}), codec.Codecs()...).Shrink(ctx, ordered.Of("a", long))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := New(b, Options{}).Sweep(ctx, time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if _, err := NewValues(New(b, Options{}), codec.Codecs()...).Expand(ctx, small); !Permanent(err) || !strings.Contains(err.Error(), "is not in the store") {
		t.Errorf("got %v", err)
	}
	// Texts that only look alike are left alone.
	for _, text := range []string{
		`{"a":"dig2temporal-large-value:"}`, `{"a":"dig2temporal-large-value:abc:1 bytes"}`,
		`{"dig2temporal-large-object":["text"]}`, `{"dig2temporal-large-object":[]}`,
	} {
		o := parse(t, text)
		full, err := NewValues(New(b, Options{})).Expand(ctx, o)
		if err != nil || full != o {
			t.Errorf("%s: %v, %v", text, ordered.Text(full), err)
		}
	}
}

func TestNoValues(t *testing.T) {
	var v *Values
	o := ordered.Of("a", long)
	for _, f := range []func() (*ordered.Object, error){
		func() (*ordered.Object, error) { return v.Shrink(ctx, o) },
		func() (*ordered.Object, error) { return v.Expand(ctx, o) },
	} {
		if got, err := f(); got != o || err != nil {
			t.Errorf("got %v, %v", got, err)
		}
	}
}

// TestReadTogether reads one value by many tasks at once.
func TestReadTogether(t *testing.T) {
	b := newBucket(t)
	small, err := NewValues(New(b, Options{}), codec.Codecs()...).Shrink(ctx, ordered.Of("list", rows(20000)))
	if err != nil {
		t.Fatal(err)
	}
	v := NewValues(New(b, Options{}), codec.Codecs()...)
	var all sync.WaitGroup
	for range 10 {
		all.Go(func() {
			full, err := v.Expand(ctx, small)
			if err != nil {
				t.Error(err)
				return
			}
			l, _ := full.Get("list")
			if got := len(l.([]any)); got != 20000 {
				t.Errorf("%d elements", got)
			}
		})
	}
	all.Wait()
}

// TestDeepObjects must not take time that grows with the depth twice.
func TestDeepObjects(t *testing.T) {
	deep := ordered.Of("text", long)
	for range 900 {
		deep = ordered.Of("in", deep, "list", rows(100))
	}
	v := NewValues(New(newBucket(t), Options{}), codec.Codecs()...)
	small, err := v.Shrink(ctx, deep)
	if err != nil {
		t.Fatal(err)
	}
	full, err := v.Expand(ctx, small)
	if err != nil || ordered.Text(full) != ordered.Text(deep) {
		t.Errorf("comes back otherwise: %v", err)
	}
}

func FuzzExpand(f *testing.F) {
	f.Add(`{"a":"dig2temporal-large-value:` + strings.Repeat("0", 64) + `:3 bytes"}`)
	f.Add(`{"dig2temporal-large-object":[{"a":{}},["a","b"],{"dig2temporal-large-object":[["x"]]}]}`)
	v := NewValues(New(newBucket(f), Options{}))
	f.Fuzz(func(t *testing.T, text string) {
		o, err := ordered.ParseObject([]byte(text))
		if err != nil {
			return
		}
		full, err := v.Expand(ctx, o)
		if err != nil {
			return
		}
		small, err := v.Shrink(ctx, full)
		if err != nil {
			t.Fatal(err)
		}
		again, err := v.Expand(ctx, small)
		if err != nil || ordered.Text(again) != ordered.Text(full) {
			t.Errorf("%s comes back as %s, %v", ordered.Text(full), ordered.Text(again), err)
		}
	})
}

// BenchmarkSmallParams is what every task pays.
func BenchmarkSmallParams(b *testing.B) {
	v := NewValues(New(newBucket(b), Options{}))
	o := parse(b, `{"a":1,"b":"text","c":{"d":[1,2,3],"e":"text"},"f":{"g":{"h":"i"}},"session_time":"2024-01-01T00:00:00+00:00"}`)
	for b.Loop() {
		if _, err := v.Shrink(ctx, o); err != nil {
			b.Fatal(err)
		}
		if _, err := v.Expand(ctx, o); err != nil {
			b.Fatal(err)
		}
	}
}
