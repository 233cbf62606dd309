package worker

import (
	"context"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
)

// TaskQueue is the default task queue of attempts.
const TaskQueue = "dig2temporal"

// Operators registers the activities of operators, and keeps the large values that
// their results refer to; *activities.Adaptor does.
type Operators interface {
	Register(w worker.Registry)
	// Touch sees to it that the values are kept as if they were new.
	Touch(ctx context.Context, list ...*ordered.Object) error
}

// Register makes a Temporal worker run attempts: the interpreter's workflows,
// its own activities, and the operators.
func Register(w worker.Registry, c client.Client, operators Operators) {
	RegisterWorkflows(w)
	r := &reader{client: c, touch: operators.Touch}
	w.RegisterActivityWithOptions(r.earlierTasks, activity.RegisterOptions{Name: earlierActivity})
	w.RegisterActivityWithOptions(r.lookUpSession, activity.RegisterOptions{Name: lookUpActivity})
	w.RegisterActivityWithOptions(r.waitForAttempt, activity.RegisterOptions{Name: waitActivity})
	operators.Register(w)
}

// RegisterWorkflows registers the workflows alone, as a replayer needs them.
func RegisterWorkflows(w worker.WorkflowRegistry) {
	w.RegisterWorkflowWithOptions(Attempt, workflow.RegisterOptions{Name: AttemptWorkflow})
	w.RegisterWorkflowWithOptions(Tasks, workflow.RegisterOptions{Name: TasksWorkflow})
}
