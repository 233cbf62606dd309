package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dig2temporal/dig2temporal/cmd/dig2temporal/internal/listing"
	"github.com/dig2temporal/dig2temporal/internal/projectsecrets"
	"github.com/dig2temporal/dig2temporal/internal/projectstore"
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
			if p, err = deleteProject(ctx, k.Projects, projectsecrets.New(k.Bucket, nil), p); err != nil {
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

// deleteProject deletes the secrets of a project, and then the project: once its
// name is free, no command finds what belongs to it. So a deletion that fails can
// be repeated, whatever it has left; and if that is a project without its secrets,
// the error says so.
func deleteProject(ctx context.Context, projects *projectstore.Store, secrets *projectsecrets.Store, p *projectstore.Project) (*projectstore.Project, error) {
	n, err := secrets.DeleteAll(ctx, p.ID)
	if err == nil {
		var deleted *projectstore.Project
		if deleted, err = projects.Delete(ctx, p); err == nil {
			return deleted, nil
		}
	}
	var gone *projectstore.NotFoundError
	if n == 0 || errors.As(err, &gone) {
		return nil, err
	}
	return nil, fmt.Errorf("%w\nproject %q may still be there, but %d of its secrets are deleted: delete it again, or set them again", err, p.Name, n)
}
