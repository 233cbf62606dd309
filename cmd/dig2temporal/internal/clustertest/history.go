package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/converter"

	"github.com/dig2temporal/dig2temporal/activities"
	"github.com/dig2temporal/dig2temporal/cmd/dig2temporal/internal/cluster"
	"github.com/dig2temporal/dig2temporal/worker"
)

// job is what the history of an execution tells of one scheduled activity.
type job struct {
	task                         string
	worker                       string
	scheduled, started, finished time.Time
	// attempts is how often a worker took it, completions how often it ended well
	// and ends how often it ended at all.
	attempts, completions, ends int
	// waited tells that its last run but one was given up by the heartbeat timeout.
	waited bool
}

// account is the sum of the histories of an attempt: of its own execution and of
// all children.
type account struct {
	activities []*job
	// locals are the ends of local activities, by execution and id.
	locals     map[string]int
	executions int
	events     int
}

// read reads the histories of an attempt and of all children that it started.
func (l *lab) read(ctx context.Context, a *cluster.Attempt) (*account, error) {
	sum := &account{locals: map[string]int{}}
	return sum, l.readInto(ctx, sum, a.Execution)
}

func (l *lab) readInto(ctx context.Context, sum *account, e worker.Execution) error {
	events := l.cluster.Client.GetWorkflowHistory(ctx, e.WorkflowID, e.RunID, false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	scheduled := map[int64]*job{}
	var children []worker.Execution
	sum.executions++
	for events.HasNext() {
		event, err := events.Next()
		if err != nil {
			return err
		}
		sum.events++
		switch event.GetEventType() {
		case enumspb.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
			a := &job{scheduled: event.GetEventTime().AsTime()}
			request := &activities.Request{}
			if l.cluster.Converter.FromPayloads(event.GetActivityTaskScheduledEventAttributes().GetInput(), &request) == nil {
				a.task = request.Task
			}
			scheduled[event.GetEventId()] = a
			sum.activities = append(sum.activities, a)
		case enumspb.EVENT_TYPE_ACTIVITY_TASK_STARTED:
			about := event.GetActivityTaskStartedEventAttributes()
			a := scheduled[about.GetScheduledEventId()]
			a.started, a.worker, a.attempts = event.GetEventTime().AsTime(), about.GetIdentity(), int(about.GetAttempt())
			// A restarted server frees what its own worker had with a text of its own.
			a.waited = strings.Contains(strings.ToLower(about.GetLastFailure().GetMessage()), "heartbeat timeout")
		case enumspb.EVENT_TYPE_MARKER_RECORDED:
			sum.locals[e.RunID+" "+localID(event)]++
		case enumspb.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_STARTED:
			c := event.GetChildWorkflowExecutionStartedEventAttributes().GetWorkflowExecution()
			children = append(children, worker.Execution{WorkflowID: c.GetWorkflowId(), RunID: c.GetRunId()})
		}
		if a := scheduled[endedActivity(event)]; a != nil {
			a.ends++
			a.finished = event.GetEventTime().AsTime()
			if event.GetEventType() == enumspb.EVENT_TYPE_ACTIVITY_TASK_COMPLETED {
				a.completions++
			}
		}
	}
	for _, c := range children {
		if err := l.readInto(ctx, sum, c); err != nil {
			return err
		}
	}
	return nil
}

// endedActivity is the event that scheduled the activity which an event ends, 0
// when it ends none.
func endedActivity(event *historypb.HistoryEvent) int64 {
	switch event.GetEventType() {
	case enumspb.EVENT_TYPE_ACTIVITY_TASK_COMPLETED:
		return event.GetActivityTaskCompletedEventAttributes().GetScheduledEventId()
	case enumspb.EVENT_TYPE_ACTIVITY_TASK_FAILED:
		return event.GetActivityTaskFailedEventAttributes().GetScheduledEventId()
	case enumspb.EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT:
		return event.GetActivityTaskTimedOutEventAttributes().GetScheduledEventId()
	case enumspb.EVENT_TYPE_ACTIVITY_TASK_CANCELED:
		return event.GetActivityTaskCanceledEventAttributes().GetScheduledEventId()
	}
	return 0
}

// localID tells the marker of a local activity from others of its execution.
func localID(event *historypb.HistoryEvent) string {
	about := event.GetMarkerRecordedEventAttributes()
	var data struct{ ActivityID string }
	if about.GetMarkerName() == "LocalActivity" &&
		converter.GetDefaultDataConverter().FromPayloads(about.GetDetails()["data"], &data) == nil && data.ActivityID != "" {
		return data.ActivityID
	}
	return fmt.Sprintf("%s %d", about.GetMarkerName(), event.GetEventId())
}

// broken tells which activities of a successful attempt did not end exactly once.
func (s *account) broken() []string {
	var list []string
	for _, a := range s.activities {
		if a.ends != 1 || a.completions > 1 {
			list = append(list, fmt.Sprintf("the activity of task %s has ended %d times, %d of them well", a.task, a.ends, a.completions))
		}
	}
	for id, n := range s.locals {
		if n != 1 {
			list = append(list, fmt.Sprintf("local activity %s has ended %d times", id, n))
		}
	}
	return list
}

// repeated counts the runs beyond those of an attempt that was left alone.
func (s *account) repeated(calm *account) int {
	n, want := 0, calm.taken()
	for task, runs := range s.taken() {
		n += max(0, runs-want[task])
	}
	return n
}

// waited counts the activities that went on only after the heartbeat timeout.
func (s *account) waited() int {
	n := 0
	for _, a := range s.activities {
		if a.waited {
			n++
		}
	}
	return n
}

// taken counts how often workers took each task.
func (s *account) taken() map[string]int {
	count := map[string]int{}
	for _, a := range s.activities {
		count[a.task] += a.attempts
	}
	return count
}

// finished counts the good ends of each task.
func (s *account) finished() map[string]int {
	count := map[string]int{}
	for _, a := range s.activities {
		count[a.task] += a.completions
	}
	return count
}
