package worker

import (
	"context"
	"errors"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/google/uuid"

	"github.com/dig2temporal/dig2temporal/activities"
	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/translate/plan"
)

const (
	lookUpActivity = "look_up_session"
	waitActivity   = "wait_for_attempt"
)

// SessionWorkflowID is the Workflow ID of a session. The time is written as in
// session_time, so it must be in the zone of the workflow.
func SessionWorkflowID(project, workflow string, sessionTime time.Time) string {
	return fmt.Sprintf("%s/%s/%s", project, workflow, sessionTime.Format("2006-01-02T15:04:05-07:00"))
}

// sessionState is what is known of a session before a require> acts.
type sessionState struct {
	Exists    bool  `json:"exists,omitempty"`
	Running   bool  `json:"running,omitempty"`
	Success   bool  `json:"success,omitempty"`
	AttemptID int64 `json:"attempt_id,omitempty"`
	// RunID is that of the last attempt.
	RunID string `json:"run_id,omitempty"`
	// NewUUID and NewAttemptID are for an attempt that is started now.
	NewUUID      string `json:"new_uuid"`
	NewAttemptID int64  `json:"new_attempt_id"`
	NewSLA       *SLA   `json:"new_sla,omitempty"`
}

// require sees to the attempt of another session: it starts one if there is none
// or if the last one is to be run again, waits for its end, and judges by it.
func (x *execution) require(ctx workflow.Context, request *activities.Request, result *activities.Result) (*activities.Result, error) {
	r := result.Require
	project := r.Project
	if project == "" {
		project = x.session.Project
	}
	id := x.session.Folder + SessionWorkflowID(project, r.Workflow, r.SessionTime)
	for {
		now, err := x.lookUp(ctx, id, r)
		if err != nil {
			return nil, err
		}
		if now.Running {
			if err := x.waitFor(ctx, id, now.RunID); err != nil {
				return nil, err
			}
			continue
		}
		if !now.Exists || r.RerunOn == "all" || r.RerunOn == "failed" && !now.Success {
			success, taken, err := x.startRequired(ctx, project, id, r, now)
			if err != nil {
				return nil, err
			}
			if taken {
				// Somebody else started one since the look.
				continue
			}
			now.Success, now.AttemptID = success, now.NewAttemptID
		}
		if !now.Success && !r.IgnoreFailure {
			return nil, requireFailure(request, r, id, now.AttemptID)
		}
		done := *result
		done.Require = nil
		return &done, nil
	}
}

func requireFailure(request *activities.Request, r *activities.Require, id string, attempt int64) error {
	message := fmt.Sprintf("Dependent workflow failed. Session id: %d, attempt id: %d", SessionID(id), attempt)
	failure := activities.Failure{Error: ordered.Of("message", message), RetryCount: request.RetryCount}
	kind := activities.ErrorFailure
	if r.Retry != nil && request.RetryCount < r.Retry.Limit {
		kind = activities.ErrorRetry
		failure.RetryAfter = r.Retry.Delay(request.RetryCount)
		failure.RetryCount++
	}
	return temporal.NewNonRetryableApplicationError(message, kind, nil, failure)
}

func (x *execution) lookUp(ctx workflow.Context, id string, r *activities.Require) (*sessionState, error) {
	ctx = workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{
		StartToCloseTimeout: time.Minute, RetryPolicy: &temporal.RetryPolicy{MaximumAttempts: 5}, Summary: brief("session " + id),
	})
	now := &sessionState{}
	return now, workflow.ExecuteLocalActivity(ctx, lookUpActivity, id, r.Plan).Get(ctx, now)
}

