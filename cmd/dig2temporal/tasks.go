package main

import (
	"github.com/spf13/cobra"

	"github.com/dig2temporal/dig2temporal/cmd/dig2temporal/internal/outcome"
)

func (c *Command) tasksCommand() *cobra.Command {
	at := &clusterOptions{}
	cmd := &cobra.Command{
		Use:   "tasks ATTEMPT [options]",
		Short: "List the tasks of an attempt",
		Long: `List all tasks of an attempt in the order of the workflow file, with their states,
errors and params: generated ones, those of every round of a retried group, and
those that never started. A worker has to serve the attempt's task queue.`,
		Example: `  dig2temporal tasks 1709164800123456
  dig2temporal tasks 1709164800123456 --output json | jq '.tasks[] | select(.state == "error")'`,
		Args: arguments(1, 1, "an attempt or a session"),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			k, a, err := c.withAttempt(ctx, at, args[0])
			if err != nil {
				return err
			}
			defer k.Close()
			rows, err := k.Tasks(ctx, a)
			if err != nil {
				return err
			}
			if at.output == "json" {
				return outcome.WriteTasksJSON(c.Out, rows)
			}
			return outcome.WriteTasks(c.Out, rows)
		},
	}
	at.add(cmd.Flags())
	return cmd
}
