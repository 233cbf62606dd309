// Package local runs attempts within this process: an embedded Temporal server
// with a worker, and nothing outside of the state folder.
package local

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gofrs/flock"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/log"
	sdk "go.temporal.io/sdk/worker"
	"google.golang.org/grpc"

	"github.com/dig2temporal/dig2temporal/activities"
	"github.com/dig2temporal/dig2temporal/cmd/dig2temporal/internal/cluster"
	"github.com/dig2temporal/dig2temporal/internal/codec"
	"github.com/dig2temporal/dig2temporal/internal/devserver"
	"github.com/dig2temporal/dig2temporal/internal/devserver/ui"
	"github.com/dig2temporal/dig2temporal/internal/process"
	"github.com/dig2temporal/dig2temporal/operators"
	"github.com/dig2temporal/dig2temporal/worker"
)

// Options say what an engine runs with.
type Options struct {
	// Folder is where the state is kept; in memory when it is empty.
	Folder string
	// Project is the absolute folder of the project, Workflow the name of the
	// workflow that is to be run.
	Project, Workflow string
	// Logs takes the logs of the tasks.
	Logs activities.Logs
	// Secrets finds the secrets of tasks.
	Secrets activities.Secrets
	// Logger takes what the SDK says.
	Logger log.Logger
	// Environ is what commands start with.
	Environ []string
	// Threads is how many tasks run at a time; 0 means no limit.
	Threads int
	// Now tells the time.
	Now func() time.Time
	// UI serves the Web UI.
	UI bool
	// Server is a Temporal server that others use, too; nil starts one in the
	// process.
	Server *cluster.Options
}

// Engine is a running server with a worker.
type Engine struct {
	options Options
	// server is the embedded one; with one that others use there is a cluster.
	server  *devserver.Server
	cluster *cluster.Cluster
	client  client.Client
	worker  sdk.Worker
	// webUI is the address of the Web UI, stopUI ends it.
	webUI    string
	stopUI   func()
	adaptor  *activities.Adaptor
	payloads *payloads
	// last is the last session of the workflow, looked up while the rest starts.
	last func() (*time.Time, error)
	// abandoned waits until what a killed process left running has ended, started
	// until the worker has started.
	abandoned, started func() (struct{}, error)
	ending             *ending
	// ledger guesses the last session, guess is the description of it. An attempt
	// that has begun is in the ledger; one that succeeded left nothing behind.
	ledger           *ledger
	guess            atomic.Pointer[workflowpb.WorkflowExecutionInfo]
	begun, succeeded atomic.Bool
	// queue is the task queue of this engine alone.
	queue string
	lock  *flock.Flock
	tasks *openTasks
	// background is what tasks run in; stop ends it. When kill is closed their
	// commands are given no time to end.
	background context.Context
	stop       context.CancelFunc
	kill       chan struct{}
}

// The names of the files in the state folder: the database of the embedded server,
// what keeps the folder out of git, the ledger, and for servers that others use
// the lock and the name of the folder.
const (
	database   = "temporal.db"
	ignoreFile = ".gitignore"
	ledgerFile = "run.json"
	lockFile   = "run.lock"
	idFile     = "run.id"
)

// Start starts an engine. The error is a devserver.ErrInUse when another process
// works with the state folder.
func Start(ctx context.Context, options Options) (*Engine, error) {
	e := &Engine{
		options: options, tasks: &openTasks{Logs: options.Logs}, kill: make(chan struct{}),
		ledger: readLedger("", ""), ending: newEnding(),
		last:      func() (*time.Time, error) { return nil, nil },
		abandoned: func() (struct{}, error) { return struct{}{}, nil },
	}
	e.background, e.stop = context.WithCancel(process.WithKill(context.Background(), e.kill))
	if err := e.start(ctx); err != nil {
		e.Close()
		return nil, err
	}
	return e, nil
}

// begin calls f at once, in a goroutine. What it returns waits for the result.
func begin[T any](f func() (T, error)) func() (T, error) {
	result := sync.OnceValues(f)
	go func() { _, _ = result() }()
	return result
}

// prepare creates the state folder with a file that keeps it out of git.
func prepare(folder string) error {
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return err
	}
	ignore := filepath.Join(folder, ignoreFile)
	if _, err := os.Stat(ignore); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return os.WriteFile(ignore, []byte("*\n"), 0o666)
}

