//go:build !noserver

package main

import (
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/dig2temporal/dig2temporal/activities"
	"github.com/dig2temporal/dig2temporal/internal/zone"
	"github.com/dig2temporal/dig2temporal/translate/session"
)

// runOptions are the options of run.
type runOptions struct {
	projectOptions
	rerun            bool
	start, goal, end string
	save             string
	noSave           bool
	session          string
	dryRun           bool
	showParams       bool
	timezone         string
	threads          int
	taskLog          string
	log, logLevel    string
	logback          string
	ui               bool
	output           string
	// server uses a Temporal server that runs already.
	server bool
	at     clusterOptions

	// What the texts above mean.
	zone  *time.Location
	level activities.Level
}

func (c *Command) runCommand() *cobra.Command {
	o := &runOptions{}
	cmd := &cobra.Command{
		Use:     "run WORKFLOW[.dig] [+TASK] [options]",
		Aliases: []string{"r"},
		Short:   "Run a workflow on this machine",
		Long: `Run a workflow in this process: a Temporal server, a worker and the tasks.
With +TASK, run only that task and those below it. A task is named by the end
of its full name, so "+load" means "+daily+load".

With --server the Temporal server is one that runs already, such as "dig2temporal
server"; worker and tasks are still here.

What ran is kept in the folder .dig2temporal of the project. A run of a session
that was run before goes on after the tasks that are done, also when the run
before was killed. A session is a workflow at a time: by default the newest one
of the workflow, else the last time of its schedule, else today at 00:00.

Ctrl-C cancels the tasks and waits until they have ended; a second one does not
wait.`,
		Example: `  dig2temporal run daily.dig
  dig2temporal run daily.dig +load --rerun
  dig2temporal run daily.dig --session "2024-02-29 00:00:00" -p region=eu
  dig2temporal run daily.dig --goal +report --output json
  dig2temporal run daily.dig --ui`,
		Args: arguments(1, 2, "a workflow and at most one task"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.check(c); err != nil {
				return err
			}
			task := ""
			if len(args) == 2 {
				task = args[1]
			}
			return c.run(cmd.Context(), o, args[0], task)
		},
	}
	o.projectOptions.add(cmd.Flags())
	o.add(cmd.Flags())
	return cmd
}

func (o *runOptions) add(flags *pflag.FlagSet) {
	flags.StringVarP(&o.session, "session", "t", "last", "`TIME` of the session: last, daily, hourly, schedule, \"yyyy-MM-dd\", \"yyyy-MM-dd HH:mm:ss\" or ISO 8601 with an offset")
	flags.BoolVarP(&o.rerun, "rerun", "a", false, "Run all tasks, also those that are done")
	flags.StringVarP(&o.start, "start", "s", "", "Run this `+TASK` and everything after it, also what is done")
	flags.StringVarP(&o.goal, "goal", "g", "", "Run this `+TASK`, also if it is done, and what it needs; nothing else")
	flags.StringVarP(&o.end, "end", "e", "", "Run only what comes before this `+TASK`")
	flags.StringVarP(&o.save, "save", "o", ".dig2temporal", "Keep what ran in this `FOLDER`, relative to the project")
	flags.BoolVar(&o.noSave, "no-save", false, "Neither use nor keep what ran")
	flags.BoolVarP(&o.dryRun, "dry-run", "d", false, "Evaluate all ${} but run no operator")
	flags.BoolVarP(&o.showParams, "show-params", "E", false, "Show the params of each task before it runs")
	flags.IntVar(&o.threads, "max-task-threads", 0, "Run at most `N` tasks at a time (default: no limit)")
	flags.BoolVar(&o.ui, "ui", false, "Serve Temporal's Web UI, also after the run, until Ctrl-C")
	flags.BoolVar(&o.server, "server", false, "Use the Temporal server at --address, not one in this process")
	flags.StringVar(&o.at.address, "address", "", "`HOST:PORT` of that server (default: $TEMPORAL_ADDRESS, else localhost:7233)")
	flags.StringVar(&o.output, "output", "text", "`FORMAT` of the output: text, or json for one document about all tasks, with the logs on stderr")
	flags.StringVar(&o.timezone, "timezone", "", "Show times of the log in this `ZONE`, not in that of the machine")
	flags.StringVarP(&o.taskLog, "task-log", "O", "", "Write the log of each task into a file below this `FOLDER`, too")
	flags.StringVarP(&o.log, "log", "L", "-", "Write log lines to this `FILE`; - is stdout")
	flags.StringVarP(&o.logLevel, "log-level", "l", "info", "Show log lines of this `LEVEL` and above: error, warn, info or debug")
	flags.StringVar(&o.logback, "logback-config", "", "Has no effect")
	_ = flags.MarkHidden("logback-config")
	flags.SetNormalizeFunc(func(_ *pflag.FlagSet, name string) pflag.NormalizedName {
		switch name {
		case "all":
			name = "rerun"
		case "session-time":
			name = "session"
		}
		return pflag.NormalizedName(name)
	})
}

// check refuses options that contradict each other, in Digdag's words.
func (o *runOptions) check(c *Command) error {
	switch {
	case o.start != "" && o.goal != "":
		return usagef("-s, --start and -g, --goal don't work together")
	case o.goal != "" && o.end != "":
		return usagef("-g, --goal and -e, --end don't work together")
	case o.rerun && o.start != "":
		return usagef("-a, --rerun and -s, --start don't work together")
	case o.rerun && o.goal != "":
		return usagef("-a, --rerun and -g, --goal don't work together")
	case o.threads < 0:
		return usagef("--max-task-threads must not be negative but got %d", o.threads)
	case o.server && o.ui:
		return usagef("--server and --ui don't work together: the server has its own Web UI")
	case o.at.address != "" && !o.server:
		return usagef("--address needs --server")
	case o.save == "":
		return usagef("--save must name a folder")
	}
	if err := oneOf("--output", o.output, "text", "json"); err != nil {
		return err
	}
	if err := o.checkSession(c.Now()); err != nil {
		return err
	}
	o.zone = c.Zone
	if o.timezone != "" {
		z, err := zone.Load(o.timezone)
		if err != nil {
			return &usageError{err}
		}
		o.zone = z
	}
	level, ok := logLevels()[strings.ToLower(o.logLevel)]
	if !ok {
		return usagef("Unknown log level '%s'", o.logLevel)
	}
	o.level = level
	return nil
}

// checkSession refuses a --session that means nothing, whatever the workflow.
func (o *runOptions) checkSession(now time.Time) error {
	if o.session == "schedule" {
		return nil
	}
	if _, _, err := session.ParseOption(o.session, session.Option{Zone: time.UTC, Now: now}); err != nil {
		return &usageError{withKind(err)}
	}
	return nil
}

func (c *Command) run(ctx context.Context, o *runOptions, workflow, task string) error {
	r := &runner{command: c, options: o}
	return r.run(ctx, workflow, task)
}
