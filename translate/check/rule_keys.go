package check

import (
	"regexp"

	"github.com/dig2temporal/dig2temporal/translate/syntax"
)

var ignoredKey = rule{"ignored-key", "keys stand where something reads them", func(c *checker, t *task) {
	root := t.parent == nil
	for i := range t.node.Entries {
		e := &t.node.Entries[i]
		switch e.Key {
		case "timezone", "schedule", "sla":
			if root && !t.workflow {
				c.warn(e.Pos, "%q is ignored here: it counts only in workflow files right in the project folder", e.Key)
			} else if !root && t.isGroup() {
				c.warn(e.Pos, "%q of %s is ignored: it counts only at the root of a workflow file", e.Key, t.what())
			}
		case "_secrets":
			if !root && t.isGroup() {
				c.warn(e.Pos, "%q of %s is ignored: it counts only in tasks with an operator, and in \"_export\"", e.Key, t.what())
			}
		case "_background", "_after":
			if t.body != "" && !e.Value.IsNull() {
				c.warn(e.Pos, "%q of %s is ignored: it counts only among the tasks of a group", e.Key, t.what())
			}
		}
	}
}}

var groupCheck = rule{"group-check", "a _check of a group, which Digdag ignores, is meant", func(c *checker, t *task) {
	if e := t.node.Entry("_check"); e != nil && t.isGroup() && !e.Value.IsNull() {
		c.warn(e.Pos, "\"_check\" of %s runs after its tasks; Digdag ignores it", t.what())
	}
}}

var innerExport = rule{"inner-export", "every _export is a mapping", func(c *checker, t *task) {
	e := t.node.Entry("_export")
	if e == nil || e.Value.IsNull() || e.Value.Kind == syntax.Mapping || t.parent == nil {
		return
	}
	c.warn(e.Pos, "\"_export\" of %s must be a mapping but is %s: no attempt can start", t.what(), show(e.Value))
}}

var exportedEnv = rule{"exported-env", "an exported _env has tasks that take it", func(c *checker, t *task) {
	e := t.node.Get("_export").Entry("_env")
	if e == nil || e.Value.IsNull() || !t.node.Get("_env").IsNull() || c.hasEnv(t.node, 0) {
		return
	}
	c.warn(e.Pos, "\"_env\" in \"_export\" is ignored: it is only added to an \"_env\" of a task itself, and no task in this file has one below it")
}}

// hasEnv tells whether a task of a node has an _env, or calls a file, which may
// have anything.
func (c *checker) hasEnv(n *syntax.Node, depth int) bool {
	if depth > syntax.MaxDepth {
		return true
	}
	has, known := c.env[n]
	if known {
		return has
	}
	for _, item := range n.Items {
		has = has || c.hasEnv(item, depth+1)
	}
	for _, e := range n.Entries {
		if e.Key != "_export" {
			has = has || e.Key == "_env" || e.Key == "call>" || c.hasEnv(e.Value, depth+1)
		}
	}
	if n.Kind != syntax.Scalar {
		c.env[n] = has
	}
	return has
}

var envName = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z_0-9]*$`)

var env = rule{"env", "the variables of _env have names and values that an environment can hold", func(c *checker, t *task) {
	n := t.node.Get("_env")
	if t.isGroup() || n == nil || n.Kind != syntax.Mapping {
		return
	}
	for _, e := range n.Entries {
		if !envName.MatchString(e.Key) {
			c.warn(e.Pos, "\"_env\" of %s: %q is no name of an environment variable", t.what(), shorten(e.Key))
		}
		if e.Value.Kind != syntax.Scalar {
			c.warn(e.Value.Pos, "\"_env\" of %s: the value of %q must be a text but is %s", t.what(), shorten(e.Key), show(e.Value))
		}
	}
}}
