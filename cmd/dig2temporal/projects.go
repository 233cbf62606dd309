package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/dig2temporal/dig2temporal/cmd/dig2temporal/internal/listing"
	"github.com/dig2temporal/dig2temporal/internal/projectstore"
)

func (c *Command) projectsCommand() *cobra.Command {
	at := &clusterOptions{}
	cmd := &cobra.Command{
		Use:   "projects [PROJECT] [options]",
		Short: "List the projects that were pushed",
		Long:  `List the projects that were pushed with their newest revisions, or one of them.`,
		Example: `  dig2temporal projects
  dig2temporal projects sales --output json`,
		Args: arguments(0, 1, "at most one project"),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			k, err := c.withStore(ctx, at)
			if err != nil {
				return err
			}
			defer k.Close()
			var list []projectstore.Project
			if len(args) == 1 {
				p, err := k.Projects.Project(ctx, args[0])
				if err != nil {
					return err
				}
				list = append(list, *p)
			} else if list, err = k.Projects.Projects(ctx); err != nil {
				return err
			}
			entries := make([]listing.Entry, len(list))
			for i, p := range list {
				r, err := k.Projects.LatestOf(ctx, p.ID)
				if err != nil {
					return fmt.Errorf("project %q: %w", p.Name, err)
				}
				entries[i] = listing.Entry{
					{Key: "project", Value: p.Name},
					{Key: "project_id", Value: p.ID},
					{Key: "revision", Value: r.Name},
					{Key: "created_at", Value: p.CreatedAt},
					{Key: "updated_at", Value: r.CreatedAt},
				}
			}
			return listing.WriteAll(c.Out, at.output, "Projects", "projects", entries)
		},
	}
	at.add(cmd.Flags())
	return cmd
}
