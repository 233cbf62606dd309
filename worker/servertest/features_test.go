package servertest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/dig2temporal/dig2temporal/worker"
)

// history reads the events of an execution.
func (r *rig) history(e worker.Execution) *historypb.History {
	r.t.Helper()
	h := &historypb.History{}
	events := r.client.GetWorkflowHistory(context.Background(), e.WorkflowID, e.RunID, false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		event, err := events.Next()
		if err != nil {
			r.t.Fatal(err)
		}
		h.Events = append(h.Events, event)
	}
	return h
}

// children are the child executions that an execution started.
func children(h *historypb.History) []worker.Execution {
	var list []worker.Execution
	for _, e := range h.Events {
		if a := e.GetChildWorkflowExecutionStartedEventAttributes(); a != nil {
			list = append(list, worker.Execution{WorkflowID: a.WorkflowExecution.WorkflowId, RunID: a.WorkflowExecution.RunId})
		}
	}
	return list
}

// all reads the histories of an execution and of all below it.
func (r *rig) all(e worker.Execution) []*historypb.History {
	h := r.history(e)
	list := []*historypb.History{h}
	for _, c := range children(h) {
		list = append(list, r.all(c)...)
	}
	return list
}

// keep writes histories into the replay corpus when asked to.
func (r *rig) keep(name string, e worker.Execution) {
	r.t.Helper()
	if !*record {
		return
	}
	for i, h := range r.all(e) {
		if i > 3 || len(h.Events) > 300 {
			continue
		}
		text, err := protojson.MarshalOptions{Indent: " "}.Marshal(h)
		if err != nil {
			r.t.Fatal(err)
		}
		file := filepath.Join("..", "testdata", "history", fmt.Sprintf("%s-%d.json", name, i))
		if err := os.WriteFile(file, append(text, '\n'), 0o644); err != nil {
			r.t.Fatal(err)
		}
	}
}

func TestGroups(t *testing.T) {
	r := newRig(t, copied(t, "features"))
	rows, e, err := r.run(r.input("groups"))
	if err != nil {
		t.Fatal(err)
	}
	r.keep("groups", e)
	expectRows(t, rows, `
		+groups success
		+groups+sequence success
		+groups+sequence+one success
		+groups+sequence+two success
		+groups+parallel success
		+groups+parallel+a success
		+groups+parallel+b success
		+groups+batches success
		+groups+batches+a success
		+groups+batches+b success
		+groups+batches+c success
		+groups+background success
		+groups+background+long success
		+groups+background+next success
		+groups+empty success
		+groups+wait success`)
}

func TestFailures(t *testing.T) {
	r := newRig(t, copied(t, "features"))
	rows, e, err := r.run(r.input("failures"))
	if err == nil || !strings.Contains(err.Error(), "+failures+leaf (failures.dig:7:1): Command failed with code 3 (runtime)") {
		t.Errorf("got error %v", err)
	}
	r.keep("failures", e)
	expectRows(t, rows, `
		+failures group_error
		+failures+retried success
		+failures+retried+always success
		+failures+retried+once error
		+failures+retried+always success
		+failures+retried+once success
		+failures+leaf error
		+failures+leaf^error success
		+failures+never blocked
		+failures+never+reached blocked
		+failures^failure-alert success
		+failures^error success
		+failures^error+report success`)
	if !strings.Contains(r.log.String(), "handled Command failed with code 3 (runtime)") {
		t.Error(r.log.String())
	}
}

func TestGenerated(t *testing.T) {
	r := newRig(t, copied(t, "features"))
	rows, e, err := r.run(r.input("generated"))
	if err != nil {
		t.Fatal(err)
	}
	r.keep("generated", e)
	expectRows(t, rows, `
		+generated success
		+generated+loop success
		+generated+loop^sub success
		+generated+loop^sub+loop-0 success
		+generated+loop^sub+loop-0+inner success
		+generated+loop^sub+loop-0+branch success
		+generated+loop^sub+loop-1 success
		+generated+loop^sub+loop-1+inner success
		+generated+loop^sub+loop-1+branch success
		+generated+loop^sub+loop-1+branch^sub success
		+generated+loop^sub+loop-2 success
		+generated+loop^sub+loop-2+inner success
		+generated+loop^sub+loop-2+branch success
		+generated+each success
		+generated+each^sub success
		+generated+each^sub+for-0=colour=0=red success
		+generated+each^sub+for-0=colour=1=blue success
		+generated+range success
		+generated+range^sub success
		+generated+range^sub+range-from=0&to=4 success
		+generated+range^sub+range-from=4&to=8 success
		+generated+range^sub+range-from=8&to=10 success
		+generated+call success
		+generated+call^sub success
		+generated+call^sub+step success
		+generated+checked success
		+generated+checked^check success
		+generated+checked^check+it success
		+generated+require success`)
}

func TestLate(t *testing.T) {
	r := newRig(t, copied(t, "features"))
	rows, e, err := r.run(r.input("late"))
	if err == nil {
		t.Error("the attempt must fail")
	}
	r.keep("late", e)
	expectRows(t, rows, `
		+late group_error
		+late+slow success
		+late+after success
		+late^sla^alert success
		+late^sla^fail error
		+late^sla success
		+late^sla+notice success
		+late^failure-alert success`)
}

func TestLongLoopsAreCutIntoPieces(t *testing.T) {
	r := newRig(t, copied(t, "features"))
	rows, e, err := r.run(r.input("long"))
	if err != nil {
		t.Fatal(err)
	}
	r.keep("long", e)
	if len(rows) != 1+2+2+2500+1200 {
		t.Errorf("%d tasks", len(rows))
	}
	for i, want := range map[int]string{3: "+long+loop^sub+loop-0 success", 2502: "+long+loop^sub+loop-2499 success", 3704: "+long+limited^sub+loop-1199 success"} {
		if rows[i] != want {
			t.Errorf("task %d is %q, want %q", i, rows[i], want)
		}
	}
	for _, h := range r.all(e) {
		if n := len(h.Events); n > 10000 {
			t.Errorf("an execution has %d events", n)
		}
	}
}

func TestKillEndsCommandsAtOnce(t *testing.T) {
	r := newRig(t, copied(t, "features"))
	in := r.input("killed")
	run := r.start(in)
	e := worker.Execution{WorkflowID: run.GetID(), RunID: run.GetRunID()}
	deadline := time.Now().Add(30 * time.Second)
	for strings.Count(r.log.String(), "sh>: sleep 60") < 2 {
		if time.Now().After(deadline) {
			t.Fatal("the commands did not start: " + r.log.String())
		}
		time.Sleep(10 * time.Millisecond)
	}
	if err := r.client.CancelWorkflow(context.Background(), e.WorkflowID, e.RunID); err != nil {
		t.Fatal(err)
	}
	if err := run.Get(context.Background(), nil); err == nil || !strings.Contains(err.Error(), "canceled") {
		t.Errorf("got %v", err)
	}
	r.keep("killed", e)
	expectRows(t, r.rows(e), `
		+killed canceled
		+killed+first success
		+killed+both canceled
		+killed+both+sleep canceled
		+killed+both+loop canceled
		+killed+both+loop^sub canceled
		+killed+both+loop^sub+loop-0 canceled
		+killed+both+loop^sub+loop-1 blocked
		+killed+later blocked`)
}
