package worker

import (
	"go.temporal.io/sdk/workflow"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/translate/plan"
)

func roundNodes(n *node, from, to int64) []*node {
	nodes := make([]*node, 0, to-from)
	for i := from; i < to; i++ {
		t := n.task.Rounds.Task(i)
		c := newNode(n.name+t.Name, t)
		if n.again || n.retries > 0 {
			c.renew()
		}
		nodes = append(nodes, c)
	}
	return nodes
}

// runRounds runs rounds of a loop: one after the other, in batches, or all at
// once. A batch starts when all of the one before it succeeded.
func (x *execution) runRounds(ctx workflow.Context, r *plan.Rounds, rounds []*node, scope *ordered.Object) {
	params := scope
	for len(rounds) > 0 {
		size := 1
		if r.Parallel {
			size = len(rounds)
			if r.Limit > 0 && r.Limit < size {
				size = r.Limit
			}
		}
		batch := rounds[:size]
		rounds = rounds[size:]
		x.runBatch(ctx, batch, params)
		for _, c := range batch {
			if !c.passed() {
				return
			}
			params = c.sum.apply(params)
		}
	}
}

// runBatch runs nodes that do not depend on each other.
func (x *execution) runBatch(ctx workflow.Context, batch []*node, params *ordered.Object) {
	if len(batch) == 1 {
		x.runNode(ctx, batch[0], params)
		return
	}
	c := x.newCrew(ctx)
	for i, n := range batch {
		for c.full() {
			c.wait(ctx)
		}
		c.run(ctx, i, n, params)
	}
	for !c.idle() {
		c.wait(ctx)
	}
}
