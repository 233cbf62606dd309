package activities

import (
	"context"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/worker"

	"github.com/dig2temporal/dig2temporal/translate/compile"
)

// Adaptor runs operators as activities. It is safe for concurrent use.
type Adaptor struct {
	opts      Options
	schedules *scheduleCache
	zones     *zoneCache
	// hearts are those of the ordinary activities of this process.
	hearts hearts
	// patience is localPatience; tests have less.
	patience time.Duration
	// beat sends a heartbeat; tests have one of their own.
	beat func(ctx context.Context, token []byte, p progress) error
}

// New returns an Adaptor.
func New(opts Options) *Adaptor {
	return &Adaptor{opts: opts.withDefaults(), schedules: newScheduleCache(), zones: newZoneCache(), patience: localPatience, beat: sendBeat}
}

// Hurry makes all running tasks ask the server at once, and often for the next
// seconds, whether they are canceled. Call it after a cancellation that users
// wait for.
func (a *Adaptor) Hurry() { a.hearts.hurry() }

// Register registers the adaptor under the name of every operator, for ordinary
// and for local activities, and for tasks whose operator nobody knows. These
// must be called as ordinary activities: local ones need a registered name.
func (a *Adaptor) Register(w worker.Registry) {
	for _, name := range a.opts.Registry.Names() {
		w.RegisterActivityWithOptions(a.run, activity.RegisterOptions{Name: name})
	}
	w.RegisterActivityWithOptions(a.Check, activity.RegisterOptions{Name: CompileCheck})
	w.RegisterDynamicActivity(a.runUnknown, activity.DynamicRegisterOptions{})
}

func (a *Adaptor) runUnknown(ctx context.Context, args converter.EncodedValues) (*Result, error) {
	req := &Request{}
	if err := args.Get(&req); err != nil {
		return nil, err
	}
	return a.run(ctx, req)
}

// run is Run without a payload for a result that says nothing, as that of most
// tasks: it would be a part of the history and of every message on the way.
func (a *Adaptor) run(ctx context.Context, req *Request) (*Result, error) {
	out, err := a.Run(ctx, req)
	if err == nil && out.empty() {
		return nil, nil
	}
	return out, err
}

// Run runs one task: it is the activity of all operators. The error is a
// temporal.ApplicationError with a Failure, or that of a cancelled context.
func (a *Adaptor) Run(ctx context.Context, req *Request) (*Result, error) {
	r, err := a.newRun(ctx, req)
	if err != nil {
		return nil, err
	}
	defer r.close()
	result, err := r.perform()
	if err != nil {
		return r.postponed(err)
	}
	out, err := r.finished(result)
	if err != nil {
		return nil, err
	}
	if err := r.shrink(out); err != nil {
		return r.postponed(err)
	}
	return out, nil
}

// Check compiles the _check of a request; it runs no operator.
func (a *Adaptor) Check(_ context.Context, req *Request) (*Result, error) {
	check, err := compile.Check(req.Task, req.Config, req.Check, req.Marks)
	if err != nil {
		p := describe(err, req.Task, req.Pos, func(s string) string { return s })
		return nil, configFailure(p, req.RetryCount)
	}
	return &Result{Check: check, RetryCount: req.RetryCount}, nil
}
