package worker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"go.temporal.io/sdk/activity"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"github.com/dig2temporal/dig2temporal/activities"
	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/translate/plan"
)

// The operators of these tests: "try" logs and fails as often as its config
// says, "echo" logs locally, "gen" returns its config's "sub" as subtasks.
type fakeOperators struct {
	mu     sync.Mutex
	log    []string
	failed map[string]int
	subs   map[string]*plan.Task
}

func (f *fakeOperators) register(env *testsuite.TestWorkflowEnvironment) {
	for _, name := range []string{"try", "echo", "loop", "if", "call", "notify", "fail"} {
		env.RegisterActivityWithOptions(f.run, activity.RegisterOptions{Name: name})
	}
	env.RegisterActivityWithOptions(func(_ context.Context, _ *activities.Request) (*activities.Result, error) {
		return &activities.Result{Check: leaf("^check", `{"type":"echo"}`)}, nil
	}, activity.RegisterOptions{Name: activities.CompileCheck})
}

func (f *fakeOperators) run(_ context.Context, req *activities.Request) (*activities.Result, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	c := req.Config
	seen := ""
	if key := c.String("see"); key != "" {
		v, _ := req.Params.Get(key)
		seen = " " + key + "=" + ordered.Text(v)
	}
	f.log = append(f.log, req.Task+seen)
	if req.Type == "fail" {
		message := c.String("_command")
		return nil, temporal.NewNonRetryableApplicationError(message, activities.ErrorFailure, nil, activities.Failure{Error: ordered.Of("message", message)})
	}
	if v, ok := c.Get("fails"); ok {
		limit, _ := v.(interface{ Int64() (int64, error) }).Int64()
		if int64(f.failed[req.Task]) < limit {
			f.failed[req.Task]++
			message := "no " + req.Task
			return nil, temporal.NewNonRetryableApplicationError(message, activities.ErrorFailure, nil,
				activities.Failure{Error: ordered.Of("message", message), RetryCount: req.RetryCount})
		}
	}
	return &activities.Result{Subtasks: f.subs[req.Task], Store: c.Object("store"), RetryCount: req.RetryCount}, nil
}

func leaf(name, config string) *plan.Task {
	o, err := ordered.ParseObject([]byte(config))
	if err != nil {
		panic(err)
	}
	t := &plan.Task{Name: name, Kind: plan.Operator, Type: "try", Config: o}
	if kind := o.String("type"); kind != "" {
		t.Type = kind
	}
	return t
}

func group(name string, tasks ...*plan.Task) *plan.Task {
	for i := range tasks {
		if i > 0 {
			tasks[i].Upstreams = []int{i - 1}
		}
	}
	return &plan.Task{Name: name, Kind: plan.Group, Config: ordered.New(), Tasks: tasks}
}

func parallel(g *plan.Task) *plan.Task {
	for _, c := range g.Tasks {
		c.Upstreams = nil
	}
	return g
}

type attemptResult struct {
	err  error
	rows []string
	log  []string
	tree *TaskTree
	out  *Outcome
}

func runAttempt(t *testing.T, root *plan.Task, subs map[string]*plan.Task, prepare ...func(*testsuite.TestWorkflowEnvironment, *Input)) *attemptResult {
	t.Helper()
	suite := &testsuite.WorkflowTestSuite{}
	suite.SetLogger(sdklog.NewStructuredLogger(slog.New(slog.NewTextHandler(io.Discard, nil))))
	env := suite.NewTestWorkflowEnvironment()
	env.SetTestTimeout(time.Minute)
	RegisterWorkflows(env)
	f := &fakeOperators{failed: map[string]int{}, subs: subs}
	f.register(env)
	in := &Input{
		Plan:    &plan.Plan{Version: plan.Version, Workflow: "wf", Timezone: "UTC", Root: root},
		Session: &activities.Session{Project: "p", Workflow: "wf", Timezone: "UTC", Time: time.Unix(0, 0).UTC(), AttemptID: 1},
		Params:  ordered.Of("base", "b"),
	}
	for _, p := range prepare {
		p(env, in)
	}
	env.ExecuteWorkflow(AttemptWorkflow, in)
	r := &attemptResult{err: env.GetWorkflowError(), log: f.log, tree: &TaskTree{}}
	answer, err := env.QueryWorkflow(TasksQuery)
	if err != nil {
		t.Fatal(err)
	}
	if err := answer.Get(r.tree); err != nil {
		t.Fatal(err)
	}
	for _, e := range r.tree.Entries {
		switch {
		case e.Row != nil:
			r.rows = append(r.rows, e.Row.Name+" "+string(e.Row.State))
		case e.Remote != nil:
			r.rows = append(r.rows, fmt.Sprintf("%s elsewhere %d-%d", e.Remote.Name, e.Remote.From, e.Remote.To))
		case e.Idle != nil:
			r.rows = append(r.rows, fmt.Sprintf("%s idle %d-%d", e.Idle.Name, e.Idle.From, e.Idle.To))
		}
	}
	if r.err == nil {
		r.out = &Outcome{}
		if err := env.GetWorkflowResult(r.out); err != nil {
			t.Fatal(err)
		}
	} else {
		r.out = outcomeOf(r.err)
	}
	return r
}

