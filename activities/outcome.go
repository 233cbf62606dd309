package activities

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/operators"
	"github.com/dig2temporal/dig2temporal/translate/compile"
	"github.com/dig2temporal/dig2temporal/translate/config"
)

// The types of application errors that only the server sees, since it retries
// them.
const (
	errorAgain     = "again"
	errorTemporary = "temporary"
)

// soon is the shortest delay of a retry that is not taken for none.
const soon = time.Millisecond

// Outcome names how Run ended with an error: failure, config (a mistake in the
// task), retry (a failure that is tried again), again (it waits for something),
// interrupted (another worker goes on, or the same one later), canceled. The first
// two are failures of the task for good.
func Outcome(err error) (name string, failed bool) {
	var app *temporal.ApplicationError
	switch {
	case temporal.IsCanceledError(err) || errors.Is(err, context.Canceled):
		return "canceled", false
	case !errors.As(err, &app):
		return "interrupted", false
	}
	switch kind := app.Type(); {
	case kind == errorAgain:
		return "again", false
	case kind == errorTemporary:
		return "interrupted", false
	case kind == ErrorConfig:
		return "config", true
	case kind == ErrorFailure && app.NonRetryable():
		return "failure", true
	default:
		return "retry", false
	}
}

// finished turns what a successful operator gave back into the activity's
// result.
func (r *run) finished(in *operators.Result) (*Result, error) {
	for _, o := range []*ordered.Object{in.Store, in.Export, in.Subtasks} {
		if d := r.mask.found(o); d != nil {
			return nil, r.failed(&operators.ConfigError{Message: d.String()})
		}
	}
	if in.Again != nil {
		return r.again(in.Again)
	}
	out := &Result{Export: nonEmpty(in.Export), Store: nonEmpty(in.Store), Reset: in.Reset, RetryCount: r.progress.Retries}
	if in.Require != nil {
		out.Require = r.required(in.Require)
	}
	err := r.nesting(in)
	switch {
	case err != nil:
	case in.Rounds != nil:
		out.Subtasks, err = compile.Rounds(r.req.Task, in.Rounds.Shape, in.Rounds.Body, in.Rounds.Parallel, r.req.Marks)
	case in.Subtasks.Len() > 0:
		marks := in.Marks
		if marks == nil {
			marks = r.req.Marks
		}
		out.Subtasks, err = compile.Tasks(r.req.Task, "^sub", in.Subtasks, marks, in.SubtasksKey)
	}
	if err == nil {
		out.Check, err = compile.Check(r.req.Task, r.req.Config, r.req.Check, r.req.Marks)
	}
	if err != nil {
		// What does not compile once never will.
		p := describe(err, r.req.Task, r.req.Pos, r.clean)
		r.say(LevelError, "Configuration error at task %s: %s", r.req.Task, p.log)
		return nil, configFailure(p, r.progress.Retries)
	}
	return out, nil
}

// maxNesting is how deep tasks may generate tasks that generate tasks.
const maxNesting = 100

// nesting stops what would generate tasks for ever: a file that calls itself.
func (r *run) nesting(in *operators.Result) error {
	if in.Rounds == nil && in.Subtasks.Len() == 0 || strings.Count(r.req.Task, "^sub") < maxNesting {
		return nil
	}
	return config.Errorf("Subtasks nest deeper than %d levels: does a called file call itself?", maxNesting)
}

func nonEmpty(o *ordered.Object) *ordered.Object {
	if o.Len() == 0 {
		return nil
	}
	return o
}

func (r *run) required(in *operators.Require) *Require {
	return &Require{
		Project: in.Workflow.Project, ProjectID: in.Workflow.ProjectID, Revision: in.Workflow.Revision,
		Archive: in.Workflow.Archive, Workflow: in.Workflow.Plan.Workflow, SessionTime: in.SessionTime, RerunOn: in.RerunOn,
		IgnoreFailure: in.IgnoreFailure, RetryName: in.RetryName, Plan: in.Workflow.Plan, Params: nonEmpty(in.Params),
		Retry: r.retry,
	}
}

// again lets the task be run again: by the interpreter when it is a local
// activity, else by the server.
func (r *run) again(in *operators.Again) (*Result, error) {
	r.progress.Polls++
	r.progress.State = in.State
	after := max(in.After, soon)
	if r.heart == nil {
		return &Result{
			RetryCount: r.progress.Retries,
			Again:      &Again{AfterMillis: int64(math.Ceil(float64(after) / float64(time.Millisecond))), State: r.progress.asState()},
		}, nil
	}
	r.heart.save(func(p *progress) { p.Polls, p.State = r.progress.Polls, in.State })
	return nil, temporal.NewApplicationErrorWithOptions(fmt.Sprintf("runs again in %s", after), errorAgain,
		temporal.ApplicationErrorOptions{NextRetryDelay: after, Category: temporal.ApplicationErrorCategoryBenign})
}

// clean takes secrets out of a text, and the folder of a copy of the project out
// of the names of files: they are then relative to the project.
func (r *run) clean(text string) string {
	if r.space != nil && r.space.Copy {
		text = strings.ReplaceAll(text, r.space.Dir+string(filepath.Separator), "")
		text = strings.ReplaceAll(text, r.space.Dir, ".")
	}
	return r.mask.text(text)
}

