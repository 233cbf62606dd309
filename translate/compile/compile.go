// Package compile turns the tree of a workflow file into a plan, and the configs
// that tasks generate while they run into subtrees of plans.
//
// Both go one way: a config becomes a task, its "+name" keys become children,
// and everything that orders the children (_parallel, _background, _after)
// becomes edges between siblings. Digdag stops at the first mistake, and which
// one that is, is what users read in ${error.message}; a check shows all. So the
// compiler goes on after a mistake, and keeps three lists that tell which one
// Digdag would have met first: what it throws at once, bad names, which it meets
// when the tree is complete, and bad keys of groups, which it collects.
package compile

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/translate/config"
	"github.com/dig2temporal/dig2temporal/translate/finding"
	"github.com/dig2temporal/dig2temporal/translate/plan"
	"github.com/dig2temporal/dig2temporal/translate/syntax"
)

// Workflow compiles the tree of a workflow file. The plan is nil when one of the
// findings is an error.
func Workflow(name string, tree *syntax.Node) (*plan.Plan, []finding.Finding) {
	def, findings := Define(name, tree)
	c := &compiler{}
	root := c.task(&source{name: "+" + name, pos: def.Root.Pos, node: def.Root})
	findings = append(findings, c.all...)
	finding.Sort(findings)
	// A bad name of the first level is met by both steps.
	findings = slices.CompactFunc(findings, func(a, b finding.Finding) bool { return a.Pos == b.Pos && a.Message == b.Message })
	if finding.HasErrors(findings) {
		return nil, atMost(maxFindings, findings)
	}
	if err := checkReferences(root); err != nil {
		return nil, append(findings, finding.Finding{Pos: root.Pos, Rule: "reserved", Severity: finding.Error, Message: err.Error()})
	}
	return &plan.Plan{
		Version:  plan.Version,
		Workflow: name,
		Timezone: def.Timezone,
		Schedule: def.Root.Get("schedule").Object(),
		SLA:      def.Root.Get("sla").Object(),
		Root:     root,
	}, findings
}

// maxFindings is how many mistakes of one workflow are worth telling.
const maxFindings = 1000

func atMost(n int, list []finding.Finding) []finding.Finding {
	if len(list) <= n {
		return list
	}
	rest := finding.Finding{Pos: list[n].Pos, Rule: "more", Severity: finding.Error, Message: fmt.Sprintf("and %d more", len(list)-n)}
	return append(list[:n:n], rest)
}

// Tasks compiles a config that a task generated, as the subtree of that task
// with the given name: "^sub", "^check" or "^error". The positions of its tasks
// are found in marks below path. The task is nil when the config is empty. An
// error has the text that the task fails with.
func Tasks(parent, suffix string, generated *ordered.Object, marks map[string]*plan.Pos, path string) (*plan.Task, error) {
	if generated.Len() == 0 {
		return nil, nil
	}
	node := syntax.FromValue(generated)
	pos := marks[path]
	place(node, marks, path, pos, 0)
	c := &compiler{}
	t := c.task(&source{parent: parent, name: suffix, pos: pos, node: node})
	if f := c.first(); f != nil {
		return nil, f.Err()
	}
	if err := checkExports(t); err != nil {
		return nil, err
	}
	return t, checkReferences(t)
}

// Check compiles the _check of a task that succeeded; nil when it has none. A
// _check that is no mapping is an error only here: it stays in the config.
func Check(parent string, local, check *ordered.Object, marks map[string]*plan.Pos) (*plan.Task, error) {
	if v, _ := local.Get("_check"); v != nil {
		if _, err := config.Object("_check", v); err != nil {
			return nil, err
		}
	}
	return Tasks(parent, "^check", check, marks, "_check")
}

// Startable tells why an attempt of a plan can't start, which is not part of
// what a check refuses: an _export below the root that is no mapping.
func Startable(p *plan.Plan) error { return checkExports(p.Root) }

func checkExports(t *plan.Task) error {
	if v, _ := t.Config.Get("_export"); v != nil {
		if _, err := config.Object("_export", v); err != nil {
			return err
		}
	}
	for _, child := range t.Tasks {
		if err := checkExports(child); err != nil {
			return err
		}
	}
	return nil
}

// source is a task before it is compiled.
type source struct {
	// parent is the full name of the parent.
	parent, name string
	pos          *plan.Pos
	node         *syntax.Node
}

func (s *source) fullName() string { return s.parent + s.name }

type compiler struct {
	// thrown, names and keys are what Digdag meets in each of its steps.
	thrown, names, keys []finding.Finding
	// all has everything, also what several lists count as one.
	all []finding.Finding
}

// first returns what Digdag reports, nil when it reports nothing.
func (c *compiler) first() *finding.Finding {
	switch {
	case len(c.thrown) > 0:
		return &c.thrown[0]
	case len(c.names) > 0:
		return &c.names[0]
	case len(c.keys) > 0:
		lines := make([]string, len(c.keys))
		for i, f := range c.keys {
			lines[i] = "\n" + f.Text
		}
		f := c.keys[0]
		f.Text = modelError + "Validating workflow failed" + strings.Join(lines, "")
		return &f
	}
	return nil
}

// throw records a mistake at which Digdag stops.
func (c *compiler) throw(f finding.Finding) {
	f.Severity = finding.Error
	c.thrown = append(c.thrown, f)
	c.all = append(c.all, f)
}

// throwError is throw with the text of a failed coercion.
func (c *compiler) throwError(pos *plan.Pos, rule string, err error, message string) {
	f := finding.Finding{Pos: pos, Message: message, Rule: rule, Text: err.Error()}
	if e, ok := err.(*config.Error); ok {
		f.Kind = e.Kind
	}
	c.throw(f)
}

// ownConfig is the config of a task without its children.
func ownConfig(n *syntax.Node) *ordered.Object {
	o := ordered.New()
	for _, e := range n.Entries {
		if !strings.HasPrefix(e.Key, "+") {
			o.Set(e.Key, e.Value.Value())
		}
	}
	return o
}
