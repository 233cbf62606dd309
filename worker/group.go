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
	generation := n.children
	if n == x.root && x.late != nil {
		x.watch(ctx, x.late, scope)
		defer x.sla.end()
	}
	for {
		generation = x.runGeneration(ctx, n, generation, scope)
		failed := anyFailed(generation)
		if n == x.root && x.sla.settle(ctx) {
			failed = true
		}
		if !failed && ctx.Err() == nil && n.task.Check.Len() > 0 {
			failed = !x.runGroupCheck(ctx, n, scope)
		}
		switch {
		case ctx.Err() != nil:
			n.finish(ctx, Canceled)
			return
		case !failed:
			n.finish(ctx, Success)
			return
		case n.task.Retry != nil && n.retries < n.task.Retry.Limit:
			if !x.waitForRetry(ctx, n) {
				n.finish(ctx, Canceled)
				return
			}
			again := newNode(n.name, n.task).children
			n.children = append(n.children, again...)
			generation = again
		default:
			x.runHandlers(ctx, n, scope, nil)
			if ctx.Err() != nil {
				n.finish(ctx, Canceled)
				return
			}
			n.finish(ctx, GroupError)
			return
		}
	}
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
		return x.runPieces(ctx, n, children, cuts, scope)
	}
	x.used += weightOfChildren(n.task)
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
