package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/dig2temporal/dig2temporal/cmd/dig2temporal/internal/listing"
)

func (c *Command) killCommand() *cobra.Command {
	at := &clusterOptions{}
	cmd := &cobra.Command{
		Use:   "kill ATTEMPT [options]",
		Short: "End a running attempt",
		Long: `Cancel an attempt: its running commands and containers are ended, and nothing
more of it starts. It can be resumed with "dig2temporal retry".`,
		Example: `  dig2temporal kill 1709164800123456`,
		Args:    arguments(1, 1, "an attempt or a session"),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			k, a, err := c.withAttempt(ctx, at, args[0])
			if err != nil {
				return err
			}
			defer k.Close()
			if err := k.Kill(ctx, a); err != nil {
				return err
			}
			if at.output == "json" {
				return listing.Write(c.Out, at.output, listing.Entry{{Key: "attempt", Value: number(a.ID)}, {Key: "cancel_requested", Value: true}})
			}
			fmt.Fprintf(c.Err, "Kill requested for session attempt %d\n", a.ID)
			return nil
		},
	}
	at.add(cmd.Flags())
	return cmd
}
