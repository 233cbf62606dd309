package compile

import (
	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/translate/config"
	"github.com/dig2temporal/dig2temporal/translate/plan"
	"github.com/dig2temporal/dig2temporal/translate/syntax"
)

// Rounds compiles the "^sub" of a loop: shape says what the rounds are, body is
// the raw _do, parallel the evaluated _parallel (nil when there is none). The
// body is compiled as that of round 0; the others differ in their names and
// variables only. The task is nil when nothing is generated.
func Rounds(parent string, shape plan.Rounds, body *ordered.Object, parallel any, marks map[string]*plan.Pos) (*plan.Task, error) {
	settings := ordered.New()
	if parallel != nil {
		settings.Set("_parallel", parallel)
	}
	var err error
	if shape.Parallel, shape.Limit, err = parseParallel(settings); err != nil {
		return nil, err
	}
	if !shape.Parallel {
		settings = ordered.New()
	}
	const suffix = "^sub"
	t := &plan.Task{Name: suffix, Pos: marks["_do"], Kind: plan.Group, Config: settings}
	if shape.Count <= 0 {
		if !shape.Parallel {
			return nil, nil
		}
		return t, nil
	}
	round := body.Clone()
	export := round.Object("_export").Clone()
	if v, _ := round.Get("_export"); v != nil {
		if _, err := config.Object("_export", v); err != nil {
			return nil, err
		}
	}
	vars := shape.Variables(0)
	for _, k := range vars.Keys() {
		v, _ := vars.Get(k)
		export.Set(k, v)
	}
	round.Set("_export", export)
	if shape.Body, err = Tasks(parent+suffix, shape.Name(0), round, marks, "_do"); err != nil {
		return nil, err
	}
	if err := roundEdges(t, &shape); err != nil {
		return nil, err
	}
	t.Rounds = &shape
	return t, checkReferences(t)
}

// roundEdges reads what the _do says about the order of its rounds. What is wrong
// with the first of them is wrong with all; and where all are in the background,
// none waits for another.
func roundEdges(sub *plan.Task, shape *plan.Rounds) error {
	background, _ := boolDefault(shape.Body.Config, "_background")
	c := &compiler{}
	group := &plan.Task{Name: sub.Name, Tasks: []*plan.Task{shape.Body}}
	c.edges(group, []*source{{name: shape.Body.Name, pos: sub.Pos, node: &syntax.Node{Kind: syntax.Mapping}}}, shape.Parallel, shape.Limit)
	if f := c.first(); f != nil {
		return f.Err()
	}
	shape.Parallel = shape.Parallel || background
	return nil
}
