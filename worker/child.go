package worker

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/translate/plan"
)

func (x *execution) childInput(name string, t *plan.Task, params *ordered.Object) *tasksInput {
	return &tasksInput{
		Session: x.session, Defaults: x.defaults, Parent: strings.TrimSuffix(name, t.Name), Task: t, Params: params,
		Depth: x.depth + 1, Modes: x.modes.below(name),
	}
}

// runRemote runs a whole task in a child workflow.
func (x *execution) runRemote(ctx workflow.Context, n *node, params *ordered.Object) {
	if ctx.Err() != nil {
		x.runHere(ctx, n, params)
		return
	}
	in := x.childInput(n.name, n.task, params)
	in.Resume, in.Again = x.resume.executions(n.name, nil), n.again
	n.remote = &Remote{Name: n.name}
	x.runChild(ctx, n, in, n.name)
}

// runHere runs a task in this execution, come what may.
func (x *execution) runHere(ctx workflow.Context, n *node, params *ordered.Object) {
	if n.task.Kind == plan.Operator {
		x.runOperator(ctx, n, params)
		return
	}
	x.runGroup(ctx, n, params)
}

// runChild runs a child workflow for a node and takes its outcome over. It
// returns nil when the child left none.
func (x *execution) runChild(ctx workflow.Context, n *node, in *tasksInput, title string) *Outcome {
	undisturbed, _ := workflow.NewDisconnectedContext(ctx)
	if err := x.slots.Acquire(undisturbed, 1); err != nil {
		return nil
	}
	defer x.slots.Release(1)
	if ctx.Err() != nil {
		n.state, n.finished = Canceled, workflow.Now(ctx)
		return nil
	}
	x.used += eventsOfChild
	n.children = nil
	n.begin(ctx, Running)
	n.remote.WorkflowID = x.childID(title)
	in.Tag = tagOf(n.remote.WorkflowID)
	future := workflow.ExecuteChildWorkflow(workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		WorkflowID:          n.remote.WorkflowID,
		WaitForCancellation: true,
		ParentClosePolicy:   enumspb.PARENT_CLOSE_POLICY_TERMINATE,
		StaticSummary:       brief(title),
	}), TasksWorkflow, in)
	var started workflow.Execution
	if err := future.GetChildWorkflowExecution().Get(ctx, &started); err == nil {
		n.remote.RunID = started.RunID
	}
	out := &Outcome{}
	err := future.Get(ctx, out)
	if err != nil {
		out = outcomeOf(err)
	}
	if out == nil {
		if n.remote.RunID != "" {
			lost := *n.remote
			lost.Lost = true
			n.lost = &lost
		}
		n.remote.WorkflowID = ""
		n.state, n.finished = Error, workflow.Now(ctx)
		if ctx.Err() != nil {
			n.state = Canceled
			return nil
		}
		n.err = ordered.Of("message", "the child workflow of the task failed: "+err.Error())
		n.errors = n.err
		return nil
	}
	n.finished = workflow.Now(ctx)
	n.state, n.sum, n.errors, n.elsewhere = out.State, out.Sum, out.Errors, out.Failure
	return out
}

// outcomeOf reads the outcome out of the error that a child ended with; nil when
// it ended otherwise than by its tasks.
func outcomeOf(err error) *Outcome {
	out := &Outcome{}
	var canceled *temporal.CanceledError
	if errors.As(err, &canceled) && canceled.HasDetails() && canceled.Details(out) == nil {
		return out
	}
	var failed *temporal.ApplicationError
	if errors.As(err, &failed) && failed.Type() == ErrorTasks && failed.Details(out) == nil {
		return out
	}
	return nil
}

// maxIDLength keeps below the 1000 bytes that the server takes.
const maxIDLength = 900

// childID names a child after the task that it runs: the session, the task's
// name below the workflow's, the attempt, and a number when the same task needs
// a child again.
func (x *execution) childID(title string) string {
	session := SessionWorkflowID(x.session.Project, x.session.Workflow, x.session.Time)
	task := strings.TrimPrefix(title, "+"+x.session.Workflow)
	id := fmt.Sprintf("%s%s/%d", session, task, x.session.AttemptID)
	if x.children == nil {
		x.children = map[string]int{}
	}
	x.children[id]++
	if n := x.children[id]; n > 1 {
		id = fmt.Sprintf("%s.%d", id, n)
	}
	// The same task may run again in a later generation of a group above, which is
	// another execution.
	if x.tag != "" {
		id += "-" + x.tag
	}
	if len(id) > maxIDLength {
		sum := sha256.Sum256([]byte(id))
		id = strings.ToValidUTF8(id[:maxIDLength-17], "") + "-" + hex.EncodeToString(sum[:8])
	}
	return id
}

// maxSummary is what the server takes as the summary of an event.
const maxSummary = 400

// brief is a name cut in the middle to what a summary may hold.
func brief(name string) string {
	if len(name) <= maxSummary {
		return name
	}
	const part = (maxSummary - len("…")) / 2
	return strings.ToValidUTF8(name[:part], "") + "…" + strings.ToValidUTF8(name[len(name)-part:], "")
}

// tagOf tells the children of executions apart that run the same task.
func tagOf(workflowID string) string {
	sum := sha256.Sum256([]byte(workflowID))
	return hex.EncodeToString(sum[:4])
}
