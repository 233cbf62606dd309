package check

import (
	"regexp"
	"strings"

	"github.com/dig2temporal/dig2temporal/translate/expr"
	"github.com/dig2temporal/dig2temporal/translate/plan"
	"github.com/dig2temporal/dig2temporal/translate/syntax"
)

var unclosed = rule{"unclosed-expression", "every ${ has its }", func(c *checker, t *task) {
	t.texts(func(n *syntax.Node, text string) {
		if at := expr.Unclosed(text); at >= 0 {
			c.warn(c.place(n, text, at), "\"${\" is never closed: the text stays as it is from there on")
		}
	})
}}

var shellExpansion = regexp.MustCompile(`^[A-Za-z_]\w*(\[[@*\d]*\])?(:?[-=?+]|[#%/^,]|:\d)|^[#!][A-Za-z_]`)

var expression = rule{"expression", "every ${...} is JavaScript", func(c *checker, t *task) {
	c.expressions(t, func(source string, place func() *plan.Pos) bool {
		problem, known := c.problems[source]
		if !known {
			if err := expr.Check(source); err != nil {
				problem = strings.TrimPrefix(err.Error(), "SyntaxError: ")
			}
			c.problems[source] = problem
		}
		if problem == "" {
			return false
		}
		hint := ""
		if shellExpansion.MatchString(source) {
			hint = "; the shell does not get to see it"
		}
		c.warn(place(), "${%s} is no JavaScript%s: %s", shorten(source), hint, problem)
		return true
	})
}}
