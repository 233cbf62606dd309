package compile

import (
	"strings"

	"github.com/dig2temporal/dig2temporal/translate/plan"
	"github.com/dig2temporal/dig2temporal/translate/syntax"
)

// Marks keep the places of tasks that are compiled only when they are generated.
// Their path is made of the keys that lead to a task, joined by "/", which no
// name of a task contains: "_do", "_do/+first", "_do/+first/_do/+inner".

// bodyKeys hold tasks that are compiled later.
var bodyKeys = map[string]bool{"_do": true, "_else_do": true, "_check": true, "sla": true}

// Marks returns the places of the tasks of a tree that is generated as a whole,
// as a called file is: the root is at "", its tasks at "+name".
func Marks(root *syntax.Node) map[string]*plan.Pos {
	marks := map[string]*plan.Pos{}
	if root.Pos != nil {
		marks[""] = root.Pos
	}
	collect(marks, "", root, 0)
	return marks
}

// bodyMarks returns the places within the bodies of one task.
func bodyMarks(n *syntax.Node, at *plan.Pos) map[string]*plan.Pos {
	var marks map[string]*plan.Pos
	for _, e := range n.Entries {
		if !bodyKeys[e.Key] || e.Pos == nil || e.Value.Kind == syntax.Scalar {
			continue
		}
		if marks == nil {
			marks = map[string]*plan.Pos{}
		}
		marks[e.Key] = e.Pos
		collect(marks, e.Key, e.Value, 0)
	}
	return marks
}

func collect(marks map[string]*plan.Pos, path string, n *syntax.Node, depth int) {
	if depth > syntax.MaxDepth {
		return
	}
	for _, item := range n.Items {
		collect(marks, path, item, depth+1)
	}
	for _, e := range n.Entries {
		if e.Pos == nil || !strings.HasPrefix(e.Key, "+") && !bodyKeys[e.Key] && e.Key != "_error" {
			continue
		}
		below := join(path, e.Key)
		marks[below] = e.Pos
		collect(marks, below, e.Value, depth+1)
	}
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "/" + key
}

// place writes places into a tree that was made of a value. Keys that have no
// mark of their own are placed at the task that holds them.
func place(n *syntax.Node, marks map[string]*plan.Pos, path string, at *plan.Pos, depth int) {
	if depth > syntax.MaxDepth {
		return
	}
	n.Pos = at
	for _, item := range n.Items {
		place(item, marks, path, at, depth+1)
	}
	for i := range n.Entries {
		e := &n.Entries[i]
		e.Pos = at
		if !strings.HasPrefix(e.Key, "+") && !bodyKeys[e.Key] && e.Key != "_error" {
			continue
		}
		below := join(path, e.Key)
		e.Pos = orPos(marks[below], at)
		place(e.Value, marks, below, e.Pos, depth+1)
	}
}
