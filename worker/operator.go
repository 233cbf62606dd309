package worker

import (
	"errors"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/dig2temporal/dig2temporal/activities"
	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/translate/plan"
)

// runOperator runs an operator task: the operator, then what it generated, and
// all of it again while the generated tasks fail and _retry allows it.
func (x *execution) runOperator(ctx workflow.Context, n *node, params *ordered.Object) {
	if x.takeOver(n) {
		return
	}
	if ctx.Err() != nil {
		n.finish(ctx, Canceled)
		return
	}
	n.begin(ctx, Running)
	x.operate(ctx, n, params, x.request(n, params), nil)
}

func (x *execution) request(n *node, params *ordered.Object) *activities.Request {
	return &activities.Request{
		Session: x.session, Task: n.name, Pos: n.task.Pos, Type: n.task.Type, Config: n.task.Config,
		Params: params.Merge(n.task.Export), Check: n.task.Check, Marks: n.task.Marks, RetryCount: n.retries,
	}
}

// operate carries an operator task to its end. The first answer of the operator
// may be there already.
func (x *execution) operate(ctx workflow.Context, n *node, params *ordered.Object, request *activities.Request, first *answer) {
	for {
		n.begin(ctx, Running)
		result, failure := x.perform(ctx, n, request, first)
		first = nil
		if ctx.Err() != nil {
			n.finish(ctx, Canceled)
			return
		}
		if failure != nil {
			n.err, n.retries = failure.Error, max(n.retries, failure.RetryCount)
			n.exported, n.own = nonEmpty(n.task.Export), nil
			x.runHandlers(ctx, n, params.Merge(n.exported), n.err)
			n.finish(ctx, stateAfter(ctx, Error))
			return
		}
		n.take(result)
		if result.Subtasks == nil && result.Check == nil {
			n.finish(ctx, Success)
			return
		}
		n.state = Planned
		scope := n.own.apply(params.Merge(n.exported))
		if x.runGeneratedOf(ctx, n, result, scope) {
			n.finish(ctx, stateAfter(ctx, Success))
			return
		}
		if r := n.task.Retry; ctx.Err() == nil && r != nil && n.retries < r.Limit && x.waitForRetry(ctx, n) {
			request = x.request(n, params)
			continue
		}
		x.runHandlers(ctx, n, scope, nil)
		n.finish(ctx, stateAfter(ctx, GroupError))
		return
	}
}

// take takes the result of the operator over.
func (n *node) take(result *activities.Result) {
	n.err, n.retries = nil, result.RetryCount
	n.exported = nonEmpty(n.task.Export.Merge(result.Export))
	n.own = newDelta(result.Reset, result.Store)
}

func stateAfter(ctx workflow.Context, s State) State {
	if ctx.Err() != nil {
		return Canceled
	}
	return s
}

func nonEmpty(o *ordered.Object) *ordered.Object {
	if o.Len() == 0 {
		return nil
	}
	return o
}

// answer is what one call of an operator's activity ended with.
type answer struct {
	result *activities.Result
	err    error
}

// plain tells that the answer is the end of the task: a result with nothing to
// generate.
func (a *answer) plain() bool {
	return a.err == nil && a.result.Again == nil && a.result.Require == nil && a.result.Subtasks == nil && a.result.Check == nil
}

// perform calls the operator's activity until it has a result or has failed for
// good.
func (x *execution) perform(ctx workflow.Context, n *node, request *activities.Request, a *answer) (*activities.Result, *activities.Failure) {
	for ; ; a = nil {
		n.runs++
		if a == nil {
			a = x.call(ctx, n, request)
		}
		result, err := a.result, a.err
		if err == nil && result.Require != nil {
			result, err = x.require(ctx, request, result)
		}
		var wait time.Duration
		switch {
		case err != nil:
			failure, kind := failureOf(err)
			if kind != activities.ErrorRetry {
				n.runs += failure.RetryCount - request.RetryCount
				return nil, failure
			}
			n.err = failure.Error
			request.RetryCount, request.State = failure.RetryCount, nil
			wait = time.Duration(failure.RetryAfter) * time.Second
		case result.Again != nil:
			n.runs--
			request.State = result.Again.State
			wait = time.Duration(result.Again.AfterMillis) * time.Millisecond
		default:
			n.runs += result.RetryCount - request.RetryCount
			return result, nil
		}
		n.state = RetryWaiting
		if wait > 0 {
			x.used += eventsOfTimer
			if workflow.Sleep(ctx, wait) != nil {
				return nil, nil
			}
		}
		n.state = Running
	}
}

// maxRun is as good as no limit on the time that an operator takes: Digdag has
// none for a task. Lost workers are seen by missing heartbeats.
const maxRun = 10 * 365 * 24 * time.Hour

// heartbeatTimeout is how long a lost worker goes unnoticed.
const heartbeatTimeout = 30 * time.Second

// call calls the operator's activity once.
func (x *execution) call(ctx workflow.Context, n *node, request *activities.Request) *answer {
	operator, local := operatorOf(request)
	if !local {
		if !x.slots.TryAcquire(ctx, 1) {
			undisturbed, _ := workflow.NewDisconnectedContext(ctx)
			if err := x.slots.Acquire(undisturbed, 1); err != nil {
				return &answer{err: err}
			}
		}
		defer x.slots.Release(1)
		if err := ctx.Err(); err != nil {
			return &answer{err: err}
		}
	}
	return read(ctx, launch(ctx, n, operator, local, request))
}

// operatorOf tells which operator runs a request, since a param can name another
// one than the task does, and whether it runs as a local activity.
func operatorOf(request *activities.Request) (operator string, local bool) {
	operator, sure := activities.TypeOf(request.Params, request.Config)
	if !sure || operator == "" {
		operator = request.Type
	}
	return operator, sure && localOperators[operator]
}

