package observe

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
)

// shells are tasks of sh>; what fails says so.
type shells struct{}

func (shells) Operator(activityType string, _ []any) string {
	if activityType == "sh" {
		return "sh"
	}
	return ""
}

func (shells) Outcome(_ any, err error) (string, bool) {
	if err != nil {
		return "failure", true
	}
	return "success", false
}

func (shells) Attributes(args []any) map[string]string {
	return map[string]string{"dig2temporal.task": args[0].(string)}
}

func start(t *testing.T, o Options) *Observe {
	t.Helper()
	o.Tasks = shells{}
	w, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close(context.Background()) })
	return w
}

func get(t *testing.T, w *Observe, path string) (status int, text string) {
	t.Helper()
	answer, err := http.Get("http://" + w.Address() + path)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(body)
}

// run runs activities as a worker would.
func run(t *testing.T, w *Observe, kind, arg string) error {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	var list []interceptor.WorkerInterceptor
	for _, i := range w.ClientInterceptors() {
		list = append(list, i.(interceptor.WorkerInterceptor))
	}
	env.SetWorkerOptions(worker.Options{Interceptors: append(list, w.WorkerInterceptors()...)})
	env.RegisterActivityWithOptions(func(_ context.Context, arg string) error {
		if w.Address() != "" && kind == "sh" {
			if _, text := get(t, w, "/metrics"); !strings.Contains(text, `dig2temporal_tasks_running{operator="sh"} 1`) {
				t.Errorf("while a task runs:\n%s", ours(text))
			}
		}
		if arg == "fail" {
			return errors.New("no such file")
		}
		return nil
	}, activity.RegisterOptions{Name: kind})
	_, err := env.ExecuteActivity(kind, arg)
	return err
}

func ours(text string) string {
	var list []string
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "dig2temporal") || strings.HasPrefix(line, "temporal") {
			list = append(list, line)
		}
	}
	return strings.Join(list, "")
}

func TestMetrics(t *testing.T) {
	w := start(t, Options{Listen: "127.0.0.1:0", Version: "v1.2.3"})
	count := w.Counter("dig2temporal_log_bytes", "Bytes.")
	count(40)
	count(2)
	w.MetricsHandler().WithTags(map[string]string{"operation": "PollActivityTaskQueue"}).Counter("temporal_request").Inc(3)
	w.MetricsHandler().Timer("temporal_request_latency").Record(3_000_000) // 3 ms
	for _, arg := range []string{"x", "y", "fail"} {
		if err := run(t, w, "sh", arg); (err != nil) != (arg == "fail") {
			t.Errorf("%s: %v", arg, err)
		}
	}
	if err := run(t, w, "earlier_tasks", "x"); err != nil {
		t.Error(err)
	}
	status, text := get(t, w, "/metrics")
	if status != http.StatusOK {
		t.Errorf("status %d", status)
	}
	for _, want := range []string{
		`dig2temporal_build_info{goversion="go`,
		`version="v1.2.3"} 1`,
		"dig2temporal_log_bytes_total 42\n",
		`dig2temporal_tasks_finished_total{operator="sh",outcome="failure"} 1` + "\n",
		`dig2temporal_tasks_finished_total{operator="sh",outcome="success"} 2` + "\n",
		`dig2temporal_tasks_running{operator="sh"} 0` + "\n",
		`dig2temporal_task_duration_seconds_count{operator="sh",outcome="success"} 2` + "\n",
		`temporal_request_total{operation="PollActivityTaskQueue"} 3` + "\n",
		`temporal_request_latency_seconds_bucket{le="0.0025"} 0` + "\n",
		`temporal_request_latency_seconds_bucket{le="0.005"} 1` + "\n",
		"go_goroutines ",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, ours(text))
		}
	}
	if strings.Contains(text, "earlier_tasks") {
		t.Error("an activity that runs no task is counted as one")
	}
}

func TestNothingWhenOff(t *testing.T) {
	w := start(t, Options{})
	if w.Address() != "" || w.MetricsHandler() != nil || w.ClientInterceptors() != nil || w.WorkerInterceptors() != nil {
		t.Errorf("%+v", w)
	}
	w.Counter("x", "")(1)
	w.SetReady(nil)
}

func TestListenErrors(t *testing.T) {
	w := start(t, Options{Listen: "127.0.0.1:0"})
	for _, address := range []string{w.Address(), "127.0.0.1", "nonsense:port"} {
		if _, err := Start(t.Context(), Options{Listen: address, Tasks: shells{}}); err == nil {
			t.Errorf("%s is listened on", address)
		}
	}
}
