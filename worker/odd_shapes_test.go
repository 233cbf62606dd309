package worker

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/translate/plan"
)

// meter counts the history events of each execution, about as a server would
// write them when no two things happen at once.
type meter struct {
	mu     sync.Mutex
	events map[string]int
}

func (m *meter) count(id string, n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.events[id] += n
}

func (m *meter) attach(env *testsuite.TestWorkflowEnvironment) {
	m.events = map[string]int{}
	env.SetOnActivityStartedListener(func(info *activity.Info, _ context.Context, _ converter.EncodedValues) {
		m.count(info.WorkflowExecution.ID, 6)
	})
	env.SetOnLocalActivityStartedListener(func(info *activity.Info, _ context.Context, _ []any) {
		m.count(info.WorkflowExecution.ID, 1)
	})
	env.SetOnChildWorkflowStartedListener(func(info *workflow.Info, _ workflow.Context, _ converter.EncodedValues) {
		m.count(info.ParentWorkflowExecution.ID, 9)
	})
}

func (m *meter) check(t *testing.T) {
	t.Helper()
	most := 0
	for id, n := range m.events {
		most = max(most, n)
		if n > 10000 {
			t.Errorf("%s has %d events", id, n)
		}
	}
	t.Logf("%d executions, at most %d events", len(m.events), most)
}

func rounds(kind string, count int64, body *plan.Task) *plan.Task {
	return &plan.Task{Name: "^sub", Kind: plan.Group, Config: ordered.New(), Rounds: &plan.Rounds{Kind: kind, Count: count, Body: body}}
}

func TestEndlessGroupRetryStaysShort(t *testing.T) {
	var tasks []*plan.Task
	for i := range 10 {
		tasks = append(tasks, leaf(fmt.Sprintf("+t%d", i), `{"fails":100000}`))
	}
	g := parallel(group("+g", tasks...))
	g.Retry = &plan.Retry{Limit: 1000}
	m := &meter{}
	r := runAttempt(t, group("+wf", g, leaf("+never", `{}`)), nil, func(env *testsuite.TestWorkflowEnvironment, _ *Input) { m.attach(env) })
	m.check(t)
	if want := 10*1001 + 1; len(r.log) != want {
		t.Errorf("%d runs, want %d", len(r.log), want)
	}
	if got := r.rows[len(r.rows)-2:]; strings.Join(got, "; ") != "+wf+never blocked; +wf^failure-alert success" {
		t.Errorf("the last rows are %q", got)
	}
	if got := r.out.Errors.String("message"); got != "no +wf+g+t9" {
		t.Errorf("the error is %q", got)
	}
}

func TestLaterGenerationsEndElsewhere(t *testing.T) {
	const limit = 1100
	last := leaf("+last", fmt.Sprintf(`{"fails":%d,"see":"x"}`, limit))
	g := group("+g", leaf("+first", `{"type":"echo","store":{"x":7}}`), last)
	g.Export = ordered.Of("x", ordered.Int(1))
	g.Retry = &plan.Retry{Limit: limit}
	g.Check = ordered.Of("echo>", "fine")
	m := &meter{}
	r := runAttempt(t, group("+wf", g, leaf("+end", `{"see":"x"}`)), nil, func(env *testsuite.TestWorkflowEnvironment, _ *Input) { m.attach(env) })
	if r.err != nil {
		t.Fatal(r.err)
	}
	m.check(t)
	if got := strings.Join(r.log[len(r.log)-4:], "; "); got != "+wf+g+first; +wf+g+last x=7; +wf+g^check; +wf+end x=7" {
		t.Errorf("the last runs are %s", got)
	}
}

