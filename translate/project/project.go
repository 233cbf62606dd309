// Package project loads the workflows of a project folder. It reads nothing
// outside of that folder.
package project

import (
	"cmp"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/dig2temporal/dig2temporal/translate/compile"
	"github.com/dig2temporal/dig2temporal/translate/finding"
	"github.com/dig2temporal/dig2temporal/translate/plan"
	"github.com/dig2temporal/dig2temporal/translate/syntax"
)

const suffix = ".dig"

// Project is an open project folder. It is safe for concurrent use.
type Project struct {
	files     *files
	workflows []string
	findings  []finding.Finding
}

// Loaded is what the workflow files of a project say.
type Loaded struct {
	// Plans are the workflows without errors, Trees all that are legal YAML, both
	// by workflow name.
	Plans map[string]*plan.Plan
	Trees map[string]*syntax.Node
	// Findings are those of all files, sorted.
	Findings []finding.Finding
}

// Open opens a project folder and lists its workflows. Close it after use.
func Open(dir string) (*Project, error) {
	f, err := openFiles(dir)
	if err != nil {
		return nil, err
	}
	p := &Project{files: f}
	if err := p.list(); err != nil {
		f.root.Close()
		return nil, fmt.Errorf("project folder %q: %w", dir, err)
	}
	return p, nil
}

// Close gives the folder free.
func (p *Project) Close() error { return p.files.root.Close() }

// Dir returns the absolute path of the project folder.
func (p *Project) Dir() string { return p.files.dir }

// Workflows returns the names of the workflows, sorted: those of the regular
// files right in the folder that end in ".dig", do not begin with a dot and are
// not ignored.
func (p *Project) Workflows() []string { return p.workflows }

// Has tells whether there is a workflow of that name.
func (p *Project) Has(name string) bool { return slices.Contains(p.workflows, name) }

func (p *Project) list() error {
	ignore, err := p.Ignore()
	if err != nil {
		return err
	}
	entries, err := fs.ReadDir(p.files.root.FS(), ".")
	if err != nil {
		return plain(err)
	}
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), suffix)
		if !ok || strings.HasPrefix(e.Name(), ".") || ignore.Ignores(e.Name(), e.IsDir()) {
			continue
		}
		regular := e.Type().IsRegular()
		if e.Type()&os.ModeSymlink != 0 {
			info, err := p.files.root.Stat(e.Name())
			if err != nil && plain(err) == errOutside {
				p.findings = append(p.findings, finding.Finding{
					Pos:  &plan.Pos{File: e.Name(), Line: 1, Column: 1},
					Rule: "file", Severity: finding.Error, Message: "the file can't be read: " + errOutside.Error(),
				})
			}
			regular = err == nil && info.Mode().IsRegular()
		}
		if regular {
			p.workflows = append(p.workflows, name)
		}
	}
	slices.SortFunc(p.workflows, cmp.Compare)
	return nil
}

// Load loads and compiles all workflows.
func (p *Project) Load() *Loaded {
	all := &Loaded{Plans: map[string]*plan.Plan{}, Trees: map[string]*syntax.Node{}, Findings: slices.Clone(p.findings)}
	for _, name := range p.workflows {
		p.load(name, all)
	}
	finding.Sort(all.Findings)
	return all
}

// LoadOne loads and compiles one workflow. The error is for a name that is none
// of Workflows.
func (p *Project) LoadOne(name string) (*Loaded, error) {
	if !p.Has(name) {
		return nil, fmt.Errorf("there is no workflow %q in %s", name, p.files.dir)
	}
	one := &Loaded{Plans: map[string]*plan.Plan{}, Trees: map[string]*syntax.Node{}}
	p.load(name, one)
	finding.Sort(one.Findings)
	return one, nil
}

func (p *Project) load(name string, into *Loaded) {
	tree, findings := syntax.Load(p.files, name+suffix)
	into.Findings = append(into.Findings, findings...)
	if tree == nil {
		return
	}
	into.Trees[name] = tree
	pl, findings := compile.Workflow(name, tree)
	into.Findings = append(into.Findings, findings...)
	if pl != nil {
		into.Plans[name] = pl
	}
}
