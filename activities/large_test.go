package activities

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gocloud.dev/blob"
	"gocloud.dev/blob/fileblob"
	"gocloud.dev/blob/memblob"

	"github.com/dig2temporal/dig2temporal/internal/claimcheck"
	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/operators"
)

// large stores and exports what is too long for a history, and counts its runs.
func large(runs *int) fake {
	return fake{operators.Spec{Name: "large", NoFiles: true}, func(_ context.Context, t *operators.Task) (*operators.Result, error) {
		*runs++
		wide := ordered.New()
		for i := range 5000 {
			wide.Set(fmt.Sprint("k", i), "v")
		}
		return &operators.Result{
			Store:  ordered.Of("text", strings.Repeat("x", 1<<20), "small", "s"),
			Export: ordered.Of("wide", wide),
		}, nil
	}}
}

func withValues(b *blob.Bucket) func(*Options) {
	return func(o *Options) {
		o.Values = claimcheck.NewValues(claimcheck.New(b, claimcheck.Options{CacheBytes: -1}))
	}
}

func TestLargeValues(t *testing.T) {
	bucket := memblob.OpenBucket(nil)
	defer bucket.Close()
	runs := 0
	b := newBench(t, withValues(bucket), large(&runs))
	r, err := b.run(b.request(`{"large>":""}`, ""))
	if err != nil {
		t.Fatal(err)
	}
	if n := len(ordered.Text(r.Store)) + len(ordered.Text(r.Export)); n > 1000 || r.Store.String("small") != "s" {
		t.Fatalf("%d bytes: %.1000s", n, ordered.Text(r.Store))
	}
	params := r.Export.Merge(r.Store).Merge(object(t, `{"wide":{"k4":"new"}}`))
	for _, run := range []func(*Request) (*Result, error){b.run, b.runLocal} {
		b.log.Reset()
		if _, err := run(b.request(`{"echo>":"${text.length} ${small} ${wide.k3} ${wide.k4}"}`, ordered.Text(params))); err != nil {
			t.Fatal(err)
		}
		if want := "echo>: 1048576 s v new\n"; !strings.Contains(b.logged(), want) {
			t.Errorf("logged %q, want %q", b.logged(), want)
		}
	}
	// What was stored is gone.
	for i := bucket.List(nil); ; {
		o, err := i.Next(context.Background())
		if err != nil {
			break
		}
		if err := bucket.Delete(context.Background(), o.Key); err != nil {
			t.Fatal(err)
		}
	}
	_, err = b.run(b.request(`{"echo>":"${text.length}"}`, ordered.Text(params)))
	kind, f, app := failed(t, err)
	if kind != ErrorFailure || !app.NonRetryable() || !strings.Contains(f.Error.String("message"), "is not in the store (any more)") {
		t.Errorf("%s %v", kind, err)
	}
}

// TestStoreAway has a store that can't be written when the task ends: the task must
// not run again for that.
func TestStoreAway(t *testing.T) {
	dir := t.TempDir()
	obstacle := filepath.Join(dir, "payloads")
	if err := os.WriteFile(obstacle, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	bucket, err := fileblob.OpenBucket(dir, &fileblob.Options{NoTempDir: true})
	if err != nil {
		t.Fatal(err)
	}
	defer bucket.Close()
	runs := 0
	b := newBench(t, withValues(bucket), large(&runs))
	go func() {
		time.Sleep(300 * time.Millisecond)
		if err := os.Remove(obstacle); err != nil {
			t.Error(err)
		}
	}()
	r, err := b.run(b.request(`{"large>":""}`, ""))
	if err != nil || runs != 1 {
		t.Fatalf("%d runs, %v", runs, err)
	}
	if n := len(ordered.Text(r.Store)); n > 500 {
		t.Errorf("%d bytes", n)
	}
	if !strings.Contains(b.logged(), "[WARN] The result can't be stored, trying again: ") {
		t.Errorf("logged %q", b.logged())
	}
}

// unreachable returns what a task has stored, and a bench whose store is away since.
// runs counts the task's runs.
func unreachable(t *testing.T) (b *bench, store *ordered.Object, runs *int) {
	t.Helper()
	bucket := memblob.OpenBucket(nil)
	runs = new(int)
	b = newBench(t, withValues(bucket), large(runs))
	r, err := b.run(b.request(`{"large>":""}`, ""))
	if err != nil {
		t.Fatal(err)
	}
	if err := bucket.Close(); err != nil {
		t.Fatal(err)
	}
	return b, r.Store, runs
}

// TestStoreUnreachable has a store that can't be read: the task is tried again.
func TestStoreUnreachable(t *testing.T) {
	b, store, runs := unreachable(t)
	_, err := b.run(b.request(`{"large>":""}`, ordered.Text(store)))
	kind, _, app := failed(t, err)
	if kind != errorTemporary || app.NonRetryable() || *runs != 1 {
		t.Errorf("%s, %d runs, %v", kind, *runs, errors.Unwrap(err))
	}
}

// TestStoreUnreachableLocally does the same with a local activity, which the
// interpreter has to be asked to run again.
func TestStoreUnreachableLocally(t *testing.T) {
	b, store, _ := unreachable(t)
	req := b.request(`{"echo>":"x"}`, ordered.Text(store))
	for polls, want := range map[int64]int64{0: 1000, 3: 8000, 40: 60000} {
		req.State = ordered.Of("polls", ordered.Int(polls), "since", ordered.Int(1))
		result, err := b.runLocal(req)
		if err != nil || result.Again == nil || result.Again.AfterMillis != want {
			t.Errorf("after %d polls: %+v, %v", polls, result, err)
		}
	}
}

// TestErrorRefersToNothing: what went wrong may be any text, also one that looks
// like a reference to a large value.
func TestErrorRefersToNothing(t *testing.T) {
	bucket := memblob.OpenBucket(nil)
	defer bucket.Close()
	runs := 0
	b := newBench(t, withValues(bucket), large(&runs))
	r, err := b.run(b.request(`{"large>":""}`, ""))
	if err != nil {
		t.Fatal(err)
	}
	text := r.Store.String("text")
	if !strings.Contains(text, ordered.ReferenceMark) {
		t.Fatalf("%q is no reference", text)
	}
	req := b.request(`{"echo>":"${error.message.length} ${text.length}"}`, ordered.Text(ordered.Of("text", text, "error", ordered.Of("message", text))))
	req.Task = "+w+t^error"
	if _, err = b.run(req); err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf("echo>: %d 1048576\n", len(text)); !strings.Contains(b.logged(), want) {
		t.Errorf("logged %q, want %q", b.logged(), want)
	}
}

func TestTypeOfDeferredParams(t *testing.T) {
	for params, want := range map[string]string{
		`{"dig2temporal-large-object":["x",{"sh>":"a"},{"b":1}]}`:             "sh",
		`{"dig2temporal-large-object":["x",{"sh>":"a"},["sh>"],{"py>":"b"}]}`: "py",
		`{"dig2temporal-large-object":["x",{"sh>":"a"},{"_type":"http"}]}`:    "http",
		`{"dig2temporal-large-object":["x"]}`:                                 "echo",
	} {
		if got, sure := TypeOf(object(t, params), object(t, `{"echo>":""}`)); got != want || !sure {
			t.Errorf("%s: got %s, %v, want %s", params, got, sure, want)
		}
	}
}