func TestBatchesLargerThanAPiece(t *testing.T) {
	sub := rounds("loop", 1500, leaf("+loop-0", `{"store":{"x":5}}`))
	sub.Rounds.Parallel, sub.Rounds.Limit = true, 1200
	m := &meter{}
	r := runAttempt(t, group("+wf", leaf("+l", `{"type":"loop"}`)), map[string]*plan.Task{"+wf+l": sub},
		func(env *testsuite.TestWorkflowEnvironment, _ *Input) { m.attach(env) })
	if r.err != nil {
		t.Fatal(r.err)
	}
	m.check(t)
	at := map[string]int{}
	for i, l := range r.log {
		at[l] = i
	}
	if len(at) != 1501 {
		t.Errorf("%d tasks ran", len(at))
	}
	for i := range 1200 {
		if first := at["+wf+l^sub+loop-1200"]; at[fmt.Sprintf("+wf+l^sub+loop-%d", i)] > first {
			t.Fatalf("round %d of the first batch ran after the second batch began", i)
		}
	}
}

func TestPiecesAreCutAgain(t *testing.T) {
	body := leaf("+loop-0", `{"type":"echo","see":"x","store":{"x":5}}`)
	body.Retry = &plan.Retry{Limit: 2000}
	m := &meter{}
	r := runAttempt(t, group("+wf", leaf("+l", `{"type":"loop"}`)), map[string]*plan.Task{"+wf+l": rounds("loop", 900, body)},
		func(env *testsuite.TestWorkflowEnvironment, _ *Input) { m.attach(env) })
	if r.err != nil {
		t.Fatal(r.err)
	}
	m.check(t)
	if len(r.log) != 901 || r.log[900] != "+wf+l^sub+loop-899 x=5" {
		t.Errorf("%d runs, the last is %s", len(r.log), r.log[len(r.log)-1])
	}
	for _, count := range []int64{1, 399, 400, 401, 100_000, 1_000_000, 1 << 62} {
		for _, limit := range []int{0, 1, 7, 5000} {
			sub := rounds("loop", count, body)
			sub.Rounds.Limit, sub.Rounds.Parallel = limit, limit > 0
			cuts := cutsOfRounds(sub.Rounds, 0, count)
			if len(cuts) > maxCuts || cuts[len(cuts)-1] != count {
				t.Errorf("%d rounds in batches of %d: %d pieces to %d", count, limit, len(cuts), cuts[len(cuts)-1])
			}
		}
	}
}

func TestManyHeavyGroups(t *testing.T) {
	var tasks []*plan.Task
	for i := range 1200 {
		g := group(fmt.Sprintf("+g%d", i), leaf("+a", `{"type":"echo"}`))
		g.Retry = &plan.Retry{Limit: 3000}
		tasks = append(tasks, g)
	}
	m := &meter{}
	r := runAttempt(t, group("+wf", tasks...), nil, func(env *testsuite.TestWorkflowEnvironment, _ *Input) { m.attach(env) })
	if r.err != nil {
		t.Fatal(r.err)
	}
	m.check(t)
	if len(r.log) != 1200 {
		t.Errorf("%d runs", len(r.log))
	}
}

func TestAfterAcrossPieces(t *testing.T) {
	var tasks []*plan.Task
	for i := range 2600 {
		tasks = append(tasks, leaf(fmt.Sprintf("+t%d", i), fmt.Sprintf(`{"store":{"x":%d},"see":"x"}`, i)))
	}
	g := parallel(group("+g", tasks...))
	tasks[2599].Upstreams = []int{3, 1300}
	tasks[3].Upstreams = []int{1, 2}
	m := &meter{}
	r := runAttempt(t, group("+wf", g), nil, func(env *testsuite.TestWorkflowEnvironment, _ *Input) { m.attach(env) })
	if r.err != nil {
		t.Fatal(r.err)
	}
	m.check(t)
	if len(r.log) != 2600 || !slices.Contains(r.log, "+wf+g+t2599 x=1300") || !slices.Contains(r.log, "+wf+g+t3 x=2") {
		t.Errorf("%d runs, the last is %s", len(r.log), r.log[len(r.log)-1])
	}
}

