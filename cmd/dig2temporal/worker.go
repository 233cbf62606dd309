package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"go.temporal.io/sdk/log"

	"github.com/dig2temporal/dig2temporal/activities"
	"github.com/dig2temporal/dig2temporal/cmd/dig2temporal/internal/cluster"
	"github.com/dig2temporal/dig2temporal/cmd/dig2temporal/internal/serve"
	"github.com/dig2temporal/dig2temporal/internal/logstore"
	"github.com/dig2temporal/dig2temporal/internal/observe"
	"github.com/dig2temporal/dig2temporal/operators"
)

// workerOptions are the options of commands that run a worker.
type workerOptions struct {
	queue                string
	operators            []string
	tasks, workflowTasks int
	folder               string
	grace                time.Duration
	deployment, buildID  string
	logLevel             string
	httpListen           string
	tracing              bool
	// watch is set while the command runs.
	watch *observe.Observe
}

func (o *workerOptions) add(flags *pflag.FlagSet) {
	flags.StringVarP(&o.queue, "task-queue", "q", "", "Task queue `NAME` to serve (default: $"+cluster.EnvQueue+", else dig2temporal)")
	flags.IntVar(&o.tasks, "max-task-threads", 0, "Run at most `N` tasks at a time (default: 1000)")
	flags.DurationVar(&o.grace, "grace", 30*time.Second, "When told to stop, let tasks run for this `DURATION`; then they are interrupted and run again elsewhere")
	flags.StringVarP(&o.logLevel, "log-level", "l", "warn", "Tell of the worker itself from this `LEVEL` on: error, warn, info or debug")
	flags.StringVar(&o.httpListen, "http-listen", "", "Serve /metrics for Prometheus, /healthz and /readyz at this `HOST:PORT`")
	flags.BoolVar(&o.tracing, "tracing", false, "Send traces to the OpenTelemetry collector at $OTEL_EXPORTER_OTLP_ENDPOINT (default: http://localhost:4318)")
}

func (o *workerOptions) check() error {
	if o.tasks < 0 || o.workflowTasks < 0 || o.grace < 0 {
		return usagef("limits must not be negative")
	}
	if (o.deployment == "") != (o.buildID == "") {
		return usagef("--deployment and --build-id go together")
	}
	if _, ok := logLevels()[strings.ToLower(o.logLevel)]; !ok {
		return usagef("Unknown log level '%s'", o.logLevel)
	}
	return nil
}

func (c *Command) workerCommand() *cobra.Command {
	o, at := &workerOptions{}, &clusterOptions{}
	cmd := &cobra.Command{
		Use:   "worker [options]",
		Short: "Run a worker",
		Long: `Run the tasks of attempts until interrupted. Any number of workers may serve a
task queue, on any machines. Each task runs in a fresh copy of its revision.

An interrupt stops the worker: it takes no more tasks, and what runs may go on for
the grace time. A second interrupt ends the grace time.`,
		Example: `  dig2temporal worker
  dig2temporal worker --task-queue big --max-task-threads 4
  dig2temporal worker --task-queue scripts --operators py,rb,sh`,
		Args: arguments(0, 0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.check(); err != nil {
				return err
			}
			ctx := cmd.Context()
			stop, err := c.startWatch(ctx, o, "dig2temporal-worker")
			if err != nil {
				return err
			}
			defer stop()
			host, _ := os.Hostname()
			k, err := cluster.Connect(ctx, cluster.Options{
				Env: cluster.Environ(c.Env), Address: at.address, Namespace: at.namespace, Profile: at.profile, Store: at.store,
				Logger: c.sdkLogger(o), Identity: fmt.Sprintf("dig2temporal-worker@%s-%d", host, os.Getpid()),
				Metrics: o.watch.MetricsHandler(), Interceptors: o.watch.ClientInterceptors(),
			})
			if err != nil {
				return err
			}
			defer k.Close()
			return c.serve(ctx, k, o)
		},
	}
	flags := cmd.Flags()
	o.add(flags)
	flags.StringSliceVar(&o.operators, "operators", nil, "Serve only these operators, as `NAME,...`, and no workflows: route them to this task queue with \"dig2temporal setup --route\"")
	flags.IntVar(&o.workflowTasks, "max-workflow-tasks", 0, "Run at most `N` workflow tasks at a time (default: 1000)")
	flags.StringVar(&o.folder, "cache-dir", "", "`FOLDER` of cached projects and of logs on their way (default: $XDG_CACHE_HOME/dig2temporal, else ~/.cache/dig2temporal)")
	flags.StringVar(&o.deployment, "deployment", "", "`NAME` of the worker deployment, for Temporal's worker versioning")
	flags.StringVar(&o.buildID, "build-id", "", "`ID` of this version in the deployment")
	at.add(flags)
	_ = flags.MarkHidden("output")
	return cmd
}

