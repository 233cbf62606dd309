package check

import (
	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/translate/plan"
	"github.com/dig2temporal/dig2temporal/translate/syntax"
)

var emptyList = rule{"empty-list", "no list of a for_each> over several variables is empty", func(c *checker, t *task) {
	if t.operator != "for_each" && t.operator != "td_for_each" || t.command == nil || t.command.Kind != syntax.Mapping {
		return
	}
	for i, e := range t.command.Entries {
		if i == len(t.command.Entries)-1 && i > 0 && isEmptyList(e.Value) {
			c.warn(e.Value.Pos, "the list of %q in %s is empty: nothing is run", shorten(e.Key), t.what())
		} else if i < len(t.command.Entries)-1 && isEmptyList(e.Value) {
			c.warn(e.Value.Pos, "the list of %q in %s is empty: it and the lists before it count as not there, and their variables are not set", shorten(e.Key), t.what())
		}
	}
}}

func isEmptyList(n *syntax.Node) bool {
	if n.Kind == syntax.Sequence {
		return len(n.Items) == 0
	}
	text, ok := n.Scalar.(string)
	if !ok || hasExpression(text) {
		return false
	}
	v, err := ordered.Parse([]byte(text))
	list, isList := v.([]any)
	return err == nil && isList && len(list) == 0
}

var countParam = rule{"count-param", "no param overrides the number of rounds of a loop", func(c *checker, t *task) {
	if t.operator != "loop" || t.node.Entry("count") != nil {
		return
	}
	var at *plan.Pos
	where := ""
	if e := t.exported("count"); e != nil {
		at, where = e.Pos, "at "+e.Pos.String()
	} else if c.Params.Has("count") {
		at, where = t.operatorAt.Pos, "among the given params"
	}
	if at != nil {
		c.warn(t.operatorAt.Pos, "the param \"count\" %s overrides the number of rounds of \"loop>\" in %s", where, t.what())
	}
}}
