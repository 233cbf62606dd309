package operators

import (
	"context"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/translate/config"
)

// If is if>.
type If struct{}

// Spec describes if>.
func (If) Spec() *Spec {
	return &Spec{
		Name:    "if",
		Summary: "Runs one of two bodies.",
		Description: "Runs `_do` when the condition is true and `_else_do` when it is false. The branch that is not taken is not looked at. " +
			"A body is one operator or a group of tasks; it becomes the task `^sub`. A repeat decides anew and changes nothing outside.",
		Command: Option{Name: "if>", Type: "boolean", Required: true,
			Description: "`true` or `false`, mostly as the result of `${…}`. An empty text is false; any other text but these is an error."},
		Options: []Option{
			{Name: "_do", Type: "mapping", Description: "What runs when the condition is true. One of the two bodies must be there."},
			{Name: "_else_do", Type: "mapping", Description: "What runs when it is false."},
		},
		Examples: []Example{{
			Title: "Two branches",
			Dig:   "+weekly:\n  if>: ${moment(session_time).format('E') == '1'}\n  _do:\n    echo>: monday\n  _else_do:\n    echo>: another day\n",
		}},
		Since:   "0.1.0",
		Local:   true,
		NoFiles: true,
	}
}

// Run chooses the branch.
func (If) Run(_ context.Context, t *Task) (*Result, error) {
	do, err := body(t.Config, "_do")
	if err != nil {
		return nil, err
	}
	elseDo, err := body(t.Config, "_else_do")
	if err != nil {
		return nil, err
	}
	condition, err := config.GetBool(t.Config, "_command")
	if err != nil {
		return nil, err
	}
	if do.Len() == 0 && elseDo.Len() == 0 {
		return nil, &ConfigError{Message: "Both _do and _else_do are not specified."}
	}
	if condition {
		return &Result{Subtasks: do, SubtasksKey: "_do"}, nil
	}
	return &Result{Subtasks: elseDo, SubtasksKey: "_else_do"}, nil
}

// body reads an optional mapping; it is nil when it is absent or null.
func body(o *ordered.Object, key string) (*ordered.Object, error) {
	v, _ := o.Get(key)
	if v == nil {
		return nil, nil
	}
	return config.Object(key, v)
}
