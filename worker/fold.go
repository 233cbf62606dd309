package worker

import "github.com/dig2temporal/dig2temporal/internal/ordered"

// fold computes what each of some siblings sees of those before it.
type fold struct {
	// edges are the upstreams of each sibling, nodes the siblings; those that ran
	// in an earlier piece stand in with their states and sums.
	edges [][]int
	nodes []*node
	// prefix tells for each sibling that what lies before it are exactly the
	// first so many siblings; -1 when it is another set, or in another order.
	prefix []int
	scope  *ordered.Object
	// params is the scope with the sums of the first upTo siblings.
	params *ordered.Object
	upTo   int
}

func newFold(scope *ordered.Object, edges [][]int, nodes []*node) *fold {
	f := &fold{edges: edges, nodes: nodes, scope: scope, params: scope, prefix: make([]int, len(edges))}
	for i, up := range edges {
		f.prefix[i] = f.prefixOf(up)
	}
	return f
}

func (f *fold) prefixOf(up []int) int {
	if len(up) == 0 {
		return 0
	}
	for at, u := range up {
		if u != up[0]+at || f.prefix[u] != up[0] {
			return -1
		}
	}
	return up[0] + len(up)
}

// sees returns the params of sibling i, whose upstreams are all done.
func (f *fold) sees(i int) *ordered.Object {
	if p := f.prefix[i]; p >= f.upTo {
		for ; f.upTo < p; f.upTo++ {
			f.params = f.nodes[f.upTo].sum.apply(f.params)
		}
		return f.params
	}
	params := f.scope
	for _, u := range f.before(i) {
		params = f.nodes[u].sum.apply(params)
	}
	return params
}

// before lists the siblings that i depends on, directly or not, each after
// those that it depends on itself.
func (f *fold) before(i int) []int {
	var order []int
	seen := make([]bool, i)
	var walk func(i int)
	walk = func(i int) {
		for _, u := range f.edges[i] {
			if !seen[u] {
				seen[u] = true
				walk(u)
				order = append(order, u)
			}
		}
	}
	walk(i)
	return order
}
