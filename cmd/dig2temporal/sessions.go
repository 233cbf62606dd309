package main

import (
	"github.com/spf13/cobra"

	"github.com/dig2temporal/dig2temporal/cmd/dig2temporal/internal/cluster"
	"github.com/dig2temporal/dig2temporal/cmd/dig2temporal/internal/listing"
)

func (c *Command) sessionsCommand() *cobra.Command {
	at := &clusterOptions{}
	f := cluster.Filter{}
	cmd := &cobra.Command{
		Use:     "sessions [PROJECT [WORKFLOW]] [options]",
		Aliases: []string{"session"},
		Short:   "List sessions with their last attempts",
		Long:    `List sessions with their last attempts, the newest last.`,
		Example: `  dig2temporal sessions
  dig2temporal sessions sales daily --output json`,
		Args: arguments(0, 2, "a project and a workflow at most"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				f.Project = args[0]
			}
			if len(args) > 1 {
				f.Workflow = args[1]
			}
			k, err := c.connect(cmd.Context(), at)
			if err != nil {
				return err
			}
			defer k.Close()
			list, err := k.Sessions(cmd.Context(), f)
			if err != nil {
				return err
			}
			return listing.WriteAll(c.Out, at.output, "Sessions", "sessions", attemptEntries(k, list))
		},
	}
	flags := cmd.Flags()
	flags.IntVar(&f.Limit, "limit", 100, "At most `N`, the newest; 0 means all")
	at.add(flags)
	return cmd
}
