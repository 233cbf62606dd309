//go:build cluster && linux

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"

	"github.com/dig2temporal/dig2temporal/cmd/dig2temporal/internal/cluster"
	"github.com/dig2temporal/dig2temporal/worker"
)

// workers are the worker processes that run.
type workers struct {
	*parts
	running []*part
	count   int
}

func (w *workers) add(t *testing.T) {
	t.Helper()
	w.count++
	x := w.newWorker(fmt.Sprintf("worker%d", w.count), nil, "--max-task-threads", fmt.Sprint(slots), "--grace", "4s")
	x.stays = true
	w.start(t, x)
	w.running = append(w.running, x)
}

func (w *workers) drop(x *part) {
	w.running = slices.DeleteFunc(w.running, func(y *part) bool { return x == y })
}

// with returns the worker of an identity.
func (w *workers) with(pid string) *part {
	for _, x := range w.running {
		if fmt.Sprint(x.pid()) == pid {
			return x
		}
	}
	return nil
}

// takers returns the identities of the workers that ran the tasks, as the histories
// of the attempt and of its children tell; of a task that ran again, the last.
func takers(t *testing.T, k *cluster.Cluster, a attemptJSON) []string {
	t.Helper()
	var list []string
	var read func(worker.Execution)
	read = func(e worker.Execution) {
		events := k.Client.GetWorkflowHistory(t.Context(), e.WorkflowID, e.RunID, false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
		for events.HasNext() {
			event, err := events.Next()
			if err != nil {
				t.Fatal(err)
			}
			if started := event.GetActivityTaskStartedEventAttributes(); started != nil {
				list = append(list, started.GetIdentity())
			}
			if child := event.GetChildWorkflowExecutionStartedEventAttributes(); child != nil {
				read(worker.Execution{WorkflowID: child.GetWorkflowExecution().GetWorkflowId(), RunID: child.GetWorkflowExecution().GetRunId()})
			}
		}
	}
	attempt, err := k.Attempt(t.Context(), a.Attempt)
	if err != nil {
		t.Fatal(err)
	}
	read(attempt.Execution)
	return list
}

func took(t *testing.T, k *cluster.Cluster, a attemptJSON, x *part) int {
	n := 0
	for _, identity := range takers(t, k, a) {
		if strings.HasSuffix(identity, fmt.Sprintf("-%d", x.pid())) {
			n++
		}
	}
	return n
}

// spread starts as many tasks as n workers have slots, which wait for each other.
func (w *workers) spread(t *testing.T, k *cluster.Cluster, n int) {
	out := t.TempDir()
	begun := time.Now()
	a := w.beginNew(t, fmt.Sprintf("spread%d", n), `
+all:
  _parallel: true
  for_range>:
    from: 0
    to: ${tasks}
    step: 1
  _do:
    sh>: touch "$out/begun-$i"; until [ $(ls "$out" | grep -c begun-) -ge $tasks ]; do sleep 0.1; done; echo $PPID > "$out/pid-$i"
    _env:
      out: ${out}
      i: ${range.from}
      tasks: ${tasks}
`, "-p", "out="+out, "-p", fmt.Sprintf("tasks=%d", n*slots))
	w.wait(t, a.Attempt, "success")
	t.Logf("%d tasks: %s", n*slots, time.Since(begun).Round(10*time.Millisecond))
	counts := map[string]int{}
	for i := range n * slots {
		text, err := os.ReadFile(filepath.Join(out, fmt.Sprintf("pid-%d", i)))
		if err != nil {
			t.Fatal(err)
		}
		counts[strings.TrimSpace(string(text))]++
	}
	for _, x := range w.running {
		if ran := counts[fmt.Sprint(x.pid())]; ran != slots || took(t, k, a, x) < slots {
			t.Errorf("%s ran %d tasks, of the history %d: %v", x.name, ran, took(t, k, a, x), counts)
		}
	}
}

// killed kills a worker with tasks that run: they run again on the others.
func (w *workers) killed(t *testing.T, k *cluster.Cluster) {
	out := t.TempDir()
	begun := time.Now()
	a := w.beginNew(t, "killed", `
+all:
  _parallel: true
  for_each>: {i: [0, 1, 2, 3, 4, 5]}
  _do:
    sh>: echo $PPID >> ${out}/begun-${i}; sleep 4; echo $PPID >> ${out}/ended-${i}
+sum:
  sh>: cat ${out}/ended-* | wc -l | tr -d ' \n'
  store_stdout: sum
+check:
  if>: ${sum == "6"}
  _do:
    sh>: touch ${out}/right
`, "-p", "out="+out)
	var victim *part
	for victim == nil {
		if time.Since(begun) > time.Minute {
			t.Fatal("no task has begun on a worker")
		}
		time.Sleep(50 * time.Millisecond)
		if files, _ := filepath.Glob(filepath.Join(out, "begun-*")); len(files) == 6 {
			text, _ := os.ReadFile(files[0])
			victim = w.with(strings.TrimSpace(string(text)))
		}
	}
	killed := time.Now()
	victim.kill()
	w.drop(victim)
	w.add(t)
	w.waitFor(t, a.Attempt, "success", 2*time.Minute)
	t.Logf("the attempt ended %s after the worker was killed", time.Since(killed).Round(10*time.Millisecond))
	if _, err := os.Stat(filepath.Join(out, "right")); err != nil {
		t.Error("the sum is wrong")
	}
	again := 0
	for i := range 6 {
		begun, _ := os.ReadFile(filepath.Join(out, fmt.Sprintf("begun-%d", i)))
		ended, _ := os.ReadFile(filepath.Join(out, fmt.Sprintf("ended-%d", i)))
		pids := strings.Fields(string(begun))
		on := pids[0] == fmt.Sprint(victim.pid())
		if on {
			again++
		}
		if on && len(pids) != 2 || !on && len(pids) != 1 || len(strings.Fields(string(ended))) != 1 {
			t.Errorf("task %d began at %v and ended at %q", i, pids, ended)
		}
	}
	if again == 0 {
		t.Error("the worker that was killed ran no task")
	}
	if n := took(t, k, a, victim); n > 1 {
		t.Errorf("the history has %d tasks of the worker that was killed", n)
	}
}

// stopped tells a worker to stop that runs a task which ends within the grace time
// and one which does not.
func (w *workers) stopped(t *testing.T, k *cluster.Cluster) {
	out := t.TempDir()
	const queue = "stopped"
	only := w.worker(t, "stopping", nil, "--grace", "4s", "--task-queue", queue)
	a := w.beginNew(t, "stopped", `
+all:
  _parallel: true
  +short:
    sh>: echo $PPID >> ${out}/short; sleep 2; echo ended >> ${out}/short
  +long:
    sh>: echo $PPID >> ${out}/long; test $(wc -l < ${out}/long) -gt 1 || sleep 100; echo ended >> ${out}/long
`, "-p", "out="+out, "--task-queue", queue)
	for end := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		if files, _ := filepath.Glob(filepath.Join(out, "*")); len(files) == 2 {
			break
		}
		if time.Now().After(end) {
			t.Fatal("the tasks don't begin")
		}
	}
	next := w.worker(t, "taking", nil, "--task-queue", queue)
	begun := time.Now()
	code, took := only.end(t)
	if code != 0 {
		t.Errorf("exit code %d\n%s", code, only.text(t))
	}
	w.wait(t, a.Attempt, "success")
	t.Logf("the worker stopped in %s, the attempt ended after %s", took.Round(10*time.Millisecond), time.Since(begun).Round(10*time.Millisecond))
	if after := time.Since(begun); after > 25*time.Second {
		t.Errorf("the task was handed over after %s", after)
	}
	for name, want := range map[string]string{
		"short": fmt.Sprintf("%d\nended\n", only.pid()), "long": fmt.Sprintf("%d\n%d\nended\n", only.pid(), next.pid()),
	} {
		if text, _ := os.ReadFile(filepath.Join(out, name)); string(text) != want {
			t.Errorf("%s: %q, want %q", name, text, want)
		}
	}
}
