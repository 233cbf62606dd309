package local

import (
	"context"
	"errors"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/google/uuid"

	"github.com/dig2temporal/dig2temporal/cmd/dig2temporal/internal/cluster"
	"github.com/dig2temporal/dig2temporal/cmd/dig2temporal/internal/outcome"
	"github.com/dig2temporal/dig2temporal/worker"
)

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
	if err := e.shrink(ctx, in); err != nil {
		return nil, err
	}
	options := client.StartWorkflowOptions{
		ID:                       id,
		TaskQueue:                e.queue,
		WorkflowIDReusePolicy:    enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_FAIL,
		StaticSummary:            worker.Summary(in.Session),
		EnableEagerStart:         true,
	}
	// What finds sessions must not find dry runs.
	if !in.Session.DryRun {
		options.Memo = worker.Memo(in.Session)
		options.TypedSearchAttributes = worker.SearchAttributes(in.Session)
	}
	e.ledger.attempt(id, in)
	if err := e.ledger.save(false); err != nil {
		return nil, err
	}
	e.begun.Store(true)
	e.ending.watch(id)
	// The first workflow task comes with the answer when there is a worker for it.
	if _, err := e.started(); err != nil {
		return nil, err
	}
	run, err := e.client.ExecuteWorkflow(ctx, options, worker.AttemptWorkflow, in)
	if err != nil {
		return nil, err
	}
	return &Attempt{Execution: worker.Execution{WorkflowID: id, RunID: run.GetRunID()}, engine: e, run: run}, nil
}

// shrink takes large values out of the params, which go into every task.
func (e *Engine) shrink(ctx context.Context, in *worker.Input) (err error) {
	if in.Defaults, err = e.values().Shrink(ctx, in.Defaults); err != nil {
		return err
	}
	in.Params, err = e.values().Shrink(ctx, in.Params)
	return err
}

// WebUI returns the page of the attempt in the Web UI, "" when that is not served.
func (a *Attempt) WebUI() string {
	e := a.engine
	switch {
	case e.cluster != nil:
		return cluster.Page(e.cluster.Settings.WebUI, e.cluster.Namespace, a.Execution)
	case e.webUI != "":
		return cluster.Page("http://"+e.webUI, e.server.Namespace(), a.Execution)
	}
	return ""
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
	rows, err := worker.TaskRows(ctx, a.engine.client, a.Execution)
	if err != nil {
		return nil, err
	}
	return rows, outcome.Expand(ctx, a.engine.values(), rows)
}

// Wait waits until the attempt has ended and returns Success, Error or Canceled.
// The error tells of an end that no task brought about.
func (a *Attempt) Wait(ctx context.Context) (worker.State, error) {
	result := make(chan error, 1)
	go func() { result <- a.run.Get(ctx, nil) }()
	var err error
	select {
	case <-a.engine.ending.succeeded:
	case err = <-result:
	}
	if err == nil {
		a.engine.succeeded.Store(true)
		return worker.Success, nil
	}
	if ctx.Err() != nil {
		return worker.Error, ctx.Err()
	}
	var canceled *temporal.CanceledError
	if errors.As(err, &canceled) {
		return worker.Canceled, nil
	}
	var failed *temporal.ApplicationError
	if errors.As(err, &failed) {
		if failed.Type() == worker.ErrorTasks {
			return worker.Error, nil
		}
		return worker.Error, errors.New(failed.Message())
	}
	return worker.Error, fmt.Errorf("the attempt ended unexpectedly: %w", err)
}
