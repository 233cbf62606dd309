package operators

import (
	"fmt"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/translate/config"
	"github.com/dig2temporal/dig2temporal/translate/plan"
)

var (
	doOption = Option{Name: "_do", Type: "mapping", Required: true,
		Description: "What runs in every round: one operator or a group of tasks."}
	parallelOption = Option{Name: "_parallel", Type: "boolean|mapping", Default: "false",
		Description: "`true` runs all rounds side by side; `{limit: N}` runs them in batches of N, each after the batch before it."}
)

// rounds puts the result of a loop operator together. The shape has everything
// but what _parallel says.
func rounds(t *Task, shape plan.Rounds, do *ordered.Object) (*Result, error) {
	if t.MaxRounds > 0 && shape.Count > t.MaxRounds {
		return nil, &ConfigError{Message: tooMany(shape.Kind, shape.Count, t.MaxRounds)}
	}
	parallel, ok := t.Config.Get("_parallel")
	if ok && parallel == nil {
		return nil, config.Errorf("Invalid _parallel format: null")
	}
	return &Result{Rounds: &Rounds{Shape: shape, Body: do, Parallel: parallel}}, nil
}

func tooMany(kind string, count, limit int64) string {
	if kind == "for_range" {
		return fmt.Sprintf("Too many %s subtasks (%d). Limit: %d", kind, count, limit)
	}
	return fmt.Sprintf("Too many %s subtasks. Limit: %d", kind, limit)
}

// doBody reads the required _do and the _export that every round is added to.
func doBody(t *Task) (*ordered.Object, error) {
	v, ok := t.Config.Get("_do")
	if !ok {
		return nil, config.Errorf("Parameter '_do' is required but not set")
	}
	do, err := config.Object("_do", v)
	if err != nil {
		return nil, err
	}
	_, err = body(do, "_export")
	return do, err
}

// mapping reads a mapping or the JSON text of one.
func mapping(o *ordered.Object, key string) (*ordered.Object, error) {
	v, ok := o.Get(key)
	if !ok {
		return nil, config.Errorf("Parameter '%s' is required but not set", key)
	}
	if text, ok := v.(string); ok {
		parsed, err := ordered.Parse([]byte(text))
		if err != nil {
			return nil, config.Errorf("Parameter '%s' must be an object, or the JSON text of one, but got %s", key, ordered.Text(text))
		}
		v = parsed
	}
	return config.Object(key, v)
}

// list reads an array or the JSON text of one.
func list(o *ordered.Object, key string) ([]any, error) {
	v, err := config.Required(o, key)
	if err != nil {
		return nil, err
	}
	if text, ok := v.(string); ok {
		if parsed, err := ordered.Parse([]byte(text)); err == nil {
			v = parsed
		}
	}
	return config.Array(key, v)
}
