package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/dig2temporal/dig2temporal/activities"
	"github.com/dig2temporal/dig2temporal/cmd/dig2temporal/internal/cluster"
	"github.com/dig2temporal/dig2temporal/cmd/dig2temporal/internal/outcome"
	"github.com/dig2temporal/dig2temporal/internal/logstore"
	"github.com/dig2temporal/dig2temporal/worker"
)

type logOptions struct {
	task            string
	follow, verbose bool
}

func (c *Command) logCommand() *cobra.Command {
	o, at := &logOptions{}, &clusterOptions{}
	cmd := &cobra.Command{
		Use:   "log ATTEMPT [+TASK] [options]",
		Short: "Show the logs of an attempt",
		Long: `Show what the tasks of an attempt printed and what was said about them. With +TASK,
show only tasks whose full names begin so. Lines below INFO need --verbose.`,
		Example: `  dig2temporal log 1709164800123456
  dig2temporal log 1709164800123456 +daily+load --follow`,
		Args: arguments(1, 2, "an attempt and at most one task"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 2 {
				o.task = args[1]
			}
			ctx := cmd.Context()
			k, a, err := c.withAttempt(ctx, at, args[0])
			if err != nil {
				return err
			}
			defer k.Close()
			return c.showLog(ctx, k, a, o, c.Out)
		},
	}
	flags := cmd.Flags()
	flags.BoolVarP(&o.follow, "follow", "f", false, "Go on until the attempt has ended")
	flags.BoolVarP(&o.verbose, "verbose", "v", false, "Show lines of all levels")
	at.add(flags)
	_ = flags.MarkHidden("output")
	return cmd
}

// showLog writes the log of an attempt. An interrupt ends it.
func (c *Command) showLog(ctx context.Context, k *cluster.Cluster, a *cluster.Attempt, o *logOptions, w io.Writer) error {
	if k.Bucket == nil {
		return cluster.ErrNoStore
	}
	interrupts, release := c.interrupts()
	defer release()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	ended := make(chan struct{})
	interrupted := make(chan struct{})
	go func() {
		select {
		case <-interrupts:
			close(interrupted)
			stop()
		case <-ended:
		}
	}()
	level := activities.LevelInfo
	if o.verbose {
		level = activities.LevelDebug
	}
	session := &activities.Session{Project: a.Project, SessionID: worker.SessionID(a.WorkflowID), AttemptID: a.ID}
	printer := activities.NewLogPrinter(w, session, activities.LineLogOptions{
		Colour: c.terminal(w) != nil && c.getenv("NO_COLOR") == "" && c.getenv("TERM") != "dumb", Level: level, Zone: c.Zone, Now: c.Now,
	})
	options := logstore.ReadOptions{
		Task: o.task, Level: logstore.Level(level), Follow: o.follow, Settling: logstore.DefaultSettling + 2*rewritePause(k),
	}
	if o.follow {
		over := make(chan struct{})
		go func() {
			if _, err := k.Wait(ctx, a); err == nil {
				close(over)
			}
		}()
		options.Ended = over
		options.Done = func(ctx context.Context) (bool, error) {
			now, err := k.State(ctx, a)
			return err == nil && now.Done(), err
		}
	}
	if late := options.Settling - c.Now().Sub(a.Finished); !o.follow && a.Done() && late > 0 {
		select {
		case <-time.After(min(late, options.Settling)):
		case <-ctx.Done():
		}
	}
	err := logstore.Read(ctx, k.Bucket, number(a.ID), options, printer.Record)
	close(ended)
	err = errors.Join(err, printer.Close())
	select {
	case <-interrupted:
		return &exitError{exitInterrupted}
	default:
		return err
	}
}

// rewritePause is how long a store wants to be left alone between two writes of one
// object: Google's takes one a second.
func rewritePause(k *cluster.Cluster) time.Duration {
	if strings.HasPrefix(k.Settings.Store, "gs:") {
		return time.Second
	}
	return 0
}

// follow shows the log of an attempt until it has ended, and ends as it does.
func (c *Command) follow(ctx context.Context, k *cluster.Cluster, at *clusterOptions, a *cluster.Attempt) error {
	out := c.Out
	if at.output == "json" {
		out = c.Err
	}
	if err := c.showLog(ctx, k, a, &logOptions{follow: true}, out); err != nil {
		fmt.Fprintf(c.Err, "The attempt goes on: see \"dig2temporal log %d -f\"\n", a.ID)
		return err
	}
	now, err := k.Wait(ctx, a)
	if err != nil {
		return err
	}
	end := &outcome.Attempt{
		Project: now.Project, Workflow: now.Workflow, SessionTime: now.Time, Session: now.WorkflowID, ID: now.ID,
		State: now.State, Started: now.Started, Finished: now.Finished,
	}
	if now.State != worker.Success || at.output == "json" {
		if end.Tasks, err = k.Tasks(ctx, now); err != nil {
			return err
		}
	}
	if at.output == "json" {
		if err := end.WriteJSON(c.Out); err != nil {
			return err
		}
	}
	switch now.State {
	case worker.Success:
		fmt.Fprintln(c.Err, "Success.")
		return nil
	case worker.Canceled:
		fmt.Fprintln(c.Err, "error: the attempt was killed")
	default:
		fmt.Fprintln(c.Err, "error: ")
		end.Failures(c.Err, "")
	}
	fmt.Fprint(c.Err, strings.ReplaceAll("Resume it with \"dig2temporal retry ATTEMPT --latest-revision --resume\"\n", "ATTEMPT", number(now.ID)))
	return &exitError{exitFailed}
}
