package worker

import (
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/dig2temporal/dig2temporal/activities"
	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/translate/plan"
)

// Outcome is what an execution tells its parent, or its starter, at the end.
type Outcome struct {
	State State `json:"state"`
	// Sum are the stores of all its tasks, Errors their error objects.
	Sum    *Delta          `json:"sum,omitempty"`
	Errors *ordered.Object `json:"errors,omitempty"`
	// Failure names the first failed task, with its place and message.
	Failure string `json:"failure,omitempty"`
	// Children are those of a piece of a group that later pieces must know of.
	Children []sibling `json:"children,omitempty"`
	// Retries are the re-tries that are used up, for a piece that makes them.
	Retries int `json:"retries,omitempty"`
}

// ErrorTasks is the type of the application error that an execution fails with
// when tasks of it failed. Its details are the Outcome.
const ErrorTasks = "tasks-failed"

// execution is the state of one workflow execution.
type execution struct {
	session  *activities.Session
	defaults *ordered.Object
	// depth counts the executions above this one within the attempt.
	depth  int
	tag    string
	root   *node
	piece  *piece
	slots  workflow.Semaphore
	resume *earlier
	modes  modes
	// late is the SLA of the attempt, sla what watches it.
	late *SLA
	sla  *slaWatch
	// used counts the history events that are used or spoken for.
	used int
	// children counts the child workflows by the beginning of their ID.
	children map[string]int
	// finished and shown count the tasks that are done and those that the details
	// show as done.
	finished, shown int
}

// maxPending is how many activities and child workflows an execution has
// pending at once.
const maxPending = 200

func newExecution(ctx workflow.Context, session *activities.Session, defaults *ordered.Object) *execution {
	return &execution{session: session, defaults: defaults, slots: workflow.NewSemaphore(ctx, maxPending)}
}

// Attempt is the workflow of type AttemptWorkflow.
func Attempt(ctx workflow.Context, in *Input) (*Outcome, error) {
	if in.Plan == nil || in.Session == nil {
		return nil, temporal.NewNonRetryableApplicationError("the input of the attempt lacks its plan or its session", "plan", nil)
	}
	if err := in.Plan.Check(); err != nil {
		return nil, temporal.NewNonRetryableApplicationError(err.Error(), "plan", nil)
	}
	x := newExecution(ctx, in.Session, in.Defaults)
	x.modes, x.late = in.Select.modes(in.Plan.Root), in.SLA
	x.root = newNode(in.Plan.Root.Name, in.Plan.Root)
	var resume []Execution
	if in.Resume != nil {
		resume = append(resume, *in.Resume)
	}
	if err := x.start(ctx, resume); err != nil {
		return nil, err
	}
	x.runNode(ctx, x.root, in.Defaults.Merge(in.Params))
	return x.end(ctx)
}

// tasksInput starts an execution of type TasksWorkflow.
type tasksInput struct {
	Session  *activities.Session `json:"session"`
	Defaults *ordered.Object     `json:"defaults,omitempty"`
	// Parent is the full name of the task above Task.
	Parent string     `json:"parent,omitempty"`
	Task   *plan.Task `json:"task"`
	// Params are what Task sees, without its own _export; for a piece, what its
	// children see.
	Params *ordered.Object `json:"params,omitempty"`
	Depth  int             `json:"depth"`
	// Tag is part of the Workflow IDs of its children.
	Tag    string      `json:"tag,omitempty"`
	Resume []Execution `json:"resume,omitempty"`
	// Again tells that Task is of a later generation of a group above.
	Again bool  `json:"again,omitempty"`
	Modes modes `json:"modes,omitempty"`
	// Piece limits the execution to some children of Task, a group.
	Piece *piece `json:"piece,omitempty"`
}

// Tasks is the workflow of type TasksWorkflow.
func Tasks(ctx workflow.Context, in *tasksInput) (*Outcome, error) {
	x := newExecution(ctx, in.Session, in.Defaults)
	x.depth, x.tag, x.modes, x.piece = in.Depth, in.Tag, in.Modes, in.Piece
	x.root = newNode(in.Parent+in.Task.Name, in.Task)
	if in.Again {
		x.root.renew()
	}
	if err := x.start(ctx, in.Resume); err != nil {
		return nil, err
	}
	switch {
	case in.Piece == nil:
		x.runNode(ctx, x.root, in.Params)
	case in.Piece.Retried > 0:
		x.runRetries(ctx, in.Params)
	default:
		x.runPiece(ctx, in.Params)
	}
	return x.end(ctx)
}

func (x *execution) start(ctx workflow.Context, resume []Execution) error {
	err := workflow.SetQueryHandlerWithOptions(ctx, TasksQuery, func() (*TaskTree, error) {
		if x.piece != nil {
			return &TaskTree{Entries: x.root.belowEntries(nil)}, nil
		}
		return &TaskTree{Entries: x.root.entries(nil)}, nil
	}, workflow.QueryHandlerOptions{Description: "all tasks of this execution with their states, in definition order"})
	if err != nil || len(resume) == 0 {
		return err
	}
	return x.readEarlier(ctx, resume)
}

// end turns the state of the root into the end of the execution.
func (x *execution) end(ctx workflow.Context) (*Outcome, error) {
	x.showDetails(ctx)
	out := &Outcome{State: x.root.state, Sum: x.root.sum, Errors: x.root.errors}
	if x.piece != nil {
		out.Children, out.Retries = x.piece.siblings(x.root), x.root.retries
	}
	switch out.State {
	case Success:
		return out, nil
	case Canceled:
		return nil, temporal.NewCanceledError(*out)
	}
	out.Failure = x.root.failure()
	if out.Failure == "" {
		out.Failure = x.root.name + ": tasks before it failed"
	}
	return nil, temporal.NewApplicationErrorWithOptions(out.Failure, ErrorTasks,
		temporal.ApplicationErrorOptions{NonRetryable: true, Details: []any{*out}})
}

// runNode runs one task with all that it generates; the node is final when it
// returns. Params are what the task sees without its own _export.
func (x *execution) runNode(ctx workflow.Context, n *node, params *ordered.Object) {
	switch {
	case x.skip(n):
		n.skipped = true
	case n.task.Kind == plan.Operator:
		x.runOperator(ctx, n, params)
	case n != x.root && !x.room(n.task):
		x.runRemote(ctx, n, params)
	default:
		x.runGroup(ctx, n, params)
	}
	x.count(ctx)
}

// count counts a task that is done and shows it to users in a while.
func (x *execution) count(ctx workflow.Context) {
	x.finished++
	if x.finished-x.shown > 10+x.shown/10 {
		x.showDetails(ctx)
	}
}
