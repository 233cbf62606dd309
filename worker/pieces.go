package worker

import (
	"fmt"

	"go.temporal.io/sdk/workflow"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/translate/plan"
)

// piece is a part of the children of a group that runs in an execution of its
// own: those from From to To-1.
type piece struct {
	From int64 `json:"from"`
	To   int64 `json:"to"`
	// Edges are the upstreams of the children up to To, Before what earlier
	// pieces left. Both are for static children only.
	Edges  [][]int   `json:"edges,omitempty"`
	Before []sibling `json:"before,omitempty"`
	// Retried, when over 0, makes the piece run all children of the group again and
	// again. It is how often that was done before, this time included.
	Retried int `json:"retried,omitempty"`
}

// sibling is what later pieces have to know of a child: whether the tasks that
// depend on it may start, and its stores. A child that passed and stored
// nothing is not worth mentioning.
type sibling struct {
	Index  int    `json:"index"`
	Failed bool   `json:"failed,omitempty"`
	Sum    *Delta `json:"sum,omitempty"`
}

// maxPieces is how many pieces run side by side.
const maxPieces = 8

// runPieces runs the children of a group in executions of their own. It returns
// a node for each piece; they replace the nodes of the children.
func (x *execution) runPieces(ctx workflow.Context, n *node, children []*node, start int64, cuts []int64, scope *ordered.Object) []*node {
	n.children = n.children[:len(n.children)-len(children)]
	n.newest = len(n.children)
	pieces := make([]*node, len(cuts))
	from := start
	for i, to := range cuts {
		p := &node{task: n.task, name: n.name, state: Blocked, remote: &Remote{Name: n.name, From: from, To: to}}
		p.again = n.again || n.retries > 0
		pieces[i] = p
		from = to
	}
	n.children = append(n.children, pieces...)
	if n.task.Rounds != nil {
		x.runRoundPieces(ctx, sideBySide(n.task.Rounds, start, from), pieces, scope)
	} else {
		x.runStaticPieces(ctx, n.task, pieces, scope)
	}
	return pieces
}

func (x *execution) runRoundPieces(ctx workflow.Context, together bool, pieces []*node, scope *ordered.Object) {
	if !together {
		params := scope
		for _, p := range pieces {
			x.runPieceRemote(ctx, p, &piece{From: p.remote.From, To: p.remote.To}, params)
			if p.state != Success {
				return
			}
			params = p.sum.apply(params)
		}
		return
	}
	places := workflow.NewSemaphore(ctx, maxPieces)
	all := workflow.NewWaitGroup(ctx)
	undisturbed, _ := workflow.NewDisconnectedContext(ctx)
	for _, p := range pieces {
		if err := places.Acquire(undisturbed, 1); err != nil {
			break
		}
		all.Add(1)
		workflow.Go(ctx, func(ctx workflow.Context) {
			defer places.Release(1)
			defer all.Done()
			x.runPieceRemote(ctx, p, &piece{From: p.remote.From, To: p.remote.To}, scope)
		})
	}
	all.Wait(ctx)
}

// runStaticPieces runs pieces one after the other, since a later one has to
// know what became of the siblings before it; pieces whose tasks depend on
// nothing run side by side.
func (x *execution) runStaticPieces(ctx workflow.Context, t *plan.Task, pieces []*node, scope *ordered.Object) {
	edges := make([][]int, len(t.Tasks))
	independent := true
	for i, c := range t.Tasks {
		edges[i] = c.Upstreams
		independent = independent && len(c.Upstreams) == 0
	}
	if independent {
		x.runRoundPieces(ctx, true, pieces, scope)
		return
	}
	var before []sibling
	for _, p := range pieces {
		part := &piece{From: p.remote.From, To: p.remote.To, Edges: edges[:p.remote.To], Before: before}
		before = append(before[:len(before):len(before)], x.runPieceRemote(ctx, p, part, scope)...)
	}
}

