package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dig2temporal/dig2temporal/cmd/dig2temporal/internal/listing"
	"github.com/dig2temporal/dig2temporal/operators"
)

func (c *Command) operatorsCommand() *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "operators [NAME] [options]",
		Short: "Show what tasks can do",
		Long: `Show the operators that tasks can use or, with NAME, what one of them does:
its options with their types and defaults, the secrets it reads, the params it
stores, and examples.`,
		Example: `  dig2temporal operators
  dig2temporal operators sh
  dig2temporal operators --output json`,
		Args: arguments(0, 1, "at most the name of an operator"),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := oneOf("--output", output, "text", "json"); err != nil {
				return err
			}
			registry := operators.Default()
			if len(args) == 1 {
				return c.showOperator(registry, strings.TrimSuffix(args[0], ">"), output)
			}
			return c.listOperators(registry, output)
		},
	}
	cmd.Flags().StringVar(&output, "output", "text", "`FORMAT` of the output: text or json")
	return cmd
}

func (c *Command) listOperators(registry *operators.Registry, output string) error {
	var specs []*operators.Spec
	wide := 0
	for _, name := range registry.Names() {
		o, _ := registry.Lookup(name)
		specs = append(specs, o.Spec())
		wide = max(wide, len(name))
	}
	if output == "json" {
		return c.writeJSON(jsonSpecs(specs))
	}
	for _, s := range specs {
		fmt.Fprintf(c.Out, "%-*s  %s\n", wide+1, s.Name+">", s.Summary)
	}
	return nil
}

func (c *Command) showOperator(registry *operators.Registry, name, output string) error {
	o, ok := registry.Lookup(name)
	if !ok {
		return usagef("unknown operator %q%s", name, didYouMean(name, registry.Names()))
	}
	if output == "json" {
		return c.writeJSON(jsonSpecs([]*operators.Spec{o.Spec()})[0])
	}
	describeOperator(c.Out, o.Spec())
	return nil
}

func describeOperator(w io.Writer, s *operators.Spec) {
	fmt.Fprintf(w, "%s>: %s\n", s.Name, s.Summary)
	if s.Description != "" {
		fmt.Fprintf(w, "\n%s\n", strings.TrimSpace(s.Description))
	}
	if s.Command.Type != "" || s.Command.Description != "" {
		fmt.Fprintf(w, "\nVALUE\n")
		describeOption(w, s.Name+">", s.Command)
	}
	describeOptions(w, "OPTIONS", s.Options)
	if len(s.Namespaces) > 0 {
		fmt.Fprintf(w, "\nOptions are also read from the params %s.\n", strings.Join(s.Namespaces, ", "))
	}
	if s.FreeKeys {
		fmt.Fprintf(w, "\nAll other keys are arguments.\n")
	}
	if len(s.Secrets) > 0 {
		fmt.Fprintf(w, "\nSECRETS\n\n")
		for _, name := range s.Secrets {
			fmt.Fprintf(w, "  %s\n", name)
		}
	}
	describeOptions(w, "STORED PARAMS", s.Outputs)
	for _, e := range s.Examples {
		fmt.Fprintf(w, "\nEXAMPLE: %s\n\n", e.Title)
		for _, line := range strings.Split(strings.TrimRight(e.Dig, "\n"), "\n") {
			fmt.Fprintf(w, "  %s\n", line)
		}
	}
	if s.Since != "" {
		fmt.Fprintf(w, "\nSince version %s.\n", s.Since)
	}
}

func describeOptions(w io.Writer, title string, options []operators.Option) {
	if len(options) == 0 {
		return
	}
	fmt.Fprintf(w, "\n%s\n", title)
	for _, o := range options {
		describeOption(w, o.Name, o)
	}
}

func describeOption(w io.Writer, name string, o operators.Option) {
	var about []string
	if o.Type != "" {
		about = append(about, strings.ReplaceAll(o.Type, "|", " or "))
	}
	if o.Required {
		about = append(about, "required")
	}
	if o.Default != "" {
		about = append(about, "default: "+o.Default)
	}
	fmt.Fprintf(w, "\n  %s", name)
	if len(about) > 0 {
		fmt.Fprintf(w, " (%s)", strings.Join(about, ", "))
	}
	fmt.Fprintln(w)
	for _, line := range wrap(o.Description, 72) {
		fmt.Fprintf(w, "      %s\n", line)
	}
}

// wrap parts a text into lines of at most some characters.
func wrap(text string, columns int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && len(line)+1+len(word) > columns {
			lines = append(lines, line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}

func (c *Command) writeJSON(v any) error { return listing.WriteJSON(c.Out, v) }
