package main

import (
	"context"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/dig2temporal/dig2temporal/cmd/dig2temporal/internal/cluster"
	"github.com/dig2temporal/dig2temporal/internal/projectstore"
)

type retryOptions struct {
	latest, keep bool
	revision     string
	all, resume  bool
	from, name   string
	follow       bool
}

func (c *Command) retryCommand() *cobra.Command {
	r, o, at := &retryOptions{}, &startOptions{}, &clusterOptions{}
	cmd := &cobra.Command{
		Use:   "retry ATTEMPT (--latest-revision | --keep-revision | --revision NAME) (--all | --resume | --resume-from +TASK)",
		Short: "Run a session again, whole or from where it failed",
		Long: `Start a new attempt of a session that has ended. --resume takes the tasks that
succeeded as done, with what they stored; --resume-from takes as done only what
comes before the task. The params are those of the attempt with the given ones
over them.`,
		Example: `  dig2temporal retry 1709164800123456 --keep-revision --resume
  dig2temporal retry 1709164800123456 --latest-revision --resume-from +load --follow`,
		Args: arguments(1, 1, "an attempt or a session"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := r.check(); err != nil {
				return err
			}
			return c.retry(cmd.Context(), r, o, at, args[0])
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&r.latest, "latest-revision", false, "Use the newest revision of the project")
	flags.BoolVar(&r.keep, "keep-revision", false, "Use the revision of the attempt")
	flags.StringVarP(&r.revision, "revision", "r", "", "Use the revision with this `NAME`")
	flags.BoolVar(&r.all, "all", false, "Run all tasks")
	flags.BoolVar(&r.resume, "resume", false, "Run what has not succeeded")
	flags.StringVar(&r.from, "resume-from", "", "Run this `+TASK` and all that does not come before it")
	flags.StringVar(&r.name, "name", "", "`NAME` of the new attempt, unique in its session (default: a new UUID)")
	flags.BoolVar(&r.follow, "follow", false, "Show the logs, and end with the attempt")
	o.add(flags)
	at.add(flags)
	return cmd
}

func (r *retryOptions) check() error {
	count := func(set ...bool) (n int) {
		for _, s := range set {
			if s {
				n++
			}
		}
		return n
	}
	if count(r.latest, r.keep, r.revision != "") != 1 {
		return usagef("expected one of --latest-revision, --keep-revision and --revision")
	}
	if count(r.all, r.resume, r.from != "") != 1 {
		return usagef("expected one of --all, --resume and --resume-from")
	}
	return nil
}

func (c *Command) retry(ctx context.Context, r *retryOptions, o *startOptions, at *clusterOptions, name string) error {
	given, err := c.startParams(o)
	if err != nil {
		return err
	}
	k, a, err := c.withAttempt(ctx, at, name)
	if err != nil {
		return err
	}
	defer k.Close()
	if r.follow && k.Bucket == nil {
		return cluster.ErrNoStore
	}
	revision, err := r.find(ctx, k, a)
	if err != nil {
		return err
	}
	next, err := k.Retry(ctx, cluster.Retry{
		Attempt: a, Revision: revision, Resume: r.resume, From: r.from, Params: given, Name: r.name, Now: c.Now,
	})
	if err != nil {
		return withKind(err)
	}
	return c.started(ctx, k, at, next, r.follow)
}

func (r *retryOptions) find(ctx context.Context, k *cluster.Cluster, a *cluster.Attempt) (*projectstore.Revision, error) {
	switch {
	case r.keep:
		return nil, nil
	case k.Projects == nil:
		return nil, cluster.ErrNoStore
	case r.latest:
		return findRevision(ctx, k, a.Project, "")
	}
	return findRevision(ctx, k, a.Project, r.revision)
}

func number(id int64) string { return strconv.FormatInt(id, 10) }
