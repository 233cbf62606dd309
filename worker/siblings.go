package worker

import "go.temporal.io/sdk/workflow"

// maxSiblings is how many siblings run side by side; more wait for their turn.
const maxSiblings = maxPending

// runSiblings runs the siblings of f from first on, each when all its upstreams
// have passed. It returns when nothing more can start.
func (x *execution) runSiblings(ctx workflow.Context, f *fold, first int) {
	waits := make([]int, len(f.nodes))
	dependants := make([][]int, len(f.nodes))
	var ready []int
	for i := first; i < len(f.nodes); i++ {
		for _, u := range f.edges[i] {
			if u < first && f.nodes[u].passed() {
				continue
			}
			waits[i]++
			dependants[u] = append(dependants[u], i)
		}
		if waits[i] == 0 {
			ready = append(ready, i)
		}
	}
	release := func(i int) {
		if !f.nodes[i].passed() {
			return
		}
		for _, d := range dependants[i] {
			if waits[d]--; waits[d] == 0 {
				ready = append(ready, d)
			}
		}
	}
	done := workflow.NewBufferedChannel(ctx, len(f.nodes))
	running := 0
	for {
		for len(ready) > 0 && running < maxSiblings {
			i := ready[0]
			ready = ready[1:]
			params := f.sees(i)
			if running == 0 && len(ready) == 0 {
				x.runNode(ctx, f.nodes[i], params)
				release(i)
				continue
			}
			running++
			workflow.Go(ctx, func(ctx workflow.Context) {
				x.runNode(ctx, f.nodes[i], params)
				done.Send(ctx, i)
			})
		}
		if running == 0 {
			return
		}
		var i int
		done.Receive(ctx, &i)
		running--
		release(i)
	}
}
