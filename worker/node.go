package worker

import (
	"strings"
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/translate/plan"
)

// node is one task of an execution: a row that users see, and what its parent
// needs to know of it.
type node struct {
	task *plan.Task
	name string

	state             State
	started, finished time.Time
	// runs counts the runs of the operator, retries the re-tries that are used up.
	runs, retries    int
	err              *ordered.Object
	exported         *ordered.Object
	own              *Delta
	skipped, resumed bool

	// children are the generations of static children, oldest first, and what the
	// task generated, in the order of creation.
	children []*node
	// newest is where in children the newest generation begins.
	newest int
	// again tells that the node is of a later generation of a group: nothing of it
	// is taken from an earlier attempt.
	again bool
	// remote, when set, is the execution that holds this row and those below. A
	// node whose remote has a range stands for these children of the group task,
	// and has no row of its own.
	remote *Remote
	// lost is the remote when it ended without an outcome: it was terminated. What
	// it had finished counts when the attempt is resumed.
	lost *Remote
	// elsewhere is the first failure of the remote.
	elsewhere string
	// kept are rows of an earlier attempt that lie below a resumed task.
	kept []Entry

	// sum is own and all deltas below, errors all error objects below, in order.
	// They are complete once the node is done.
	sum    *Delta
	errors *ordered.Object
}

func newNode(name string, t *plan.Task) *node {
	n := &node{task: t, name: name, state: Blocked}
	if t.Export.Len() > 0 {
		n.exported = t.Export
	}
	for _, c := range t.Tasks {
		n.children = append(n.children, newNode(name+c.Name, c))
	}
	return n
}

// add appends a generated task.
func (n *node) add(t *plan.Task) *node {
	c := newNode(n.name+t.Name, t)
	if n.again {
		c.renew()
	}
	n.children = append(n.children, c)
	return c
}

func (n *node) renew() {
	n.again = true
	for _, c := range n.children {
		c.renew()
	}
}

// failed tells whether the parent has to count the node as an error child.
func (n *node) failed() bool { return n.state == Error || n.state == GroupError }

// passed tells whether tasks that depend on the node may start.
func (n *node) passed() bool { return n.state == Success || n.skipped }

func (n *node) begin(ctx workflow.Context, s State) {
	n.state = s
	if n.started.IsZero() {
		n.started = workflow.Now(ctx)
	}
}

// finish sets the final state and sums up what lies below.
func (n *node) finish(ctx workflow.Context, s State) {
	n.state = s
	n.finished = workflow.Now(ctx)
	n.sum, n.errors = n.below()
	n.sum = n.own.then(n.sum)
	n.errors = mergeErrors(n.err, n.errors)
}

// below returns the sums of the children alone, as an _error handler sees them.
func (n *node) below() (stores *Delta, errs *ordered.Object) {
	for _, c := range n.children {
		stores = stores.then(c.sum)
		errs = mergeErrors(errs, c.errors)
	}
	return stores, errs
}

func mergeErrors(a, b *ordered.Object) *ordered.Object {
	if a == nil {
		return b
	}
	if b == nil {
		return a
	}
	return a.Merge(b)
}

// failure describes the first task of the subtree that failed by itself and was
// not run again with success, for the Web UI's lists; "" when there is none.
func (n *node) failure() string {
	if !n.failed() {
		return ""
	}
	if n.err != nil {
		message, _, _ := strings.Cut(n.err.String("message"), "\n")
		name := n.name
		if n.task.Pos != nil {
			name += " (" + n.task.Pos.String() + ")"
		}
		return name + ": " + message
	}
	for _, c := range n.latest() {
		if f := c.failure(); f != "" {
			return f
		}
	}
	return n.elsewhere
}

// latest returns the children without those that a re-try replaced.
func (n *node) latest() []*node {
	last := map[string]*node{}
	for _, c := range n.children {
		last[c.name] = c
	}
	var list []*node
	for i, c := range n.children {
		piece := c.remote != nil && c.remote.To > 0
		generated := !piece && strings.HasPrefix(c.task.Name, "^")
		if (piece || last[c.name] == c) && (i >= n.newest || generated) {
			list = append(list, c)
		}
	}
	return list
}
