package worker

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
)

// EarlierTasks are the finished tasks of an earlier attempt, as far as one
// execution of the new attempt needs them.
type EarlierTasks struct {
	Done []DoneTask `json:"done,omitempty"`
	// Remotes are the executions that hold more.
	Remotes []Remote `json:"remotes,omitempty"`
}

// DoneTask is an operator task that succeeded, with what it left.
type DoneTask struct {
	Row   *Row       `json:"row"`
	Reset [][]string `json:"reset,omitempty"`
	Sum   *Delta     `json:"sum,omitempty"`
	// Below are the rows of what the task generated.
	Below []Entry `json:"below,omitempty"`
}

// earlier looks EarlierTasks up. A nil one has nothing.
type earlier struct {
	from    []Execution
	done    map[string]*DoneTask
	remotes []Remote
	// recalled are remotes that were read later than from.
	recalled []Remote
}

const earlierActivity = "earlier_tasks"

// readEarlier reads what the given executions of an earlier attempt finished.
func (x *execution) readEarlier(ctx workflow.Context, from []Execution) error {
	ctx = workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{
		// What a try has renewed of the large values is young for the next one.
		StartToCloseTimeout:    10 * time.Minute,
		ScheduleToCloseTimeout: time.Hour,
		RetryPolicy:            &temporal.RetryPolicy{MaximumAttempts: 6},
		Summary:                "finished tasks of the earlier attempt",
	})
	found := &EarlierTasks{}
	if err := workflow.ExecuteLocalActivity(ctx, earlierActivity, from).Get(ctx, found); err != nil {
		return err
	}
	if x.resume == nil {
		x.resume = &earlier{from: from, done: map[string]*DoneTask{}}
	}
	x.resume.remotes = append(x.resume.remotes, found.Remotes...)
	for i := range found.Done {
		d := &found.Done[i]
		x.resume.done[d.Row.Name] = d
	}
	return nil
}

// recall reads the executions that the earlier attempt had for a task which runs
// in this one now.
func (x *execution) recall(ctx workflow.Context, n *node) error {
	e := x.resume
	if e == nil || n.again || n.retries > 0 || handles(n.name) {
		return nil
	}
	for {
		var others, own []Remote
		for _, r := range e.remotes {
			if r.Name == n.name {
				own = append(own, r)
			} else {
				others = append(others, r)
			}
		}
		if len(own) == 0 {
			return nil
		}
		e.remotes = others
		e.recalled = append(e.recalled, own...)
		from := make([]Execution, len(own))
		for i, r := range own {
			from[i] = r.Execution
		}
		if err := x.readEarlier(ctx, from); err != nil {
			return err
		}
	}
}

func (e *earlier) has(name string) bool {
	return e != nil && e.done[name] != nil
}

// restores tells whether a task is to be taken as done.
func (x *execution) restores(n *node) bool {
	if !x.resume.has(n.name) || handles(n.name) {
		return false
	}
	to := x.modes.of(n.name)
	return to == leave || to == restore && !n.again
}

// executions returns those that hold what lies below a task, or below some
// children of it: those that say so and, unless one has the whole, those that
// this execution was told of, since the task may have run inside of them.
func (e *earlier) executions(name string, p *piece) []Execution {
	if e == nil || handles(name) {
		return nil
	}
	var list []Execution
	whole := false
	for _, r := range e.remotes {
		within := r.Name == name || strings.HasPrefix(r.Name, name+"+") || strings.HasPrefix(r.Name, name+"^")
		apart := p != nil && r.To > 0 && r.Name == name && (r.To <= p.From || r.From >= p.To)
		if within && !apart && !slices.Contains(list, r.Execution) {
			list = append(list, r.Execution)
			whole = whole || r.Name == name
		}
	}
	if whole {
		return list
	}
	above := append([]Execution{}, e.from...)
	for _, r := range e.recalled {
		if name == r.Name || strings.HasPrefix(name, r.Name+"+") || strings.HasPrefix(name, r.Name+"^") {
			above = append(above, r.Execution)
		}
	}
	return append(above, list...)
}

