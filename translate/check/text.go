package check

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/translate/expr"
	"github.com/dig2temporal/dig2temporal/translate/plan"
	"github.com/dig2temporal/dig2temporal/translate/syntax"
)

// maxWord is the longest piece of a file that is repeated in a message.
const maxWord = 60

func shorten(s string) string {
	if r := []rune(s); len(r) > maxWord {
		return string(r[:maxWord]) + "…"
	}
	return s
}

// show returns a value for a message.
func show(n *syntax.Node) string {
	if n.IsNull() {
		return "empty"
	}
	if text, ok := n.Scalar.(string); ok {
		return fmt.Sprintf("%q", shorten(text))
	}
	return shorten(ordered.Text(n.Value()))
}

func contains(list []string, word string) bool { return slices.Contains(list, word) }

// textOf returns a scalar text.
func textOf(n *syntax.Node) (string, bool) {
	if n == nil {
		return "", false
	}
	text, ok := n.Scalar.(string)
	return text, ok
}

// hasExpression tells whether a text is not known before it is evaluated.
func hasExpression(text string) bool { return strings.Contains(text, "${") }

// texts calls the function with every text of a task that is evaluated: those
// of an operator, and those of the _export of any task.
func (t *task) texts(visit func(*syntax.Node, string)) {
	for i := range t.node.Entries {
		e := &t.node.Entries[i]
		if e.Key == "_export" || !t.isGroup() && !strings.HasPrefix(e.Key, "+") && !contains(bodies, e.Key) {
			evaluated(e.Value, visit, 0)
		}
	}
}

func evaluated(n *syntax.Node, visit func(*syntax.Node, string), depth int) {
	if depth > syntax.MaxDepth {
		return
	}
	if text, ok := n.Scalar.(string); ok && strings.Contains(text, "$") {
		visit(n, text)
	}
	for _, item := range n.Items {
		evaluated(item, visit, depth+1)
	}
	for i := range n.Entries {
		if k := n.Entries[i].Key; k != "_do" && k != "_else_do" {
			evaluated(n.Entries[i].Value, visit, depth+1)
		}
	}
}

// maxProblems is how many problems of one text are reported.
const maxProblems = 20

// expressions calls the function with each expression of a task. It returns
// whether it found something to report, for which place tells where it is.
func (c *checker) expressions(t *task, visit func(source string, place func() *plan.Pos) bool) {
	t.texts(func(n *syntax.Node, text string) {
		problems := 0
		for _, p := range expr.Scan(text) {
			if !p.Expression || strings.TrimSpace(p.Text) == "" {
				continue
			}
			if visit(p.Text, func() *plan.Pos { return c.place(n, text, p.Start) }) {
				if problems++; problems == maxProblems {
					return
				}
			}
		}
	})
}

// place returns where a byte of a text stands in its file. It looks at the file
// to find out, since escapes and folded lines move things about, and returns the
// place of the whole text where that fails.
func (c *checker) place(n *syntax.Node, text string, offset int) *plan.Pos {
	if n.Pos == nil || c.Files == nil {
		return n.Pos
	}
	lines := c.lines(n.Pos.File)
	at := func(line int) string {
		if line < 1 || line > len(lines) {
			return ""
		}
		return lines[line-1]
	}
	start := strings.LastIndexByte(text[:offset], '\n') + 1
	end := len(text)
	if i := strings.IndexByte(text[offset:], '\n'); i >= 0 {
		end = offset + i
	}
	pos := *n.Pos
	header := skip(at(pos.Line), pos.Column-1)
	block := strings.HasPrefix(header, "|")
	if block {
		pos.Line += 1 + strings.Count(text[:start], "\n")
	} else if start > 0 || end < len(text) {
		return n.Pos
	}
	line, from := at(pos.Line), 0
	if !block {
		from = len(line) - len(header)
	}
	i := strings.Index(line[from:], text[start:end])
	if i < 0 {
		return n.Pos
	}
	pos.Column = 1 + utf8.RuneCountInString(line[:from+i]) + utf8.RuneCountInString(text[start:offset])
	return &pos
}

// skip returns a line from a column on, counted in characters.
func skip(line string, column int) string {
	for i := range line {
		if column == 0 {
			return line[i:]
		}
		column--
	}
	return ""
}

func (c *checker) lines(file string) []string {
	lines, ok := c.sources[file]
	if !ok {
		if text, err := fs.ReadFile(c.Files, file); err == nil && len(text) <= syntax.MaxFile {
			lines = strings.Split(strings.TrimPrefix(strings.ReplaceAll(string(text), "\r\n", "\n"), "\ufeff"), "\n")
		}
		c.sources[file] = lines
	}
	return lines
}