// postponed turns an error into the activity's error or, when it is one of a local
// activity's surroundings, into the wish to be run again: the server tries local
// activities a few times only.
func (r *run) postponed(err error) (*Result, error) {
	var passing *temporary
	if !r.local || r.ctx.Err() != nil || !errors.As(err, &passing) {
		return nil, r.failed(err)
	}
	r.say(LevelError, "%s", err)
	const longest = time.Minute
	return r.again(&operators.Again{After: min(time.Second<<min(r.progress.Polls, 6), longest), State: r.progress.State})
}

// failed turns the error of a run into the activity's error.
func (r *run) failed(err error) error {
	if r.ctx.Err() != nil {
		return r.interrupted()
	}
	var passing *temporary
	if errors.As(err, &passing) {
		r.say(LevelError, "%s", err)
		return temporal.NewApplicationErrorWithOptions(r.clean(err.Error()), errorTemporary, temporal.ApplicationErrorOptions{})
	}
	p := describe(err, r.req.Task, r.req.Pos, r.clean)
	if p.mistake {
		r.say(LevelError, "Configuration error at task %s: %s", r.req.Task, p.log)
		return configFailure(p, r.progress.Retries)
	}
	if r.started && r.retry != nil && r.progress.Retries < r.retry.Limit {
		r.say(LevelError, "Task failed, retrying\n%s", p.log)
		return r.retried(p)
	}
	r.say(LevelError, "Task %s failed.\n%s", r.req.Task, p.log)
	return failure(p, ErrorFailure, &Failure{Error: p.error, RetryCount: r.progress.Retries})
}

// retried lets the task be tried again: by the interpreter when it is a local
// activity, else by the server.
func (r *run) retried(p *problem) error {
	delay := r.retry.Delay(r.progress.Retries)
	r.progress.Retries++
	f := &Failure{Error: p.error, RetryCount: r.progress.Retries, RetryAfter: delay}
	if r.heart == nil {
		return failure(p, ErrorRetry, f)
	}
	r.heart.save(func(now *progress) { now.Retries = r.progress.Retries })
	return temporal.NewApplicationErrorWithOptions(p.error.String("message"), ErrorFailure, temporal.ApplicationErrorOptions{
		NextRetryDelay: max(time.Duration(delay)*time.Second, soon),
		Details:        []any{*f},
	})
}

// interrupted is the error of a run that was stopped: by a cancellation, which
// ends the task, or because the worker ends or lost the server, after which
// another one runs it.
func (r *run) interrupted() error {
	cause := context.Cause(r.ctx)
	if errors.Is(cause, errCanceled) {
		// The SDK passes a cancellation on only when it has seen it itself.
		activity.RecordHeartbeat(r.outer, r.heart.progress())
	}
	if r.local || errors.Is(cause, errCanceled) || temporal.IsCanceledError(cause) || errors.Is(cause, context.Canceled) {
		r.say(LevelWarn, "Task %s is canceled.", r.req.Task)
		return r.ctx.Err()
	}
	r.say(LevelWarn, "Task %s is interrupted: %v", r.req.Task, cause)
	return temporal.NewApplicationErrorWithOptions("interrupted: "+cause.Error(), errorTemporary,
		temporal.ApplicationErrorOptions{NextRetryDelay: soon})
}

func configFailure(p *problem, retries int) error {
	return failure(p, ErrorConfig, &Failure{Error: p.error, RetryCount: retries})
}

func failure(p *problem, kind string, f *Failure) error {
	return temporal.NewApplicationErrorWithOptions(p.error.String("message"), kind,
		temporal.ApplicationErrorOptions{NonRetryable: true, Details: []any{*f}, Category: temporal.ApplicationErrorCategoryBenign})
}

var resetKey = regexp.MustCompile(`^[A-Za-z0-9_]+(\.[A-Za-z0-9_]+)*$`)

// checkResult refuses what could not be a value of a workflow.
func checkResult(r *operators.Result) error {
	for _, o := range []*ordered.Object{r.Export, r.Store, r.Subtasks} {
		if o == nil {
			continue
		}
		if err := checkValue(o, 0); err != nil {
			return &operators.Failure{Message: "The operator's result is no JSON: " + err.Error()}
		}
	}
	for _, key := range r.Reset {
		if !resetKey.MatchString(key) {
			return &operators.Failure{Message: fmt.Sprintf("Invalid key to reset: %q", key)}
		}
	}
	return nil
}

func checkValue(v any, depth int) error {
	if depth > ordered.MaxDepth {
		return fmt.Errorf("nested deeper than %d levels", ordered.MaxDepth)
	}
	switch v := v.(type) {
	case nil, bool, string:
		return nil
	case json.Number:
		if !json.Valid([]byte(v)) {
			return fmt.Errorf("%q is no number", v)
		}
		return nil
	case []any:
		for _, e := range v {
			if err := checkValue(e, depth+1); err != nil {
				return err
			}
		}
		return nil
	case *ordered.Object:
		for _, k := range v.Keys() {
			e, _ := v.Get(k)
			if err := checkValue(e, depth+1); err != nil {
				return err
			}
		}
		return nil
	default:
		return fmt.Errorf("a value of type %T", v)
	}
}
