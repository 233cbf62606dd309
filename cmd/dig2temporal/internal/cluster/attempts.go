package cluster

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"

	"github.com/dig2temporal/dig2temporal/cmd/dig2temporal/internal/outcome"
	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/worker"
)

// Running is the state of an attempt that has not ended; the others are those of
// a task that has.
const Running = worker.Running

// Attempt is what Temporal knows of an attempt without reading its history.
type Attempt struct {
	worker.Execution
	ID                int64
	Project, Workflow string
	Revision          string
	// Time is the session time, in the zone of the workflow.
	Time              time.Time
	UUID, RetryName   string
	State             worker.State
	Started, Finished time.Time
	// Queue is the task queue of its workers.
	Queue string
}

// Done tells whether the attempt has ended.
func (a *Attempt) Done() bool { return a.State != Running }

// Filter limits a listing. Empty fields limit nothing.
type Filter struct {
	Project, Workflow string
	// Session is a Workflow ID.
	Session string
	ID      int64
	// Limit is how many are returned at most, the newest; 0 means all.
	Limit int
}

func (f Filter) query() string {
	parts := []string{fmt.Sprintf("WorkflowType = '%s'", worker.AttemptWorkflow)}
	add := func(key, value string) {
		if value != "" {
			parts = append(parts, fmt.Sprintf("%s = %s", key, Quote(value)))
		}
	}
	add(worker.AttributeProject.GetName(), f.Project)
	add(worker.AttributeWorkflow.GetName(), f.Workflow)
	add("WorkflowId", f.Session)
	if f.ID != 0 {
		parts = append(parts, fmt.Sprintf("%s = %d", worker.AttributeAttempt.GetName(), f.ID))
	} else {
		// Others may use the namespace, too; their workflows have no attempt.
		parts = append(parts, worker.AttributeAttempt.GetName()+" > 0")
	}
	return strings.Join(parts, " AND ")
}

// Quote makes a text a literal of visibility queries.
func Quote(text string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(text) + "'"
}

// Attempts lists attempts, the newest first.
func (c *Cluster) Attempts(ctx context.Context, f Filter) ([]*Attempt, error) {
	var list []*Attempt
	err := c.eachAttempt(ctx, f, func(a *Attempt) bool {
		list = append(list, a)
		return f.Limit == 0 || len(list) < f.Limit
	})
	return list, err
}

// eachAttempt calls yield for attempts, the newest first, until it returns false.
func (c *Cluster) eachAttempt(ctx context.Context, f Filter, yield func(*Attempt) bool) error {
	request := &workflowservice.ListWorkflowExecutionsRequest{Query: f.query(), PageSize: 200}
	if f.Limit > 0 && f.Limit < 200 {
		request.PageSize = int32(f.Limit)
	}
	for {
		page, err := c.Client.ListWorkflow(ctx, request)
		if err != nil {
			return c.explain(err)
		}
		for _, info := range page.GetExecutions() {
			if !yield(c.attemptOf(info)) {
				return nil
			}
		}
		if request.NextPageToken = page.GetNextPageToken(); len(request.NextPageToken) == 0 {
			return nil
		}
	}
}

// Sessions lists the last attempts of sessions, the newest first.
func (c *Cluster) Sessions(ctx context.Context, f Filter) ([]*Attempt, error) {
	var list []*Attempt
	seen := map[string]bool{}
	limit := f.Limit
	f.Limit = 0
	err := c.eachAttempt(ctx, f, func(a *Attempt) bool {
		if !seen[a.WorkflowID] {
			seen[a.WorkflowID] = true
			list = append(list, a)
		}
		return limit == 0 || len(list) < limit
	})
	return list, err
}

// NotFoundError says that there is no such attempt or session.
type NotFoundError struct{ What, Name string }

func (e *NotFoundError) Error() string { return fmt.Sprintf("%s %q does not exist", e.What, e.Name) }

// Attempt finds an attempt by its number, or the last one of a session by the
// session's Workflow ID.
func (c *Cluster) Attempt(ctx context.Context, name string) (*Attempt, error) {
	id, err := strconv.ParseInt(name, 10, 64)
	if err != nil {
		a, err := c.last(ctx, name)
		if err == nil && a == nil {
			err = &NotFoundError{"session", name}
		}
		return a, err
	}
	// What was started a moment ago may not be listed yet.
	for wait := 50 * time.Millisecond; ; wait *= 2 {
		list, err := c.Attempts(ctx, Filter{ID: id, Limit: 2})
		if err != nil {
			return nil, err
		}
		if len(list) > 1 {
			return nil, fmt.Errorf("two attempts have the number %s: name the session, %q or %q", name, list[0].WorkflowID, list[1].WorkflowID)
		}
		if len(list) > 0 {
			return c.describe(ctx, list[0].Execution)
		}
		if wait > time.Second || id < worker.NewAttemptID(time.Now().Add(-time.Minute)) {
			return nil, &NotFoundError{"attempt", name}
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(wait):
		}
	}
}

// last returns the last attempt of a session, nil when it has none.
func (c *Cluster) last(ctx context.Context, session string) (*Attempt, error) {
	a, err := c.describe(ctx, worker.Execution{WorkflowID: session})
	var gone *serviceerror.NotFound
	if errors.As(err, &gone) {
		return nil, nil
	}
	return a, err
}

func (c *Cluster) describe(ctx context.Context, e worker.Execution) (*Attempt, error) {
	about, err := c.Client.DescribeWorkflowExecution(ctx, e.WorkflowID, e.RunID)
	if err != nil {
		return nil, err
	}
	info := about.GetWorkflowExecutionInfo()
	if info.GetType().GetName() != worker.AttemptWorkflow {
		return nil, serviceerror.NewNotFound("no attempt")
	}
	return c.attemptOf(info), nil
}

