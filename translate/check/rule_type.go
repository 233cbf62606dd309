package check

import (
	"encoding/json"
	"strings"

	"github.com/dig2temporal/dig2temporal/internal/duration"
	"github.com/dig2temporal/dig2temporal/translate/config"
	"github.com/dig2temporal/dig2temporal/translate/syntax"
)

var optionType = rule{"option-type", "values that stand in the file are what their option needs", func(c *checker, t *task) {
	op, ok := c.known(t)
	if !ok {
		return
	}
	c.checkType(t, t.operator+">", t.command, op.Command.Type)
	for _, o := range op.Options {
		if o.Name != "_do" && o.Name != "_else_do" && o.Name != "_parallel" && o.Name != "_retry" {
			c.checkType(t, o.Name, t.node.Get(o.Name), o.Type)
		}
	}
}}

// examples say what the types look like that are checked.
var examples = map[string]string{
	"duration": `a duration like "1h 30m" or "10s"`,
	"boolean":  "true or false",
	"integer":  "a whole number",
	"list":     "a list",
	"mapping":  "a mapping",
}

func (c *checker) checkType(t *task, key string, n *syntax.Node, kinds string) {
	if n.IsNull() {
		return
	}
	var expected []string
	for kind := range strings.SplitSeq(kinds, "|") {
		example, checked := examples[kind]
		if !checked || hasType(n, kind) {
			return
		}
		expected = append(expected, example)
	}
	c.warn(n.Pos, "%q of %s must be %s but is %s", key, t.what(), strings.Join(expected, " or "), show(n))
}

// hasType tells whether a value is, or may become, one of a type.
func hasType(n *syntax.Node, kind string) bool {
	if text, ok := n.Scalar.(string); ok && strings.Contains(text, "$") {
		return true
	}
	v := n.Value()
	var err error
	switch kind {
	case "boolean":
		_, err = config.Bool("", v)
	case "integer":
		_, err = config.Int("", v)
	case "duration":
		text, isText := v.(string)
		if !isText {
			return false
		}
		_, err = duration.Parse(text)
	case "list":
		return n.Kind == syntax.Sequence || startsJSON(v, "[")
	case "mapping":
		return n.Kind == syntax.Mapping || startsJSON(v, "{")
	}
	return err == nil
}

// startsJSON tells whether a text looks like JSON, which some options take.
func startsJSON(v any, opening string) bool {
	text, ok := v.(string)
	return ok && strings.HasPrefix(strings.TrimSpace(text), opening) && json.Valid([]byte(text))
}
