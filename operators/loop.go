package operators

import (
	"context"

	"github.com/dig2temporal/dig2temporal/translate/config"
	"github.com/dig2temporal/dig2temporal/translate/plan"
)

// Loop is loop>.
type Loop struct{}

// Spec describes loop>.
func (Loop) Spec() *Spec {
	return &Spec{
		Name:    "loop",
		Summary: "Runs a body a number of times.",
		Description: "Runs `_do` with `${i}` = 0, 1, 2 …; the rounds are the tasks `^sub+loop-0`, `^sub+loop-1` …. " +
			"A count of 0 or less runs nothing. A repeat counts anew and changes nothing outside.",
		Command: Option{Name: "loop>", Type: "integer", Required: true, Description: "The number of rounds."},
		Options: []Option{
			{Name: "count", Type: "integer", Description: "The number of rounds, instead of that of `loop>`. An exported `count` counts, too."},
			doOption, parallelOption,
		},
		Examples: []Example{{
			Title: "Seven days back, all at once",
			Dig: "+days:\n  loop>: 7\n  _parallel: true\n  _do:\n" +
				"    echo>: ${moment(session_time).subtract(i, 'days').format('YYYY-MM-DD')}\n",
		}},
		Since:    "0.1.0",
		ReadsAll: true,
		Local:    true,
		NoFiles:  true,
	}
}

// Run counts.
func (Loop) Run(_ context.Context, t *Task) (*Result, error) {
	do, err := doBody(t)
	if err != nil {
		return nil, err
	}
	// As in Digdag the number of loop> must be valid even when "count" is used.
	count, err := config.GetInt32(t.Config, "_command")
	if err != nil {
		return nil, err
	}
	if count, err = config.GetInt32Default(t.Config, "count", count); err != nil {
		return nil, err
	}
	return rounds(t, plan.Rounds{Kind: "loop", Count: int64(max(count, 0))}, do)
}
