package worker

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/internal/zone"
	"github.com/dig2temporal/dig2temporal/translate/compile"
	"github.com/dig2temporal/dig2temporal/translate/plan"
	"github.com/dig2temporal/dig2temporal/translate/schedule"
)

// SLA is when an attempt is late, and what happens then.
type SLA struct {
	Due   time.Time `json:"due"`
	Alert bool      `json:"alert,omitempty"`
	Fail  bool      `json:"fail,omitempty"`
	// Task is the "^sla".
	Task *plan.Task `json:"task"`
}

// NewSLA returns the SLA of an attempt whose run time is given, nil when the
// workflow has none. An error tells that the attempt can't start. A task of the
// SLA that does not compile is left out, as in Digdag.
func NewSLA(p *plan.Plan, run time.Time) (*SLA, error) {
	if p.SLA == nil {
		return nil, nil
	}
	parsed, err := schedule.ParseSLA(p.SLA)
	if err != nil {
		return nil, err
	}
	in, err := zone.Load(p.Timezone)
	if err != nil {
		return nil, err
	}
	s := &SLA{Due: parsed.Due(run, in), Alert: parsed.Alert, Fail: parsed.Fail}
	s.Task, err = compile.Tasks(p.Root.Name, "^sla", parsed.Task, p.Root.Marks, "sla")
	if err != nil || s.Task == nil {
		s.Task = &plan.Task{Name: "^sla", Kind: plan.Group, Config: ordered.New()}
	}
	return s, nil
}

// slaWatch waits for the time of an SLA beside the tasks of an attempt. What it
// adds are children of the root, and they count as such.
type slaWatch struct {
	nodes   []*node
	running workflow.WaitGroup
	stop    workflow.CancelFunc
}

// watch starts the clock of an attempt; scope is what the root's children see.
func (x *execution) watch(ctx workflow.Context, s *SLA, scope *ordered.Object) {
	w := &slaWatch{running: workflow.NewWaitGroup(ctx)}
	x.sla = w
	clock, stop := workflow.WithCancel(ctx)
	w.stop = stop
	workflow.Go(clock, func(ctx workflow.Context) {
		if workflow.Sleep(ctx, max(0, s.Due.Sub(workflow.Now(ctx)))) != nil {
			return
		}
		for _, t := range s.tasks() {
			n := x.root.add(t)
			w.nodes = append(w.nodes, n)
			w.running.Add(1)
			workflow.Go(ctx, func(ctx workflow.Context) {
				defer w.running.Done()
				if n.task == s.Task {
					x.runGenerated(ctx, x.root, n, scope)
				} else {
					x.runNode(ctx, n, scope)
				}
			})
		}
	})
}

func (s *SLA) tasks() []*plan.Task {
	notice := func(name, operator string) *plan.Task {
		return &plan.Task{Name: name, Kind: plan.Operator, Type: operator, Config: ordered.Of("_type", operator, "_command", "SLA violation")}
	}
	var tasks []*plan.Task
	if s.Alert {
		tasks = append(tasks, notice("^sla^alert", "notify"))
	}
	if s.Fail {
		tasks = append(tasks, notice("^sla^fail", "fail"))
	}
	return append(tasks, s.Task)
}

// settle waits for what the SLA started, if it has come to that, and tells
// whether one of it failed.
func (w *slaWatch) settle(ctx workflow.Context) bool {
	if w == nil {
		return false
	}
	w.running.Wait(ctx)
	return anyFailed(w.nodes)
}

// end stops the clock.
func (w *slaWatch) end() {
	if w != nil {
		w.stop()
	}
}
