package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/pflag"

	"github.com/dig2temporal/dig2temporal/cmd/dig2temporal/internal/params"
	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/translate/config"
	"github.com/dig2temporal/dig2temporal/translate/project"
)

const workflowSuffix = ".dig"

// projectOptions are the options of commands that work on a project folder.
type projectOptions struct {
	dir        string
	params     []string
	paramsFile string
	config     string
	properties []string
}

func (o *projectOptions) add(flags *pflag.FlagSet) {
	flags.StringVar(&o.dir, "project", "", "Use this `FOLDER` as the project (default: the current one)")
	flags.StringArrayVarP(&o.params, "param", "p", nil, "Set a param, as `KEY=VALUE`; may be given many times")
	flags.StringVarP(&o.paramsFile, "params-file", "P", "", "Read params from a YAML or JSON `FILE`")
	flags.StringVarP(&o.config, "config", "c", "", "Read params from the keys \"params.*\" of this properties `FILE`, not from the one in the config folder of Digdag")
	flags.StringArrayVarP(&o.properties, "property", "X", nil, "Set a key of the configuration, as `KEY=VALUE`")
}

// place is a project folder and how the user came to it.
type place struct {
	// dir is absolute. typed is what was given, "" for the current folder.
	dir, typed string
	// workflow is the name of the workflow, "" for all.
	workflow string
}

// place finds the project and the name of the workflow. The argument may be
// empty.
func (c *Command) place(o *projectOptions, workflow string) (*place, error) {
	p := &place{dir: c.path(o.dir), typed: o.dir, workflow: workflow}
	info, err := os.Stat(p.dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("project folder %q does not exist (no such file)", o.dir)
	case err != nil:
		return nil, err
	case !info.IsDir():
		return nil, fmt.Errorf("project folder %q is no folder", o.dir)
	}
	if !strings.HasSuffix(workflow, workflowSuffix) {
		return p, nil
	}
	file := filepath.Clean(filepath.FromSlash(workflow))
	if !filepath.IsAbs(file) {
		file = filepath.Join(p.dir, file)
	}
	if o.dir == "" && filepath.Dir(file) != p.dir && lone(p.dir, file) {
		p.dir = filepath.Dir(file)
		p.typed = filepath.Dir(filepath.FromSlash(workflow))
	}
	rel, err := filepath.Rel(p.dir, file)
	if err != nil || rel == ".." || strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
		return nil, fmt.Errorf("Given path '%s' is outside of project directory '%s' (illegal argument)", file, p.dir)
	}
	p.workflow = strings.TrimSuffix(filepath.ToSlash(rel), workflowSuffix)
	return p, nil
}

// lone tells whether a workflow file lies elsewhere and the current folder is no
// project, so that the file can only mean the project in its own folder. Where
// there are workflows, files in other folders are none.
func lone(current, file string) bool {
	if info, err := os.Stat(file); err != nil || !info.Mode().IsRegular() {
		return false
	}
	here, err := filepath.Glob(filepath.Join(current, "*"+workflowSuffix))
	return err == nil && len(here) == 0
}

// shownDir leads from the current folder to the project, for messages.
func (c *Command) shownDir(p *place) string {
	if p.typed == "" {
		return ""
	}
	return filepath.ToSlash(filepath.Clean(p.typed))
}

// elsewhere tells whether the project is not the current folder.
func (c *Command) elsewhere(p *place) bool { return p.dir != filepath.Clean(c.Dir) }

// unknownWorkflow is the error for a name that is no workflow of the project.
func (p *place) unknownWorkflow(project *project.Project) error {
	hint := didYouMean(p.workflow, project.Workflows())
	if p.typed != "" {
		return fmt.Errorf("Workflow '%s' does not exist in project directory '%s'.%s (resource not found)", p.workflow, p.typed, hint)
	}
	if slash := strings.LastIndexByte(p.workflow, '/'); slash >= 0 {
		sub := p.workflow[:slash]
		return fmt.Errorf("Workflow '%s' does not exist in current directory. You may need to type \"cd %s\" first, or set \"--project %s\" option.%s (resource not found)",
			p.workflow, sub, sub, hint)
	}
	return fmt.Errorf("Workflow '%s' does not exist in current directory. You may need to change directory first, or set --project option.%s (resource not found)", p.workflow, hint)
}

// loadParams merges the params of the configuration, of -P and of -p.
func (c *Command) loadParams(o *projectOptions, p *place) (*ordered.Object, error) {
	pairs, err := params.Parse(o.params)
	if err != nil {
		return nil, &usageError{err}
	}
	configured, err := c.configuration(o)
	if err != nil {
		return nil, err
	}
	merged, err := params.Merge(nil, params.Configured(configured))
	if err != nil {
		return nil, err
	}
	if o.paramsFile != "" {
		file, err := params.ReadFile(c.path(o.paramsFile), o.paramsFile)
		if err != nil {
			return nil, err
		}
		merged = merged.Merge(file)
	}
	merged, err = params.Merge(merged, pairs)
	if err != nil {
		return nil, err
	}
	if c.elsewhere(p) {
		merged = merged.Clone()
		merged.Set("_project_path", p.dir)
	}
	return merged, nil
}

// configuration reads what Digdag's configuration says, lowest priority first.
func (c *Command) configuration(o *projectOptions) ([]params.Pair, error) {
	var pairs []params.Pair
	if o.config == "" {
		if home := c.configHome(); home != "" {
			text, err := os.ReadFile(filepath.Join(home, "config"))
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				return nil, err
			}
			pairs = params.Properties(string(text))
		}
	}
	pairs = append(pairs, params.Properties(c.getenv("DIGDAG_CONFIG"))...)
	for _, property := range o.properties {
		key, value, _ := strings.Cut(property, "=")
		pairs = append(pairs, params.Pair{Key: key, Value: value})
	}
	if o.config == "" {
		return pairs, nil
	}
	text, err := os.ReadFile(c.path(o.config))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s (no such file)", o.config)
	}
	return append(pairs, params.Properties(string(text))...), err
}

func (c *Command) configHome() string {
	if home := c.getenv("DIGDAG_CONFIG_HOME"); home != "" {
		return home
	}
	if home := c.getenv("XDG_CONFIG_HOME"); home != "" {
		return filepath.Join(home, "digdag")
	}
	if home := c.getenv("HOME"); home != "" {
		return filepath.Join(home, ".config", "digdag")
	}
	return ""
}

// withKind adds the kind in brackets by which Digdag closes its messages.
func withKind(err error) error {
	var e *config.Error
	if !errors.As(err, &e) {
		return err
	}
	kind := e.Kind
	if kind == "" {
		kind = "config"
	}
	return fmt.Errorf("%s (%s)", e.Message, kind)
}
