//go:build noserver

package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

// The commands that need the embedded server answer for it here, since "unknown
// command" would send people looking for a typing error.

func (c *Command) runCommand() *cobra.Command {
	cmd := fullBuildOnly("run WORKFLOW[.dig] [+TASK] [options]", "Run a workflow on this machine",
		`"dig2temporal submit" runs a workflow on a Temporal cluster`)
	cmd.Aliases = []string{"r"}
	return cmd
}

func (c *Command) serverCommand() *cobra.Command {
	return fullBuildOnly("server [options]", "Run a Temporal server with its Web UI and a worker",
		`"dig2temporal worker" works for a server that runs elsewhere`)
}

// fullBuildOnly is a command that fails whatever it is given.
func fullBuildOnly(use, short, instead string) *cobra.Command {
	return &cobra.Command{
		Use:   use,
		Short: short + " (not in this build)",
		Long: fmt.Sprintf(`This build of dig2temporal has no embedded Temporal server, which the command
needs. The full build has one: build it without the tag "noserver". Here,
%s.`, instead),
		Args:               cobra.ArbitraryArgs,
		FParseErrWhitelist: cobra.FParseErrWhitelist{UnknownFlags: true},
		RunE: func(cmd *cobra.Command, _ []string) error {
			return fmt.Errorf("this build has no embedded Temporal server, which %q needs: use the full build, built without the tag \"noserver\"; or %s",
				cmd.Name(), instead)
		},
	}
}
