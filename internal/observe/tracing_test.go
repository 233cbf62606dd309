package observe

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	common "go.opentelemetry.io/proto/otlp/common/v1"
	trace "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// receiver is a collector that keeps what it gets.
type receiver struct {
	mu   sync.Mutex
	got  []*trace.ResourceSpans
	path string
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	body := io.Reader(q.Body)
	if q.Header.Get("Content-Encoding") == "gzip" {
		unzipped, err := gzip.NewReader(q.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		body = unzipped
	}
	text, err := io.ReadAll(body)
	in := &collector.ExportTraceServiceRequest{}
	if err == nil {
		err = proto.Unmarshal(text, in)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.got, r.path = append(r.got, in.GetResourceSpans()...), q.URL.Path
	w.Header().Set("Content-Type", "application/x-protobuf")
}

func texts(list []*common.KeyValue) map[string]string {
	m := map[string]string{}
	for _, a := range list {
		m[a.GetKey()] = a.GetValue().GetStringValue()
	}
	return m
}

func TestTracing(t *testing.T) {
	r := &receiver{}
	server := httptest.NewServer(r)
	defer server.Close()
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", server.URL)
	t.Setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment=test")
	w := start(t, Options{Tracing: true, Service: "dig2temporal-worker", Version: "v1.2.3"})
	if w.Address() != "" || w.MetricsHandler() != nil {
		t.Error("tracing alone listens or keeps metrics")
	}
	for _, c := range []struct{ kind, arg string }{{"sh", "+main+load"}, {"sh", "fail"}, {"earlier_tasks", "x"}} {
		if err := run(t, w, c.kind, c.arg); (err != nil) != (c.arg == "fail") {
			t.Error(err)
		}
	}
	if err := w.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	if r.path != "/v1/traces" || len(r.got) != 1 {
		t.Fatalf("path %q, %d resources", r.path, len(r.got))
	}
	about := texts(r.got[0].GetResource().GetAttributes())
	for key, want := range map[string]string{"service.name": "dig2temporal-worker", "service.version": "v1.2.3", "deployment.environment": "test"} {
		if about[key] != want {
			t.Errorf("%s is %q", key, about[key])
		}
	}
	spans := r.got[0].GetScopeSpans()[0].GetSpans()
	if len(spans) != 3 {
		t.Fatalf("%d spans: %v", len(spans), spans)
	}
	for i, want := range []struct {
		name, task, outcome string
		status              trace.Status_StatusCode
	}{
		{"RunActivity:sh", "+main+load", "success", trace.Status_STATUS_CODE_UNSET},
		{"RunActivity:sh", "fail", "failure", trace.Status_STATUS_CODE_ERROR},
		{"RunActivity:earlier_tasks", "", "", trace.Status_STATUS_CODE_UNSET},
	} {
		s := spans[i]
		of := texts(s.GetAttributes())
		if s.GetName() != want.name || of["dig2temporal.task"] != want.task || of["dig2temporal.outcome"] != want.outcome || s.GetStatus().GetCode() != want.status {
			t.Errorf("span %d: %v", i, s)
		}
	}
}

func TestServiceNameOfEnvironment(t *testing.T) {
	r := &receiver{}
	server := httptest.NewServer(r)
	defer server.Close()
	t.Setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", server.URL+"/here")
	t.Setenv("OTEL_SERVICE_NAME", "pipelines")
	w := start(t, Options{Tracing: true})
	if err := run(t, w, "sh", "x"); err != nil {
		t.Error(err)
	}
	if err := w.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	if r.path != "/here" || len(r.got) != 1 || texts(r.got[0].GetResource().GetAttributes())["service.name"] != "pipelines" {
		t.Errorf("%s: %v", r.path, r.got)
	}
}

func TestCollectorThatRefuses(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "no", http.StatusForbidden)
	}))
	defer server.Close()
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", server.URL)
	var log bytes.Buffer
	w := start(t, Options{Tracing: true, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	for range 3 {
		if err := run(t, w, "sh", "x"); err != nil {
			t.Error(err)
		}
		if err := w.tracing.provider.ForceFlush(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if text := log.String(); strings.Count(text, "\n") != 1 || !strings.Contains(text, "traces can't be sent") {
		t.Errorf("the log says %q", text)
	}
}

func TestUnknownProtocol(t *testing.T) {
	t.Setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "http/xml")
	_, err := Start(t.Context(), Options{Tracing: true, Tasks: shells{}})
	if err == nil || !strings.Contains(err.Error(), `unknown protocol "http/xml" in OTEL_EXPORTER_OTLP_PROTOCOL, expected grpc or http/protobuf`) {
		t.Error(err)
	}
}
