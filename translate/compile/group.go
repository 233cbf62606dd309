package compile

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/internal/spell"
	"github.com/dig2temporal/dig2temporal/translate/config"
	"github.com/dig2temporal/dig2temporal/translate/finding"
	"github.com/dig2temporal/dig2temporal/translate/plan"
)

// groupKeys are the keys that a group may have, in the order in which Digdag
// suggests them.
var groupKeys = []string{
	"schedule", "_parallel", "timezone", "_error", "sla", "_check", "_export", "_secrets", "_background", "_retry", "_after",
}

// group compiles a task without an operator.
func (c *compiler) group(s *source, t *plan.Task, own *ordered.Object, children []*source) {
	c.groupKeys(s, own)
	for _, child := range children {
		t.Tasks = append(t.Tasks, c.task(child))
	}
	parallel, limit, err := parseParallel(own)
	if err != nil {
		c.throwError(keyPos(s, "_parallel"), "parallel", err,
			fmt.Sprintf(`"_parallel" of group %q must be true, false or {limit: N} but is %s`, s.name, sample(own, "_parallel")))
		return
	}
	c.edges(t, children, parallel, limit)
}

func (c *compiler) groupKeys(s *source, own *ordered.Object) {
	var texts []string
	for _, e := range s.node.Entries {
		k := e.Key
		if strings.HasPrefix(k, "+") || slices.Contains(groupKeys, k) {
			continue
		}
		suggestions := spell.Suggest(k, groupKeys)
		text := "'" + k + "'"
		if len(suggestions) > 0 {
			text += " (did you mean [" + strings.Join(suggestions, ", ") + "]?)"
		}
		texts = append(texts, text)
		c.all = append(c.all, finding.Finding{
			Pos: orPos(e.Pos, s.pos), Rule: "group-key", Severity: finding.Error,
			Message: fmt.Sprintf("unknown key %q in group %q%s", shorten(k), s.name, hint(k, own)),
		})
	}
	if len(texts) > 0 {
		c.keys = append(c.keys, finding.Finding{
			Pos:  s.pos,
			Text: s.fullName() + " contains invalid keys: " + strings.Join(texts, ", ") + ": \"" + ordered.Text(own) + "\"",
		})
	}
}

func hint(key string, own *ordered.Object) string {
	if key == "_do" || key == "_else_do" || key == "_disable" {
		return ""
	}
	if near := spell.Nearest(key, groupKeys); near != "" {
		return fmt.Sprintf(" (did you mean %q?)", near)
	}
	if v, _ := own.Get(key); key != "" && v != nil {
		return fmt.Sprintf(` (an operator ends in ">": did you mean %q?)`, shorten(key)+">")
	}
	return ""
}

// edges links the children of a group to those that must succeed before them.
//
// One after the other, a task waits for the ordinary one before it and for all
// in the background since then. In parallel, a task waits for those it names in
// _after, and with a limit for every task of the batch before its own.
func (c *compiler) edges(t *plan.Task, children []*source, parallel bool, limit int) {
	index := map[string]int{}
	var before []int
	for i, child := range t.Tasks {
		if parallel {
			ups := c.parallelUpstreams(t, children[i], child, index)
			if limit > 0 {
				batch := i / limit
				for j := max(batch-1, 0) * limit; j < batch*limit; j++ {
					ups = append(ups, j)
				}
			}
			slices.Sort(ups)
			child.Upstreams = slices.Compact(ups)
			child.Config = child.Config.Without("_after")
			index[child.Name] = i
			continue
		}
		if child.Config.Has("_after") {
			c.throw(finding.Finding{
				Pos: keyPos(children[i], "_after"), Rule: "after",
				Message: fmt.Sprintf(`"_after" of task %q has no meaning here: its group %q does not run its tasks in parallel ("_parallel: true")`, child.Name, t.Name),
				Text:    `Setting "_after" option is invalid if its parent task doesn't have "_parallel: true" option`,
			})
		}
		if c.background(children[i], child) {
			before = append(before, i)
		} else {
			child.Upstreams = before
			before = []int{i}
		}
		child.Config = child.Config.Without("_background")
	}
}

// parallelUpstreams are those that a task of a parallel group names itself.
func (c *compiler) parallelUpstreams(t *plan.Task, s *source, child *plan.Task, index map[string]int) []int {
	if c.background(s, child) {
		c.throw(finding.Finding{
			Pos: keyPos(s, "_background"), Rule: "background",
			Message: fmt.Sprintf(`"_background" of task %q has no meaning here: its group %q runs its tasks in parallel`, child.Name, t.Name),
			Text:    `Setting "_background: true" option is invalid (unnecessary) if its parent task has "_parallel: true" option`,
		})
	}
	return c.after(s, child, index)
}

func (c *compiler) background(s *source, t *plan.Task) bool {
	v, err := boolDefault(t.Config, "_background")
	if err != nil {
		c.throwError(keyPos(s, "_background"), "background", err,
			fmt.Sprintf(`"_background" of task %q must be true or false but is %s`, s.name, sample(t.Config, "_background")))
	}
	return v
}

func (c *compiler) after(s *source, t *plan.Task, index map[string]int) []int {
	v, _ := t.Config.Get("_after")
	if v == nil {
		return nil
	}
	names, err := texts("_after", v)
	if err != nil {
		c.throwError(keyPos(s, "_after"), "after", err,
			fmt.Sprintf(`"_after" of task %q must be a list of task names but is %s`, s.name, sample(t.Config, "_after")))
		return nil
	}
	var ups []int
	for _, name := range names {
		i, ok := index[name]
		if !ok {
			c.throw(finding.Finding{
				Pos: keyPos(s, "_after"), Rule: "after",
				Message: fmt.Sprintf(`"_after" of task %q names %q, which is no task above it in its group%s`, s.name, shorten(name), nearTask(name, index)),
				Text:    fmt.Sprintf("Dependency task '%s' does not exist", name),
			})
			continue
		}
		ups = append(ups, i)
	}
	return ups
}

// nearTask suggests one of the tasks for a name; the "+" of all is no likeness.
func nearTask(name string, index map[string]int) string {
	known := make([]string, 0, len(index))
	for k := range index {
		known = append(known, strings.TrimPrefix(k, "+"))
	}
	slices.Sort(known)
	if near := spell.Nearest(strings.TrimPrefix(name, "+"), known); near != "" {
		return fmt.Sprintf(" (did you mean %q?)", "+"+near)
	}
	return ""
}

// texts reads a list of scalars as texts.
func texts(key string, v any) ([]string, error) {
	list, err := config.Array(key, v)
	if err != nil {
		return nil, err
	}
	names := make([]string, len(list))
	for i, item := range list {
		switch item.(type) {
		case *ordered.Object, []any:
			return nil, config.Errorf("Expected array type for key '%s' but got %s (array)", key, ordered.Text(v))
		case nil:
			names[i] = "null"
		default:
			names[i], _ = config.Text(key, item)
		}
	}
	return names, nil
}
