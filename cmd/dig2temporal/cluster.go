package main

import (
	"context"
	"strconv"

	"github.com/spf13/pflag"

	"github.com/dig2temporal/dig2temporal/cmd/dig2temporal/internal/cluster"
	"github.com/dig2temporal/dig2temporal/cmd/dig2temporal/internal/listing"
	"github.com/dig2temporal/dig2temporal/cmd/dig2temporal/internal/params"
	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/worker"
)

// clusterOptions are the options of commands that talk to a Temporal server.
type clusterOptions struct {
	address, namespace, profile string
	store                       string
	output                      string
}

func (o *clusterOptions) add(flags *pflag.FlagSet) {
	flags.StringVar(&o.address, "address", "", "`HOST:PORT` of the Temporal server (default: $TEMPORAL_ADDRESS, else localhost:7233)")
	flags.StringVarP(&o.namespace, "namespace", "n", "", "Namespace `NAME` (default: $TEMPORAL_NAMESPACE, else default)")
	flags.StringVar(&o.profile, "profile", "", "Use this `PROFILE` of Temporal's configuration file (default: $TEMPORAL_PROFILE)")
	flags.StringVar(&o.store, "store", "", "`URL` of the store of projects and logs (default: $"+cluster.EnvStore+", else that of the namespace)")
	flags.StringVar(&o.output, "output", "text", "`FORMAT` of the output: text or json")
}

func (o *clusterOptions) check() error { return oneOf("--output", o.output, "text", "json") }

// connect connects to the cluster that the options and the environment name.
func (c *Command) connect(ctx context.Context, o *clusterOptions) (*cluster.Cluster, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	return cluster.Connect(ctx, c.clusterOptions(o))
}

func (c *Command) clusterOptions(o *clusterOptions) cluster.Options {
	return cluster.Options{
		Env: cluster.Environ(c.Env), Address: o.address, Namespace: o.namespace, Profile: o.profile, Store: o.store,
		Logger: quietLogger{}, Identity: "dig2temporal",
	}
}

// withStore connects to a cluster for a command that needs its store.
func (c *Command) withStore(ctx context.Context, o *clusterOptions) (*cluster.Cluster, error) {
	k, err := c.connect(ctx, o)
	if err == nil && k.Projects == nil {
		k.Close()
		return nil, cluster.ErrNoStore
	}
	return k, err
}

// withAttempt connects and finds the attempt that an argument names.
func (c *Command) withAttempt(ctx context.Context, o *clusterOptions, name string) (*cluster.Cluster, *cluster.Attempt, error) {
	k, err := c.connect(ctx, o)
	if err != nil {
		return nil, nil, err
	}
	a, err := k.Attempt(ctx, name)
	if err != nil {
		k.Close()
		return nil, nil, err
	}
	return k, a, nil
}

// quietLogger drops what the SDK says: commands tell what went wrong by their
// own errors.
type quietLogger struct{}

func (quietLogger) Debug(string, ...any) {}

func (quietLogger) Info(string, ...any) {}

func (quietLogger) Warn(string, ...any) {}

func (quietLogger) Error(string, ...any) {}

// startOptions are the options of commands that start attempts.
type startOptions struct {
	params     []string
	paramsFile string
	queue      string
}

func (o *startOptions) add(flags *pflag.FlagSet) {
	flags.StringArrayVarP(&o.params, "param", "p", nil, "Set a param, as `KEY=VALUE`; may be given many times")
	flags.StringVarP(&o.paramsFile, "params-file", "P", "", "Read params from a YAML or JSON `FILE`")
}

func (o *startOptions) addQueue(flags *pflag.FlagSet) {
	flags.StringVarP(&o.queue, "task-queue", "q", "", "Task queue `NAME` of the workers (default: $"+cluster.EnvQueue+", else "+worker.TaskQueue+")")
}

func (c *Command) queue(name string) string {
	if name == "" {
		name = c.getenv(cluster.EnvQueue)
	}
	if name == "" {
		name = worker.TaskQueue
	}
	return name
}

// startParams reads the params of an attempt.
func (c *Command) startParams(o *startOptions) (*ordered.Object, error) {
	pairs, err := params.Parse(o.params)
	if err != nil {
		return nil, &usageError{err}
	}
	merged := ordered.New()
	if o.paramsFile != "" {
		if merged, err = params.ReadFile(c.path(o.paramsFile), o.paramsFile); err != nil {
			return nil, err
		}
	}
	return params.Merge(merged, pairs)
}

// attemptEntry shows an attempt.
func attemptEntry(k *cluster.Cluster, a *cluster.Attempt) listing.Entry {
	return listing.Entry{
		{Key: "session", Value: a.WorkflowID},
		{Key: "attempt", Value: strconv.FormatInt(a.ID, 10)},
		{Key: "uuid", Value: a.UUID},
		{Key: "project", Value: a.Project},
		{Key: "workflow", Value: a.Workflow},
		{Key: "session_time", Value: a.Time.Format("2006-01-02T15:04:05-07:00")},
		{Key: "revision", Value: a.Revision},
		{Key: "retry_attempt_name", Value: a.RetryName},
		{Key: "state", Value: string(a.State)},
		{Key: "done", Value: a.Done(), Quiet: true},
		{Key: "success", Value: a.State == worker.Success, Quiet: true},
		{Key: "started_at", Value: a.Started},
		{Key: "finished_at", Value: a.Finished},
		{Key: "run_id", Value: a.RunID, Quiet: true},
		{Key: "web_ui", Value: k.WebUI(a)},
	}
}

func attemptEntries(k *cluster.Cluster, list []*cluster.Attempt) []listing.Entry {
	entries := make([]listing.Entry, len(list))
	for i, a := range list {
		// The oldest first: the end of a listing is what people see.
		entries[len(list)-1-i] = attemptEntry(k, a)
	}
	return entries
}
