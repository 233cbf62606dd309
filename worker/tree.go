package worker

import (
	"time"

	"github.com/dig2temporal/dig2temporal/translate/plan"
)

// TaskTree is the answer to a TasksQuery: the tasks of one execution in
// definition order, with references to other executions where their rows are.
type TaskTree struct {
	Entries []Entry `json:"entries"`
}

// Entry is one of: a task, a reference, or children of a group that never
// started.
type Entry struct {
	Row *Row `json:"row,omitempty"`
	// Reset and Sum are what a later attempt needs to take the task as done: its
	// reset keys, and the sum of its stores and of those below it.
	Reset  [][]string `json:"reset,omitempty"`
	Sum    *Delta     `json:"sum,omitempty"`
	Remote *Remote    `json:"remote,omitempty"`
	Idle   *Idle      `json:"idle,omitempty"`
}

// Remote refers to the execution that holds the rows of the task Name and all
// below it or, when To is over 0, those of the children From to To-1 of it.
type Remote struct {
	Execution
	Name string `json:"name"`
	From int64  `json:"from,omitempty"`
	To   int64  `json:"to,omitempty"`
	// Lost tells that the execution ended without saying what became of its tasks.
	// Its rows are not those of the attempt.
	Lost bool `json:"lost,omitempty"`
}

// Idle stands for the children From to To-1 of Group, none of which started.
// When they are written out, Group has no others.
type Idle struct {
	Name  string     `json:"name"`
	Group *plan.Task `json:"group"`
	From  int64      `json:"from"`
	To    int64      `json:"to"`
}

func (n *node) entries(list []Entry) []Entry {
	if n.lost != nil {
		list = append(list, Entry{Remote: n.lost})
	}
	if r := n.remote; r != nil {
		if r.WorkflowID != "" {
			return append(list, Entry{Remote: r})
		}
		if r.To > 0 {
			return append(list, Entry{Idle: idle(n, r)})
		}
	}
	e := Entry{Row: n.row()}
	if n.state == Success && n.task.Kind == plan.Operator {
		e.Sum = n.sum
		if n.own != nil {
			e.Reset = n.own.Reset
		}
	}
	list = append(append(list, e), n.kept...)
	return n.belowEntries(list)
}

// idle leaves out the children of other pieces: there may be many of both.
func idle(n *node, r *Remote) *Idle {
	group := *n.task
	if group.Rounds == nil {
		group.Tasks = group.Tasks[min(r.From, int64(len(group.Tasks))):min(r.To, int64(len(group.Tasks)))]
	}
	return &Idle{Name: n.name, Group: &group, From: r.From, To: r.To}
}

func (n *node) belowEntries(list []Entry) []Entry {
	for _, c := range n.children {
		list = c.entries(list)
	}
	return list
}

func (n *node) row() *Row {
	r := &Row{
		Name: n.name, Operator: n.task.Type, State: n.state, Group: n.task.Kind == plan.Group, Pos: n.task.Pos,
		Attempts: n.runs, Error: n.err, Export: n.exported, Resumed: n.resumed, Skipped: n.skipped,
		Started: timeOrNil(n.started), Finished: timeOrNil(n.finished),
	}
	if n.own != nil && n.own.Store.Len() > 0 {
		r.Store = n.own.Store
	}
	return r
}

func timeOrNil(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
