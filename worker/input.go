package worker

import (
	"time"

	"github.com/dig2temporal/dig2temporal/activities"
	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/translate/plan"
)

// The workflow types that the interpreter is registered under. An attempt is
// the run of a whole workflow; tasks are a part of one: what a task generated,
// or a piece of something long.
const (
	AttemptWorkflow = "attempt"
	TasksWorkflow   = "tasks"
)

// TasksQuery answers with a TaskTree, also on closed executions.
const TasksQuery = "tasks"

// Input starts an attempt.
type Input struct {
	Plan    *plan.Plan          `json:"plan"`
	Session *activities.Session `json:"session"`
	// Defaults are params of lowest priority, which attempts started by require>
	// see too. Params are those of this attempt.
	Defaults *ordered.Object `json:"defaults,omitempty"`
	Params   *ordered.Object `json:"params,omitempty"`
	// SLA says when the attempt is late; nil when there is no such time.
	SLA *SLA `json:"sla,omitempty"`
	// Select limits what runs; nil runs everything.
	Select *Selection `json:"select,omitempty"`
	// Resume is the attempt whose finished tasks are not run again; nil runs all.
	Resume *Execution `json:"resume,omitempty"`
}

// Selection limits an attempt to a part of its tasks. Start, Goal, End
// and Only are full names of tasks of the plan, or empty.
type Selection struct {
	// Start runs the task and everything that does not lie before it, whether it
	// was finished or not.
	Start string `json:"start,omitempty"`
	// Goal runs the task and what it needs, and nothing else. The task itself
	// runs in any case, what it needs only when it was not finished.
	Goal string `json:"goal,omitempty"`
	// End runs only what lies before the task.
	End string `json:"end,omitempty"`
	// Only runs the task and what is below it.
	Only string `json:"only,omitempty"`
	// Rerun runs what is selected although it was finished. What is not selected
	// stays as it was.
	Rerun bool `json:"rerun,omitempty"`
}

// Execution names one run of a workflow execution.
type Execution struct {
	WorkflowID string `json:"workflow_id"`
	RunID      string `json:"run_id,omitempty"`
}

// State is one of Digdag's ten task states.
type State string

// The task states.
const (
	Blocked           State = "blocked"
	Ready             State = "ready"
	RetryWaiting      State = "retry_waiting"
	GroupRetryWaiting State = "group_retry_waiting"
	Running           State = "running"
	Planned           State = "planned"
	GroupError        State = "group_error"
	Success           State = "success"
	Error             State = "error"
	Canceled          State = "canceled"
)

// Row is one task of an attempt as users see it.
type Row struct {
	Name     string    `json:"name"`
	Operator string    `json:"operator,omitempty"`
	State    State     `json:"state"`
	Group    bool      `json:"group,omitempty"`
	Pos      *plan.Pos `json:"pos,omitempty"`
	// Started and Finished are nil for what never started or has not ended.
	Started  *time.Time `json:"started_at,omitempty"`
	Finished *time.Time `json:"finished_at,omitempty"`
	// Attempts counts the runs of the operator, re-tries included.
	Attempts int             `json:"attempts,omitempty"`
	Error    *ordered.Object `json:"error,omitempty"`
	Export   *ordered.Object `json:"export,omitempty"`
	Store    *ordered.Object `json:"store,omitempty"`
	// Resumed tells that the task was finished in an earlier attempt.
	Resumed bool `json:"resumed,omitempty"`
	// Skipped tells that the task was not selected and never ran.
	Skipped bool `json:"skipped,omitempty"`
}
