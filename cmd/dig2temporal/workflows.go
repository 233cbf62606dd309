package main

import (
	"context"
	"encoding/json"

	"github.com/spf13/cobra"

	"github.com/dig2temporal/dig2temporal/cmd/dig2temporal/internal/cluster"
	"github.com/dig2temporal/dig2temporal/cmd/dig2temporal/internal/listing"
	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/internal/projectstore"
)

func (c *Command) workflowsCommand() *cobra.Command {
	at := &clusterOptions{}
	var revision string
	cmd := &cobra.Command{
		Use:   "workflows [PROJECT [WORKFLOW]] [options]",
		Short: "List the workflows that were pushed",
		Long: `List the workflows of all projects or of one, as of the newest revision or the one
that --revision names. With WORKFLOW, print its plan.`,
		Example: `  dig2temporal workflows
  dig2temporal workflows sales daily`,
		Args: arguments(0, 2, "a project and a workflow at most"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if revision != "" && len(args) == 0 {
				return usagef("--revision needs a project")
			}
			ctx := cmd.Context()
			k, err := c.withStore(ctx, at)
			if err != nil {
				return err
			}
			defer k.Close()
			if len(args) == 2 {
				r, err := findRevision(ctx, k, args[0], revision)
				if err != nil {
					return err
				}
				p, err := k.Plan(ctx, r, args[1])
				if err != nil {
					return err
				}
				return c.writeJSON(p)
			}
			list, err := workflowRevisions(ctx, k, args, revision)
			if err != nil {
				return err
			}
			var entries []listing.Entry
			for _, r := range list {
				for _, w := range r.Workflows {
					entries = append(entries, workflowEntry(r, w))
				}
			}
			return listing.WriteAll(c.Out, at.output, "Workflows", "workflows", entries)
		},
	}
	cmd.Flags().StringVarP(&revision, "revision", "r", "", "`NAME` of the revision (default: the newest)")
	at.add(cmd.Flags())
	return cmd
}

func workflowRevisions(ctx context.Context, k *cluster.Cluster, args []string, revision string) ([]*projectstore.Revision, error) {
	if len(args) > 0 {
		r, err := findRevision(ctx, k, args[0], revision)
		return []*projectstore.Revision{r}, err
	}
	projects, err := k.Projects.Projects(ctx)
	if err != nil {
		return nil, err
	}
	var list []*projectstore.Revision
	for _, p := range projects {
		r, err := newestRevision(ctx, k, p)
		if err != nil {
			return nil, err
		}
		if r != nil {
			list = append(list, r)
		}
	}
	return list, nil
}

func workflowEntry(r *projectstore.Revision, w projectstore.Workflow) listing.Entry {
	e := listing.Entry{
		{Key: "project", Value: r.Project},
		{Key: "workflow", Value: w.Name},
		{Key: "timezone", Value: w.Timezone},
		{Key: "revision", Value: r.Name},
	}
	schedule := ordered.New()
	if w.Schedule != nil && json.Unmarshal(w.Schedule, schedule) == nil {
		e = append(e, listing.Field{Key: "schedule", Value: schedule})
	}
	return e
}
