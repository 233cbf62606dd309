package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"fmt"

	"github.com/spf13/cobra"

	"github.com/dig2temporal/dig2temporal/cmd/dig2temporal/internal/report"
	"github.com/dig2temporal/dig2temporal/translate/finding"
	"github.com/dig2temporal/dig2temporal/translate/project"
)

func (c *Command) planCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "plan FILE",
		Short: "Print what a workflow file is compiled to",
		Long: `Print the plan of a workflow file as JSON: the tree of its tasks with their
positions, in the form that attempts are started with. Equal files have equal
plans, byte for byte.`,
		Example: `  dig2temporal plan daily.dig
  dig2temporal plan daily.dig | jq '.root.tasks[].name'`,
		Args: arguments(1, 1, "a workflow file"),
		RunE: func(_ *cobra.Command, args []string) error { return c.plan(args[0]) },
	}
}

func (c *Command) plan(file string) error {
	path := c.path(filepath.FromSlash(file))
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s (no such file)", file)
	}
	name, ok := strings.CutSuffix(filepath.Base(path), workflowSuffix)
	if !ok {
		return fmt.Errorf("%s is no workflow file: its name does not end in %s", file, workflowSuffix)
	}
	p, err := project.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer p.Close()
	loaded, err := p.LoadOne(name)
	if err != nil {
		return err
	}
	dir := filepath.ToSlash(filepath.Dir(filepath.FromSlash(file)))
	if dir == "." {
		dir = ""
	}
	if err := report.Write(c.Err, "text", dir, "", loaded.Findings); err != nil {
		return err
	}
	if finding.HasErrors(loaded.Findings) {
		return &exitError{exitFailed}
	}
	return c.writeJSON(loaded.Plans[name])
}
