// Package serve runs a worker: it takes the workflow and activity tasks of a task
// queue until it is told to stop.
package serve

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"go.temporal.io/sdk/interceptor"
	sdk "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/dig2temporal/dig2temporal/activities"
	"github.com/dig2temporal/dig2temporal/cmd/dig2temporal/internal/cluster"
	"github.com/dig2temporal/dig2temporal/internal/process"
	"github.com/dig2temporal/dig2temporal/internal/workspace"
	"github.com/dig2temporal/dig2temporal/operators"
	"github.com/dig2temporal/dig2temporal/worker"
)

// Options say what a worker serves and with what.
type Options struct {
	Cluster *cluster.Cluster
	// Queue is the task queue.
	Queue string
	// Registry has the operators to serve.
	Registry *operators.Registry
	// OnlyActivities leaves workflows to other workers.
	OnlyActivities bool
	// Tasks and WorkflowTasks are how many run at a time; 0 takes the SDK's
	// default.
	Tasks, WorkflowTasks int
	// Folder holds what the worker caches.
	Folder  string
	Logs    activities.Logs
	Secrets activities.Secrets
	// Logger is told what goes wrong beside the tasks.
	Logger *slog.Logger
	// Environ is that of this process; commands of tasks get what Environ leaves of
	// it.
	Environ []string
	Now     func() time.Time
	// Grace is how long running tasks may go on after the worker is told to stop.
	// Then they are interrupted, and taken by another worker.
	Grace        time.Duration
	Interceptors []interceptor.WorkerInterceptor
	// Fetched, when set, is told how many revisions are fetched into the cache.
	Fetched func(n int)
	// Deployment and BuildID name the version of the worker to Temporal; empty ones
	// make it unversioned.
	Deployment, BuildID string
}

// Worker is a running worker.
type Worker struct {
	options Options
	sdk     sdk.Worker
	cache   *workspace.Cache
	// interrupt ends the running tasks.
	interrupt context.CancelCauseFunc
	fatal     chan error
}

// ErrStops is why a task is interrupted when its worker stops.
var ErrStops = errors.New("the worker stops")

// Start starts a worker.
func Start(ctx context.Context, o Options) (*Worker, error) {
	w := &Worker{options: o, fatal: make(chan error, 1)}
	var err error
	w.cache, err = workspace.New(workspace.Options{
		Dir: filepath.Join(o.Folder, "workspaces"), Fetch: func(ctx context.Context, digest string) (io.ReadCloser, error) {
			if o.Fetched != nil {
				o.Fetched(1)
			}
			return o.Cluster.Projects.Archive(ctx, digest)
		},
		Logger: o.Logger,
	})
	if err != nil {
		return nil, err
	}
	adaptor := activities.New(activities.Options{
		Registry: o.Registry, Workspaces: activities.Revisions(w.cache), Find: activities.FindRevision(o.Cluster.Projects),
		Logs: o.Logs, Secrets: o.Secrets, Environ: Environ(o.Environ), Now: o.Now,
		Values: o.Cluster.Values,
	})
	sdk.SetBinaryChecksum(worker.BuildID)
	var background context.Context
	background, w.interrupt = context.WithCancelCause(context.WithoutCancel(ctx))
	w.sdk = sdk.New(o.Cluster.Client, o.Queue, w.sdkOptions(background))
	if o.OnlyActivities {
		adaptor.Register(w.sdk)
	} else {
		worker.Register(w.sdk, o.Cluster.Client, adaptor)
	}
	if err := w.sdk.Start(); err != nil {
		return nil, errors.Join(err, w.cache.Close())
	}
	return w, nil
}

func (w *Worker) sdkOptions(background context.Context) sdk.Options {
	o := w.options
	options := worker.Options(o.Tasks)
	options.BackgroundActivityContext = background
	options.MaxConcurrentWorkflowTaskExecutionSize = o.WorkflowTasks
	options.Interceptors = o.Interceptors
	options.DisableWorkflowWorker = o.OnlyActivities
	options.OnFatalError = func(err error) {
		select {
		case w.fatal <- err:
		default:
		}
	}
	// Interrupted tasks need a moment to end their commands and to say so.
	options.WorkerStopTimeout = o.Grace + ending
	if o.Deployment != "" {
		options.DeploymentOptions = sdk.DeploymentOptions{
			UseVersioning: true,
			Version:       sdk.WorkerDeploymentVersion{DeploymentName: o.Deployment, BuildID: o.BuildID},
			// The interpreter's changes are versioned by itself, so attempts may move on.
			DefaultVersioningBehavior: workflow.VersioningBehaviorAutoUpgrade,
		}
	}
	return options
}

// ending is how long tasks may take to end their commands.
const ending = 20 * time.Second

// Failed delivers an error after which the worker does nothing any more.
func (w *Worker) Failed() <-chan error { return w.fatal }

// Stop takes no more tasks and waits for the running ones, as long as the grace
// time lasts; the rest is interrupted. A value from hurry ends the grace time.
func (w *Worker) Stop(hurry <-chan os.Signal) {
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		w.sdk.Stop()
	}()
	select {
	case <-stopped:
	case <-hurry:
	case <-time.After(w.options.Grace):
	}
	w.interrupt(ErrStops)
	<-stopped
	_ = w.cache.Close()
}

// Environ leaves out what commands of tasks have no business with: how Temporal is
// reached, and with what keys. What the cloud's own libraries read, such as AWS_*,
// stays: scripts use it, too. So does the mark by which an outer task finds what
// was started below it.
func Environ(env []string) []string {
	var rest []string
	for _, e := range env {
		ours := strings.HasPrefix(e, "DIG2TEMPORAL_") && !strings.HasPrefix(e, process.Variable+"=")
		if !ours && !strings.HasPrefix(e, "TEMPORAL_") {
			rest = append(rest, e)
		}
	}
	return rest
}
