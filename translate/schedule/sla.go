package schedule

import (
	"strconv"
	"strings"
	"time"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/translate/config"
	"github.com/dig2temporal/dig2temporal/translate/schedule/wallclock"
)

// SLA is what a workflow's sla: config asks for.
type SLA struct {
	// Alert and Fail say what happens besides Task when the time is over.
	Alert, Fail bool
	// Task is the config of the task to run, without the keys of the sla itself;
	// it may be empty.
	Task *ordered.Object
	// daily tells a wall-clock time from a duration.
	daily                bool
	hour, minute, second int
}

// ParseSLA reads an sla: config. Alert and fail that are no booleans take their
// default, true and false, since Digdag reads them only when the time is over.
func ParseSLA(sla *ordered.Object) (*SLA, error) {
	at, err := optionalText(sla, "time")
	if err != nil {
		return nil, err
	}
	duration, err := optionalText(sla, "duration")
	if err != nil {
		return nil, err
	}
	if (at == nil) == (duration == nil) {
		return nil, config.Errorf("SLA must be specified using either the 'time' or 'duration' option")
	}
	option, value := "time", at
	if at == nil {
		option, value = "duration", duration
	}
	s := &SLA{daily: at != nil, Task: sla.Without("time", "duration", "alert", "fail")}
	wrong := config.Errorf("SLA %s option needs to be HH:MM or HH:MM:SS format: %s", option, *value)
	parts := strings.Split(strings.TrimRight(*value, ":"), ":")
	if len(parts) != 2 && len(parts) != 3 {
		return nil, wrong
	}
	for i, to := range []*int{&s.hour, &s.minute, &s.second}[:len(parts)] {
		n, err := strconv.ParseInt(parts[i], 10, 32)
		if err != nil || n > maxUnits || n < -maxUnits {
			return nil, wrong
		}
		*to = int(n)
	}
	if s.Alert, err = config.GetBoolDefault(sla, "alert", true); err != nil {
		s.Alert = true
	}
	if s.Fail, err = config.GetBoolDefault(sla, "fail", false); err != nil {
		s.Fail = false
	}
	return s, nil
}

// maxUnits keeps sums of hours, minutes and seconds computable.
const maxUnits = 1_000_000

func optionalText(o *ordered.Object, key string) (*string, error) {
	v, _ := o.Get(key)
	if v == nil {
		return nil, nil
	}
	text, err := config.Text(key, v)
	return &text, err
}

// Due returns when the time is over for an attempt with the given run time, in
// the workflow's zone.
func (s *SLA) Due(run time.Time, zone *time.Location) time.Time {
	if !s.daily {
		return run.Add(time.Duration(s.hour)*time.Hour + time.Duration(s.minute)*time.Minute + time.Duration(s.second)*time.Second)
	}
	year, month, day := run.In(zone).Date()
	due := wallclock.In(year, month, day, s.hour, s.minute, s.second, zone, wallclock.Later)
	// The fraction of the second is that of the run time.
	due = due.Add(time.Duration(run.Nanosecond()))
	if due.Before(run) {
		due = due.Add(24 * time.Hour)
	}
	return due
}
