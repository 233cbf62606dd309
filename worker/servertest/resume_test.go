package servertest

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dig2temporal/dig2temporal/worker"
)

const resumable = `
+a:
  sh>: echo a >> log
+loop:
  loop>: 3
  _do:
    sh>: "echo l${i} >> log; test ${i} != 1 || test -f ok"
+long:
  loop>: 2200
  _do:
    +one:
      echo>: ${i}
    +two:
      if>: ${i == 2100}
      _do:
        sh>: echo late >> log; test -f ok2
+b:
  sh>: echo b >> log
`

func lines(t *testing.T, dir string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(strings.Fields(string(text)), " ")
}

func touch(t *testing.T, dir, name string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), nil, 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestResumeRunsOnlyWhatWasNotFinished(t *testing.T) {
	dir := written(t, resumable)
	r := newRig(t, dir)
	_, first, err := r.run(r.input("main"))
	if err == nil {
		t.Fatal("the first attempt must fail")
	}
	if got := lines(t, dir); got != "a l0 l1" {
		t.Errorf("first: %s", got)
	}

	touch(t, dir, "ok")
	in := r.input("main")
	in.Resume = &first
	_, second, err := r.run(in)
	if err == nil {
		t.Fatal("the second attempt must fail")
	}
	if got := lines(t, dir); got != "a l0 l1 l1 l2 late" {
		t.Errorf("second: %s", got)
	}

	touch(t, dir, "ok2")
	in = r.input("main")
	in.Resume = &second
	rows, third, err := r.run(in)
	if err != nil {
		t.Fatal(err)
	}
	r.keep("resumed", third)
	if got := lines(t, dir); got != "a l0 l1 l1 l2 late late b" {
		t.Errorf("third: %s", got)
	}
	// 2200 rounds of 3 rows, the branch that ran, 2 loops with ^sub, 3 rounds, a, b and the root.
	if want := 2200*3 + 1 + 4 + 3 + 3; len(rows) != want {
		t.Errorf("%d tasks, want %d", len(rows), want)
	}
	for _, row := range rows {
		if !strings.HasSuffix(row, " success") {
			t.Errorf("unexpected %s", row)
		}
	}
}

func TestTerminatedAttemptIsResumed(t *testing.T) {
	dir := written(t, `
+a:
  sh>: echo a >> log
+b:
  sh>: "echo b >> log; test -f ok || sleep 60"
`)
	r := newRig(t, dir)
	run := r.start(r.input("main"))
	deadline := time.Now().Add(30 * time.Second)
	for !strings.Contains(r.log.String(), "+main+b") {
		if time.Now().After(deadline) {
			t.Fatal(r.log.String())
		}
		time.Sleep(10 * time.Millisecond)
	}
	time.Sleep(200 * time.Millisecond)
	if err := r.client.TerminateWorkflow(context.Background(), run.GetID(), run.GetRunID(), "lost"); err != nil {
		t.Fatal(err)
	}
	touch(t, dir, "ok")
	in := r.input("main")
	in.Resume = &worker.Execution{WorkflowID: run.GetID(), RunID: run.GetRunID()}
	rows, _, err := r.run(in)
	if err != nil {
		t.Fatal(err)
	}
	expectRows(t, rows, "+main success\n+main+a success\n+main+b success")
	if got := lines(t, dir); got != "a b b" {
		t.Errorf("got %s", got)
	}
}

func TestWhatATerminatedChildFinishedIsDone(t *testing.T) {
	dir := written(t, `
+loop:
  loop>: 2
  _do:
    sh>: "echo l${i} >> log; test ${i} = 0 || test -f ok || sleep 60"
`)
	r := newRig(t, dir)
	run := r.start(r.input("main"))
	deadline := time.Now().Add(30 * time.Second)
	for !strings.Contains(r.log.String(), "+loop-1") {
		if time.Now().After(deadline) {
			t.Fatal(r.log.String())
		}
		time.Sleep(10 * time.Millisecond)
	}
	first := worker.Execution{WorkflowID: run.GetID(), RunID: run.GetRunID()}
	for _, child := range children(r.history(first)) {
		if err := r.client.TerminateWorkflow(context.Background(), child.WorkflowID, child.RunID, "lost"); err != nil {
			t.Fatal(err)
		}
	}
	if err := run.Get(context.Background(), nil); err == nil {
		t.Error("the attempt must fail")
	}
	expectRows(t, r.rows(first), "+main group_error\n+main+loop group_error\n+main+loop^sub error\n+main^failure-alert success")
	touch(t, dir, "ok")
	in := r.input("main")
	in.Resume = &first
	rows, _, err := r.run(in)
	if err != nil {
		t.Fatal(err)
	}
	expectRows(t, rows, "+main success\n+main+loop success\n+main+loop^sub success\n+main+loop^sub+loop-0 success\n+main+loop^sub+loop-1 success")
	if got := lines(t, dir); got != "l0 l1 l1" {
		t.Errorf("got %s", got)
	}
}