func launch(ctx workflow.Context, n *node, operator string, local bool, request *activities.Request) workflow.Future {
	if local {
		return workflow.ExecuteLocalActivity(workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{
			StartToCloseTimeout: time.Minute,
			RetryPolicy:         &temporal.RetryPolicy{MaximumAttempts: 3},
			Summary:             brief(n.name),
		}), operator, request)
	}
	return workflow.ExecuteActivity(workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: maxRun,
		HeartbeatTimeout:    heartbeatTimeout,
		WaitForCancellation: true,
		RetryPolicy:         &temporal.RetryPolicy{InitialInterval: time.Second, MaximumInterval: time.Minute},
		Summary:             brief(n.name),
		TaskQueue:           request.Session.Queues[operator],
	}), operator, request)
}

func read(ctx workflow.Context, f workflow.Future) *answer {
	a := &answer{result: &activities.Result{}}
	a.err = f.Get(ctx, a.result)
	return a
}

// failureOf reads what an operator's activity failed with, and the type of the
// failure.
func failureOf(err error) (*activities.Failure, string) {
	failure := &activities.Failure{}
	var app *temporal.ApplicationError
	if errors.As(err, &app) {
		if app.HasDetails() && app.Details(failure) == nil && failure.Error != nil {
			return failure, app.Type()
		}
		failure.Error = ordered.Of("message", app.Message())
		return failure, activities.ErrorFailure
	}
	failure.Error = ordered.Of("message", err.Error())
	return failure, activities.ErrorFailure
}

// runGeneratedOf runs the "^sub" and the "^check" of a result and tells whether
// all of it succeeded. The check is blocked when the subtasks failed.
func (x *execution) runGeneratedOf(ctx workflow.Context, n *node, result *activities.Result, scope *ordered.Object) bool {
	var sub, check *node
	if result.Subtasks != nil {
		sub = n.add(result.Subtasks)
	}
	if result.Check != nil {
		check = n.add(result.Check)
	}
	if sub != nil {
		x.runGenerated(ctx, n, sub, scope)
		if !sub.passed() {
			return false
		}
		scope = sub.sum.apply(scope)
	}
	if check != nil {
		x.runGenerated(ctx, n, check, scope)
		return check.passed()
	}
	return true
}

// smallSet is the weight up to which what a task generates runs in the same
// execution as the task, if that is a child itself.
const smallSet = 100

// runGenerated runs a generated task: in a child workflow, but for the branch of
// an if>, which does not multiply tasks, and for small sets within a child.
func (x *execution) runGenerated(ctx workflow.Context, by, n *node, params *ordered.Object) {
	here := x.room(n.task) && (by.task.Type == "if" || x.depth > 0 && weight(n.task) <= smallSet)
	if here {
		if n.task.Kind == plan.Operator {
			x.used += weightOfOperator(n.task)
			if err := x.recall(ctx, n); err != nil && ctx.Err() == nil {
				n.err = ordered.Of("message", err.Error())
				n.finish(ctx, Error)
				return
			}
		}
		x.runNode(ctx, n, params)
		return
	}
	x.runRemote(ctx, n, params)
}

// runGroupCheck runs the _check of a group after its children, in a scope that
// has their stores.
func (x *execution) runGroupCheck(ctx workflow.Context, n *node, scope *ordered.Object) bool {
	request := &activities.Request{Session: x.session, Task: n.name, Pos: n.task.Pos, Check: n.task.Check, Marks: n.task.Marks}
	ctx = workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{
		StartToCloseTimeout: time.Minute, RetryPolicy: &temporal.RetryPolicy{MaximumAttempts: 3}, Summary: brief(n.name + "^check"),
	})
	x.used += eventsOfLocal
	result := &activities.Result{}
	if err := workflow.ExecuteLocalActivity(ctx, activities.CompileCheck, request).Get(ctx, result); err != nil {
		failure, _ := failureOf(err)
		n.err = failure.Error
		return false
	}
	if result.Check == nil {
		return true
	}
	stores, _ := n.below()
	check := n.add(result.Check)
	x.runGenerated(ctx, n, check, stores.apply(scope))
	return check.passed()
}

// runHandlers runs what a task generates when it has failed for good: "^error",
// and at the root the failure alert beside it. err is the error of the task
// itself, nil when its children failed.
func (x *execution) runHandlers(ctx workflow.Context, n *node, scope *ordered.Object, err *ordered.Object) {
	if ctx.Err() != nil {
		return
	}
	var handlers []*node
	if n == x.root && x.depth == 0 {
		handlers = append(handlers, n.add(&plan.Task{
			Name: "^failure-alert", Kind: plan.Operator, Type: "notify",
			Config: ordered.Of("_type", "notify", "_command", "Workflow session attempt failed"),
		}))
	}
	if n.task.Error != nil {
		t := *n.task.Error
		export := t.Export
		if err == nil {
			stores, errs := n.below()
			export, err = stores.apply(export), errs
		}
		if err == nil {
			err = ordered.New()
		}
		t.Export = export.With("error", err)
		handlers = append(handlers, n.add(&t))
	}
	if len(handlers) == 0 {
		return
	}
	n.state = Planned
	all := workflow.NewWaitGroup(ctx)
	for _, h := range handlers {
		all.Add(1)
		workflow.Go(ctx, func(ctx workflow.Context) {
			defer all.Done()
			if h.task.Type == "notify" && h.task.Name == "^failure-alert" {
				x.runNode(ctx, h, scope)
				return
			}
			x.runGenerated(ctx, n, h, scope)
		})
	}
	all.Wait(ctx)
}
