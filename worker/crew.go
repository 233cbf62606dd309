package worker

import (
	"go.temporal.io/sdk/workflow"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/translate/plan"
)

// crew runs nodes side by side and tells which of them ended.
//
// The SDK resumes every blocked coroutine of an execution at every event, at
// some 10 µs each. So an operator task gets none: the crew holds the future of
// its activity, and starts a coroutine only when the answer leaves something to
// do.
type crew struct {
	x        *execution
	selector workflow.Selector
	// tasks and coroutines count what runs.
	tasks, coroutines int
	ended             []int
	done              workflow.Channel
}

// maxCoroutines is how many coroutines a crew has; more nodes wait for their
// turn.
const maxCoroutines = 100

func (x *execution) newCrew(ctx workflow.Context) *crew {
	c := &crew{x: x, selector: workflow.NewSelector(ctx), done: workflow.NewBufferedChannel(ctx, maxCoroutines+maxPending)}
	c.selector.AddReceive(c.done, func(ch workflow.ReceiveChannel, _ bool) {
		var i int
		ch.Receive(ctx, &i)
		c.coroutines--
		c.ended = append(c.ended, i)
	})
	return c
}

// full tells whether a node has to end before another may start.
func (c *crew) full() bool {
	return c.coroutines >= maxCoroutines || c.tasks+c.coroutines >= maxPending
}

// idle tells whether nothing runs.
func (c *crew) idle() bool { return c.tasks+c.coroutines+len(c.ended) == 0 }

// run starts node n, which wait will call i.
func (c *crew) run(ctx workflow.Context, i int, n *node, params *ordered.Object) {
	if n.task.Kind == plan.Operator && c.launch(ctx, i, n, params) {
		return
	}
	c.spawn(ctx, i, func(ctx workflow.Context) { c.x.runNode(ctx, n, params) })
}

func (c *crew) spawn(ctx workflow.Context, i int, f func(workflow.Context)) {
	c.coroutines++
	workflow.Go(ctx, func(ctx workflow.Context) {
		f(ctx)
		c.done.Send(ctx, i)
	})
}

// launch starts the activity of an operator task. It is false when the task has
// to be run another way.
func (c *crew) launch(ctx workflow.Context, i int, n *node, params *ordered.Object) bool {
	x := c.x
	if ctx.Err() != nil || x.skip(n) || x.restores(n) {
		return false
	}
	request := x.request(n, params)
	operator, local := operatorOf(request)
	if !local && !x.slots.TryAcquire(ctx, 1) {
		return false
	}
	c.tasks++
	n.begin(ctx, Running)
	c.selector.AddFuture(launch(ctx, n, operator, local, request), func(f workflow.Future) {
		a := read(ctx, f)
		if !local {
			x.slots.Release(1)
		}
		c.tasks--
		if ctx.Err() == nil && !a.plain() {
			c.spawn(ctx, i, func(ctx workflow.Context) {
				x.operate(ctx, n, params, request, a)
				x.count(ctx)
			})
			return
		}
		n.runs++
		if ctx.Err() != nil {
			n.finish(ctx, Canceled)
		} else {
			n.runs += a.result.RetryCount - request.RetryCount
			n.take(a.result)
			n.finish(ctx, Success)
		}
		x.count(ctx)
		c.ended = append(c.ended, i)
	})
	return true
}

// wait waits for a node to end and returns its number.
func (c *crew) wait(ctx workflow.Context) int {
	for len(c.ended) == 0 {
		c.selector.Select(ctx)
	}
	i := c.ended[0]
	c.ended = c.ended[1:]
	return i
}
