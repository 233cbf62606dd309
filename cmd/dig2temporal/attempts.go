package main

import (
	"strconv"

	"github.com/spf13/cobra"

	"github.com/dig2temporal/dig2temporal/cmd/dig2temporal/internal/cluster"
	"github.com/dig2temporal/dig2temporal/cmd/dig2temporal/internal/listing"
)

func (c *Command) attemptsCommand() *cobra.Command {
	at := &clusterOptions{}
	f := cluster.Filter{}
	cmd := &cobra.Command{
		Use:   "attempts [SESSION] [options]",
		Short: "List attempts",
		Long: `List attempts, the newest last. With SESSION, the id of a session, list only its
attempts.`,
		Example: `  dig2temporal attempts
  dig2temporal attempts --project sales --limit 20
  dig2temporal attempts sales/daily/2024-02-29T00:00:00+00:00`,
		Args: arguments(0, 1, "at most one session"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				f.Session = args[0]
			}
			k, err := c.connect(cmd.Context(), at)
			if err != nil {
				return err
			}
			defer k.Close()
			list, err := k.Attempts(cmd.Context(), f)
			if err != nil {
				return err
			}
			return listing.WriteAll(c.Out, at.output, "Session attempts", "attempts", attemptEntries(k, list))
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.Project, "project", "", "Only attempts of this `PROJECT`")
	flags.StringVar(&f.Workflow, "workflow", "", "Only attempts of this `WORKFLOW`")
	flags.IntVar(&f.Limit, "limit", 100, "At most `N`, the newest; 0 means all")
	at.add(flags)
	return cmd
}

func (c *Command) attemptCommand() *cobra.Command {
	at := &clusterOptions{}
	cmd := &cobra.Command{
		Use:     "attempt ATTEMPT [options]",
		Short:   "Show an attempt",
		Long:    `Show an attempt, or the last attempt of a session.`,
		Example: `  dig2temporal attempt 1709164800123456`,
		Args:    arguments(1, 1, "an attempt or a session"),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			k, a, err := c.withAttempt(ctx, at, args[0])
			if err != nil {
				return err
			}
			defer k.Close()
			killed, err := k.CancelRequested(ctx, a)
			if err != nil {
				return err
			}
			in, err := k.Input(ctx, a)
			if err != nil {
				return err
			}
			e := append(attemptEntry(k, a),
				listing.Field{Key: "cancel_requested", Value: killed},
				listing.Field{Key: "project_id", Value: strconv.FormatInt(in.Session.ProjectID, 10), Quiet: true},
				listing.Field{Key: "params", Value: in.Params})
			return listing.Write(c.Out, at.output, e)
		},
	}
	at.add(cmd.Flags())
	return cmd
}
