package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestWatchedWorker(t *testing.T) {
	var mu sync.Mutex
	var spans strings.Builder
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		spans.Write(text)
	}))
	defer collector.Close()
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.URL)
	t.Setenv("OTEL_BSP_SCHEDULE_DELAY", "50") // ms
	address := freeAddress(t)
	s := startServer(t, "--http-listen", address, "--tracing")
	get := func(path string) (int, string) {
		answer, err := http.Get("http://" + address + path)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		return answer.StatusCode, string(text)
	}
	if status, text := get("/readyz"); status != http.StatusOK {
		t.Errorf("ready: %d %s", status, text)
	}
	dir := projectFolder(t, map[string]string{
		"good.dig": "+a:\n  sh>: echo x\n+b:\n  echo>: y\n",
		// It fails twice: once to be tried again, once for good.
		"bad.dig":     "+a:\n  sh>: exit 3\n  _retry: 1\n",
		"mistake.dig": "+a:\n  sh>: echo ${none}\n",
		"unknown.dig": "+a:\n  slack>: hello\n",
		"waiting.dig": "+a:\n  wait>: 1s\n",
	})
	for name, exit := range map[string]int{"good": 0, "bad": 1, "mistake": 1, "unknown": 1, "waiting": 0} {
		code, _, stderr := s.call("submit", dir+"/"+name+".dig", "--name", "p", "--follow")
		if code != exit {
			t.Errorf("%s: exit %d\n%s", name, code, stderr)
		}
	}
	_, text := get("/metrics")
	for _, want := range []string{
		`dig2temporal_tasks_finished_total{operator="sh",outcome="success"} 1`,
		`dig2temporal_tasks_finished_total{operator="sh",outcome="retry"} 1`,
		`dig2temporal_tasks_finished_total{operator="sh",outcome="failure"} 1`,
		`dig2temporal_tasks_finished_total{operator="sh",outcome="config"} 1`,
		`dig2temporal_tasks_finished_total{operator="echo",outcome="success"} 1`,
		`dig2temporal_tasks_finished_total{operator="unknown",outcome="config"} 1`,
		`dig2temporal_tasks_finished_total{operator="wait",outcome="again"} 1`,
		`dig2temporal_tasks_finished_total{operator="wait",outcome="success"} 1`,
		`dig2temporal_tasks_running{operator="sh"} 0`,
		`dig2temporal_revisions_fetched_total 1`,
		`dig2temporal_log_bytes_total `,
		`temporal_activity_execution_latency_seconds_count{`,
		`temporal_workflow_completed_total{`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s", want)
		}
	}
	if t.Failed() {
		for line := range strings.Lines(text) {
			if strings.HasPrefix(line, "dig2temporal") && !strings.Contains(line, "_bucket") {
				t.Log(line)
			}
		}
	}
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		mu.Lock()
		got := spans.String()
		mu.Unlock()
		if strings.Contains(got, "RunActivity:sh") && strings.Contains(got, "+bad+a") && strings.Contains(got, "RunWorkflow:") {
			break
		}
		if time.Now().After(end) {
			t.Fatal("no spans of tasks came")
		}
	}
}
