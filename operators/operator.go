// Package operators holds what tasks can do: one type an operator, each with a
// spec that its documentation, its checks and its schema come from. Operators
// know nothing of Temporal.
package operators

import (
	"context"
	"io"
	"time"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/translate/plan"
)

// Operator runs tasks of one type.
type Operator interface {
	Spec() *Spec
	// Run does the work of one task. It must return soon after ctx is done, with
	// everything that it started stopped. An error that is no *Failure and no
	// *ConfigError counts as a failure with the kind "runtime".
	Run(ctx context.Context, t *Task) (*Result, error)
}

// Task is what an operator gets to see of the task that it runs.
type Task struct {
	// Name is the full name, Type the operator, as the task names it.
	Name, Type string
	// Config holds the merged and evaluated params with the local keys on top,
	// "_type" and "_command" included.
	Config *ordered.Object
	// Local holds the keys that stand in the task itself, raw.
	Local *ordered.Object
	// ProjectDir is the absolute folder of the project, Workdir the one that the
	// task runs in: ProjectDir or a folder below it.
	ProjectDir, Workdir string
	// Output takes what the task prints; it goes to the task's log and to the
	// user. Log writes lines of our own into the same log.
	Output io.Writer
	Log    Log
	// Secrets finds secrets at the moment of use.
	Secrets Secrets
	// State is what the last run left with Save or with an Again, nil at first.
	State *ordered.Object
	// Save keeps a state for the case that this run is interrupted: the next one
	// gets it.
	Save func(*ordered.Object)
	// SessionTime and Zone are those of the attempt.
	SessionTime time.Time
	Zone        *time.Location
	// Now tells the time.
	Now func() time.Time
	// Load compiles a workflow file of the project for call> and require>.
	Project Project
}

// Log takes lines about a task.
type Log interface {
	Infof(format string, args ...any)
	Warnf(format string, args ...any)
	Errorf(format string, args ...any)
}

// Secrets looks secrets up. A key that is not there is an error which names it
// and never shows a value.
type Secrets interface {
	Get(key string) (string, error)
}

// Project is the part of a project that operators need beside its files.
type Project interface {
	// Workflow loads and compiles a top-level workflow by name, with the error
	// nil and the plan nil when there is none of that name.
	Workflow(name string) (*plan.Plan, error)
}

// Result is what a successful operator gives back.
type Result struct {
	// Subtasks is the config of a "^sub" to generate, Rounds that of a loop; nil
	// when nothing is generated.
	Subtasks *ordered.Object
	// SubtasksFile is the project file that Subtasks were read from, when they
	// are those of another file (call>).
	SubtasksFile string
	Rounds       *Rounds
	Export       *ordered.Object
	Store        *ordered.Object
	// Reset are dotted keys that are deleted before Store is merged.
	Reset []string
	// Again asks to be run again later; Require for another session's attempt.
	Again   *Again
	Require *Require
}

// Rounds describes the children of a loop before they are compiled.
type Rounds struct {
	// Shape holds everything but the body.
	Shape plan.Rounds
	// Body is the raw _do.
	Body *ordered.Object
	// Parallel is the raw _parallel, evaluated; nil when absent.
	Parallel any
}

// Again asks to be run again after a while with a state.
type Again struct {
	After time.Duration
	State *ordered.Object
}

// Require asks for an attempt of another session.
type Require struct {
	Project, Workflow string
	SessionTime       time.Time
	RerunOn           string
	IgnoreFailure     bool
	RetryName         string
	Plan              *plan.Plan
	Params            *ordered.Object
}

// ConfigError is a mistake in the task; it is never retried.
type ConfigError struct {
	// Message is without a kind; Kind is "config" when empty.
	Message, Kind string
}

func (e *ConfigError) Error() string { return e.Message }

// Failure is a failure of the work itself.
type Failure struct {
	// Message is what ${error.message} shows, without a kind. Kind is added in
	// brackets; NoKind adds none.
	Message, Kind string
	NoKind        bool
	// Extra is added to the error object.
	Extra *ordered.Object
}

func (e *Failure) Error() string { return e.Message }
