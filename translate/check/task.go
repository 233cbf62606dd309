package check

import (
	"strings"

	"github.com/dig2temporal/dig2temporal/translate/config"
	"github.com/dig2temporal/dig2temporal/translate/plan"
	"github.com/dig2temporal/dig2temporal/translate/syntax"
)

// task is a node of a workflow that is compiled as a task now or when it is
// needed.
type task struct {
	name string
	pos  *plan.Pos
	node *syntax.Node
	// parent is the task that holds this one, nil at the root of a file.
	parent *task
	// body is the key that holds the task when it is not "+name": "_do", "_error" …
	body string
	// file is the workflow file, whatever file the task was included from;
	// workflow tells that it lies right in the project folder.
	file     string
	workflow bool

	// operator is the name of the operator, "" in groups. command is its value.
	operator   string
	operatorAt *syntax.Entry
	command    *syntax.Node
}

// read finds out what the task is; false when there is nothing to check.
func (t *task) read() bool {
	t.node = mapping(t.node)
	if t.node == nil {
		return false
	}
	if e := t.node.Entry("_disable"); e != nil && t.parent != nil {
		if off, err := config.Bool("_disable", e.Value.Value()); err == nil && off {
			return false
		}
	}
	if e := t.node.Entry("_type"); e != nil {
		t.operator, _ = e.Value.Scalar.(string)
		t.operatorAt = e
		t.command = t.node.Get("_command")
		return true
	}
	for i := range t.node.Entries {
		e := &t.node.Entries[i]
		if name, ok := strings.CutSuffix(e.Key, ">"); ok {
			t.operator, t.operatorAt, t.command = name, e, e.Value
			break
		}
	}
	return true
}

func (t *task) isGroup() bool { return t.operatorAt == nil }

// what names the task in messages.
func (t *task) what() string {
	switch {
	case t.body != "":
		holder := t.parent
		for holder.body != "" {
			holder = holder.parent
		}
		return `"` + t.body + `" of ` + holder.what()
	case t.parent == nil:
		return `workflow "` + shorten(strings.TrimSuffix(t.file, suffix)) + `"`
	case t.isGroup():
		return `group "` + shorten(t.name) + `"`
	}
	return `task "` + shorten(t.name) + `"`
}

// static returns the text of the operator key when it is known before it runs.
func (t *task) static() (string, bool) {
	if t.command == nil {
		return "", false
	}
	text, ok := t.command.Scalar.(string)
	return text, ok && !hasExpression(text)
}

// bodies are keys that hold tasks.
var bodies = []string{"_do", "_else_do", "_check", "_error"}

func (t *task) children(visit func(*task)) {
	for i := range t.node.Entries {
		e := &t.node.Entries[i]
		child := &task{name: e.Key, pos: e.Pos, node: e.Value, parent: t, file: t.file, workflow: t.workflow}
		switch {
		case strings.HasPrefix(e.Key, "+"):
			visit(child)
		case contains(bodies, e.Key):
			child.body = e.Key
			visit(child)
		case e.Key == "sla" && t.parent == nil && t.workflow:
			if child.node = mapping(e.Value); child.node != nil {
				child.body, child.node = e.Key, without(child.node, "time", "duration", "alert", "fail")
				visit(child)
			}
		}
	}
}

// exports calls the function with the _export of the task and of those around
// it, the nearest first, until it returns false.
func (t *task) exports(visit func(*task, *syntax.Node) bool) {
	for at := t; at != nil; at = at.parent {
		if n := at.node.Get("_export"); n != nil && n.Kind == syntax.Mapping && !visit(at, n) {
			return
		}
	}
}

// exported returns the entry of a param that the task sees by an _export.
func (t *task) exported(key string) *syntax.Entry {
	var found *syntax.Entry
	t.exports(func(_ *task, n *syntax.Node) bool {
		found = n.Entry(key)
		return found == nil
	})
	return found
}

// mapping returns a mapping, or the mappings of a list laid over each other as
// the compiler does; nil for anything else.
func mapping(n *syntax.Node) *syntax.Node {
	if n == nil || n.Kind == syntax.Mapping {
		return n
	}
	if n.Kind != syntax.Sequence {
		return nil
	}
	all := &syntax.Node{Kind: syntax.Mapping, Pos: n.Pos}
	index := map[string]int{}
	for _, item := range n.Items {
		for _, e := range item.Entries {
			if i, ok := index[e.Key]; ok {
				all.Entries[i] = e
				continue
			}
			index[e.Key] = len(all.Entries)
			all.Entries = append(all.Entries, e)
		}
	}
	return all
}

func without(n *syntax.Node, keys ...string) *syntax.Node {
	rest := &syntax.Node{Kind: syntax.Mapping, Pos: n.Pos}
	for _, e := range n.Entries {
		if !contains(keys, e.Key) {
			rest.Entries = append(rest.Entries, e)
		}
	}
	return rest
}
