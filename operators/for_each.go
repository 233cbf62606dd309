package operators

import (
	"context"
	"math"

	"github.com/dig2temporal/dig2temporal/translate/config"
	"github.com/dig2temporal/dig2temporal/translate/plan"
)

// ForEach is for_each>.
type ForEach struct{}

// Spec describes for_each>.
func (ForEach) Spec() *Spec {
	return &Spec{
		Name:    "for_each",
		Summary: "Runs a body for every combination of values.",
		Description: "Every key names a variable of `_do`, every value lists what it takes. With several keys the body runs for all " +
			"combinations, the first key changing slowest. The rounds are tasks like `^sub+for-0=fruit=1=orange`. " +
			"A repeat counts anew and changes nothing outside.",
		Command: Option{Name: "for_each>", Type: "mapping|string", Required: true,
			Description: "`{variable: [value, …], …}`, or the JSON text of that. A list may be JSON text, too, as `${…}` gives it."},
		Options: []Option{doOption, parallelOption},
		Examples: []Example{{
			Title: "Two variables",
			Dig: "+all:\n  for_each>:\n    fruit: [apple, orange]\n    verb: [eat, throw]\n  _parallel: {limit: 2}\n  _do:\n" +
				"    echo>: ${verb} the ${fruit}\n",
		}},
		Since:    "0.1.0",
		ReadsAll: true,
		Local:    true,
		NoFiles:  true,
	}
}

// Run collects the lists.
func (ForEach) Run(_ context.Context, t *Task) (*Result, error) {
	do, err := doBody(t)
	if err != nil {
		return nil, err
	}
	values, err := mapping(t.Config, "_command")
	if err != nil {
		return nil, err
	}
	shape := plan.Rounds{Kind: "for_each"}
	for i, key := range values.Keys() {
		items, err := list(values, key)
		if err != nil {
			return nil, err
		}
		// An empty list discards the combinations so far, as in Digdag: the lists
		// after it start anew.
		if len(items) == 0 {
			shape.Lists, shape.Count = nil, 0
			continue
		}
		if shape.Count == 0 {
			shape.Count = 1
		}
		if shape.Count > math.MaxInt64/int64(len(items)) {
			return nil, config.Errorf("Too many for_each subtasks: the lists have more than %d combinations", int64(math.MaxInt64))
		}
		shape.Count *= int64(len(items))
		shape.Lists = append(shape.Lists, plan.List{Index: i, Key: key, Values: items})
	}
	return rounds(t, shape, do)
}
