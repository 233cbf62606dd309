package worker

import (
	"math"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/translate/plan"
)

// Weights estimate how many history events a task needs, workflow tasks
// included. They may be too high, never much too low.
const (
	eventBudget = 6000
	// pieceBudget leaves room in a piece for what its tasks turn out to need.
	pieceBudget   = 4000
	maxPieceSize  = 1000
	maxCuts       = 400
	eventsOfLocal = 2
	eventsOfOther = 8
	eventsOfChild = 8
	eventsOfTimer = 5
)

// localOperators run as local activities. The list decides what the interpreter
// records, so a change to it needs a version.
var localOperators = map[string]bool{
	"echo": true, "fail": true, "if": true, "loop": true, "for_each": true, "for_range": true,
	"call": true, "require": true, "wait": true, "notify": true,
}

// weight estimates the events of a task with everything below it.
func weight(t *plan.Task) int {
	if t.Kind == plan.Operator {
		return weightOfOperator(t)
	}
	w := 1 + weightOfHandlers(t)
	if r := t.Rounds; r != nil {
		w = add(w, times(weight(r.Body), r.Count))
	}
	for _, c := range t.Tasks {
		w = add(w, weight(c))
	}
	return times(w, generations(t))
}

// generations is how often a task runs at most. A limit below 0 is none.
func generations(t *plan.Task) int64 {
	if t.Retry == nil {
		return 1
	}
	return int64(max(0, t.Retry.Limit)) + 1
}

func weightOfOperator(t *plan.Task) int {
	w := eventsOfOther
	if localOperators[t.Type] {
		w = eventsOfLocal
	}
	switch t.Type {
	case "loop", "for_each", "for_range", "call", "require":
		w += eventsOfChild
	case "if":
		w += max(weightOfRaw(t.Config.Object("_do")), weightOfRaw(t.Config.Object("_else_do")))
	}
	return times(w+weightOfHandlers(t), generations(t))
}

func weightOfHandlers(t *plan.Task) int {
	w := 0
	if t.Error != nil {
		w += eventsOfChild
	}
	if t.Check.Len() > 0 {
		w += eventsOfChild
	}
	return w
}

// weightOfRaw estimates a task that is not compiled yet.
func weightOfRaw(config *ordered.Object) int {
	w := 0
	for _, k := range config.Keys() {
		if k[:min(1, len(k))] == "+" || k == "_do" || k == "_else_do" {
			w = add(w, weightOfRaw(config.Object(k)))
		} else if k[max(0, len(k)-1):] == ">" {
			w = add(w, eventsOfOther)
		}
	}
	return w
}

// weightOfChildren estimates the events that the children of a group need in
// this execution by themselves; groups below count when they start.
func weightOfChildren(t *plan.Task) int {
	one := func(t *plan.Task) int {
		if t.Kind == plan.Group {
			return eventsOfChild
		}
		return weightOfOperator(t)
	}
	w := 0
	if r := t.Rounds; r != nil {
		w = times(one(r.Body), r.Count)
	}
	for _, c := range t.Tasks {
		w = add(w, one(c))
	}
	return w
}

// room tells whether the children of a group may run in this execution.
func (x *execution) room(t *plan.Task) bool {
	return x.used+weightOfChildren(t) <= eventBudget
}

// spent tells whether another generation of a group has to run elsewhere.
func (x *execution) spent(t *plan.Task) bool {
	w := weightOfChildren(t)
	if w > eventBudget {
		w = len(x.cuts(t)) * eventsOfChild
	}
	return x.used+w > eventBudget
}

// cuts returns where the children of a group have to be cut into pieces: the
// ends of the pieces. It is nil when the group fits into this execution.
func (x *execution) cuts(t *plan.Task) []int64 {
	if x.room(t) && (t.Rounds == nil || t.Rounds.Count <= maxPieceSize || x.piece != nil) {
		return nil
	}
	if t.Rounds != nil {
		return cutsOfRounds(t.Rounds, 0, t.Rounds.Count)
	}
	var cuts []int64
	w := 0
	for i, c := range t.Tasks {
		if cw := weight(c); w > 0 && add(w, cw) > pieceBudget {
			cuts = append(cuts, int64(i))
			w = cw
		} else {
			w = add(w, cw)
		}
	}
	return coarse(append(cuts, int64(len(t.Tasks))))
}

// coarse leaves at most maxCuts of some cuts. Groups too heavy for their piece
// then get executions of their own.
func coarse(cuts []int64) []int64 {
	step := (len(cuts) + maxCuts - 1) / maxCuts
	var few []int64
	for i := step - 1; i < len(cuts)-1; i += step {
		few = append(few, cuts[i])
	}
	return append(few, cuts[len(cuts)-1])
}

// cutsOfRounds cuts the rounds from from to to-1. Pieces that are still too long
// are cut again in their own execution.
func cutsOfRounds(r *plan.Rounds, from, to int64) []int64 {
	size := int64(max(1, min(maxPieceSize, pieceBudget/weight(r.Body))))
	if !sideBySide(r, from, to) && r.Parallel {
		// A piece holds whole batches.
		limit := int64(r.Limit)
		size = max(limit, size/limit*limit)
	}
	if pieces := (to - from + size - 1) / size; pieces > maxCuts {
		size *= (pieces + maxCuts - 1) / maxCuts
	}
	var cuts []int64
	for end := from; end < to; {
		end += min(size, to-end)
		cuts = append(cuts, end)
	}
	return cuts
}

// sideBySide tells whether rounds do not wait for each other.
func sideBySide(r *plan.Rounds, from, to int64) bool {
	return r.Parallel && (r.Limit <= 0 || to-from <= int64(r.Limit))
}

func add(a, b int) int {
	if a > math.MaxInt32-b {
		return math.MaxInt32
	}
	return a + b
}

func times(w int, n int64) int {
	if w == 0 || n <= 0 {
		return 0
	}
	if n > int64(math.MaxInt32/w) {
		return math.MaxInt32
	}
	return w * int(n)
}
