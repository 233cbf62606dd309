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
	// Copy says that ProjectDir is there for this run alone and is removed after it.
	Copy bool
	// Environ is the environment that commands start with, as "NAME=value".
	Environ []string
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
	// MaxRounds refuses longer loops, 0 refuses none.
	MaxRounds int64
	// Load reads a workflow file for call>: a name relative to the Workdir.
	Load func(name string) (*Called, error)
	// Find finds a top-level workflow in the newest revision of a project. It
	// returns nil when there is no such project or workflow.
	Find func(ctx context.Context, in ProjectRef, name string) (*Workflow, error)
	// Notifier sends what notify> says; nil when none is configured.
	Notifier Notifier
}

// Notifier sends notifications to people.
type Notifier interface {
	Notify(ctx context.Context, n *Notification) error
}

// Notification is one message about a task.
type Notification struct {
	Time    time.Time
	Message string
	// Task is the full name; Config holds the params that describe the attempt
	// (session_time, attempt_id …).
	Task   string
	Config *ordered.Object
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
	// Lookup is Get for a secret that need not be there; ok tells whether it is.
	Lookup(key string) (value string, ok bool, err error)
}

// Called is a workflow file as the subtasks of a call> task.
type Called struct {
	// Config is the definition with the root's settings that apply to subtasks.
	Config *ordered.Object
	// Marks are the positions of the tasks in Config.
	Marks map[string]*plan.Pos
}

// ProjectRef names a project by name or by id. The zero value is the project of
// the task.
type ProjectRef struct {
	Name string
	ID   int64
}

// Workflow is what a required attempt is started with.
type Workflow struct {
	Project   string
	ProjectID int64
	// Revision names the newest revision, Archive is the digest of its archive.
	// Both are empty for a local folder.
	Revision, Archive string
	Plan              *plan.Plan
}

// Result is what a successful operator gives back.
type Result struct {
	// Subtasks is the config of a "^sub" to generate, Rounds that of a loop; nil
	// when nothing is generated.
	Subtasks *ordered.Object
	// SubtasksKey is the key of the task that Subtasks are the value of ("_do"),
	// so that their positions are known. Marks are the positions themselves, when
	// Subtasks come from another file.
	SubtasksKey string
	Marks       map[string]*plan.Pos
	Rounds      *Rounds
	Export      *ordered.Object
	Store       *ordered.Object
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
	// Parallel is the evaluated _parallel; nil when absent.
	Parallel any
}

// Again asks to be run again after a while with a state.
type Again struct {
	After time.Duration
	State *ordered.Object
}

// Require asks for an attempt of another session.
type Require struct {
	Workflow    *Workflow
	SessionTime time.Time
	// RerunOn is "none", "failed" or "all".
	RerunOn       string
	IgnoreFailure bool
	RetryName     string
	Params        *ordered.Object
}

// ConfigError is a mistake in the task; it is never retried.
type ConfigError struct {
	// Message is without a kind; Kind is "config" when empty.
	Message, Kind string
	// Cause is shown in the log only.
	Cause error
}

func (e *ConfigError) Error() string { return e.Message }

func (e *ConfigError) Unwrap() error { return e.Cause }

// Failure is a failure of the work itself.
type Failure struct {
	// Message is what ${error.message} shows, without a kind. Kind is added in
	// brackets; NoKind adds none.
	Message, Kind string
	NoKind        bool
	// Extra is added to the error object.
	Extra *ordered.Object
	// Cause is shown in the log only.
	Cause error
}

func (e *Failure) Error() string { return e.Message }

func (e *Failure) Unwrap() error { return e.Cause }
