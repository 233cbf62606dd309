package serve

import (
	"strconv"

	"go.temporal.io/sdk/converter"

	"github.com/dig2temporal/dig2temporal/activities"
	"github.com/dig2temporal/dig2temporal/internal/observe"
	"github.com/dig2temporal/dig2temporal/operators"
	"github.com/dig2temporal/dig2temporal/translate/session"
)

// Tasks tells those who watch a worker what its activities are.
func Tasks(registry *operators.Registry) observe.Tasks { return tasks{registry} }

type tasks struct{ registry *operators.Registry }

// Operator returns "unknown" for all operators that there are none of: their
// names are the users' to choose.
func (t tasks) Operator(activityType string, args []any) string {
	if _, ok := t.registry.Lookup(activityType); ok {
		return activityType
	}
	if len(args) == 1 {
		// Activities without a registered name get their arguments as they came.
		if _, ok := args[0].(converter.EncodedValues); ok {
			return "unknown"
		}
	}
	return ""
}

func (tasks) Outcome(result any, err error) (name string, failed bool) {
	if err == nil {
		if r, ok := result.(*activities.Result); ok && r != nil && r.Again != nil {
			return "again", false
		}
		return "success", false
	}
	return activities.Outcome(err)
}

func (tasks) Attributes(args []any) map[string]string {
	if len(args) != 1 {
		return nil
	}
	request, ok := args[0].(*activities.Request)
	if values, encoded := args[0].(converter.EncodedValues); encoded {
		ok = values.Get(&request) == nil
	}
	if !ok || request == nil || request.Session == nil {
		return nil
	}
	s := request.Session
	about := map[string]string{
		"dig2temporal.task": request.Task, "dig2temporal.project": s.Project, "dig2temporal.workflow": s.Workflow,
		"dig2temporal.attempt": strconv.FormatInt(s.AttemptID, 10), "dig2temporal.session_time": session.Text(s.Time, s.Time.Location()),
	}
	if s.Revision != "" {
		about["dig2temporal.revision"] = s.Revision
	}
	return about
}

// CountLogs tells count how many bytes tasks print.
func CountLogs(logs activities.Logs, count func(n int)) activities.Logs {
	return countedLogs{logs, count}
}

type countedLogs struct {
	activities.Logs
	count func(n int)
}

func (l countedLogs) Open(run activities.LogRun) (activities.TaskLog, error) {
	log, err := l.Logs.Open(run)
	if err != nil {
		return nil, err
	}
	return countedLog{log, l.count}, nil
}

type countedLog struct {
	activities.TaskLog
	count func(n int)
}

func (l countedLog) Write(p []byte) (int, error) {
	l.count(len(p))
	return l.TaskLog.Write(p)
}

func (l countedLog) Line(level activities.Level, text string) {
	l.count(len(text) + 1)
	l.TaskLog.Line(level, text)
}
