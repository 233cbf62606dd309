package main

import (
	"bufio"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dig2temporal/dig2temporal/cmd/dig2temporal/internal/listing"
)

func (c *Command) deleteCommand() *cobra.Command {
	at := &clusterOptions{}
	var force bool
	cmd := &cobra.Command{
		Use:   "delete PROJECT [options]",
		Short: "Delete a project",
		Long: `Delete a project and its secrets; another one may be pushed under its name.
Attempts that were started go on, and stay readable. Sessions that the project had
can't be started for another one until Temporal has forgotten them.`,
		Example: `  dig2temporal delete sales --force`,
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
			if !force {
				fmt.Fprintf(c.Err, "Are you sure you want to delete project %q? [y/N]: ", p.Name)
				line, _ := bufio.NewReader(c.In).ReadString('\n')
				if answer := strings.ToLower(strings.TrimSpace(line)); answer != "y" && answer != "yes" {
					return fmt.Errorf("nothing was deleted")
				}
			}
			if p, err = k.Projects.Delete(ctx, args[0]); err != nil {
				return err
			}
			if err := c.deleteProjectSecrets(ctx, k, p.ID); err != nil {
				return err
			}
			fmt.Fprintf(c.Err, "Project '%s' is deleted.\n", p.Name)
			if at.output == "json" {
				return listing.Write(c.Out, at.output, listing.Entry{{Key: "project", Value: p.Name}, {Key: "project_id", Value: p.ID}, {Key: "deleted_at", Value: p.DeletedAt}})
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&force, "force", false, "Don't ask")
	at.add(cmd.Flags())
	return cmd
}
