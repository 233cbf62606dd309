package worker

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
)

// runGroup runs the children of a group, generation after generation while its
// _retry allows it, and then its _check or _error.
func (x *execution) runGroup(ctx workflow.Context, n *node, params *ordered.Object) {
	n.begin(ctx, Planned)
	scope := params.Merge(n.task.Export)
	if n == x.root && x.late != nil {
		x.watch(ctx, x.late, scope)
		defer x.sla.end()
	}
	failed := x.runGenerations(ctx, n, scope)
	switch {
	case ctx.Err() != nil:
		n.finish(ctx, Canceled)
	case !failed:
		n.finish(ctx, Success)
	default:
		x.runHandlers(ctx, n, scope, nil)
		if n == x.root {
			x.sla.settle(ctx)
		}
		n.finish(ctx, stateAfter(ctx, GroupError))
	}
}

// runGenerations runs the children of a group again and again while they fail
// and its _retry allows it. It tells whether the last generation failed.
func (x *execution) runGenerations(ctx workflow.Context, n *node, scope *ordered.Object) (failed bool) {
	failed = x.runOnce(ctx, n, n.children, scope)
	for failed && ctx.Err() == nil && int64(n.retries) < generations(n.task)-1 {
		spent := x.spent(n.task)
		if spent && n == x.root && x.piece != nil {
			// Whoever started this execution starts another one.
			return true
		}
		if !x.waitForRetry(ctx, n) {
			return true
		}
		if spent {
			failed = x.runLater(ctx, n, scope)
			failed = n == x.root && x.sla.settle(ctx) || failed
			continue
		}
		again := newNode(n.name, n.task).children
		for _, c := range again {
			c.renew()
		}
		n.newest = len(n.children)
		n.children = append(n.children, again...)
		failed = x.runOnce(ctx, n, again, scope)
	}
	return failed
}

// runOnce runs one generation of a group with its _check.
func (x *execution) runOnce(ctx workflow.Context, n *node, generation []*node, scope *ordered.Object) (failed bool) {
	failed = anyFailed(x.runGeneration(ctx, n, generation, scope))
	failed = n == x.root && x.sla.settle(ctx) || failed
	if failed || ctx.Err() != nil || n.task.Check.Len() == 0 || x.modes.of(n.name) == leave {
		return failed
	}
	failed = !x.runGroupCheck(ctx, n, scope)
	// The time of the SLA may have come meanwhile.
	return n == x.root && x.sla.settle(ctx) || failed
}

func anyFailed(nodes []*node) bool {
	for _, c := range nodes {
		if c.failed() {
			return true
		}
	}
	return false
}

// waitForRetry spends one re-try of a task whose children failed; false when
// the attempt was canceled meanwhile.
func (x *execution) waitForRetry(ctx workflow.Context, n *node) bool {
	n.state = GroupRetryWaiting
	delay := n.task.Retry.Delay(n.retries)
	n.retries++
	if delay > 0 {
		x.used += eventsOfTimer
		if err := workflow.Sleep(ctx, time.Duration(delay)*time.Second); err != nil {
			return false
		}
	}
	n.state = Planned
	return ctx.Err() == nil
}

// runGeneration runs the children of a group once and returns their nodes.
func (x *execution) runGeneration(ctx workflow.Context, n *node, children []*node, scope *ordered.Object) []*node {
	if cuts := x.cuts(n.task); cuts != nil {
		return x.runPieces(ctx, n, children, 0, cuts, scope)
	}
	x.used += weightOfChildren(n.task)
	if err := x.recall(ctx, n); err != nil && ctx.Err() == nil {
		n.err = ordered.Of("message", err.Error())
		return []*node{{task: n.task, name: n.name, state: Error}}
	}
	if r := n.task.Rounds; r != nil {
		rounds := roundNodes(n, 0, r.Count)
		n.children = append(n.children, rounds...)
		x.runRounds(ctx, r, rounds, scope)
		return rounds
	}
	edges := make([][]int, len(n.task.Tasks))
	for i, t := range n.task.Tasks {
		edges[i] = t.Upstreams
	}
	x.runSiblings(ctx, newFold(scope, edges, children), 0)
	return children
}