// runPieceRemote starts the execution of a piece and waits for it.
func (x *execution) runPieceRemote(ctx workflow.Context, p *node, part *piece, params *ordered.Object) []sibling {
	t := *p.task
	if t.Rounds == nil {
		t.Tasks = t.Tasks[part.From:part.To]
	}
	in := x.childInput(p.name, &t, params)
	in.Piece = part
	near := *part
	if t.Rounds == nil {
		// In another revision a task may lie in the piece before or after.
		near.From, near.To = 2*part.From-part.To, 2*part.To-part.From
	}
	in.Resume, in.Again = x.resume.executions(p.name, &near), p.again
	out := x.runChild(ctx, p, in, fmt.Sprintf("%s[%d-%d]", p.name, part.From, part.To-1))
	if out == nil {
		return failedSiblings(part)
	}
	return out.Children
}

func failedSiblings(p *piece) []sibling {
	var list []sibling
	for i := p.From; i < p.To; i++ {
		list = append(list, sibling{Index: int(i), Failed: true})
	}
	return list
}

// runLater runs later generations of a group in an execution of their own, as
// many as that has room for, and tells whether the last one failed.
func (x *execution) runLater(ctx workflow.Context, n *node, scope *ordered.Object) (failed bool) {
	count := int64(len(n.task.Tasks))
	if n.task.Rounds != nil {
		count = n.task.Rounds.Count
	}
	p := &node{task: n.task, name: n.name, state: Blocked, again: true, remote: &Remote{Name: n.name, To: max(1, count)}}
	n.newest = len(n.children)
	n.children = append(n.children, p)
	t := *n.task
	t.Export, t.Error = nil, nil
	in := x.childInput(n.name, &t, scope)
	in.Piece, in.Again = &piece{To: count, Retried: n.retries}, true
	out := x.runChild(ctx, p, in, fmt.Sprintf("%s[retry %d]", n.name, n.retries))
	if out == nil {
		return true
	}
	n.retries = out.Retries
	return p.state != Success
}

// runRetries is the other side of runLater.
func (x *execution) runRetries(ctx workflow.Context, scope *ordered.Object) {
	n := x.root
	n.begin(ctx, Planned)
	n.retries = x.piece.Retried
	failed := x.runGenerations(ctx, n, scope)
	switch {
	case ctx.Err() != nil:
		n.finish(ctx, Canceled)
	case failed:
		n.finish(ctx, GroupError)
	default:
		n.finish(ctx, Success)
	}
}

// runPiece is the other side of runPieceRemote: it runs the children of the root that the
// execution was started for.
func (x *execution) runPiece(ctx workflow.Context, params *ordered.Object) {
	n, p := x.root, x.piece
	n.begin(ctx, Planned)
	if err := x.recall(ctx, n); err != nil && ctx.Err() == nil {
		n.err = ordered.Of("message", err.Error())
		n.finish(ctx, GroupError)
		return
	}
	if r := n.task.Rounds; r != nil {
		if cuts := cutsOfRounds(r, p.From, p.To); len(cuts) > 1 {
			x.runPieces(ctx, n, nil, p.From, cuts, params)
		} else {
			n.children = roundNodes(n, p.From, p.To)
			x.runRounds(ctx, r, n.children, params)
		}
	} else {
		nodes := make([]*node, p.From, p.To)
		for i := range nodes {
			nodes[i] = &node{state: Success}
		}
		for _, s := range p.Before {
			nodes[s.Index].sum = s.Sum
			if s.Failed {
				nodes[s.Index].state = Error
			}
		}
		edges := p.Edges
		if edges == nil {
			edges = make([][]int, p.To)
		}
		x.runSiblings(ctx, newFold(params, edges, append(nodes, n.children...)), int(p.From))
	}
	switch {
	case ctx.Err() != nil:
		n.finish(ctx, Canceled)
	case allPassed(n.children):
		n.finish(ctx, Success)
	default:
		n.finish(ctx, GroupError)
	}
}

func allPassed(nodes []*node) bool {
	for _, c := range nodes {
		if !c.passed() {
			return false
		}
	}
	return true
}

// siblings reports the children of a static piece to the later ones.
func (p *piece) siblings(root *node) []sibling {
	if root.task.Rounds != nil || p.Retried > 0 {
		return nil
	}
	var list []sibling
	for i, c := range root.children {
		if s := (sibling{Index: int(p.From) + i, Failed: !c.passed(), Sum: c.sum}); s.Failed || s.Sum != nil {
			list = append(list, s)
		}
	}
	return list
}