func expect(t *testing.T, what string, got []string, want string) {
	t.Helper()
	w := strings.Fields(strings.ReplaceAll(want, ";", " "))
	g := strings.Fields(strings.Join(got, " "))
	if strings.Join(g, " ") != strings.Join(w, " ") {
		t.Errorf("%s:\n got %s\nwant %s", what, strings.Join(g, " "), strings.Join(w, " "))
	}
}

// withoutAlert takes the one failure alert out of a log: it runs beside the
// root's handler, so either may come first.
func withoutAlert(t *testing.T, log []string) []string {
	t.Helper()
	return without(t, log, "+wf^failure-alert")
}

// without takes the one line of a task that runs beside others out of a log.
func without(t *testing.T, log []string, task string) []string {
	t.Helper()
	rest := slices.DeleteFunc(slices.Clone(log), func(line string) bool { return line == task })
	if len(rest) != len(log)-1 {
		t.Errorf("%s ran %d times in %s", task, len(log)-len(rest), strings.Join(log, "; "))
	}
	return rest
}

func TestSequence(t *testing.T) {
	r := runAttempt(t, group("+wf", leaf("+a", `{"store":{"x":1}}`), leaf("+b", `{"see":"x"}`)), nil)
	if r.err != nil {
		t.Fatal(r.err)
	}
	expect(t, "log", r.log, "+wf+a; +wf+b x=1")
	expect(t, "rows", r.rows, "+wf success; +wf+a success; +wf+b success")
}

func TestFailureBlocksWhatDependsOnIt(t *testing.T) {
	r := runAttempt(t, group("+wf",
		parallel(group("+side", leaf("+bad", `{"fails":9}`), leaf("+good", `{}`))),
		group("+after", leaf("+never", `{}`))), nil)
	if r.err == nil || !strings.Contains(r.err.Error(), "+wf+side+bad: no +wf+side+bad") {
		t.Fatalf("got error %v", r.err)
	}
	expect(t, "rows", r.rows, `+wf group_error; +wf+side group_error; +wf+side+bad error; +wf+side+good success;
		+wf+after blocked; +wf+after+never blocked; +wf^failure-alert success`)
}

func TestGroupRetryRunsAllAgain(t *testing.T) {
	g := group("+g", leaf("+one", `{"store":{"x":1}}`), leaf("+two", `{"fails":1,"see":"x"}`))
	g.Retry = &plan.Retry{Limit: 2, Interval: 3}
	r := runAttempt(t, group("+wf", g, leaf("+end", `{"see":"x"}`)), nil)
	if r.err != nil {
		t.Fatal(r.err)
	}
	expect(t, "log", r.log, "+wf+g+one; +wf+g+two x=1; +wf+g+one; +wf+g+two x=1; +wf+end x=1")
	expect(t, "rows", r.rows, `+wf success; +wf+g success; +wf+g+one success; +wf+g+two error; +wf+g+one success; +wf+g+two success; +wf+end success`)
}

