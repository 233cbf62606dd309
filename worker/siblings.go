package worker

import "go.temporal.io/sdk/workflow"

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
	c := x.newCrew(ctx)
	for {
		for len(ready) > 0 && !c.full() {
			i := ready[0]
			ready = ready[1:]
			params := f.sees(i)
			if c.idle() && len(ready) == 0 {
				x.runNode(ctx, f.nodes[i], params)
				release(i)
				continue
			}
			c.run(ctx, i, f.nodes[i], params)
		}
		if c.idle() {
			return
		}
		release(c.wait(ctx))
	}
}
