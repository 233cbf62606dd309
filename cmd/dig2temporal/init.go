package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dig2temporal/dig2temporal/cmd/dig2temporal/internal/templates"
	"github.com/dig2temporal/dig2temporal/translate/compile"
)

func (c *Command) initCommand() *cobra.Command {
	kind := ""
	types := strings.Join(templates.Types(), ", ")
	cmd := &cobra.Command{
		Use:     "init DIR [options]",
		Aliases: []string{"new"},
		Short:   "Create a project",
		Long: `Create a folder with a small workflow to begin with. Files that are there
already are left alone.`,
		Example: `  dig2temporal init sales
  dig2temporal init sales --type sh`,
		Args: arguments(1, 1, "the folder to create"),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := oneOf("--type", kind, templates.Types()...); err != nil {
				return err
			}
			return c.init(args[0], kind)
		},
	}
	cmd.Flags().StringVarP(&kind, "type", "t", "echo", "`TYPE` of the tasks: "+types)
	return cmd
}

func (c *Command) init(dir, kind string) error {
	abs := c.path(dir)
	name := filepath.Base(abs)
	if faults := compile.NameFaults(name); len(faults) > 0 {
		return fmt.Errorf("%q can't be the name of a workflow: it %s (model validation)", name, faults[0])
	}
	workflow := name + ".dig"
	if _, err := os.Lstat(filepath.Join(abs, workflow)); err == nil {
		fmt.Fprintf(c.Out, "File %s already exists.\n", filepath.Join(dir, workflow))
		return nil
	}
	files, err := templates.Files(kind)
	if err != nil {
		return err
	}
	for _, f := range files {
		if f.Name == templates.Workflow {
			f.Name = workflow
		}
		if err := c.create(dir, f); err != nil {
			return err
		}
	}
	enter := fmt.Sprintf("Type `cd %s` and then", dir)
	if abs == c.Dir {
		enter = "Type"
	}
	fmt.Fprintf(c.Out, "Done. %s `dig2temporal run %s` to run the workflow.\n", enter, workflow)
	return nil
}

func (c *Command) create(dir string, f templates.File) error {
	path := filepath.Join(c.path(dir), filepath.FromSlash(f.Name))
	if _, err := os.Lstat(path); err == nil {
		return nil
	}
	fmt.Fprintf(c.Out, "  Creating %s\n", filepath.Join(dir, filepath.FromSlash(f.Name)))
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	mode := os.FileMode(0o666)
	if f.Executable {
		mode = 0o777
	}
	return os.WriteFile(path, f.Text, mode)
}
