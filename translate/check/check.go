package check

import (
	"fmt"
	"io/fs"
	"maps"
	"slices"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/translate/finding"
	"github.com/dig2temporal/dig2temporal/translate/plan"
	"github.com/dig2temporal/dig2temporal/translate/syntax"
)

// Input is what is checked.
type Input struct {
	// Trees are the workflow files to check, by workflow name.
	Trees map[string]*syntax.Node
	// Workflows are the names of all workflows of the project.
	Workflows []string
	// Files is the project folder. Without it, nothing is said about files. It
	// should not follow links that lead out of the folder.
	Files fs.FS
	// Catalog has the operators that tasks can have.
	Catalog Catalog
	// Params are those given at the start, nil when there are none.
	Params *ordered.Object
}

// Findings checks workflows and the files in folders that they call. The list is
// sorted and says nothing twice.
func Findings(in Input) []finding.Finding {
	c := &checker{
		Input: in, rules: rules(), called: map[string]bool{}, mentioned: map[string]bool{},
		sources: map[string][]string{}, problems: map[string]string{}, moments: map[string][]string{}, env: map[*syntax.Node]bool{},
	}
	for _, name := range slices.Sorted(maps.Keys(in.Trees)) {
		c.gather(in.Trees[name], 0)
	}
	for _, name := range slices.Sorted(maps.Keys(in.Trees)) {
		c.workflow(name, in.Trees[name])
	}
	finding.Sort(c.list)
	// What is included twice is said once.
	return slices.CompactFunc(c.list, func(a, b finding.Finding) bool {
		return a.Pos.String() == b.Pos.String() && a.Message == b.Message
	})
}

// Rules returns the ids of all rules with a line about each.
func Rules() map[string]string {
	list := map[string]string{ruleCalled: "called files are legal workflow files"}
	for _, r := range rules() {
		list[r.id] = r.summary
	}
	return list
}

// rule is one check, made on every task.
type rule struct {
	id, summary string
	check       func(*checker, *task)
}

func rules() []rule {
	return []rule{
		unknownOperator, unknownOption, optionType, missingCommand, missingBody,
		missingFile, missingWorkflow, modulePath,
		ignoredKey, groupCheck, innerExport, exportedEnv, env,
		retry, retryNoEffect, emptyList, countParam, body,
		unclosed, expression, moments,
		scheduleRule, scheduleOption, sla,
	}
}

// maxWorkdirs bounds the folders in which a file is looked for.
const maxWorkdirs = 50

type checker struct {
	Input
	list  []finding.Finding
	rules []rule
	// rule is the one that is running.
	rule *rule
	// called has the files in folders that were checked.
	called map[string]bool
	// workdirs are all values of _workdir that occur; dynamicWorkdir tells that
	// there are some that nobody can know.
	workdirs       []string
	dynamicWorkdir bool
	// mentioned are the names of scripts that texts have.
	mentioned map[string]bool
	// sources holds the lines of files.
	sources map[string][]string
	// problems and moments hold what rules found out about expressions.
	problems map[string]string
	moments  map[string][]string
	// env remembers what hasEnv found.
	env map[*syntax.Node]bool
}

func (c *checker) warn(pos *plan.Pos, format string, args ...any) {
	c.report(pos, finding.Warning, fmt.Sprintf(format, args...))
}

func (c *checker) report(pos *plan.Pos, severity finding.Severity, message string) {
	c.list = append(c.list, finding.Finding{Pos: pos, Message: message, Rule: c.rule.id, Severity: severity})
}

func (c *checker) workflow(name string, tree *syntax.Node) {
	c.visit(&task{name: "+" + name, node: tree, pos: tree.Pos, file: name + suffix, workflow: true})
}

// visit makes all checks on a task and on everything below it.
func (c *checker) visit(t *task) {
	if !t.read() {
		return
	}
	for i := range c.rules {
		c.rule = &c.rules[i]
		c.rule.check(c, t)
	}
	t.children(c.visit)
}

// gather collects what rules need to know of the whole project.
func (c *checker) gather(n *syntax.Node, depth int) {
	if depth > syntax.MaxDepth {
		return
	}
	if text, ok := n.Scalar.(string); ok {
		c.addMentions(text)
	}
	for _, item := range n.Items {
		c.gather(item, depth+1)
	}
	for _, e := range n.Entries {
		if e.Key == "_workdir" {
			text, ok := e.Value.Scalar.(string)
			if !contains(c.workdirs, text) {
				c.workdirs = append(c.workdirs, text)
			}
			if !ok || hasExpression(text) || len(c.workdirs) > maxWorkdirs {
				c.dynamicWorkdir = true
				c.workdirs = nil
			}
		}
		c.gather(e.Value, depth+1)
	}
}
