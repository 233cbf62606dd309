package worker

import (
	"strings"

	"go.temporal.io/sdk/workflow"

	"github.com/dig2temporal/dig2temporal/translate/plan"
)

// mode says what a selection wants of a task of the plan.
type mode string

const (
	// run runs the task, whether it was finished or not.
	run mode = "run"
	// restore takes the task as done if it was finished, else runs it.
	restore mode = "restore"
	// leave takes the task as done if it was finished, else passes it over.
	leave mode = "leave"
)

// modes are the modes of tasks by full name; what is not mentioned is restored
// or run. A group is passed over only when it is to be left.
type modes map[string]mode

// modes works out what the selection wants of each task. It returns nil for a
// selection of everything.
func (s *Selection) modes(root *plan.Task) modes {
	if s == nil {
		return nil
	}
	m := modes{}
	set := func(t *plan.Task, name string, to mode) { m.set(t, name, to) }
	if s.Rerun {
		m.set(root, root.Name, run)
	}
	switch {
	case s.Start != "" && s.End != "":
		m.set(root, root.Name, run)
		walkTo(root, s.Start, func(t *plan.Task, name string, before bool) {
			if before {
				set(t, name, restore)
			}
		}, nil)
		walkTo(root, s.End, func(t *plan.Task, name string, before bool) {
			if !before {
				set(t, name, leave)
			}
		}, func(t *plan.Task, name string) { set(t, name, leave) })
	case s.Start != "":
		walkTo(root, s.Start, func(t *plan.Task, name string, before bool) {
			if !before {
				set(t, name, run)
			}
		}, func(t *plan.Task, name string) { set(t, name, run) })
	case s.Goal != "":
		walkTo(root, s.Goal, func(t *plan.Task, name string, before bool) {
			if !before {
				set(t, name, leave)
			}
		}, func(t *plan.Task, name string) { set(t, name, run) })
	case s.End != "":
		walkTo(root, s.End, func(t *plan.Task, name string, before bool) {
			if !before {
				set(t, name, leave)
			}
		}, func(t *plan.Task, name string) { set(t, name, leave) })
	}
	if s.Only != "" {
		walkTo(root, s.Only, func(t *plan.Task, name string, _ bool) { set(t, name, leave) }, nil)
	}
	return m
}

// Before tells whether a static task lies before the Start of the selection: it is
// a sibling, or below a sibling, that Start or a group above it depends on.
func (s *Selection) Before(root *plan.Task, name string) bool {
	found := false
	walkTo(root, s.Start, func(_ *plan.Task, sibling string, before bool) {
		found = found || before && (name == sibling || strings.HasPrefix(name, sibling+"+"))
	}, nil)
	return found
}

func (m modes) set(t *plan.Task, name string, to mode) {
	m[name] = to
	for _, c := range t.Tasks {
		m.set(c, name+c.Name, to)
	}
}

// walkTo goes down from root to the target. It calls beside for every sibling
// of the target and of the tasks above it, with whether the target depends on
// it, and at for the target.
func walkTo(root *plan.Task, target string, beside func(t *plan.Task, name string, before bool), at func(t *plan.Task, name string)) {
	t, name := root, root.Name
	for name != target {
		next := -1
		for i, c := range t.Tasks {
			if full := name + c.Name; full == target || strings.HasPrefix(target, full+"+") {
				next = i
			}
		}
		if next < 0 {
			return
		}
		before := closure(t.Tasks, next)
		for i, c := range t.Tasks {
			if i != next {
				beside(c, name+c.Name, before[i])
			}
		}
		t = t.Tasks[next]
		name += t.Name
	}
	if at != nil {
		at(t, name)
	}
}

// closure tells which siblings task i depends on, directly or not.
func closure(tasks []*plan.Task, i int) map[int]bool {
	before := map[int]bool{}
	open := []int{i}
	for len(open) > 0 {
		i, open = open[0], open[1:]
		for _, u := range tasks[i].Upstreams {
			if !before[u] {
				before[u] = true
				open = append(open, u)
			}
		}
	}
	return before
}

// of returns the mode of a task: that of the task of the plan which generated
// it, if it is a generated one.
func (m modes) of(name string) mode {
	static, _, _ := strings.Cut(name, "^")
	if to, ok := m[static]; ok {
		return to
	}
	return restore
}

// skips tells whether a task of the plan is passed over, with all below it. A
// task to be left that was finished earlier is restored instead.
func (x *execution) skip(n *node) bool {
	if x.modes.of(n.name) != leave {
		return false
	}
	if n.task.Kind == plan.Operator {
		return !x.restores(n)
	}
	return len(n.task.Tasks) == 0
}

// below returns the modes that a child execution for the task needs.
func (m modes) below(name string) modes {
	if len(m) == 0 {
		return nil
	}
	part := modes{}
	if strings.Contains(name, "^") {
		part[name[:strings.Index(name, "^")]] = m.of(name)
		return part
	}
	for _, k := range workflow.DeterministicKeys(m) {
		if k == name || strings.HasPrefix(k, name+"+") {
			part[k] = m[k]
		}
	}
	return part
}
