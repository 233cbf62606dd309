package check

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/dig2temporal/dig2temporal/translate/expr"
	"github.com/dig2temporal/dig2temporal/translate/syntax"
)

// known returns the operator of a task, false in groups and for operators that
// are not in the catalog.
func (c *checker) known(t *task) (Operator, bool) {
	if t.isGroup() {
		return Operator{}, false
	}
	op, ok := c.Catalog[t.operator]
	return op, ok
}

var unknownOperator = rule{"unknown-operator", "the operators of tasks exist", func(c *checker, t *task) {
	if t.isGroup() || t.operator == "" || hasExpression(t.operator) {
		return
	}
	if _, ok := c.Catalog[t.operator]; ok {
		return
	}
	name := shorten(t.operator)
	switch {
	case contains(digdagOperators, t.operator):
		c.warn(t.operatorAt.Pos, "operator %q of %s is not supported", name+">", t.what())
	case t.exported("plugin") != nil || c.Params.Has("plugin"):
		c.warn(t.operatorAt.Pos, "unknown operator %q in %s: the plug-ins that \"plugin\" names can't be loaded%s",
			name+">", t.what(), didYouMean(t.operator, ">", c.operatorNames()))
	default:
		c.warn(t.operatorAt.Pos, "unknown operator %q in %s%s", name+">", t.what(), didYouMean(t.operator, ">", c.operatorNames()))
	}
}}

func (c *checker) operatorNames() []string { return slices.Sorted(maps.Keys(c.Catalog)) }

var unknownOption = rule{"unknown-option", "tasks have no keys that their operator does not read", func(c *checker, t *task) {
	op, ok := c.known(t)
	if !ok {
		return
	}
	var variables map[string]bool
	options := append([]string(nil), op.Namespaces...)
	for _, o := range op.Options {
		options = append(options, o.Name)
	}
	for i := range t.node.Entries {
		e := &t.node.Entries[i]
		if e == t.operatorAt || strings.HasPrefix(e.Key, "+") || contains(options, e.Key) || contains(directives, e.Key) {
			continue
		}
		if variables == nil {
			variables = t.variables()
		}
		candidates := append(slices.Clone(options), directives...)
		switch near := didYouMean(e.Key, "", candidates); {
		case op.FreeKeys && (!strings.HasPrefix(e.Key, "_") || near == ""):
		case strings.HasSuffix(e.Key, ">") && t.operatorAt.Key != "_type":
			// The compiler refuses a second operator.
		case variables[e.Key]:
		case contains(structural, e.Key):
			c.warn(e.Pos, "%q has no meaning for %q in %s", e.Key, t.operator+">", t.what())
		default:
			c.warn(e.Pos, "unknown option %q of %q in %s%s", shorten(e.Key), t.operator+">", t.what(), near)
		}
	}
}}

// structural are keys that some operators read and that are spelt right.
var structural = []string{"_do", "_else_do", "_parallel", "_env"}

var variableName = regexp.MustCompile(`[\pL_$][\pL\pN_$]*|"[^"]*"|'[^']*'`)

// variables returns the names that expressions of the task may refer to: keys of
// a task are variables of the others.
func (t *task) variables() map[string]bool {
	names := map[string]bool{}
	t.texts(func(_ *syntax.Node, text string) {
		for _, p := range expr.Scan(text) {
			if p.Expression {
				for _, name := range variableName.FindAllString(p.Text, -1) {
					names[strings.Trim(name, `"'`)] = true
				}
			}
		}
	})
	return names
}

var missingCommand = rule{"missing-command", "operators that need a value have one", func(c *checker, t *task) {
	op, ok := c.known(t)
	if !ok || !op.Command.Required || !t.command.IsNull() || t.exported("_command") != nil || c.Params.Has("_command") {
		return
	}
	c.warn(t.operatorAt.Pos, "%q of %s has no value", t.operator+">", t.what())
}}

var missingBody = rule{"missing-body", "loops and conditions have tasks to run", func(c *checker, t *task) {
	op, ok := c.known(t)
	if !ok {
		return
	}
	has := func(key string) bool {
		return !t.node.Get(key).IsNull() || t.exported(key) != nil || c.Params.Has(key)
	}
	do, takes := op.option("_do")
	_, takesElse := op.option("_else_do")
	switch {
	case !takes || has("_do"):
	case takesElse && !has("_else_do"):
		c.warn(t.operatorAt.Pos, "%q of %s has neither \"_do\" nor \"_else_do\"", t.operator+">", t.what())
	case do.Required:
		c.warn(t.operatorAt.Pos, "%q of %s has no \"_do\"", t.operator+">", t.what())
	}
}}

var retryNoEffect = rule{"retry-no-effect", "_retry stands where it does something", func(c *checker, t *task) {
	op, ok := c.known(t)
	e := t.node.Entry("_retry")
	if !ok || e == nil || e.Value.IsNull() || op.Retryable {
		return
	}
	if _, loops := op.option("_do"); loops || !t.node.Get("_check").IsNull() {
		// What they generate is run again.
		return
	}
	c.warn(e.Pos, "\"_retry\" of %s has no effect: %q is not run again when it fails itself", t.what(), t.operator+">")
}}
