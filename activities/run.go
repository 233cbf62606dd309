package activities

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"time"

	"go.temporal.io/sdk/activity"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/operators"
	"github.com/dig2temporal/dig2temporal/translate/compile"
	"github.com/dig2temporal/dig2temporal/translate/config"
	"github.com/dig2temporal/dig2temporal/translate/plan"
	"github.com/dig2temporal/dig2temporal/translate/project"
)

// run is one run of one task.
type run struct {
	a *Adaptor
	// ctx is that of the operator, outer that of the activity.
	ctx   context.Context
	outer context.Context
	stop  context.CancelCauseFunc
	req   *Request
	log   TaskLog
	mask  *mask
	out   *maskWriter
	// local tells that it is a local activity, which can't be retried by the
	// server and has no heartbeat.
	local    bool
	began    time.Time
	progress progress
	heart    *heart
	zone     *time.Location

	// What is known after the first steps of perform.
	params   *ordered.Object // evaluated, with _type and _command
	name     string
	operator operators.Operator
	spec     *operators.Spec
	retry    *plan.Retry
	// started tells that the operator itself has been run, so that _retry counts.
	started bool
	space   *Workspace
}

func (a *Adaptor) newRun(ctx context.Context, req *Request) (*run, error) {
	r := &run{a: a, outer: ctx, req: req, began: time.Now(), mask: &mask{}, progress: progress{Retries: req.RetryCount}}
	r.ctx, r.stop = context.WithCancelCause(ctx)
	attempt := 1
	if activity.IsActivity(ctx) {
		info := activity.GetInfo(ctx)
		r.local, attempt = info.IsLocalActivity, int(info.Attempt)
		if !r.local && activity.HasHeartbeatDetails(ctx) {
			before := progress{}
			if err := activity.GetHeartbeatDetails(ctx, &before); err == nil {
				r.progress = before
			}
		}
	}
	if req.State != nil {
		r.progress.Polls, r.progress.Since, r.progress.State = fromState(req.State)
	}
	if r.progress.Since == 0 {
		r.progress.Since = a.opts.Now().UnixMilli()
	}
	log, err := a.opts.Logs.Open(LogRun{
		Session: req.Session, Task: req.Task, Type: req.Type, Run: attempt + req.RetryCount + r.progress.Polls,
		Local: r.local,
	})
	if err != nil {
		r.stop(nil)
		return nil, err
	}
	r.log, r.out = log, r.mask.writer(log)
	if !r.local && activity.IsActivity(ctx) {
		r.heart = a.startHeart(ctx, r.stop, r.progress)
	}
	return r, nil
}

func fromState(o *ordered.Object) (polls int, since int64, state *ordered.Object) {
	polls, _ = config.GetInt32Default(o, "polls", 0)
	since, _ = config.GetInt(o, "since")
	return polls, since, o.Object("state")
}

func (r *run) close() {
	if r.heart != nil {
		r.heart.close()
	}
	r.stop(nil)
	if r.space != nil && r.space.Close != nil {
		if err := r.space.Close(); err != nil {
			r.say(LevelWarn, "The workspace could not be removed: %v", err)
		}
	}
	r.out.flush()
	_ = r.log.Close()
}

func (r *run) say(level Level, format string, args ...any) {
	text := format
	if len(args) > 0 {
		text = fmt.Sprintf(format, args...)
	}
	r.out.flush()
	r.log.Line(level, r.mask.text(text))
}

// Infof writes a line into the task's log.
func (r *run) Infof(format string, args ...any) { r.say(LevelInfo, format, args...) }

// Warnf writes a warning into the task's log.
func (r *run) Warnf(format string, args ...any) { r.say(LevelWarn, format, args...) }

// Errorf writes an error into the task's log.
func (r *run) Errorf(format string, args ...any) { r.say(LevelError, format, args...) }