func TestErrorHandlersInnermostFirst(t *testing.T) {
	bad := leaf("+bad", `{"fails":9}`)
	bad.Error = leaf("^error", `{"see":"error"}`)
	g := group("+g", leaf("+store", `{"store":{"left":7}}`), bad)
	g.Error = group("^error", leaf("+tell", `{"see":"left"}`))
	r := runAttempt(t, group("+wf", g), nil)
	expect(t, "log", r.log, `+wf+g+store; +wf+g+bad; +wf+g+bad^error error={"message":"no +wf+g+bad"}; +wf+g^error+tell left=7; +wf^failure-alert`)
	expect(t, "rows", r.rows, `+wf group_error; +wf+g group_error; +wf+g+store success; +wf+g+bad error; +wf+g+bad^error elsewhere 0-0; +wf+g^error elsewhere 0-0; +wf^failure-alert success`)
	if r.out == nil || r.out.Errors.String("message") != "no +wf+g+bad" {
		t.Errorf("outcome %+v", r.out)
	}
}

func TestGeneratedTasksStoreForLaterOnes(t *testing.T) {
	sub := &plan.Task{Name: "^sub", Kind: plan.Group, Config: ordered.New(), Rounds: &plan.Rounds{Kind: "loop", Count: 3, Body: leaf("+loop-0", `{"see":"i","store":{"x":5}}`)}}
	r := runAttempt(t, group("+wf", leaf("+l", `{"type":"loop"}`), leaf("+end", `{"see":"x"}`)), map[string]*plan.Task{"+wf+l": sub})
	if r.err != nil {
		t.Fatal(r.err)
	}
	expect(t, "log", r.log, `+wf+l; +wf+l^sub+loop-0 i=0; +wf+l^sub+loop-1 i=1; +wf+l^sub+loop-2 i=2; +wf+end x=5`)
	expect(t, "rows", r.rows, `+wf success; +wf+l success; +wf+l^sub elsewhere 0-0; +wf+end success`)
}

func TestLongGroupsAreCut(t *testing.T) {
	var tasks []*plan.Task
	for i := range 1500 {
		config := `{}`
		if i == 100 || i == 1400 {
			config = fmt.Sprintf(`{"store":{"x%d":1},"see":"x100"}`, i)
		}
		if i == 1450 {
			config = `{"fails":1,"see":"x1400"}`
		}
		tasks = append(tasks, leaf(fmt.Sprintf("+t%d", i), config))
	}
	r := runAttempt(t, group("+wf", tasks...), nil)
	if r.err == nil {
		t.Fatal("the attempt must fail")
	}
	if n := len(r.log); n != 1452 || r.log[1450] != "+wf+t1450 x1400=1" || r.log[1400] != "+wf+t1400 x100=1" {
		t.Errorf("%d runs, %q %q", n, r.log[1400], r.log[n-1])
	}
	expect(t, "rows", r.rows, `+wf group_error; +wf elsewhere 0-500; +wf elsewhere 500-1000; +wf elsewhere 1000-1500; +wf^failure-alert success`)
}

func TestCancelLeavesFinalStates(t *testing.T) {
	g := group("+g", leaf("+one", `{"fails":1}`))
	g.Retry = &plan.Retry{Limit: 2, Interval: 3600}
	r := runAttempt(t, group("+wf", g, leaf("+end", `{}`)), nil, func(env *testsuite.TestWorkflowEnvironment, _ *Input) {
		env.RegisterDelayedCallback(env.CancelWorkflow, time.Minute)
	})
	var canceled *temporal.CanceledError
	if !errors.As(r.err, &canceled) {
		t.Errorf("got %v", r.err)
	}
	expect(t, "rows", r.rows, `+wf canceled; +wf+g canceled; +wf+g+one error; +wf+end blocked`)
}