// startRequired starts the attempt as a child that outlives this one, and waits
// for it. Taken tells that the session has a running attempt already.
func (x *execution) startRequired(ctx workflow.Context, project, id string, r *activities.Require, now *sessionState) (success, taken bool, err error) {
	session := &activities.Session{
		Project: project, ProjectID: x.session.ProjectID, Revision: x.session.Revision, Archive: x.session.Archive, Workflow: r.Workflow,
		Timezone: r.Plan.Timezone, Time: r.SessionTime, UUID: now.NewUUID, SessionID: SessionID(id), AttemptID: now.NewAttemptID,
		RetryAttemptName: r.RetryName, Schedule: r.Plan.Schedule, ShowParams: x.session.ShowParams, Queues: x.session.Queues,
		Folder: x.session.Folder,
	}
	if r.ProjectID != 0 {
		session.ProjectID, session.Revision, session.Archive = r.ProjectID, r.Revision, r.Archive
	}
	if now.Exists && session.RetryAttemptName == "" {
		session.RetryAttemptName = now.NewUUID
	}
	// Killing this attempt leaves the other one alone.
	undisturbed, _ := workflow.NewDisconnectedContext(ctx)
	child := workflow.ExecuteChildWorkflow(workflow.WithChildOptions(undisturbed, workflow.ChildWorkflowOptions{
		WorkflowID:            id,
		WorkflowIDReusePolicy: enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		ParentClosePolicy:     enumspb.PARENT_CLOSE_POLICY_ABANDON,
		TypedSearchAttributes: SearchAttributes(session),
		StaticSummary:         Summary(session),
		Memo:                  Memo(session),
	}), AttemptWorkflow, &Input{Plan: r.Plan, Session: session, Defaults: x.defaults, Params: r.Params, SLA: now.NewSLA})
	var started workflow.Execution
	if err := child.GetChildWorkflowExecution().Get(undisturbed, &started); err != nil {
		var already *temporal.ChildWorkflowExecutionAlreadyStartedError
		return false, errors.As(err, &already), keepUnless(errors.As(err, &already), err)
	}
	err = x.await(ctx, child)
	if ctx.Err() != nil {
		return false, false, ctx.Err()
	}
	return err == nil, false, nil
}

func keepUnless(drop bool, err error) error {
	if drop {
		return nil
	}
	return err
}

// await waits for a future or for the end of this attempt.
func (x *execution) await(ctx workflow.Context, f workflow.Future) error {
	var err error
	s := workflow.NewSelector(ctx)
	s.AddFuture(f, func(f workflow.Future) { err = f.Get(ctx, nil) })
	s.AddReceive(ctx.Done(), func(workflow.ReceiveChannel, bool) { err = ctx.Err() })
	s.Select(ctx)
	return err
}

// waitFor waits for the end of an attempt that somebody else started.
func (x *execution) waitFor(ctx workflow.Context, id, runID string) error {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: maxRun, HeartbeatTimeout: heartbeatTimeout, Summary: brief("attempt of " + id),
	})
	return workflow.ExecuteActivity(ctx, waitActivity, Execution{WorkflowID: id, RunID: runID}).Get(ctx, nil)
}

// lookUpSession is the local activity of lookUp.
func (r *reader) lookUpSession(ctx context.Context, id string, p *plan.Plan) (*sessionState, error) {
	now := &sessionState{NewUUID: uuid.NewString(), NewAttemptID: NewAttemptID(time.Now())}
	sla, err := NewSLA(p, time.Now())
	if err != nil {
		return nil, temporal.NewNonRetryableApplicationError(err.Error()+" (config)", activities.ErrorConfig, nil)
	}
	now.NewSLA = sla
	about, err := r.client.DescribeWorkflowExecution(ctx, id, "")
	var gone *serviceerror.NotFound
	if errors.As(err, &gone) {
		return now, nil
	}
	if err != nil {
		return nil, err
	}
	info := about.GetWorkflowExecutionInfo()
	now.Exists = true
	now.Running = info.GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING || info.GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_PAUSED
	now.Success = info.GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED
	now.RunID = info.GetExecution().GetRunId()
	now.AttemptID = AttemptIDOf(info.GetSearchAttributes())
	return now, nil
}

// waitForAttempt is the activity of waitFor. It waits outside of the worker's
// slots, so that attempts that wait never keep others from running.
func (r *reader) waitForAttempt(ctx context.Context, e Execution) error {
	token := activity.GetInfo(ctx).TaskToken
	waiting, stop := context.WithCancel(context.WithoutCancel(ctx))
	go func() {
		defer stop()
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			// How it ended is looked up by whoever waits.
			_ = r.client.GetWorkflow(waiting, e.WorkflowID, e.RunID).Get(waiting, nil)
		}()
		beat := time.NewTicker(heartbeatTimeout / 3)
		defer beat.Stop()
		for {
			select {
			case <-ended:
				_ = r.client.CompleteActivity(waiting, token, nil, nil)
				return
			case <-beat.C:
				if r.client.RecordActivityHeartbeat(waiting, token) != nil {
					return
				}
			}
		}
	}()
	return activity.ErrResultPending
}
