package logstore

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
	"gocloud.dev/blob"
	"gocloud.dev/blob/fileblob"
	"gocloud.dev/blob/s3blob"
)

func folderBucket(t testing.TB, dir string) *blob.Bucket {
	t.Helper()
	b, err := fileblob.OpenBucket(dir, &fileblob.Options{CreateDir: true, NoTempDir: true, Metadata: fileblob.MetadataDontWrite})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	return b
}

// faults is an S3 server that can be slow and can fail.
type faults struct {
	server http.Handler
	// refuse answers requests with an error before they have an effect, lie after.
	refuse, lie atomic.Bool
	delay       atomic.Int64
	puts, sent  atomic.Int64
	// hidden is the end of the names of objects that are not found, hides how often.
	hidden atomic.Pointer[string]
	hides  atomic.Int64
	// gate, while there is one, holds requests until it is closed.
	gate atomic.Pointer[chan struct{}]
}

func (f *faults) hang() {
	gate := make(chan struct{})
	f.gate.Store(&gate)
}

func (f *faults) hide(suffix string, times int64) {
	f.hides.Store(times)
	f.hidden.Store(&suffix)
}

func (f *faults) free() {
	if gate := f.gate.Swap(nil); gate != nil {
		close(*gate)
	}
}

func (f *faults) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	time.Sleep(time.Duration(f.delay.Load()))
	if gate := f.gate.Load(); gate != nil {
		select {
		case <-*gate:
		case <-r.Context().Done():
		}
	}
	if r.Method == http.MethodPut {
		f.puts.Add(1)
		f.sent.Add(max(0, r.ContentLength))
	}
	if f.refuse.Load() {
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(http.StatusForbidden)
		return
	}
	if end := f.hidden.Load(); end != nil && r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, *end) && f.hides.Add(-1) >= 0 {
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, "<Error><Code>NoSuchKey</Code></Error>")
		return
	}
	if f.lie.Load() && r.Method == http.MethodPut {
		f.server.ServeHTTP(httptest.NewRecorder(), r)
		w.WriteHeader(http.StatusForbidden)
		return
	}
	f.server.ServeHTTP(w, r)
}

func s3Bucket(t testing.TB) (*blob.Bucket, *faults) {
	t.Helper()
	t.Setenv("AWS_ACCESS_KEY_ID", "id")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "key")
	backend := s3mem.New()
	if err := backend.CreateBucket("store"); err != nil {
		t.Fatal(err)
	}
	f := &faults{server: gofakes3.New(backend).Server()}
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	t.Cleanup(f.free)
	q := url.Values{"region": {"us-east-1"}, "endpoint": {server.URL}, "use_path_style": {"true"}}
	u := &url.URL{Scheme: "s3", Host: "store", RawQuery: q.Encode()}
	b, err := (&s3blob.URLOpener{}).OpenBucketURL(context.Background(), u)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	return b, f
}

// eachStore runs a test with a folder and with S3.
func eachStore(t *testing.T, test func(t *testing.T, b *blob.Bucket)) {
	t.Run("folder", func(t *testing.T) { test(t, folderBucket(t, t.TempDir())) })
	t.Run("s3", func(t *testing.T) {
		b, _ := s3Bucket(t)
		test(t, b)
	})
}

// newWriter returns a writer that the test closes.
func newWriter(t testing.TB, b *blob.Bucket, opts Options) *Writer {
	t.Helper()
	if opts.Spool == "" {
		opts.Spool = t.TempDir()
	}
	if opts.Sweep == 0 {
		opts.Sweep = -1
	}
	opts.Worker = "test"
	w, err := NewWriter(b, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		_ = w.Close(ctx)
	})
	return w
}

func open(t testing.TB, w *Writer, attempt, task string, run int) *TaskLog {
	t.Helper()
	log, err := w.Open(attempt, task, run)
	if err != nil {
		t.Fatal(err)
	}
	return log
}

func closeLog(t testing.TB, logs ...*TaskLog) {
	t.Helper()
	for _, log := range logs {
		if err := log.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func closeWriter(t testing.TB, w *Writer) {
	t.Helper()
	if err := w.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
}

func write(t testing.TB, log *TaskLog, text string) {
	t.Helper()
	if n, err := log.Write([]byte(text)); n != len(text) || err != nil {
		t.Fatalf("wrote %d of %d bytes: %v", n, len(text), err)
	}
}

func readAll(t testing.TB, b *blob.Bucket, attempt string, opts ReadOptions) []Record {
	t.Helper()
	var all []Record
	err := Read(context.Background(), b, attempt, opts, func(r Record) error {
		all = append(all, r)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// shown is a log as a text: what each record says, and output as it is.
func shown(records []Record) string {
	var b strings.Builder
	for _, r := range records {
		switch r.Kind {
		case KindLine:
			b.WriteString(r.Task + " " + r.Level.String() + " " + r.Text + "\n")
		case KindOutput:
			b.WriteString(r.Text)
		case KindEnd:
			b.WriteString(r.Task + " ends\n")
		}
	}
	return b.String()
}

func chunks(t testing.TB, b *blob.Bucket, attempt string) map[string][]chunk {
	t.Helper()
	f := newFetcher(context.Background(), b, attempt)
	defer f.close()
	found, err := f.list(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// eventually waits for something that other goroutines bring about.
func eventually(t testing.TB, what string, is func() bool) {
	t.Helper()
	deadline := time.Now().Add(60 * time.Second)
	for !is() {
		if time.Now().After(deadline) {
			t.Fatalf("waited a minute in vain: %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}