// handles tells whether a task belongs to a handler of failures: those run again
// whenever there is a failure again.
func handles(name string) bool {
	return strings.Contains(name, "^error") || strings.Contains(name, "^failure-alert") || strings.Contains(name, "^sla")
}

// takeOver takes a task as done that an earlier attempt finished, unless the
// selection wants it to run.
func (x *execution) takeOver(n *node) bool {
	if !x.restores(n) {
		return false
	}
	d := x.resume.done[n.name]
	n.resumed, n.state = true, Success
	n.exported = d.Row.Export
	if d.Reset != nil || d.Row.Store.Len() > 0 {
		n.own = &Delta{Reset: d.Reset, Store: d.Row.Store}
	}
	n.runs, n.sum, n.kept = d.Row.Attempts, d.Sum, d.Below
	if d.Row.Started != nil {
		n.started = *d.Row.Started
	}
	if d.Row.Finished != nil {
		n.finished = *d.Row.Finished
	}
	return true
}

// reader answers questions about executions for the interpreter's activities.
type reader struct {
	client client.Client
	touch  func(context.Context, ...*ordered.Object) error
}

// earlierTasks is the local activity of readEarlier. What can't be found any
// more was not finished.
func (r *reader) earlierTasks(ctx context.Context, from []Execution) (*EarlierTasks, error) {
	all := &EarlierTasks{}
	for _, e := range from {
		tree, err := r.tasksOf(ctx, e)
		if err != nil {
			return nil, fmt.Errorf("the tasks of the earlier attempt can't be read: %w", err)
		}
		if tree != nil {
			all.collect(tree.Entries)
		}
	}
	// The store deletes what is old, and this attempt needs it from now on.
	if err := r.touch(ctx, all.objects()...); err != nil {
		return nil, fmt.Errorf("the large values of the earlier attempt can't be kept: %w", err)
	}
	return all, nil
}

// objects returns those that may refer to large values.
func (all *EarlierTasks) objects() []*ordered.Object {
	var list []*ordered.Object
	add := func(r *Row, sum *Delta) {
		if r != nil {
			list = append(list, r.Export, r.Store, r.Error)
		}
		if sum != nil {
			list = append(list, sum.Store)
		}
	}
	for _, d := range all.Done {
		add(d.Row, d.Sum)
		for _, e := range d.Below {
			add(e.Row, e.Sum)
		}
	}
	return list
}

// tasksOf returns nil when the execution is not there any more. A query that
// meets an execution in the moment of its end is answered as if it were gone,
// too: then it has to be asked again.
func (r *reader) tasksOf(ctx context.Context, e Execution) (*TaskTree, error) {
	for {
		tree, err := queryTasks(ctx, r.client, e)
		var gone *serviceerror.NotFound
		if !errors.As(err, &gone) {
			return tree, err
		}
		if _, about := r.client.DescribeWorkflowExecution(ctx, e.WorkflowID, e.RunID); errors.As(about, &gone) {
			return nil, nil
		}
		select {
		case <-ctx.Done():
			return nil, err
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// collect takes the finished operator tasks out of a list of entries. The
// entries below such a task go with it.
func (all *EarlierTasks) collect(entries []Entry) {
	for i := 0; i < len(entries); i++ {
		e := entries[i]
		if e.Remote != nil {
			all.Remotes = append(all.Remotes, *e.Remote)
		}
		if e.Row == nil || e.Row.Group || e.Row.Skipped {
			continue
		}
		if e.Row.State != Success {
			// What a re-try of the group above made of the task is what counts.
			all.Done = slices.DeleteFunc(all.Done, func(d DoneTask) bool { return d.Row.Name == e.Row.Name })
			continue
		}
		d := DoneTask{Row: e.Row, Reset: e.Reset, Sum: e.Sum}
		for i+1 < len(entries) && strings.HasPrefix(entries[i+1].name(), e.Row.Name+"^") {
			i++
			d.Below = append(d.Below, entries[i])
		}
		all.Done = append(all.Done, d)
	}
}

func (e *Entry) name() string {
	switch {
	case e.Row != nil:
		return e.Row.Name
	case e.Remote != nil:
		return e.Remote.Name
	case e.Idle != nil:
		return e.Idle.Name
	}
	return ""
}
