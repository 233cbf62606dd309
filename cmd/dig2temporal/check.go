package main

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dig2temporal/dig2temporal/cmd/dig2temporal/internal/report"
	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/operators"
	"github.com/dig2temporal/dig2temporal/translate/check"
	"github.com/dig2temporal/dig2temporal/translate/finding"
	"github.com/dig2temporal/dig2temporal/translate/plan"
	"github.com/dig2temporal/dig2temporal/translate/project"
	"github.com/dig2temporal/dig2temporal/translate/syntax"
)

type checkOptions struct {
	projectOptions
	strict bool
	format string
}

func (c *Command) checkCommand() *cobra.Command {
	o := &checkOptions{}
	cmd := &cobra.Command{
		Use:     "check [WORKFLOW[.dig]] [options]",
		Aliases: []string{"c"},
		Short:   "Find mistakes in workflows",
		Long: `Find mistakes in the workflows of a project, or in one WORKFLOW with those that
it calls and requires, and show what they define.

An error is what can't be run at all. A warning is what fails, or has no effect,
when the task is reached. Both are written to stderr with the place in the file,
or with --format to stdout for other programs.`,
		Example: `  dig2temporal check
  dig2temporal check daily.dig --strict
  dig2temporal check --project etl --format github`,
		Args: arguments(0, 1, "at most one workflow"),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := oneOf("--format", o.format, report.Formats()...); err != nil {
				return err
			}
			return c.check(o, strings.Join(args, ""))
		},
	}
	o.projectOptions.add(cmd.Flags())
	cmd.Flags().BoolVar(&o.strict, "strict", false, "Take warnings for errors")
	cmd.Flags().StringVar(&o.format, "format", "text", "`FORMAT` of the findings: "+strings.Join(report.Formats(), ", "))
	return cmd
}

func (c *Command) check(o *checkOptions, workflow string) error {
	place, err := c.place(&o.projectOptions, workflow)
	if err != nil {
		return err
	}
	params, err := c.loadParams(&o.projectOptions, place)
	if err != nil {
		return err
	}
	p, err := project.Open(place.dir)
	if err != nil {
		return err
	}
	defer p.Close()
	if place.workflow != "" && !p.Has(place.workflow) {
		return place.unknownWorkflow(p)
	}
	plans, list := findings(p, place.workflow, params)
	if o.strict {
		for i := range list {
			list[i].Severity = finding.Error
		}
	}
	if o.format != "text" {
		if err := report.Write(c.Out, o.format, c.shownDir(place), c.version(), list); err != nil {
			return err
		}
		if finding.HasErrors(list) {
			return &exitError{exitFailed}
		}
		return nil
	}
	if err := report.Write(c.Err, "text", c.shownDir(place), "", list); err != nil {
		return err
	}
	if finding.HasErrors(list) {
		return fmt.Errorf("%s", count(list))
	}
	return check.Summary{Plans: plans, Params: params, Zone: c.machineZone(), Now: c.Now()}.Write(c.Out)
}

// findings loads and checks a project, or one workflow with what it leads to.
// Files with errors have no plan.
func findings(p *project.Project, workflow string, params *ordered.Object) (map[string]*plan.Plan, []finding.Finding) {
	loaded := p.Load()
	plans, trees, list := loaded.Plans, loaded.Trees, loaded.Findings
	if workflow != "" {
		plans = check.Reachable(loaded.Plans, workflow)
		trees = map[string]*syntax.Node{}
		for name := range plans {
			trees[name] = loaded.Trees[name]
		}
		trees[workflow] = loaded.Trees[workflow]
		list = slices.DeleteFunc(list, func(f finding.Finding) bool {
			_, ok := trees[origin(f)]
			return !ok
		})
		if trees[workflow] == nil {
			delete(trees, workflow)
		}
	}
	list = append(list, check.Findings(check.Input{
		Trees: trees, Workflows: p.Workflows(), Files: os.DirFS(p.Dir()), Catalog: catalog(operators.Default()), Params: params,
	})...)
	finding.Sort(list)
	return plans, slices.CompactFunc(list, func(a, b finding.Finding) bool {
		return a.Pos.String() == b.Pos.String() && a.Message == b.Message
	})
}

// origin is the workflow that a finding belongs to: that of the file which the
// outermost include stands in.
func origin(f finding.Finding) string {
	if f.Pos == nil {
		return ""
	}
	file := f.Pos.File
	if n := len(f.Pos.Included); n > 0 {
		file = f.Pos.Included[n-1].File
	}
	return strings.TrimSuffix(file, workflowSuffix)
}

// catalog is what checks need to know of the operators.
func catalog(registry *operators.Registry) check.Catalog {
	c := check.Catalog{}
	for _, name := range registry.Names() {
		o, _ := registry.Lookup(name)
		s := o.Spec()
		about := check.Operator{Command: checkOption(s.Command), Namespaces: s.Namespaces, FreeKeys: s.FreeKeys, Retryable: s.Retryable}
		for _, option := range s.Options {
			about.Options = append(about.Options, checkOption(option))
		}
		c[name] = about
	}
	return c
}

func checkOption(o operators.Option) check.Option {
	return check.Option{Name: o.Name, Type: o.Type, Required: o.Required}
}

// count says how many findings there are, "2 errors and 1 warning".
func count(list []finding.Finding) string {
	errors, warnings := 0, 0
	for _, f := range list {
		if f.Severity == finding.Error {
			errors++
		} else {
			warnings++
		}
	}
	text := plural(errors, "error")
	if warnings > 0 {
		text += " and " + plural(warnings, "warning")
	}
	return text
}

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}
