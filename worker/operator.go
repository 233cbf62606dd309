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
	own := params.Merge(n.task.Export)
	for {
		n.begin(ctx, Running)
		result, failure := x.perform(ctx, n, own)
		if ctx.Err() != nil {
			n.finish(ctx, Canceled)
			return
		}
		if failure != nil {
			n.err, n.retries = failure.Error, max(n.retries, failure.RetryCount)
			n.exported, n.own = nonEmpty(n.task.Export), nil
			x.runHandlers(ctx, n, params, n.err)
			n.finish(ctx, stateAfter(ctx, Error))
			return
		}
		n.err, n.retries = nil, result.RetryCount
		n.exported = nonEmpty(n.task.Export.Merge(result.Export))
		n.own = newDelta(result.Reset, result.Store)
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
		if r := n.task.Retry; ctx.Err() == nil && r != nil && n.retries < r.Limit {
			if x.waitForRetry(ctx, n) {
				continue
			}
		}
		x.runHandlers(ctx, n, scope, nil)
		n.finish(ctx, stateAfter(ctx, GroupError))
		return
	}
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

// perform calls the operator's activity until it has a result or has failed for
// good.
func (x *execution) perform(ctx workflow.Context, n *node, params *ordered.Object) (*activities.Result, *activities.Failure) {
	request := &activities.Request{
		Session: x.session, Task: n.name, Pos: n.task.Pos, Type: n.task.Type, Config: n.task.Config,
		Params: params, Check: n.task.Check, Marks: n.task.Marks, RetryCount: n.retries,
	}
	for {
		n.runs++
		result, err := x.call(ctx, n, request)
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

func (x *execution) call(ctx workflow.Context, n *node, request *activities.Request) (*activities.Result, error) {
	result := &activities.Result{}
	if localOperators[request.Type] {
		ctx = workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{
			StartToCloseTimeout: time.Minute,
			RetryPolicy:         &temporal.RetryPolicy{MaximumAttempts: 3},
			Summary:             n.name,
		})
		return result, workflow.ExecuteLocalActivity(ctx, request.Type, request).Get(ctx, result)
	}
	undisturbed, _ := workflow.NewDisconnectedContext(ctx)
	if err := x.slots.Acquire(undisturbed, 1); err != nil {
		return nil, err
	}
	defer x.slots.Release(1)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: maxRun,
		HeartbeatTimeout:    heartbeatTimeout,
		WaitForCancellation: true,
		RetryPolicy:         &temporal.RetryPolicy{InitialInterval: time.Second, MaximumInterval: time.Minute},
		Summary:             n.name,
	})
	return result, workflow.ExecuteActivity(ctx, request.Type, request).Get(ctx, result)
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
		StartToCloseTimeout: time.Minute, RetryPolicy: &temporal.RetryPolicy{MaximumAttempts: 3}, Summary: n.name + "^check",
	})
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
		export = export.Clone()
		if err == nil {
			err = ordered.New()
		}
		export.Set("error", err)
		t.Export = export
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
