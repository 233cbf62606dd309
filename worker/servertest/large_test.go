package servertest

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	historypb "go.temporal.io/api/history/v1"
	sdk "go.temporal.io/sdk/worker"
	"gocloud.dev/blob"
	"gocloud.dev/blob/memblob"
	"google.golang.org/protobuf/proto"

	"github.com/dig2temporal/dig2temporal/internal/claimcheck"
	"github.com/dig2temporal/dig2temporal/internal/codec"
	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/worker"
)

// largeRig is a rig with a store for large payloads.
func largeRig(t *testing.T, dir string, withValues bool) (*rig, *claimcheck.Store, *blob.Bucket) {
	t.Helper()
	bucket := memblob.OpenBucket(nil)
	t.Cleanup(func() { _ = bucket.Close() })
	store := claimcheck.New(bucket, claimcheck.Options{})
	var values *claimcheck.Values
	if withValues {
		values = claimcheck.NewValues(store, codec.Codecs()...)
	}
	return newRigWith(t, dir, store.ExternalStorage(), values), store, bucket
}

func replay(t *testing.T, store *claimcheck.Store, h *historypb.History) {
	t.Helper()
	replayer, err := sdk.NewWorkflowReplayerWithOptions(sdk.WorkflowReplayerOptions{
		DataConverter: codec.DataConverter(), ExternalStorage: store.ExternalStorage(),
		// It has no other limit than a second.
		DisableDeadlockDetection: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	worker.RegisterWorkflows(replayer)
	if err := replayer.ReplayWorkflowHistory(silent(), h); err != nil {
		t.Error(err)
	}
}

func stored(t *testing.T, b *blob.Bucket) (count int, size int64) {
	t.Helper()
	for i := b.List(nil); ; {
		o, err := i.Next(context.Background())
		if err != nil {
			return count, size
		}
		count++
		size += o.Size
	}
}

// TestResumeKeepsLargeValues resumes an attempt a day later: what the values count
// as then is new.
func TestResumeKeepsLargeValues(t *testing.T) {
	bucket := memblob.OpenBucket(nil)
	defer bucket.Close()
	dir := written(t, `
+a:
  sh>: printf %20000s x
  store_stdout: large
+group:
  +b:
    sh>: printf %30000s y
    store_stdout: other
+c:
  sh>: test -f ok && test ${large.length}${other.length} = 2000030000
`)
	rig := func(after time.Duration) *rig {
		store := claimcheck.New(bucket, claimcheck.Options{Now: func() time.Time { return time.Now().Add(after) }})
		return newRigWith(t, dir, store.ExternalStorage(), claimcheck.NewValues(store, codec.Codecs()...))
	}
	written := func() map[string]time.Time {
		t.Helper()
		at := map[string]time.Time{}
		for i := bucket.List(nil); ; {
			o, err := i.Next(context.Background())
			if err != nil {
				return at
			}
			at[o.Key] = o.ModTime
		}
	}
	r := rig(0)
	_, first, err := r.run(r.input("main"))
	if err == nil {
		t.Fatal("the first attempt must fail")
	}
	before := written()
	if len(before) != 2 {
		t.Fatalf("%d objects are stored, expected two texts", len(before))
	}
	touch(t, dir, "ok")
	r = rig(25 * time.Hour)
	in := r.input("main")
	in.Resume = &first
	if rows, _, err := r.run(in); err != nil {
		t.Fatalf("%v\n%s\n%s", err, strings.Join(rows, "\n"), r.log)
	}
	for key, at := range written() {
		if !at.After(before[key]) {
			t.Errorf("%s was not written again", key)
		}
	}
}

// TestLargeParams stores 40 MB of params in one task and reads them in others.
func TestLargeParams(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a minute of CPU time")
	}
	r, store, bucket := largeRig(t, copied(t, "large"), true)
	in := r.input("main")
	rows, e, err := r.run(in)
	if err != nil {
		t.Fatalf("%v\n%s\n%s", err, strings.Join(rows, "\n"), r.log)
	}
	for _, line := range []string{
		"stored 40 MB", "text: 20 MB", "rows: 142333 142332", "wide: 153846 seven",
		"round 2: 20000768 142332 seven", "changed: 153847 changed new 20000768",
	} {
		if !strings.Contains(r.log.String(), line) {
			t.Errorf("the log lacks %q:\n%.2000s", line, r.log)
		}
	}
	h := r.history(e)
	size := proto.Size(h)
	count, bytes := stored(t, bucket)
	t.Logf("history: %d events, %d bytes; store: %d objects, %d bytes", len(h.Events), size, count, bytes)
	if size > 100<<10 {
		t.Errorf("the history has %d bytes", size)
	}
	if count != 3 {
		t.Errorf("%d objects are stored, expected the text, the rows and the wide object", count)
	}
	for _, h := range r.all(e) {
		replay(t, store, h)
	}

	// The tasks of the closed attempt, with what they stored.
	list, err := worker.TaskRows(context.Background(), r.client, e)
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(list, func(row *worker.Row) bool { return row.Name == "+main+store" })
	full, err := claimcheck.NewValues(store, codec.Codecs()...).Expand(context.Background(), list[at].Store)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(ordered.Text(full)); n < 40_000_000 {
		t.Errorf("the task stored %d bytes", n)
	}

	// A further attempt that has the params of the earlier one.
	again := r.input("main")
	again.Resume, again.Select = &e, &worker.Selection{Start: "+main+changed"}
	before := r.log.String()
	if rows, _, err := r.run(again); err != nil {
		t.Fatalf("%v\n%s", err, strings.Join(rows, "\n"))
	}
	if log := r.log.String()[len(before):]; !strings.Contains(log, "changed: 153847 changed new 20000768") || strings.Contains(log, "stored") {
		t.Errorf("resumed:\n%s", log)
	}
}

// TestLargePayloads leaves large values in the payloads, as an older worker would
// find them, so that the SDK has to put whole payloads elsewhere: an input, the
// requests and the results of activities, markers of local ones, children with
// their results, and the answer to a query, which alone is more than a message of
// gRPC may have.
func TestLargePayloads(t *testing.T) {
	dir := written(t, `
timezone: UTC
+store:
  py>: tasks.store
+one:
  echo>: ${given.length} ${Object.keys(wide).length}
+for:
  for_each>: {v: [a, b]}
  _do:
    nothing>: ${given.length}
+sub:
  _check:
    echo>: check ${given.length}
  nothing>: ""
`)
	tasks := "import digdag, random\n\ndef store():\n    digdag.env.store({'more': random.Random(3).randbytes(3 << 20).hex()})\n"
	if err := os.WriteFile(filepath.Join(dir, "tasks.py"), []byte(tasks), 0o644); err != nil {
		t.Fatal(err)
	}
	r, store, bucket := largeRig(t, dir, false)
	in := r.input("main")
	wide := ordered.New()
	noise := noise(1 << 20)
	for i := 0; i+64 <= len(noise); i += 64 {
		wide.Set(noise[i:i+24], noise[i+24:i+64])
	}
	in.Params = ordered.Of("given", noise, "wide", wide)
	rows, e, err := r.run(in)
	if err != nil {
		t.Fatalf("%v\n%s\n%s", err, strings.Join(rows, "\n"), r.log)
	}
	if want := "1048576 16384"; !strings.Contains(r.log.String(), want) {
		t.Errorf("the log lacks %q:\n%.2000s", want, r.log)
	}
	count, bytes := stored(t, bucket)
	for _, h := range r.all(e) {
		t.Logf("history: %d events, %d bytes; store: %d objects, %d bytes", len(h.Events), proto.Size(h), count, bytes)
		if size := proto.Size(h); size > 100<<10 {
			t.Errorf("the history has %d bytes", size)
		}
		replay(t, store, h)
	}
	list, err := worker.TaskRows(context.Background(), r.client, e)
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(list, func(row *worker.Row) bool { return row.Name == "+main+store" })
	if n := len(list[at].Store.String("more")); n != 6<<20 {
		t.Errorf("the answer to the query has %d bytes of the text", n)
	}
}

// noise is a text that compression can't shorten much.
func noise(n int) string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	b := make([]byte, n)
	state := uint64(1)
	for i := range b {
		state = state*6364136223846793005 + 1442695040888963407
		b[i] = letters[state>>58]
	}
	return string(b)
}
