package activities

import (
	"context"
	"os"
	"time"

	"github.com/dig2temporal/dig2temporal/internal/claimcheck"
	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/operators"
	"github.com/dig2temporal/dig2temporal/translate/expr"
)

// Options are the parts that an Adaptor works with. Registry, Workspaces and
// Logs are required.
type Options struct {
	Registry   *operators.Registry
	Workspaces Workspaces
	Logs       Logs
	// Evaluator evaluates ${}; expr.New(expr.Options{}) by default.
	Evaluator Evaluator
	// Secrets finds the secrets of projects; none by default.
	Secrets Secrets
	// Find finds the workflows that require> names; by default those in the
	// workspace of the attempt.
	Find func(ctx context.Context, s *Session, in operators.ProjectRef, name string) (*operators.Workflow, error)
	// Values keeps the large values of params out of histories; nil leaves them in.
	Values *claimcheck.Values
	// Notifier sends notifications; nil sends none.
	Notifier operators.Notifier
	// Environ is what commands start with, the environment of this process by
	// default. What they must not see has to be taken out here.
	Environ []string
	// MaxRounds refuses longer loops; 0 refuses none.
	MaxRounds int64
	// Now tells the time; time.Now by default.
	Now func() time.Time
	// Heartbeat is the shortest time between two heartbeats of one task, 1 second
	// by default. It is how long a cancellation takes to arrive.
	Heartbeat time.Duration
}

// Evaluator evaluates the config of a task: the raw params with the raw local
// keys on top. The params named in data are no templates. The object that it
// returns is new and the caller's to change.
type Evaluator interface {
	ConfigWithData(ctx context.Context, params, local *ordered.Object, zone *time.Location, data ...string) (*ordered.Object, error)
}

// Workspaces give tasks the files of their project.
type Workspaces interface {
	// Open returns the folder with the project of an attempt. An error that is an
	// *operators.ConfigError fails the task; after any other one the task is tried
	// again.
	Open(ctx context.Context, s *Session) (*Workspace, error)
}

// Workspace is an open project folder.
type Workspace struct {
	// Dir is absolute and clean.
	Dir string
	// Copy tells that the folder is a copy for one run of a task, which Close removes
	// with all that is in it. Its name means nothing to anybody: it is left out of
	// messages.
	Copy bool
	// Close gives the folder free; nil does nothing.
	Close func() error
}

// Secrets give tasks the secrets of their project.
type Secrets interface {
	// Get returns a secret. ok tells whether it is set.
	Get(ctx context.Context, s *Session, key string) (value string, ok bool, err error)
}

func (o Options) withDefaults() Options {
	if o.Evaluator == nil {
		o.Evaluator = expr.New(expr.Options{Now: o.Now})
	}
	if o.Environ == nil {
		o.Environ = os.Environ()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Heartbeat <= 0 {
		o.Heartbeat = time.Second
	}
	return o
}