func TestSelection(t *testing.T) {
	root := func() *plan.Task {
		return group("+wf", leaf("+a", `{}`), group("+g", leaf("+b", `{}`), leaf("+c", `{}`)), leaf("+d", `{}`))
	}
	for _, c := range []struct {
		s    Selection
		want string
	}{
		{Selection{Goal: "+wf+g+b"}, "+wf+a +wf+g+b"},
		{Selection{End: "+wf+g+c"}, "+wf+a +wf+g+b"},
		{Selection{Only: "+wf+g"}, "+wf+g+b +wf+g+c"},
		{Selection{Start: "+wf+g+c"}, "+wf+a +wf+g+b +wf+g+c +wf+d"},
		{Selection{Start: "+wf+g+c", End: "+wf+d"}, "+wf+a +wf+g+b +wf+g+c"},
		{Selection{Only: "+wf+g", Start: "+wf+g+c"}, "+wf+g+b +wf+g+c"},
		{Selection{Only: "+wf+g", End: "+wf+g+c", Rerun: true}, "+wf+g+b"},
	} {
		r := runAttempt(t, root(), nil, func(_ *testsuite.TestWorkflowEnvironment, in *Input) { in.Select = &c.s })
		if r.err != nil {
			t.Fatal(r.err)
		}
		expect(t, fmt.Sprintf("%+v", c.s), r.log, c.want)
	}
}

func TestSLAFailsALateAttempt(t *testing.T) {
	slow := leaf("+slow", `{"fails":1}`)
	g := group("+g", slow)
	g.Retry = &plan.Retry{Limit: 1, Interval: 60}
	root := group("+wf", g, leaf("+next", `{}`))
	root.Error = leaf("^error", `{"see":"error"}`)
	r := runAttempt(t, root, nil, func(env *testsuite.TestWorkflowEnvironment, in *Input) {
		env.SetStartTime(time.Unix(1000, 0))
		in.SLA = &SLA{Due: time.Unix(1010, 0), Fail: true, Task: group("^sla", leaf("+notice", `{}`))}
	})
	log := without(t, withoutAlert(t, r.log), "+wf^sla^fail")
	expect(t, "log", log, `+wf+g+slow; +wf^sla+notice; +wf+g+slow; +wf+next; +wf^error error={"message":"SLA violation"}`)
	expect(t, "rows", r.rows, `+wf group_error; +wf+g success; +wf+g+slow error; +wf+g+slow success; +wf+next success;
		+wf^sla^fail error; +wf^sla elsewhere 0-0; +wf^failure-alert success; +wf^error elsewhere 0-0`)
}

func TestSLAInTimeChangesNothing(t *testing.T) {
	r := runAttempt(t, group("+wf", leaf("+a", `{}`)), nil, func(env *testsuite.TestWorkflowEnvironment, in *Input) {
		env.SetStartTime(time.Unix(1000, 0))
		in.SLA = &SLA{Due: time.Unix(1010, 0), Fail: true, Task: group("^sla")}
	})
	if r.err != nil {
		t.Fatal(r.err)
	}
	expect(t, "rows", r.rows, `+wf success; +wf+a success`)
}

func TestLongNamesMakeShortSummaries(t *testing.T) {
	for _, name := range []string{"+a", strings.Repeat("+name", 100), strings.Repeat("+名", 300)} {
		if got := brief(name); len(got) > maxSummary || !strings.HasPrefix(got, name[:2]) || !utf8.ValidString(got) {
			t.Errorf("%d bytes: %q", len(got), got)
		}
	}
}

func TestOnlyTheLastRoundOfARetriedGroupCountsAsDone(t *testing.T) {
	row := func(name string, s State) Entry { return Entry{Row: &Row{Name: name, State: s}} }
	all := &EarlierTasks{}
	all.collect([]Entry{row("+g+a", Success), row("+g+b", Error), row("+g+a", Error), row("+g+b", Blocked), row("+c", Success)})
	if len(all.Done) != 1 || all.Done[0].Row.Name != "+c" {
		t.Errorf("%+v", all.Done)
	}
}

func TestPartialRerunLeavesTheRestAsItWas(t *testing.T) {
	root := group("+wf", leaf("+a", `{}`), group("+g", leaf("+b", `{}`), leaf("+c", `{}`)), leaf("+d", `{}`))
	m := (&Selection{Only: "+wf+g", Rerun: true}).modes(root)
	for name, want := range map[string]mode{"+wf+a": leave, "+wf+g+b": run, "+wf+g+c": run, "+wf+d": leave, "+wf+g+c^sub+x": run} {
		if got := m.of(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}
