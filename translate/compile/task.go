package compile

import (
	"fmt"
	"strings"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/translate/config"
	"github.com/dig2temporal/dig2temporal/translate/finding"
	"github.com/dig2temporal/dig2temporal/translate/plan"
	"github.com/dig2temporal/dig2temporal/translate/syntax"
)

// task compiles one task with everything below it.
func (c *compiler) task(s *source) *plan.Task {
	own := ownConfig(s.node)
	children := c.children(s)
	t := &plan.Task{Name: s.name, Pos: s.pos, Kind: plan.Group, Config: own}
	disabled, err := boolDefault(own, "_disable")
	if err != nil {
		c.throwError(keyPos(s, "_disable"), "disable", err, fmt.Sprintf(`"_disable" of task %q must be true or false but is %s`, s.name, sample(own, "_disable")))
		return t
	}
	c.checkName(s)
	if disabled {
		t.Config = ordered.Of("_disable", true)
		return t
	}
	if isOperator(own) {
		t.Kind = plan.Operator
		c.operator(s, t, own, children)
	} else {
		c.group(s, t, own, children)
	}
	c.errorTask(s, t, own)
	split(t)
	t.Marks = bodyMarks(s.node, s.pos)
	return t
}

// isOperator tells a task that does something from a group of tasks.
func isOperator(own *ordered.Object) bool {
	return own.Has("_type") || len(operatorKeys(own)) > 0
}

func operatorKeys(own *ordered.Object) []string {
	var keys []string
	for _, k := range own.Keys() {
		if strings.HasSuffix(k, ">") {
			keys = append(keys, k)
		}
	}
	return keys
}

func (c *compiler) operator(s *source, t *plan.Task, own *ordered.Object, children []*source) {
	keys := operatorKeys(own)
	if len(children) > 0 {
		what := "operator"
		if len(keys) > 0 {
			what = keys[0]
		}
		c.throw(finding.Finding{
			Pos: children[0].pos, Rule: "task",
			Message: fmt.Sprintf("task %q has both an operator (%q) and subtasks (%q): a task can have only one of them", s.name, what, children[0].name),
			Text:    "A task can't have subtasks: " + ordered.Text(own),
		})
	}
	if len(keys) > 1 {
		c.throw(finding.Finding{
			Pos: keyPos(s, keys[1]), Rule: "operator",
			Message: fmt.Sprintf("task %q has more than one operator: %s", s.name, quoteList(keys)),
			Text:    "A task can't have more than one operator: " + ordered.Text(own),
		})
	}
	if v, ok := own.Get("_type"); ok {
		t.Type, _ = config.Text("_type", v)
		return
	}
	t.Type = strings.TrimSuffix(keys[0], ">")
}

// children are the "+name" keys of a task.
func (c *compiler) children(s *source) []*source {
	var list []*source
	for _, e := range s.node.Entries {
		if !strings.HasPrefix(e.Key, "+") {
			continue
		}
		node := c.taskNode(e)
		if node == nil {
			// It is compiled as an empty group, so that its name and what refers to it
			// are still checked.
			node = &syntax.Node{Kind: syntax.Mapping, Pos: e.Pos}
		}
		list = append(list, &source{parent: s.fullName(), name: e.Key, pos: e.Pos, node: node})
	}
	return list
}

// taskNode returns the mapping that defines a task: its value, or the mappings
// of a list laid over each other, in which a later key replaces an earlier one
// but takes its place.
func (c *compiler) taskNode(e syntax.Entry) *syntax.Node {
	switch e.Value.Kind {
	case syntax.Mapping:
		return e.Value
	case syntax.Sequence:
		for _, item := range e.Value.Items {
			if item.Kind != syntax.Mapping {
				c.throw(finding.Finding{
					Pos: orPos(item.Pos, e.Pos), Rule: "task", Kind: syntax.KindMapping,
					Message: fmt.Sprintf("expected a mapping in the list of task %q but got %s", e.Key, quoteText(item.Value())),
					Text:    "Expected object but got " + ordered.Text(item.Value()),
				})
				return nil
			}
		}
		return overlay(e.Value)
	}
	message := fmt.Sprintf("task %q must be a mapping but is %s", e.Key, quoteText(e.Value.Scalar))
	if e.Value.IsNull() {
		message = fmt.Sprintf("task %q is empty: expected an operator or subtasks", e.Key)
	}
	c.throw(finding.Finding{
		Pos: e.Pos, Rule: "task", Message: message,
		Text: fmt.Sprintf("Parameter '%s' must be an object or array of objects", e.Key),
	})
	return nil
}

func overlay(list *syntax.Node) *syntax.Node {
	n := &syntax.Node{Kind: syntax.Mapping, Pos: list.Pos}
	index := map[string]int{}
	for _, item := range list.Items {
		for _, e := range item.Entries {
			if i, ok := index[e.Key]; ok {
				n.Entries[i] = e
				continue
			}
			index[e.Key] = len(n.Entries)
			n.Entries = append(n.Entries, e)
		}
	}
	return n
}

// errorTask compiles _error at once: when a task has failed it is too late to
// learn that its handler is broken. An "_error" in the task's own _export counts,
// too, but Digdag finds out about that one only when it is needed, and goes on
// without a handler.
func (c *compiler) errorTask(s *source, t *plan.Task, own *ordered.Object) {
	e := s.node.Entry("_error")
	local := &syntax.Node{Kind: syntax.Mapping}
	if e != nil && !e.Value.IsNull() {
		if e.Value.Kind != syntax.Mapping {
			c.throw(finding.Finding{
				Pos: e.Pos, Rule: "error-task", Text: "Parameter '_error' must be an object",
				Message: fmt.Sprintf(`"_error" of task %q must be a mapping but is %s`, s.name, quoteText(e.Value.Value())),
			})
			return
		}
		local = e.Value
	}
	if len(local.Entries) > 0 {
		sub := &compiler{}
		task := sub.task(&source{parent: s.fullName(), name: "^error", pos: e.Pos, node: local})
		c.all = append(c.all, sub.all...)
		if f := sub.first(); f != nil {
			c.thrown = append(c.thrown, *f)
			return
		}
		if checkExports(task) == nil {
			t.Error = task
		}
	}
	exported := own.Object("_export").Object("_error")
	if exported.Len() == 0 {
		return
	}
	node := syntax.FromValue(exported.Merge(local.Object()))
	pos := keyPos(s, "_export")
	place(node, nil, "", pos, 0)
	sub := &compiler{}
	task := sub.task(&source{parent: s.fullName(), name: "^error", pos: pos, node: node})
	t.Error = nil
	if sub.first() == nil && checkExports(task) == nil {
		t.Error = task
	}
}

// split moves what a plan keeps apart out of the config.
func split(t *plan.Task) {
	own := t.Config
	export := own.Object("_export")
	merged := own
	if export.Len() > 0 {
		merged = export.Merge(own)
	}
	t.Retry = parseRetry(merged)
	drop := []string{"_error"}
	if v, _ := own.Get("_export"); v == nil || export != nil {
		t.Export = export
		drop = append(drop, "_export")
	}
	if v, _ := merged.Get("_check"); v == nil || merged.Object("_check") != nil {
		if check := merged.Object("_check"); check.Len() > 0 {
			t.Check = check
		}
		drop = append(drop, "_check")
	}
	t.Config = own.Without(drop...)
}
