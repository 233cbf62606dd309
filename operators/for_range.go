package operators

import (
	"context"
	"math/big"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/translate/config"
	"github.com/dig2temporal/dig2temporal/translate/plan"
)

// ForRange is for_range>.
type ForRange struct{}

// Spec describes for_range>.
func (ForRange) Spec() *Spec {
	return &Spec{
		Name:    "for_range",
		Summary: "Runs a body for the parts of a range of numbers.",
		Description: "Cuts the numbers from `from` up to, and without, `to` into parts and runs `_do` for each with `${range.from}`, `${range.to}` " +
			"and `${range.index}`. The last part may be shorter. The rounds are tasks like `^sub+range-from=10&to=20`. " +
			"A repeat counts anew and changes nothing outside.",
		Command: Option{Name: "for_range>", Type: "mapping|string", Required: true,
			Description: "`{from: N, to: N, step: N}` or `{from: N, to: N, slices: N}`, or the JSON text of that. " +
				"`slices` is the number of parts at most."},
		Options: []Option{doOption, parallelOption},
		Examples: []Example{{
			Title: "Ten thousand ids at a time",
			Dig: "+ids:\n  for_range>:\n    from: 0\n    to: 45000\n    step: 10000\n  _do:\n" +
				"    echo>: ids ${range.from} to ${range.to}\n",
		}},
		Since:    "0.1.0",
		ReadsAll: true,
		Local:    true,
		NoFiles:  true,
	}
}

// Run computes the parts.
func (ForRange) Run(_ context.Context, t *Task) (*Result, error) {
	do, err := doBody(t)
	if err != nil {
		return nil, err
	}
	r, err := mapping(t.Config, "_command")
	if err != nil {
		return nil, err
	}
	shape := plan.Rounds{Kind: "for_range"}
	if shape.From, err = config.GetInt(r, "from"); err != nil {
		return nil, err
	}
	if shape.To, err = config.GetInt(r, "to"); err != nil {
		return nil, err
	}
	step, hasStep, err := optionalInt(r, "step")
	if err != nil {
		return nil, err
	}
	slices, hasSlices, err := optionalInt(r, "slices")
	if err != nil {
		return nil, err
	}
	switch {
	case hasStep && hasSlices:
		return nil, config.Errorf("Setting both step and slices options to for_range is invalid")
	case !hasStep && !hasSlices:
		return nil, config.Errorf("step or slices option is required for for_range")
	case hasStep && step <= 0:
		return nil, config.Errorf("step option must be same or greater than 1 but got %d", step)
	case hasSlices && slices <= 0:
		return nil, config.Errorf("slices option must be same or greater than 1 but got %d", slices)
	}
	if shape.From >= shape.To {
		shape.Step = 1
		return rounds(t, shape, do)
	}
	width := new(big.Int).Sub(big.NewInt(shape.To), big.NewInt(shape.From))
	if hasSlices {
		parts := ceilDiv(width, slices)
		if !parts.IsInt64() {
			return nil, config.Errorf("slices option must be greater for a range this wide but got %d", slices)
		}
		step = parts.Int64()
	}
	count := ceilDiv(width, step)
	if !count.IsInt64() {
		return nil, config.Errorf("step option must be greater for a range this wide but got %d", step)
	}
	shape.Step, shape.Count = step, count.Int64()
	return rounds(t, shape, do)
}

func optionalInt(o *ordered.Object, key string) (n int64, ok bool, err error) {
	v, _ := o.Get(key)
	if v == nil {
		return 0, false, nil
	}
	n, err = config.Int(key, v)
	return n, true, err
}

func ceilDiv(n *big.Int, by int64) *big.Int {
	d := big.NewInt(by)
	sum := new(big.Int).Add(n, d)
	sum.Sub(sum, big.NewInt(1))
	return sum.Div(sum, d)
}
