package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"github.com/google/uuid"

	"github.com/dig2temporal/dig2temporal/activities"
	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/internal/projectstore"
	"github.com/dig2temporal/dig2temporal/translate/compile"
	"github.com/dig2temporal/dig2temporal/translate/plan"
	"github.com/dig2temporal/dig2temporal/worker"
)

// Start says what to start.
type Start struct {
	Revision *projectstore.Revision
	Plan     *plan.Plan
	// Time is the session time in the zone of the workflow.
	Time   time.Time
	Params *ordered.Object
	// RetryName starts a further attempt of the session under this name.
	RetryName string
	// Queue is the task queue of the workers.
	Queue string
	Now   func() time.Time
}

// Plan returns the plan of a workflow of a revision.
func (c *Cluster) Plan(ctx context.Context, r *projectstore.Revision, name string) (*plan.Plan, error) {
	w, ok := r.Workflow(name)
	if !ok {
		return nil, &NotFoundError{fmt.Sprintf("in project %q, revision %q, workflow", r.Project, r.Name), name}
	}
	text, err := c.Projects.Plan(ctx, w.Plan)
	if err != nil {
		return nil, err
	}
	p := &plan.Plan{}
	if err := json.Unmarshal(text, p); err != nil {
		return nil, fmt.Errorf("the plan of workflow %q can't be read: %w", name, err)
	}
	return p, nil
}

// Start starts an attempt of a session. The session must have none, or with a
// RetryName none that runs or has that name.
func (c *Cluster) Start(ctx context.Context, s Start) (*Attempt, error) {
	in, err := newInput(s)
	if err != nil {
		return nil, err
	}
	id := worker.SessionWorkflowID(s.Revision.Project, s.Plan.Workflow, s.Time)
	if s.RetryName == "" {
		return c.start(ctx, id, in, s.Queue, false)
	}
	earlier, err := c.last(ctx, id)
	if err != nil {
		return nil, err
	}
	if earlier != nil {
		if err := c.mayFollow(ctx, earlier, s.RetryName); err != nil {
			return nil, err
		}
		in.Session.UUID = earlier.UUID
	}
	return c.start(ctx, id, in, s.Queue, true)
}

func newInput(s Start) (*worker.Input, error) {
	if err := compile.Startable(s.Plan); err != nil {
		return nil, err
	}
	now := s.Now()
	id := worker.SessionWorkflowID(s.Revision.Project, s.Plan.Workflow, s.Time)
	in := &worker.Input{
		Plan:   s.Plan,
		Params: s.Params,
		Session: &activities.Session{
			Project: s.Revision.Project, ProjectID: s.Revision.ProjectID, Revision: s.Revision.Name, Archive: s.Revision.Digest,
			Workflow: s.Plan.Workflow, Timezone: s.Plan.Timezone, Time: s.Time,
			SessionID: worker.SessionID(id), AttemptID: worker.NewAttemptID(now), RetryAttemptName: s.RetryName, Schedule: s.Plan.Schedule,
		},
	}
	var err error
	in.SLA, err = worker.NewSLA(s.Plan, now)
	return in, err
}

// mayFollow tells whether the session may get another attempt under a name.
func (c *Cluster) mayFollow(ctx context.Context, last *Attempt, name string) error {
	if !last.Done() {
		return running(last)
	}
	if last.RetryName == name {
		return sessionExists(last)
	}
	// Searches lag behind, but not by a whole attempt.
	list, err := c.Attempts(ctx, Filter{Session: last.WorkflowID})
	if err != nil {
		return err
	}
	for _, a := range list {
		if a.RetryName == name {
			return sessionExists(a)
		}
	}
	return nil
}

func sessionExists(a *Attempt) error {
	return fmt.Errorf("A session for the requested session_time already exists (session_id=%s, attempt_id=%d, session_time=%s)\n"+
		"hint: use `dig2temporal retry %d --latest-revision --all` command to run the session again for the same session_time",
		a.WorkflowID, a.ID, a.Time.Format(time.RFC3339), a.ID)
}

func running(a *Attempt) error {
	return fmt.Errorf("attempt %d of session %s is running: wait for its end, or end it with `dig2temporal kill %d`", a.ID, a.WorkflowID, a.ID)
}

func (c *Cluster) start(ctx context.Context, id string, in *worker.Input, queue string, again bool) (*Attempt, error) {
	s := in.Session
	if len(c.Settings.Routes) > 0 {
		s.Queues = c.Settings.Routes
	}
	if s.UUID == "" {
		s.UUID = uuid.NewString()
	}
	var err error
	// Params go into every task, so what is large is kept once.
	if in.Params, err = c.Values.Shrink(ctx, in.Params); err != nil {
		return nil, err
	}
	options := client.StartWorkflowOptions{
		ID:                       id,
		TaskQueue:                queue,
		WorkflowIDReusePolicy:    enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_FAIL,
		StaticSummary:            worker.Summary(s),
		Memo:                     worker.Memo(s),
		TypedSearchAttributes:    worker.SearchAttributes(s),
		// The client takes an attempt that somebody else started for its own.
		WorkflowExecutionErrorWhenAlreadyStarted: true,
	}
	if again {
		options.WorkflowIDReusePolicy = enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE
	}
	run, err := c.Client.ExecuteWorkflow(ctx, options, worker.AttemptWorkflow, in)
	var taken *serviceerror.WorkflowExecutionAlreadyStarted
	if errors.As(err, &taken) {
		// Somebody was faster.
		last, err := c.last(ctx, id)
		switch {
		case err != nil:
			return nil, err
		case last != nil && !last.Done() && again:
			return nil, running(last)
		case last != nil:
			return nil, sessionExists(last)
		}
		return nil, taken
	}
	if err != nil {
		return nil, c.explain(err)
	}
	return &Attempt{
		Execution: worker.Execution{WorkflowID: id, RunID: run.GetRunID()},
		ID:        s.AttemptID, Project: s.Project, Workflow: s.Workflow, Revision: s.Revision, Time: s.Time,
		UUID: s.UUID, RetryName: s.RetryAttemptName, State: Running, Started: time.UnixMicro(s.AttemptID), Queue: queue,
	}, nil
}