// serve runs a worker until it is interrupted.
func (c *Command) serve(ctx context.Context, k *cluster.Cluster, o *workerOptions) error {
	if k.Bucket == nil {
		return cluster.ErrNoStore
	}
	interrupts, release := c.interrupts()
	defer release()
	folder, err := c.cacheFolder(o.folder)
	if err != nil {
		return err
	}
	registry, err := served(o.operators)
	if err != nil {
		return err
	}
	store, done, err := k.Secrets(ctx)
	if err != nil {
		return err
	}
	defer done()
	writer, err := logstore.NewWriter(k.Bucket, logstore.Options{
		Spool: filepath.Join(folder, "spool"), Rewrite: rewritePause(k), Logger: c.serverLogger(o),
	})
	if err != nil {
		return err
	}
	// What is not stored by then stays in the spool, for the next worker.
	defer func() {
		closing, stop := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer stop()
		if err := writer.Close(closing); err != nil {
			fmt.Fprintf(c.Err, "warning: %v\n", err)
		}
	}()
	w, err := serve.Start(ctx, serve.Options{
		Cluster: k, Queue: c.queue(o.queue), Registry: registry, OnlyActivities: len(o.operators) > 0,
		Tasks: o.tasks, WorkflowTasks: o.workflowTasks, Folder: folder,
		Logs:         serve.CountLogs(activities.NewStoredLogs(writer), o.watch.Counter("dig2temporal_log_bytes", "Bytes that tasks have printed.")),
		Fetched:      o.watch.Counter("dig2temporal_revisions_fetched", "Revisions that the cache did not have."),
		Interceptors: o.watch.WorkerInterceptors(), Logger: c.serverLogger(o),
		Secrets: &projectSecrets{store}, Environ: c.Env, Now: c.Now, Grace: o.grace, Deployment: o.deployment, BuildID: o.buildID,
	})
	if err != nil {
		return err
	}
	o.watch.SetReady(k.Reachable)
	fmt.Fprintf(c.Err, "Worker of task queue %s at %s, namespace %s: ready\n", c.queue(o.queue), k.Address, k.Namespace)
	select {
	case err = <-w.Failed():
	case <-interrupts:
		fmt.Fprintf(c.Err, "Stopping: tasks that run have %s to end\n", o.grace)
	}
	o.watch.SetReady(nil)
	w.Stop(interrupts)
	return err
}

// served returns the registry of the operators that a worker serves.
func served(names []string) (*operators.Registry, error) {
	all := operators.Default()
	if len(names) == 0 {
		return all, nil
	}
	var some []operators.Operator
	for _, name := range names {
		name = strings.TrimSuffix(strings.TrimSpace(name), ">")
		op, ok := all.Lookup(name)
		if !ok {
			return nil, usagef("unknown operator %q%s", name, didYouMean(name, all.Names()))
		}
		some = append(some, op)
	}
	return operators.NewRegistry(some...)
}

func (c *Command) cacheFolder(dir string) (string, error) {
	switch {
	case dir != "":
		dir = c.path(dir)
	case c.getenv("XDG_CACHE_HOME") != "":
		dir = filepath.Join(c.getenv("XDG_CACHE_HOME"), "dig2temporal")
	case c.getenv("HOME") != "":
		dir = filepath.Join(c.getenv("HOME"), ".cache", "dig2temporal")
	default:
		return "", usagef("expected --cache-dir: HOME is not set")
	}
	return dir, os.MkdirAll(dir, 0o700)
}

func (c *Command) serverLogger(o *workerOptions) *slog.Logger {
	level := slog.LevelWarn
	switch logLevels()[strings.ToLower(o.logLevel)] {
	case activities.LevelError:
		level = slog.LevelError
	case activities.LevelInfo:
		level = slog.LevelInfo
	case activities.LevelDebug:
		level = slog.LevelDebug
	}
	return slog.New(slog.NewTextHandler(c.Err, &slog.HandlerOptions{Level: level}))
}

func (c *Command) sdkLogger(o *workerOptions) log.Logger {
	return taskFailures{log.NewStructuredLogger(c.serverLogger(o))}
}

// taskFailures tells of tasks that fail only to those who debug the worker: it is
// nothing that the worker does wrong, and the tasks' own logs tell it.
type taskFailures struct{ log.Logger }

func (l taskFailures) Error(message string, pairs ...any) {
	if message == "Activity error." {
		l.Debug(message, pairs...)
		return
	}
	l.Logger.Error(message, pairs...)
}