func TestNegativeRetryInALongLoop(t *testing.T) {
	body := leaf("+loop-0", `{"type":"echo"}`)
	body.Retry = &plan.Retry{Limit: -1}
	r := runAttempt(t, group("+wf", leaf("+l", `{"type":"loop"}`)), map[string]*plan.Task{"+wf+l": rounds("loop", 1200, body)})
	if r.err != nil || len(r.log) != 1201 {
		t.Errorf("%d runs, %v", len(r.log), r.err)
	}
}

func TestHandlerSeesTheExportOfItsTask(t *testing.T) {
	bad := leaf("+bad", `{"fails":9}`)
	bad.Export = ordered.Of("own", "mine")
	bad.Error = leaf("^error", `{"see":"own"}`)
	r := runAttempt(t, group("+wf", bad), nil)
	expect(t, "log", r.log, `+wf+bad; +wf+bad^error own="mine"; +wf^failure-alert`)
}

func TestSLAComesWhileAHandlerRuns(t *testing.T) {
	root := group("+wf", leaf("+bad", `{"fails":1}`))
	handler := group("^error", leaf("+tell", `{"fails":1}`))
	handler.Retry = &plan.Retry{Limit: 1, Interval: 60}
	root.Error = handler
	slow := group("^sla", leaf("+notice", `{"fails":1}`))
	slow.Retry = &plan.Retry{Limit: 1, Interval: 600}
	r := runAttempt(t, root, nil, func(env *testsuite.TestWorkflowEnvironment, in *Input) {
		env.SetStartTime(time.Unix(1000, 0))
		in.SLA = &SLA{Due: time.Unix(1010, 0), Task: slow}
	})
	expect(t, "log", withoutAlert(t, r.log), `+wf+bad; +wf^error+tell; +wf^sla+notice; +wf^error+tell; +wf^sla+notice`)
}

func TestLeftGroupsAreNotChecked(t *testing.T) {
	g := group("+g", leaf("+b", `{}`))
	g.Check = ordered.Of("echo>", "x")
	r := runAttempt(t, group("+wf", leaf("+a", `{}`), g), nil, func(_ *testsuite.TestWorkflowEnvironment, in *Input) {
		in.Select = &Selection{Goal: "+wf+a"}
	})
	if r.err != nil {
		t.Fatal(r.err)
	}
	expect(t, "log", r.log, `+wf+a`)
}

// resumed makes an attempt resume one whose trees are given by Workflow ID.
func resumed(trees map[string][]Entry) func(*testsuite.TestWorkflowEnvironment, *Input) {
	return func(env *testsuite.TestWorkflowEnvironment, in *Input) {
		env.RegisterActivityWithOptions(func(_ context.Context, from []Execution) (*EarlierTasks, error) {
			all := &EarlierTasks{}
			for _, e := range from {
				all.collect(trees[e.WorkflowID])
			}
			return all, nil
		}, activity.RegisterOptions{Name: earlierActivity})
		in.Resume = &Execution{WorkflowID: "old"}
	}
}

func row(name string, s State) Entry { return Entry{Row: &Row{Name: name, State: s}} }

func TestRetriedGroupRunsRestoredTasksAgain(t *testing.T) {
	g := group("+g", leaf("+one", `{}`), leaf("+two", `{"fails":1}`))
	g.Retry = &plan.Retry{Limit: 1}
	r := runAttempt(t, group("+wf", g), nil, resumed(map[string][]Entry{
		"old": {row("+wf+g+one", Success), row("+wf+g+two", Error)},
	}))
	if r.err != nil {
		t.Fatal(r.err)
	}
	expect(t, "log", r.log, `+wf+g+two; +wf+g+one; +wf+g+two`)
}

