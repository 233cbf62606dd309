package main

import (
	"context"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/dig2temporal/dig2temporal/translate/project"
)

func (c *Command) submitCommand() *cobra.Command {
	o, p, at := &startOptions{}, &pushOptions{}, &clusterOptions{}
	var name, sessionTime string
	var follow bool
	cmd := &cobra.Command{
		Use:   "submit WORKFLOW.dig [options]",
		Short: "Push a project and start a workflow of it",
		Long: `Push the folder of a workflow file as a new revision of its project, and start an
attempt of the workflow on the cluster. A folder with a single workflow may be
named instead of the file.`,
		Example: `  dig2temporal submit daily.dig --follow
  dig2temporal submit etl/daily.dig --session "2024-02-29 00:00:00" -p region=eu`,
		Args: arguments(1, 1, "a workflow file or a project folder"),
		RunE: func(cmd *cobra.Command, args []string) error {
			place, err := c.submitted(p, args[0])
			if err != nil {
				return err
			}
			if name == "" {
				name = filepath.Base(place.dir)
			}
			return c.submit(cmd.Context(), o, p, at, startRequest{workflow: place.workflow, session: sessionTime, follow: follow}, place, name)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&name, "name", "", "`NAME` of the project (default: that of its folder)")
	flags.StringVarP(&sessionTime, "session", "t", "now", "`TIME` of the session: now, hourly, daily, \"yyyy-MM-dd\", \"yyyy-MM-dd HH:mm:ss\" or ISO 8601 with an offset")
	flags.BoolVar(&follow, "follow", false, "Show the logs, and end with the attempt")
	p.add(flags)
	o.add(flags)
	o.addQueue(flags)
	at.add(flags)
	return cmd
}

// submitted finds the project and the workflow that an argument names.
func (c *Command) submitted(p *pushOptions, arg string) (*place, error) {
	info, err := os.Stat(c.path(arg))
	if err != nil || !info.IsDir() || p.dir != "" {
		return c.place(&projectOptions{dir: p.dir}, arg)
	}
	place, err := c.place(&projectOptions{dir: arg}, "")
	if err != nil {
		return nil, err
	}
	opened, err := project.Open(place.dir)
	if err != nil {
		return nil, err
	}
	defer opened.Close()
	if names := opened.Workflows(); len(names) == 1 {
		place.workflow = names[0]
		return place, nil
	}
	return nil, usagef("%q has %d workflows: name the file of one", arg, len(opened.Workflows()))
}

func (c *Command) submit(ctx context.Context, o *startOptions, p *pushOptions, at *clusterOptions, r startRequest, place *place, name string) error {
	// Nothing is pushed for a command line that is wrong.
	if _, err := c.startParams(o); err != nil {
		return err
	}
	if err := checkStartSession(r.session, c.Now()); err != nil {
		return err
	}
	k, err := c.withStore(ctx, at)
	if err != nil {
		return err
	}
	defer k.Close()
	opened, err := project.Open(place.dir)
	if err != nil {
		return err
	}
	known := opened.Has(r.workflow)
	if !known {
		err = place.unknownWorkflow(opened)
	}
	_ = opened.Close()
	if err != nil {
		return err
	}
	p.dir = place.dir
	if r.revision, err = c.pushTo(ctx, k, p, name); err != nil {
		return err
	}
	return c.startAttempt(ctx, k, at, o, r)
}
