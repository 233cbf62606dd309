package local

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"github.com/dig2temporal/dig2temporal/cmd/dig2temporal/internal/cluster"
	"github.com/dig2temporal/dig2temporal/worker"
)

// Latest is the last attempt of a session.
type Latest struct {
	worker.Execution
	// UUID is that of the session, "" when it is not known.
	UUID string
}

// Latest returns the last attempt of a session, nil when there is none. One that a
// killed process left running is ended.
func (e *Engine) Latest(ctx context.Context, workflowID string) (*Latest, error) {
	info, err := e.described(ctx, workflowID)
	if info == nil || err != nil {
		return nil, err
	}
	if info.GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING {
		// Nobody else works for this folder, so it is not really running.
		if _, err := terminate(ctx, e.client, info.GetExecution()); err != nil {
			return nil, err
		}
	}
	last := &Latest{Execution: worker.Execution{WorkflowID: workflowID, RunID: info.GetExecution().GetRunId()}}
	if p := info.GetMemo().GetFields()[worker.MemoUUID]; p != nil {
		if err := e.converter().FromPayload(p, &last.UUID); err != nil {
			return nil, err
		}
	}
	return last, nil
}

// described describes an execution, unless that was done at the start.
func (e *Engine) described(ctx context.Context, workflowID string) (*workflowpb.WorkflowExecutionInfo, error) {
	if info := e.guess.Load(); info.GetExecution().GetWorkflowId() == workflowID {
		return info, nil
	}
	return describe(ctx, e.client, workflowID)
}

// describe describes the last execution of a Workflow ID, nil when there is none.
func describe(ctx context.Context, c client.Client, workflowID string) (*workflowpb.WorkflowExecutionInfo, error) {
	about, err := c.DescribeWorkflowExecution(ctx, workflowID, "")
	var gone *serviceerror.NotFound
	if errors.As(err, &gone) {
		return nil, nil
	}
	return about.GetWorkflowExecutionInfo(), err
}

// terminate ends an execution and says whether it was running.
func terminate(ctx context.Context, c client.Client, id *commonpb.WorkflowExecution) (bool, error) {
	err := c.TerminateWorkflow(ctx, id.GetWorkflowId(), id.GetRunId(), abandoned)
	var gone *serviceerror.NotFound
	if errors.As(err, &gone) {
		return false, nil
	}
	return err == nil, err
}

// Name is that of the project on the server.
func (e *Engine) Name() string { return filepath.Base(e.options.Project) }

// LastSession returns the newest session time of the workflow as it was when the
// engine started, nil when it had no session. Dry runs are none.
func (e *Engine) LastSession() (*time.Time, error) { return e.last() }

// findLast finds the newest session: where the ledger says, if the server has it,
// else by a list.
func (e *Engine) findLast(ctx context.Context, c client.Client) (*time.Time, error) {
	key := ledgerKey(e.Name(), e.options.Workflow)
	guess, known := e.ledger.last(key)
	// A copy of a folder has the ledger of the other, whose sessions are not its own.
	exists := guess.ID != "" && strings.HasPrefix(guess.ID, e.Prefix())
	if exists {
		info, err := describe(ctx, c, guess.ID)
		if err != nil {
			return nil, err
		}
		exists = info != nil
		e.guess.Store(info)
	}
	if exists && known {
		return &guess.Time, nil
	}
	last, err := e.lastSession(ctx, c)
	if err != nil {
		return nil, err
	}
	// The list may lag behind what happened a moment ago.
	if exists && (last == nil || guess.Time.After(last.Time)) {
		last = &guess
	}
	e.ledger.learn(key, last)
	if last == nil {
		return nil, nil
	}
	return &last.Time, nil
}

func (e *Engine) lastSession(ctx context.Context, c client.Client) (*entry, error) {
	query := fmt.Sprintf("WorkflowType = '%s' AND %s = %s AND %s = %s", worker.AttemptWorkflow,
		worker.AttributeProject.GetName(), cluster.Quote(e.Name()),
		worker.AttributeWorkflow.GetName(), cluster.Quote(e.options.Workflow)) + e.ours()
	// The attempts of the newest session are seldom far down.
	const few = 10
	var last *entry
	for {
		later := query
		if last != nil {
			later += fmt.Sprintf(" AND %s > '%s'", worker.AttributeSessionTime.GetName(), last.Time.UTC().Format(time.RFC3339Nano))
		}
		page, err := c.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{Query: later, PageSize: few})
		if err != nil {
			return nil, err
		}
		found := newest(page.GetExecutions())
		if found == nil || last != nil && !found.Time.After(last.Time) {
			return last, nil
		}
		last = found
		if len(page.GetNextPageToken()) == 0 {
			return last, nil
		}
	}
}

func newest(list []*workflowpb.WorkflowExecutionInfo) *entry {
	var last *entry
	for _, info := range list {
		if t := sessionTime(info.GetSearchAttributes()); t != nil && (last == nil || t.After(last.Time)) {
			last = &entry{*t, info.GetExecution().GetWorkflowId()}
		}
	}
	return last
}

func sessionTime(a *commonpb.SearchAttributes) *time.Time {
	p := a.GetIndexedFields()[worker.AttributeSessionTime.GetName()]
	if p == nil {
		return nil
	}
	var t time.Time
	if converter.GetDefaultDataConverter().FromPayload(p, &t) != nil {
		return nil
	}
	return &t
}

// endAbandoned ends the executions that were running when a process was killed.
// It must come before the worker starts, which would go on with them.
func (e *Engine) endAbandoned(ctx context.Context, c client.Client) error {
	for {
		page, err := c.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
			Query: "ExecutionStatus = 'Running'" + e.ours(), PageSize: 1000,
		})
		if err != nil {
			return err
		}
		ended := 0
		for _, info := range page.GetExecutions() {
			if info.GetStatus() != enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING {
				continue
			}
			running, err := terminate(ctx, c, info.GetExecution())
			if err != nil {
				return err
			}
			if running {
				ended++
			}
		}
		// What was ended is listed as running for a while.
		if ended == 0 {
			return nil
		}
	}
}

const abandoned = "the process that ran it is gone"