func (e *Engine) start(ctx context.Context) error {
	o := e.options
	workspaces, err := activities.LocalFolder(o.Project)
	if err != nil {
		return err
	}
	if o.Server != nil {
		err = e.useServer(ctx)
	} else {
		err = e.startServer(ctx)
	}
	if err != nil {
		return err
	}
	if _, err := e.abandoned(); err != nil {
		return fmt.Errorf("what a killed process left running can't be ended: %w", err)
	}
	e.adaptor = activities.New(activities.Options{
		Registry: operators.Default(), Workspaces: workspaces, Logs: e.tasks, Secrets: o.Secrets, Environ: o.Environ, Now: o.Now,
		Values: e.values(),
	})
	// The SDK would read the whole program to make its checksum, which takes longer
	// than everything else here; it asks for it even when there is a build ID.
	sdk.SetBinaryChecksum(worker.BuildID)
	e.worker = sdk.New(e.client, e.queue, e.workerOptions())
	worker.Register(e.worker, e.client, e.adaptor)
	if o.Folder != "" && e.payloads != nil {
		go e.payloads.sweep(e.background)
	}
	e.started = begin(func() (struct{}, error) { return struct{}{}, e.worker.Start() })
	return nil
}

// lookUp begins to find out about earlier attempts on the server of that name.
// Without a state folder there are none.
func (e *Engine) lookUp(ctx context.Context, c client.Client, server string) {
	folder := e.options.Folder
	if folder == "" {
		return
	}
	e.ledger = readLedger(filepath.Join(folder, ledgerFile), server)
	e.last = begin(func() (*time.Time, error) { return e.findLast(ctx, c) })
	e.abandoned = begin(func() (struct{}, error) { return struct{}{}, e.endAbandoned(ctx, c) })
}

// startServer starts the embedded server.
func (e *Engine) startServer(ctx context.Context) (err error) {
	o := e.options
	e.queue = worker.TaskQueue
	server := devserver.Options{Private: !o.UI, SearchAttributes: worker.AttributeTypes()}
	if o.Folder != "" {
		if err := prepare(o.Folder); err != nil {
			return err
		}
		server.DatabaseFile = filepath.Join(o.Folder, database)
	}
	e.server, err = devserver.Start(ctx, server)
	if err != nil {
		return err
	}
	if o.UI {
		if err := e.startUI(); err != nil {
			return err
		}
	}
	if e.payloads, err = openPayloads(o.Folder); err != nil {
		return err
	}
	e.client, err = e.server.Dial(ctx, client.Options{
		DataConverter: codec.DataConverter(), ExternalStorage: e.payloads.externalStorage(), Logger: o.Logger,
		ConnectionOptions: client.ConnectionOptions{DialOptions: []grpc.DialOption{e.ending.dialOption()}},
	})
	if err != nil {
		return err
	}
	// The first question about an execution makes the server take over its shard,
	// which the rest need not wait for.
	go func() { _, _ = e.client.DescribeWorkflowExecution(ctx, "none", "") }()
	e.lookUp(ctx, e.client, "embedded")
	return nil
}

// startUI serves the Web UI where people look for it, else on a free port.
func (e *Engine) startUI() (err error) {
	const usual = 8233
	o := ui.Options{FrontendHostPort: e.server.HostPort(), Namespace: e.server.Namespace(), Port: usual}
	if e.webUI, e.stopUI, err = ui.Start(o); err != nil {
		o.Port = 0
		e.webUI, e.stopUI, err = ui.Start(o)
	}
	return err
}

func (e *Engine) workerOptions() sdk.Options {
	o := worker.Options(e.options.Threads)
	o.BackgroundActivityContext = e.background
	o.Interceptors = []interceptor.WorkerInterceptor{e.ledger}
	// No other worker could do better, so there is nothing to wait for.
	o.WorkflowPanicPolicy = sdk.FailWorkflow
	return o
}

// Close stops the worker with its tasks, then the server.
func (e *Engine) Close() {
	e.stop()
	succeeded := e.succeeded.Load()
	if succeeded && e.cluster != nil {
		// Nothing runs any more, and a server whose worker is gone needs no goodbye,
		// which would be waited for.
		e.cluster.Close()
	}
	if e.started != nil {
		// One that starts can't be stopped.
		_, _ = e.started()
		e.worker.Stop()
	}
	if e.stopUI != nil {
		e.stopUI()
	}
	switch {
	case e.cluster != nil:
		e.cluster.Close()
	case e.client != nil:
		e.client.Close()
	}
	if e.begun.Load() {
		// Without it the next run asks the server.
		_ = e.ledger.save(succeeded)
	}
	if e.lock != nil {
		_ = e.lock.Unlock()
	}
	if e.server != nil {
		e.server.Stop()
	}
	if e.payloads != nil {
		_ = e.payloads.bucket.Close()
	}
}
