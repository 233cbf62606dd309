package main

import (
	"github.com/spf13/cobra"

	"github.com/dig2temporal/dig2temporal/cmd/dig2temporal/internal/listing"
)

func (c *Command) revisionsCommand() *cobra.Command {
	at := &clusterOptions{}
	cmd := &cobra.Command{
		Use:     "revisions PROJECT [options]",
		Short:   "List the revisions of a project",
		Long:    `List the revisions of a project, the newest last.`,
		Example: `  dig2temporal revisions sales`,
		Args:    arguments(1, 1, "a project"),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			k, err := c.withStore(ctx, at)
			if err != nil {
				return err
			}
			defer k.Close()
			p, err := k.Projects.Project(ctx, args[0])
			if err != nil {
				return err
			}
			list, err := k.Projects.Revisions(ctx, p.ID)
			if err != nil {
				return err
			}
			entries := make([]listing.Entry, len(list))
			for i := range list {
				entries[len(list)-1-i] = revisionEntry(&list[i])
			}
			return listing.WriteAll(c.Out, at.output, "Revisions", "revisions", entries)
		},
	}
	at.add(cmd.Flags())
	return cmd
}