func TestRestoresATaskThatRanInItsParentBefore(t *testing.T) {
	var tasks []*plan.Task
	for i := range 800 {
		tasks = append(tasks, leaf(fmt.Sprintf("+t%d", i), `{}`))
	}
	tasks = append(tasks, leaf("+l", `{"type":"loop"}`))
	r := runAttempt(t, group("+wf", group("+g", tasks...)), map[string]*plan.Task{"+wf+g+l": rounds("loop", 2, leaf("+loop-0", `{}`))}, resumed(map[string][]Entry{
		"old": {
			row("+wf+g+t0", Success), row("+wf+g+t1", Error), row("+wf+g+l", GroupError),
			{Remote: &Remote{Name: "+wf+g+l^sub", Execution: Execution{WorkflowID: "old loop"}}},
		},
		"old loop": {row("+wf+g+l^sub+loop-0", Success), row("+wf+g+l^sub+loop-1", Error)},
	}))
	if r.err != nil {
		t.Fatal(r.err)
	}
	if len(r.log) != 801 || r.log[0] != "+wf+g+t1" || r.log[800] != "+wf+g+l^sub+loop-1" {
		t.Errorf("%d runs from %s to %s", len(r.log), r.log[0], r.log[len(r.log)-1])
	}
}

func TestIdlePiecesNameTheirTasksOnly(t *testing.T) {
	var tasks []*plan.Task
	for i := range 1500 {
		tasks = append(tasks, leaf(fmt.Sprintf("+t%d", i), `{}`))
	}
	g := &node{task: group("+g", tasks...), name: "+wf+g"}
	idle := idle(g, &Remote{From: 500, To: 1000})
	rows := idle.rows()
	if len(idle.Group.Tasks) != 500 || len(rows) != 500 || rows[0].Name != "+wf+g+t500" || rows[499].Name != "+wf+g+t999" {
		t.Errorf("%d tasks, %d rows", len(idle.Group.Tasks), len(rows))
	}
}

func TestRestoresATaskThatRanElsewhereBefore(t *testing.T) {
	r := runAttempt(t, group("+wf", group("+g", leaf("+a", `{}`), group("+h", leaf("+b", `{}`)), leaf("+c", `{}`))), nil, resumed(map[string][]Entry{
		"old":        {{Remote: &Remote{Name: "+wf+g", Execution: Execution{WorkflowID: "old group"}}}},
		"old group":  {row("+wf+g+a", Success), {Remote: &Remote{Name: "+wf+g+h", Execution: Execution{WorkflowID: "old nested"}}}, row("+wf+g+c", Error)},
		"old nested": {row("+wf+g+h+b", Success)},
	}))
	if r.err != nil {
		t.Fatal(r.err)
	}
	expect(t, "log", r.log, `+wf+g+c`)
}

func TestFailureIsOfTheNewestGeneration(t *testing.T) {
	g := group("+g", leaf("+a", `{}`))
	n := newNode("+g", g)
	n.state, n.children[0].state, n.children[0].err = GroupError, Error, ordered.Of("message", "old")
	for i, text := range []string{"older", "new"} {
		n.newest = i + 1
		n.children = append(n.children, &node{task: g, name: "+g", state: GroupError, elsewhere: text, remote: &Remote{To: 1}})
	}
	if got := n.failure(); got != "new" {
		t.Errorf("got %q", got)
	}
}

func TestRestoresTasksThatLieInAnotherPieceNow(t *testing.T) {
	tasks := []*plan.Task{leaf("+new", `{}`)}
	trees := map[string][]Entry{}
	for i := range 1500 {
		name := fmt.Sprintf("+t%d", i)
		tasks = append(tasks, leaf(name, `{}`))
		old, state := fmt.Sprintf("old %d", i/500), Success
		if i == 1499 {
			state = Error
		}
		if i%500 == 0 {
			from := int64(i)
			trees["old"] = append(trees["old"], Entry{Remote: &Remote{Name: "+wf", From: from, To: from + 500, Execution: Execution{WorkflowID: old}}})
		}
		trees[old] = append(trees[old], row("+wf"+name, state))
	}
	r := runAttempt(t, group("+wf", tasks...), nil, resumed(trees))
	if r.err != nil {
		t.Fatal(r.err)
	}
	expect(t, "log", r.log, `+wf+new; +wf+t1499`)
}
