// Package local runs attempts within this process: an embedded Temporal server
// with a worker, and nothing outside of the state folder.
package local

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	sdk "go.temporal.io/sdk/worker"

	"github.com/google/uuid"

	"github.com/dig2temporal/dig2temporal/activities"
	"github.com/dig2temporal/dig2temporal/internal/codec"
	"github.com/dig2temporal/dig2temporal/internal/devserver"
	"github.com/dig2temporal/dig2temporal/internal/process"
	"github.com/dig2temporal/dig2temporal/operators"
	"github.com/dig2temporal/dig2temporal/worker"
)

// Options say what an engine runs with.
type Options struct {
	// Folder is where the state is kept; in memory when it is empty.
	Folder string
	// Project is the absolute folder of the project.
	Project string
	// Logs takes the logs of the tasks.
	Logs activities.Logs
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
}

// Engine is a running server with a worker.
type Engine struct {
	options Options
	server  *devserver.Server
	client  client.Client
	worker  sdk.Worker
	adaptor *activities.Adaptor
	tasks   *openTasks
	// background is what tasks run in; stop ends it. When kill is closed their
	// commands are given no time to end.
	background context.Context
	stop       context.CancelFunc
	kill       chan struct{}
}

// database is the name of the server's database in the state folder.
const database = "temporal.db"

// Start starts an engine. The error is a devserver.ErrInUse when another process
// works with the state folder.
func Start(ctx context.Context, options Options) (*Engine, error) {
	if options.Folder != "" {
		if err := prepare(options.Folder); err != nil {
			return nil, err
		}
	}
	e := &Engine{options: options, tasks: &openTasks{Logs: options.Logs}, kill: make(chan struct{})}
	e.background, e.stop = context.WithCancel(process.WithKill(context.Background(), e.kill))
	if err := e.start(ctx); err != nil {
		e.Close()
		return nil, err
	}
	return e, nil
}

// prepare creates the state folder with a file that keeps it out of git.
func prepare(folder string) error {
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return err
	}
	ignore := filepath.Join(folder, ".gitignore")
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
	server := devserver.Options{Private: !o.UI, SearchAttributes: worker.AttributeTypes()}
	if o.Folder != "" {
		server.DatabaseFile = filepath.Join(o.Folder, "temporal.db")
	}
	e.server, err = devserver.Start(ctx, server)
	if err != nil {
		return err
	}
	e.client, err = e.server.Dial(ctx, client.Options{DataConverter: codec.DataConverter(), Logger: o.Logger})
	if err != nil {
		return err
	}
	if o.Folder != "" {
		if err := e.endAbandoned(ctx); err != nil {
			return fmt.Errorf("what a killed process left running can't be ended: %w", err)
		}
	}
	e.adaptor = activities.New(activities.Options{
		Registry: operators.Default(), Workspaces: workspaces, Logs: e.tasks, Environ: o.Environ, Now: o.Now,
	})
	// The SDK would read the whole program to make its checksum, which takes longer
	// than everything else here; it asks for it even when there is a build ID.
	sdk.SetBinaryChecksum(worker.BuildID)
	e.worker = sdk.New(e.client, worker.TaskQueue, e.workerOptions())
	worker.Register(e.worker, e.client, e.adaptor)
	return e.worker.Start()
}

func (e *Engine) workerOptions() sdk.Options {
	o := worker.Options(e.options.Threads)
	o.BackgroundActivityContext = e.background
	// No other worker could do better, so there is nothing to wait for.
	o.WorkflowPanicPolicy = sdk.FailWorkflow
	return o
}

// Close stops the worker with its tasks, then the server.
func (e *Engine) Close() {
	e.stop()
	if e.worker != nil {
		e.worker.Stop()
	}
	if e.client != nil {
		e.client.Close()
	}
	if e.server != nil {
		e.server.Stop()
	}
}

// Attempt is a running or closed attempt.
type Attempt struct {
	worker.Execution
	engine *Engine
	run    client.WorkflowRun
}

// StartAttempt starts an attempt of a session under a Workflow ID.
func (e *Engine) StartAttempt(ctx context.Context, id string, in *worker.Input) (*Attempt, error) {
	if in.Session.UUID == "" {
		in.Session.UUID = uuid.NewString()
	}
	options := client.StartWorkflowOptions{
		ID:                       id,
		TaskQueue:                worker.TaskQueue,
		WorkflowIDReusePolicy:    enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_FAIL,
		StaticSummary:            worker.Summary(in.Session),
		EnableEagerStart:         true,
	}
	// What finds sessions must not find dry runs.
	if !in.Session.DryRun {
		options.Memo = map[string]any{memoUUID: in.Session.UUID}
		options.TypedSearchAttributes = worker.SearchAttributes(in.Session)
	}
	run, err := e.client.ExecuteWorkflow(ctx, options, worker.AttemptWorkflow, in)
	if err != nil {
		return nil, err
	}
	return &Attempt{Execution: worker.Execution{WorkflowID: id, RunID: run.GetRunID()}, engine: e, run: run}, nil
}

// Cancel asks the attempt to end; its tasks are stopped.
func (a *Attempt) Cancel(ctx context.Context) error {
	err := a.engine.client.CancelWorkflow(ctx, a.WorkflowID, a.RunID)
	a.engine.adaptor.Hurry()
	return err
}

// Kill ends the attempt at once: its commands are killed, and nothing of it goes
// on.
func (a *Attempt) Kill(ctx context.Context) error {
	close(a.engine.kill)
	a.engine.stop()
	err := a.engine.client.TerminateWorkflow(ctx, a.WorkflowID, a.RunID, "interrupted twice")
	const patience = 2 * time.Second
	a.engine.tasks.wait(patience)
	return err
}

// Tasks returns all tasks of the attempt.
func (a *Attempt) Tasks(ctx context.Context) ([]*worker.Row, error) {
	return worker.TaskRows(ctx, a.engine.client, a.Execution)
}
