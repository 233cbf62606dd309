package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/dig2temporal/dig2temporal/cmd/dig2temporal/internal/cluster"
	"github.com/dig2temporal/dig2temporal/cmd/dig2temporal/internal/listing"
	"github.com/dig2temporal/dig2temporal/internal/projectstore"
	"github.com/dig2temporal/dig2temporal/internal/zone"
	"github.com/dig2temporal/dig2temporal/translate/plan"
	"github.com/dig2temporal/dig2temporal/translate/schedule"
	"github.com/dig2temporal/dig2temporal/translate/session"
)

func (c *Command) startCommand() *cobra.Command {
	o, at := &startOptions{}, &clusterOptions{}
	var sessionTime, revision, retryName string
	var follow bool
	cmd := &cobra.Command{
		Use:   "start PROJECT WORKFLOW --session TIME [options]",
		Short: "Start an attempt of a pushed workflow",
		Long: `Start an attempt of a workflow of a project that was pushed. A session, a workflow
at a time, is started once: to run it again, use "dig2temporal retry", or --retry
with a name.`,
		Example: `  dig2temporal start sales daily --session daily
  dig2temporal start sales daily --session "2024-02-29 00:00:00" -p region=eu --follow`,
		Args: arguments(2, 2, "a project and a workflow"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if sessionTime == "" {
				return usagef("expected --session: hourly, daily, now, \"yyyy-MM-dd\", \"yyyy-MM-dd HH:mm:ss\" or ISO 8601 with an offset")
			}
			k, err := c.withStore(cmd.Context(), at)
			if err != nil {
				return err
			}
			defer k.Close()
			r, err := findRevision(cmd.Context(), k, args[0], revision)
			if err != nil {
				return err
			}
			return c.startAttempt(cmd.Context(), k, at, o, startRequest{
				revision: r, workflow: args[1], session: sessionTime, retryName: retryName, follow: follow,
			})
		},
	}
	flags := cmd.Flags()
	flags.StringVarP(&sessionTime, "session", "t", "", "`TIME` of the session: hourly, daily, now, \"yyyy-MM-dd\", \"yyyy-MM-dd HH:mm:ss\" or ISO 8601 with an offset")
	flags.StringVarP(&revision, "revision", "r", "", "`NAME` of the revision (default: the newest)")
	flags.StringVar(&retryName, "retry", "", "Start a further attempt of the session under this `NAME`")
	flags.BoolVar(&follow, "follow", false, "Show the logs, and end with the attempt")
	o.add(flags)
	o.addQueue(flags)
	at.add(flags)
	return cmd
}

// startRequest is what start and submit have in common.
type startRequest struct {
	revision  *projectstore.Revision
	workflow  string
	session   string
	retryName string
	follow    bool
}

func findRevision(ctx context.Context, k *cluster.Cluster, project, name string) (*projectstore.Revision, error) {
	if name == "" {
		return k.Projects.Latest(ctx, project)
	}
	p, err := k.Projects.Project(ctx, project)
	if err != nil {
		return nil, err
	}
	return k.Projects.Revision(ctx, p.ID, name)
}

func (c *Command) startAttempt(ctx context.Context, k *cluster.Cluster, at *clusterOptions, o *startOptions, r startRequest) error {
	given, err := c.startParams(o)
	if err != nil {
		return err
	}
	compiled, err := k.Plan(ctx, r.revision, r.workflow)
	if err != nil {
		return err
	}
	when, err := c.startTime(compiled, r.session)
	if err != nil {
		return err
	}
	a, err := k.Start(ctx, cluster.Start{
		Revision: r.revision, Plan: compiled, Time: when, Params: given, RetryName: r.retryName, Queue: c.queue(o.queue), Now: c.Now,
	})
	if err != nil {
		return withKind(err)
	}
	return c.started(ctx, k, at, a, r.follow)
}

// started tells of a new attempt, and follows it if asked to.
func (c *Command) started(ctx context.Context, k *cluster.Cluster, at *clusterOptions, a *cluster.Attempt, follow bool) error {
	out := c.Out
	if follow {
		out = c.Err
	}
	if at.output == "text" {
		fmt.Fprintln(c.Err, "Started a session attempt:")
	}
	if !follow || at.output == "text" {
		if err := listing.Write(out, at.output, attemptEntry(k, a)); err != nil {
			return err
		}
	}
	if !follow {
		return nil
	}
	return c.follow(ctx, k, at, a)
}

// checkStartSession refuses a --session that means nothing, whatever the workflow.
func checkStartSession(text string, now time.Time) error {
	if text == "now" || text == "schedule" {
		return nil
	}
	if _, _, err := session.ParseOption(text, session.Option{Zone: time.UTC, Now: now}); err != nil {
		return &usageError{withKind(err)}
	}
	return nil
}

// startTime finds the session time in the zone of the workflow.
func (c *Command) startTime(p *plan.Plan, text string) (time.Time, error) {
	z, err := zone.Load(p.Timezone)
	if err != nil {
		return time.Time{}, err
	}
	now := c.Now()
	if text == "now" {
		return now.In(z).Truncate(time.Second), nil
	}
	option := session.Option{Zone: z, Now: now}
	if p.Schedule != nil {
		if option.Schedule, err = schedule.Parse(p.Schedule, z); err != nil {
			return time.Time{}, withKind(err)
		}
	}
	at, _, err := session.ParseOption(text, option)
	if err != nil {
		return time.Time{}, &usageError{withKind(err)}
	}
	return at.In(z), nil
}
