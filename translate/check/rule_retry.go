package check

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/dig2temporal/dig2temporal/translate/config"
	"github.com/dig2temporal/dig2temporal/translate/syntax"
)

var retryKeys = []string{"limit", "interval", "interval_type", "max_interval"}

var retry = rule{"retry", "_retry is a number or a mapping with a limit", func(c *checker, t *task) {
	e := t.node.Entry("_retry")
	if e == nil || e.Value.IsNull() {
		return
	}
	bad := func(n *syntax.Node, format string, args ...any) {
		c.warn(n.Pos, "\"_retry\" of %s %s: %s", t.what(), fmt.Sprintf(format, args...), t.retryEffect())
	}
	switch {
	case e.Value.Kind == syntax.Mapping:
		c.retryMapping(t, e.Value, bad)
	case t.isGroup() && isDynamic(e.Value):
		bad(e.Value, "is not evaluated in a group")
	case !isDynamic(e.Value) && !isInt(e.Value):
		bad(e.Value, "must be a number of retries or {limit: N, interval: SECONDS, …} but is %s", show(e.Value))
	}
}}

// retryEffect is what becomes of a task whose _retry is not valid.
func (t *task) retryEffect() string {
	if t.isGroup() {
		return "nothing is retried"
	}
	return "the task fails"
}

func (c *checker) retryMapping(t *task, n *syntax.Node, bad func(*syntax.Node, string, ...any)) {
	if n.Get("limit").IsNull() {
		bad(n, "has no \"limit\"")
	}
	for _, e := range n.Entries {
		v := e.Value
		switch {
		case !contains(retryKeys, e.Key):
			c.warn(e.Pos, "unknown key %q in \"_retry\" of %s%s", shorten(e.Key), t.what(), didYouMean(e.Key, "", retryKeys))
		case v.IsNull():
		case t.isGroup() && isDynamic(v):
			bad(v, "is not evaluated in a group")
		case isDynamic(v):
		case e.Key == "interval_type":
			kind, _ := v.Scalar.(string)
			if kinds := []string{"constant", "exponential"}; !contains(kinds, strings.ToLower(kind)) {
				bad(v, "has the unknown interval_type %s%s", show(v), didYouMean(kind, "", kinds))
			}
		case !isInt(v):
			bad(v, "must have a whole number as %q but has %s", e.Key, show(v))
		}
	}
}

func isDynamic(n *syntax.Node) bool {
	text, ok := n.Scalar.(string)
	return ok && strings.Contains(text, "$")
}

func isInt(n *syntax.Node) bool {
	switch v := n.Scalar.(type) {
	case string, json.Number:
		_, err := config.Int32("", v)
		return err == nil
	}
	return false
}
