// Package activities connects operators with Temporal: one adaptor runs every
// operator as an activity. It evaluates ${}, opens the workspace and the log,
// resolves secrets, heartbeats, and turns what the operator returns into the
// values that the interpreter works with.
package activities

import (
	"time"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/translate/plan"
)

// Session says for which attempt of which session a task runs.
type Session struct {
	Project   string `json:"project"`
	ProjectID int64  `json:"project_id"`
	// Revision names the immutable project archive; it is empty when the project
	// is the local folder.
	Revision string `json:"revision,omitempty"`
	// Archive is the digest of that archive.
	Archive   string    `json:"archive,omitempty"`
	Workflow  string    `json:"workflow"`
	Timezone  string    `json:"timezone"`
	Time      time.Time `json:"session_time"`
	UUID      string    `json:"session_uuid"`
	SessionID int64     `json:"session_id"`
	AttemptID int64     `json:"attempt_id"`
	// RetryAttemptName is empty for the first attempt.
	RetryAttemptName string `json:"retry_attempt_name,omitempty"`
	// Schedule is the raw schedule of the workflow, nil when there is none.
	Schedule *ordered.Object `json:"schedule,omitempty"`
	// Folder begins the Workflow IDs of sessions of a local folder on a server that
	// others use, too, with a slash at its end. It is empty everywhere else.
	Folder string `json:"folder,omitempty"`
	// Queues are the task queues of operators that other workers serve than those
	// of the attempt.
	Queues map[string]string `json:"task_queues,omitempty"`
	// DryRun evaluates every ${} and runs no operator.
	DryRun bool `json:"dry_run,omitempty"`
	// ShowParams writes the evaluated params of each task into its log.
	ShowParams bool `json:"show_params,omitempty"`
}

// Request is the input of an operator's activity.
type Request struct {
	Session *Session  `json:"session"`
	Task    string    `json:"task"`
	Pos     *plan.Pos `json:"pos,omitempty"`
	// Type is the operator that the task names itself. A param that looks like an
	// operator (an exported "sh>") comes first at run time, as in Digdag.
	Type string `json:"type"`
	// Config is the raw local config, Params the raw merged params including the
	// task's own _export and without the built-in ones.
	Config *ordered.Object `json:"config"`
	Params *ordered.Object `json:"params,omitempty"`
	// Check is the raw _check to compile when the operator succeeds.
	Check *ordered.Object      `json:"check,omitempty"`
	Marks map[string]*plan.Pos `json:"marks,omitempty"`
	// RetryCount is how often the task was re-tried before, by its own failure or
	// by that of its children.
	RetryCount int `json:"retry_count,omitempty"`
	// State is the State of the Result.Again before, and nothing that others can
	// read.
	State *ordered.Object `json:"state,omitempty"`
}

// Result is what a successful operator gives back. An activity without a result
// has an empty one.
type Result struct {
	// Subtasks is the compiled "^sub", nil when nothing was generated.
	Subtasks *plan.Task `json:"subtasks,omitempty"`
	// Check is the compiled "^check".
	Check  *plan.Task      `json:"check,omitempty"`
	Export *ordered.Object `json:"export,omitempty"`
	Store  *ordered.Object `json:"store,omitempty"`
	// Reset are dotted keys that are deleted before Store is merged.
	Reset []string `json:"reset,omitempty"`
	// RetryCount is that of the request plus the re-tries until it succeeded.
	RetryCount int `json:"retry_count,omitempty"`
	// Again, when set, is no result: the operator wants to be run again.
	Again *Again `json:"again,omitempty"`
	// Require, when set, is no result: the operator wants the attempt of another
	// session to be started or waited for, and judges by its outcome.
	Require *Require `json:"require,omitempty"`
}

func (r *Result) empty() bool {
	return r.Subtasks == nil && r.Check == nil && r.Export == nil && r.Store == nil && len(r.Reset) == 0 &&
		r.RetryCount == 0 && r.Again == nil && r.Require == nil
}

// Again asks the interpreter to run the task again after a while. Operators
// that only wait use it, so that no worker slot is held.
type Again struct {
	AfterMillis int64           `json:"after_ms"`
	State       *ordered.Object `json:"state,omitempty"`
}

// Require asks the interpreter to see to an attempt of another session.
type Require struct {
	Project string `json:"project,omitempty"`
	// ProjectID, Revision and Archive are those of the project's newest revision,
	// which the plan is of; zero for the local folder.
	ProjectID     int64     `json:"project_id,omitempty"`
	Revision      string    `json:"revision,omitempty"`
	Archive       string    `json:"archive,omitempty"`
	Workflow      string    `json:"workflow"`
	SessionTime   time.Time `json:"session_time"`
	RerunOn       string    `json:"rerun_on,omitempty"` // none, failed, all
	IgnoreFailure bool      `json:"ignore_failure,omitempty"`
	RetryName     string    `json:"retry_attempt_name,omitempty"`
	// Retry is the evaluated _retry of the task, nil when there is none: the
	// interpreter judges the outcome, so it has to count as well.
	Retry *plan.Retry `json:"retry,omitempty"`
	// Plan and Params are what a new attempt is started with.
	Plan   *plan.Plan      `json:"plan"`
	Params *ordered.Object `json:"params,omitempty"`
}

// CompileCheck is the name of a local activity beside the operators: it compiles
// the Check of a request, which may be a group's, into the Check of its result.
const CompileCheck = "compile_check"

// The types of application errors that an operator's activity fails with.
const (
	// ErrorFailure is a failure of the operator.
	ErrorFailure = "failure"
	// ErrorConfig is a mistake in the task: an undefined variable, a bad option,
	// an unknown operator. It is never retried.
	ErrorConfig = "config"
	// ErrorRetry is a failure that a local activity wants to be retried by the
	// interpreter.
	ErrorRetry = "retry"
)

// Failure is the detail of such an application error.
type Failure struct {
	// Error is the task's error object: {"message": …} and what the operator adds.
	Error *ordered.Object `json:"error"`
	// RetryCount is that of the request plus the re-tries since, with ErrorRetry
	// including the one that is asked for.
	RetryCount int `json:"retry_count,omitempty"`
	// RetryAfter is in seconds, with ErrorRetry.
	RetryAfter int `json:"retry_after_s,omitempty"`
}