// perform evaluates the task's config, chooses its operator and runs it.
func (r *run) perform() (*operators.Result, error) {
	var err error
	if r.zone, err = r.a.zones.load(r.req.Session.Timezone); err != nil {
		return nil, &operators.ConfigError{Message: err.Error()}
	}
	full, err := r.expand(r.req)
	if err != nil {
		return nil, err
	}
	r.req = full
	raw, err := r.a.fullParams(r.req, r.zone)
	if err != nil {
		return nil, err
	}
	raw = raw.Without("_check", "_error")
	local := r.req.Config.Without("_check", "_error")
	r.params, err = r.a.opts.Evaluator.ConfigWithData(r.ctx, raw, local, r.zone, data(r.req, raw)...)
	if err != nil {
		return nil, err
	}
	if r.log.Enabled(LevelDebug) {
		r.say(LevelDebug, "evaluated config: %s", ordered.Text(described(r.params)))
	}
	if !r.choose() {
		return &operators.Result{}, nil
	}
	if r.req.Session.ShowParams {
		r.say(LevelWarn, "%s", dump(r.params))
	}
	if r.req.Session.DryRun {
		return &operators.Result{}, nil
	}
	operator, ok := r.a.opts.Registry.Lookup(r.name)
	if !ok {
		return nil, &operators.ConfigError{Message: "Unknown task type: " + r.name}
	}
	r.operator, r.spec = operator, r.a.opts.Registry.Spec(r.name)
	task, err := r.task(local)
	if err != nil {
		return nil, err
	}
	if r.spec.Retryable {
		if r.retry, err = compile.Retry(r.params); err != nil {
			return nil, err
		}
	}
	r.started = true
	result, err := r.call(task)
	if err != nil {
		return nil, err
	}
	r.out.flush()
	if result.Again == nil {
		r.warnUnused(local)
	}
	return result, checkResult(result)
}

// data names the params that are no templates. The error of a handler repeats
// what went wrong, a ${} among it, and must not be evaluated.
func data(req *Request, params *ordered.Object) []string {
	if strings.Contains(req.Task, "^error") && params.Object("error").Has("message") {
		return []string{"error"}
	}
	return nil
}

func (r *run) task(local *ordered.Object) (*operators.Task, error) {
	o := r.a.opts
	t := &operators.Task{
		Name: r.req.Task, Type: r.name, Config: r.params, Local: local,
		Environ: o.Environ, Output: r.out, Log: r,
		State: r.progress.State, Save: r.save,
		SessionTime: r.req.Session.Time, Zone: r.zone, Now: o.Now,
		MaxRounds: o.MaxRounds, Notifier: o.Notifier,
		Find: r.find,
	}
	mounts, err := optionalObject(r.params, "_secrets")
	if err != nil {
		return nil, err
	}
	t.Secrets = &taskSecrets{ctx: r.ctx, session: r.req.Session, store: o.Secrets, mounts: mounts, mask: r.mask}
	if r.spec.NoFiles {
		return t, nil
	}
	ctx, cancel := r.patiently(r.ctx)
	defer cancel()
	if r.space, err = o.Workspaces.Open(ctx, r.req.Session); err != nil {
		return nil, spaceError(err)
	}
	workdir, err := config.GetTextDefault(r.params, "_workdir", "")
	if err != nil {
		return nil, err
	}
	t.ProjectDir, t.Copy = r.space.Dir, r.space.Copy
	if t.Workdir, err = operators.WorkingDir(t.ProjectDir, workdir); err != nil {
		return nil, err
	}
	t.Load = func(name string) (*operators.Called, error) { return load(t, name) }
	return t, nil
}

// temporary is an error of our own surroundings: the task is tried again, as
// often as it takes, and its _retry is not touched.
type temporary struct{ err error }

func (e *temporary) Error() string { return e.err.Error() }

func (e *temporary) Unwrap() error { return e.err }

func spaceError(err error) error {
	var mistake *operators.ConfigError
	if errors.As(err, &mistake) {
		return err
	}
	return &temporary{fmt.Errorf("the project's files are not available: %w", err)}
}

func optionalObject(o *ordered.Object, key string) (*ordered.Object, error) {
	v, _ := o.Get(key)
	if v == nil {
		return nil, nil
	}
	return config.Object(key, v)
}

func load(t *operators.Task, name string) (*operators.Called, error) {
	p, err := project.Open(t.ProjectDir)
	if err != nil {
		return nil, err
	}
	defer p.Close()
	sub, marks, _, err := p.Called(t.Workdir, name)
	if err != nil {
		return nil, err
	}
	return &operators.Called{Config: sub, Marks: marks}, nil
}

func (r *run) save(state *ordered.Object) {
	r.progress.State = state
	if r.heart != nil {
		r.heart.save(func(p *progress) { p.State = state })
	}
}

// call runs the operator. A panic is a failure of the task, not of the worker.
func (r *run) call(t *operators.Task) (result *operators.Result, err error) {
	defer func() {
		if p := recover(); p != nil {
			r.say(LevelError, "The operator %s> panicked: %v\n%s", r.name, p, debug.Stack())
			err = &operators.Failure{Message: fmt.Sprintf("The operator %s> panicked: %v", r.name, p)}
		}
	}()
	result, err = r.operator.Run(r.ctx, t)
	if err == nil && result == nil {
		result = &operators.Result{}
	}
	return result, err
}
