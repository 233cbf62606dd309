package check

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"github.com/dig2temporal/dig2temporal/translate/compile"
	"github.com/dig2temporal/dig2temporal/translate/finding"
	"github.com/dig2temporal/dig2temporal/translate/syntax"
)

// stand is the name of the task that a body is compiled as.
const stand = "+_body"

var body = rule{"body", "what is compiled only when it is needed is legal, too", func(c *checker, t *task) {
	for _, key := range []string{"_do", "_else_do", "_check"} {
		e := t.node.Entry(key)
		if e == nil || e.Value.IsNull() {
			continue
		}
		if e.Value.Kind != syntax.Mapping {
			c.warn(e.Pos, "%q of %s must be a mapping but is %s", key, t.what(), show(e.Value))
			continue
		}
		c.compile(e.Value, fmt.Sprintf("%q of %s does not compile when it is needed", key, t.what()), key)
	}
	if t.parent == nil && t.workflow {
		if n := t.node.Get("sla"); n != nil && n.Kind == syntax.Mapping {
			c.compile(without(n, "time", "duration", "alert", "fail"), "the tasks of \"sla\" do not compile when they are needed", "sla")
		}
	}
}}

// compile compiles a body as the only task of a workflow, and reports what is
// wrong with it.
func (c *checker) compile(n *syntax.Node, what, key string) {
	tree := &syntax.Node{Kind: syntax.Mapping, Pos: n.Pos, Entries: []syntax.Entry{{Key: stand, Pos: n.Pos, Value: hollow(n)}}}
	_, findings := compile.Workflow("body", tree)
	for _, f := range findings {
		if f.Severity == finding.Error {
			c.warn(f.Pos, "%s: %s", what, strings.ReplaceAll(f.Message, stand, key))
		}
	}
}

// hollow returns a task without what is in bodies below it, which are compiled
// on their own.
func hollow(n *syntax.Node) *syntax.Node {
	c := &syntax.Node{Kind: n.Kind, Pos: n.Pos, Scalar: n.Scalar}
	for _, item := range n.Items {
		c.Items = append(c.Items, hollow(item))
	}
	for _, e := range n.Entries {
		switch {
		case e.Key == "_do" || e.Key == "_else_do" || e.Key == "_check":
			continue
		case strings.HasPrefix(e.Key, "+") || e.Key == "_error":
			e.Value = hollow(e.Value)
		}
		c.Entries = append(c.Entries, e)
	}
	return c
}

const ruleCalled = "called-file"

// checkCalled checks a workflow file in a folder, once.
func (c *checker) checkCalled(file string) {
	if c.called[file] {
		return
	}
	c.called[file] = true
	before := c.rule
	defer func() { c.rule = before }()
	c.rule = &rule{id: ruleCalled}
	workflow := strings.NewReplacer(`workflow "`+calledName+`"`, fmt.Sprintf("file %q", shorten(file)))
	warn := func(list []finding.Finding) {
		for _, f := range list {
			if f.Severity == finding.Error {
				c.warn(f.Pos, "tasks that call this file fail: %s", workflow.Replace(f.Message))
			}
		}
	}
	tree, findings := syntax.Load(folder{c.Files}, file)
	warn(findings)
	if tree == nil {
		return
	}
	_, findings = compile.Workflow(calledName, tree)
	warn(findings)
	c.gather(tree, 0)
	c.visit(&task{name: "+" + calledName, node: tree, pos: tree.Pos, file: file})
}

// calledName stands for the name of a called file, which is not that of a
// workflow and may have what those must not.
const calledName = "called"

// folder lets the loader of files read from a file system.
type folder struct{ fs.FS }

func (f folder) Read(name string) ([]byte, error) {
	// A pipe would be waited for when it is opened.
	if info, err := fs.Stat(f.FS, name); err == nil && !info.Mode().IsRegular() {
		return nil, errors.New("it is no regular file")
	}
	file, err := f.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fs.ErrNotExist
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(file, syntax.MaxFile+1))
}

func (f folder) Path(name string) string { return name }
