package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/dig2temporal/dig2temporal/cmd/dig2temporal/internal/cluster"
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
			var entries []listing.Entry
			for _, p := range list {
				r, err := newestRevision(ctx, k, p)
				if err != nil {
					return err
				}
				if r == nil {
					continue
				}
				entries = append(entries, listing.Entry{
					{Key: "project", Value: p.Name},
					{Key: "project_id", Value: p.ID},
					{Key: "revision", Value: r.Name},
					{Key: "created_at", Value: p.CreatedAt},
					{Key: "updated_at", Value: r.CreatedAt},
				})
			}
			return listing.WriteAll(c.Out, at.output, "Projects", "projects", entries)
		},
	}
	at.add(cmd.Flags())
	return cmd
}

// newestRevision returns nil for a project without a revision: its first push is
// under way, or ended halfway.
func newestRevision(ctx context.Context, k *cluster.Cluster, p projectstore.Project) (*projectstore.Revision, error) {
	r, err := k.Projects.LatestOf(ctx, p.ID)
	var missing *projectstore.NotFoundError
	if errors.As(err, &missing) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("project %q: %w", p.Name, err)
	}
	return r, nil
}
