package session

import (
	"time"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/translate/schedule"
)

// Scheduled returns the params that an attempt of a scheduled workflow is
// started with: last_session_time, next_session_time and, when it is not nil,
// last_executed_session_time. Without a schedule they are empty.
func Scheduled(s *schedule.Schedule, sessionTime time.Time, zone *time.Location, lastExecuted *time.Time) *ordered.Object {
	params := ordered.New()
	if s == nil {
		return params
	}
	params.Set("last_session_time", Text(s.Last(sessionTime).Session, zone))
	params.Set("next_session_time", Text(s.Next(sessionTime).Session, zone))
	if lastExecuted != nil {
		params.Set("last_executed_session_time", Text(*lastExecuted, zone))
	}
	return params
}

// Runtime is what the built-in params of one task come from.
type Runtime struct {
	Zone        *time.Location
	SessionTime time.Time
	// UUID is that of the session.
	UUID                            string
	SessionID, AttemptID, ProjectID int64
	// TaskName is the full name.
	TaskName string
	// RetryAttemptName is "" when the attempt has none.
	RetryAttemptName string
}

// maxBuiltIn is how many keys Params returns at most.
const maxBuiltIn = 32

// Params returns the built-in params of a task, to be merged over params, which
// are those of the task so far: their last_session_time, next_session_time and
// last_executed_session_time, when they are times, get their derived forms.
func Params(r Runtime, params *ordered.Object) *ordered.Object {
	p := ordered.Sized(maxBuiltIn)
	p.Set("timezone", r.Zone.String())
	p.Set("session_uuid", r.UUID)
	p.Set("session_time", Text(r.SessionTime, r.Zone))
	p.Set("session_id", ordered.Int(r.SessionID))
	setForms(p, "session_", r.SessionTime, r.Zone)
	setGiven(p, "last_session_", r.Zone, params)
	if v, _ := params.Get("last_executed_session_time"); v == nil {
		setEmpty(p, "last_executed_session_", r.Zone)
	} else {
		setGiven(p, "last_executed_session_", r.Zone, params)
	}
	setGiven(p, "next_session_", r.Zone, params)
	p.Set("project_id", ordered.Int(r.ProjectID))
	if r.RetryAttemptName != "" {
		p.Set("retry_attempt_name", r.RetryAttemptName)
	}
	p.Set("attempt_id", ordered.Int(r.AttemptID))
	p.Set("task_name", r.TaskName)
	return p
}

// setGiven leaves out what is no time: somebody's own param of that name.
func setGiven(p *ordered.Object, prefix string, zone *time.Location, params *ordered.Object) {
	text := params.String(prefix + "time")
	if text == "" {
		return
	}
	if t, err := ParseText(text); err == nil {
		setForms(p, prefix, t, zone)
	}
}

func setForms(p *ordered.Object, prefix string, t time.Time, zone *time.Location) {
	local := t.In(zone)
	p.Set(prefix+"date", local.Format(dateLayout))
	p.Set(prefix+"date_compact", local.Format(compactLayout))
	p.Set(prefix+"local_time", local.Format(localLayout))
	p.Set(prefix+"tz_offset", local.Format(offsetLayout))
	p.Set(prefix+"unixtime", ordered.Int(t.Unix()))
}

// setEmpty sets texts where the time is not known; the offset is that of 1970.
func setEmpty(p *ordered.Object, prefix string, zone *time.Location) {
	for _, form := range []string{"time", "date", "date_compact", "local_time"} {
		p.Set(prefix+form, "")
	}
	p.Set(prefix+"tz_offset", time.Unix(0, 0).In(zone).Format(offsetLayout))
	p.Set(prefix+"unixtime", "")
}