// CancelRequested tells whether somebody killed the attempt.
func (c *Cluster) CancelRequested(ctx context.Context, a *Attempt) (bool, error) {
	about, err := c.Client.DescribeWorkflowExecution(ctx, a.WorkflowID, a.RunID)
	return about.GetWorkflowExtendedInfo().GetCancelRequested() || a.State == worker.Canceled, err
}

func (c *Cluster) attemptOf(info *workflowpb.WorkflowExecutionInfo) *Attempt {
	a := &Attempt{
		Execution: worker.Execution{WorkflowID: info.GetExecution().GetWorkflowId(), RunID: info.GetExecution().GetRunId()},
		ID:        worker.AttemptIDOf(info.GetSearchAttributes()),
		Project:   text(info.GetSearchAttributes(), worker.AttributeProject.GetName()),
		Workflow:  text(info.GetSearchAttributes(), worker.AttributeWorkflow.GetName()),
		Revision:  text(info.GetSearchAttributes(), worker.AttributeRevision.GetName()),
		State:     stateOf(info.GetStatus()),
		Queue:     info.GetTaskQueue(),
	}
	a.Started = info.GetStartTime().AsTime()
	if info.GetCloseTime() != nil {
		a.Finished = info.GetCloseTime().AsTime()
	}
	// The session's ID ends with its time in the zone of the workflow.
	if at := strings.LastIndexByte(a.WorkflowID, '/'); at >= 0 {
		a.Time, _ = time.Parse(time.RFC3339, a.WorkflowID[at+1:])
	}
	memo := info.GetMemo().GetFields()
	_ = c.fromPayload(memo[worker.MemoUUID], &a.UUID)
	_ = c.fromPayload(memo[worker.MemoRetryName], &a.RetryName)
	return a
}

func (c *Cluster) fromPayload(p *commonpb.Payload, to any) error {
	if p == nil {
		return nil
	}
	return c.Converter.FromPayload(p, to)
}

func text(a *commonpb.SearchAttributes, name string) string {
	value := ""
	if p := a.GetIndexedFields()[name]; p != nil {
		_ = converter.GetDefaultDataConverter().FromPayload(p, &value)
	}
	return value
}

func stateOf(s enumspb.WorkflowExecutionStatus) worker.State {
	switch s {
	case enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, enumspb.WORKFLOW_EXECUTION_STATUS_PAUSED:
		return Running
	case enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED:
		return worker.Success
	case enumspb.WORKFLOW_EXECUTION_STATUS_CANCELED, enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED:
		return worker.Canceled
	default:
		return worker.Error
	}
}

// Input reads what an attempt was started with out of its history, with large
// values in their places.
func (c *Cluster) Input(ctx context.Context, a *Attempt) (*worker.Input, error) {
	events := c.Client.GetWorkflowHistory(ctx, a.WorkflowID, a.RunID, false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	if !events.HasNext() {
		return nil, fmt.Errorf("the history of attempt %d is gone", a.ID)
	}
	first, err := events.Next()
	if err != nil {
		return nil, err
	}
	in := &worker.Input{}
	started := first.GetWorkflowExecutionStartedEventAttributes()
	if err := c.Converter.FromPayloads(started.GetInput(), &in); err != nil {
		return nil, err
	}
	for _, o := range []**ordered.Object{&in.Defaults, &in.Params} {
		if *o, err = c.Values.Expand(ctx, *o); err != nil {
			return nil, err
		}
	}
	return in, nil
}

// WebUI returns the page of an attempt in the Web UI, "" when nobody told where
// that is.
func (c *Cluster) WebUI(a *Attempt) string {
	return Page(c.Settings.WebUI, c.Namespace, a.Execution)
}

// Page returns the page of an execution in the Web UI at an address, "" when that
// is empty.
func Page(webUI, namespace string, e worker.Execution) string {
	if webUI == "" {
		return ""
	}
	return fmt.Sprintf("%s/namespaces/%s/workflows/%s/%s/timeline",
		strings.TrimSuffix(webUI, "/"), namespace, url.PathEscape(e.WorkflowID), e.RunID)
}

// Tasks returns all tasks of an attempt, in definition order.
func (c *Cluster) Tasks(ctx context.Context, a *Attempt) ([]*worker.Row, error) {
	rows, err := worker.TaskRows(ctx, c.Client, a.Execution)
	if err != nil {
		return nil, err
	}
	return rows, outcome.Expand(ctx, c.Values, rows)
}

var errEnded = errors.New("Session attempt already killed or finished")

// Kill asks an attempt to end; its tasks are stopped.
func (c *Cluster) Kill(ctx context.Context, a *Attempt) error {
	if a.Done() {
		return errEnded
	}
	err := c.Client.CancelWorkflow(ctx, a.WorkflowID, a.RunID)
	var gone *serviceerror.NotFound
	if errors.As(err, &gone) {
		return errEnded
	}
	return err
}

// Wait waits until an attempt has ended, and returns it as it is then.
func (c *Cluster) Wait(ctx context.Context, a *Attempt) (*Attempt, error) {
	err := c.Client.GetWorkflow(ctx, a.WorkflowID, a.RunID).Get(ctx, nil)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	ended, described := c.describe(ctx, a.Execution)
	if described != nil {
		return nil, described
	}
	if !ended.Done() {
		return nil, fmt.Errorf("the end of attempt %d can't be waited for: %w", a.ID, err)
	}
	return ended, nil
}

// State looks at an attempt again.
func (c *Cluster) State(ctx context.Context, a *Attempt) (*Attempt, error) {
	return c.describe(ctx, a.Execution)
}
