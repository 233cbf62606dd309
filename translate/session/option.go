package session

import (
	"regexp"
	"strconv"
	"time"

	"github.com/dig2temporal/dig2temporal/translate/config"
	"github.com/dig2temporal/dig2temporal/translate/schedule"
	"github.com/dig2temporal/dig2temporal/translate/schedule/wallclock"
)

// Source says where a session time comes from.
type Source int

// The sources. What is not Given is worth telling the user.
const (
	// Given is a time that the option names, or a truncation of now.
	Given Source = iota
	// Reused is the time of the last session.
	Reused
	// Today is the start of the day, for want of anything better.
	Today
	// OnSchedule is the last time of the workflow's schedule.
	OnSchedule
)

// Option is what the meaning of --session depends on.
type Option struct {
	// Zone is that of the workflow.
	Zone *time.Location
	Now  time.Time
	// Schedule is that of the workflow, nil when it has none.
	Schedule *schedule.Schedule
	// Last is the time of the last session of the workflow, nil when there is
	// none.
	Last *time.Time
}

// ParseOption reads the value of --session: "last" (also ""), "daily", "hourly",
// "schedule", "yyyy-MM-dd", "yyyy-MM-dd HH:mm:ss", or ISO 8601 with an offset.
// Times without an offset are in the workflow's zone: one that the clocks skip
// is moved ahead, of one that occurs twice the earlier is meant, day 29 to 31 of
// a shorter month is its last day.
func ParseOption(text string, o Option) (time.Time, Source, error) {
	now := o.Now.In(o.Zone)
	switch text {
	case "hourly":
		return wallclock.TruncateHour(now), Given, nil
	case "daily":
		return wallclock.TruncateDay(now), Given, nil
	case "last", "":
		switch {
		case o.Last != nil:
			return *o.Last, Reused, nil
		case o.Schedule != nil:
			return o.Schedule.Last(now).Session, OnSchedule, nil
		}
		return wallclock.TruncateDay(now), Today, nil
	case "schedule":
		if o.Schedule == nil {
			return time.Time{}, Given, config.Errorf("--session schedule is set but schedule is not set to this workflow.")
		}
		return o.Schedule.Last(now).Session, Given, nil
	}
	if t, ok := parseLocal(text, o.Zone); ok {
		return t, Given, nil
	}
	if t, ok := ParseInstant(text); ok {
		return t.In(o.Zone), Given, nil
	}
	return time.Time{}, Given, config.Errorf(
		"--session must be hourly, daily, last, \"yyyy-MM-dd\", or \"yyyy-MM-dd HH:mm:SS\" format: %s", text)
}

var localPattern = regexp.MustCompile(`^(\d{4})-(\d\d)-(\d\d)(?: (\d\d):(\d\d):(\d\d))?$`)

func parseLocal(text string, zone *time.Location) (time.Time, bool) {
	m := localPattern.FindStringSubmatch(text)
	if m == nil {
		return time.Time{}, false
	}
	var n [7]int
	for i := 1; i < len(n); i++ {
		n[i], _ = strconv.Atoi(m[i])
	}
	year, month, day, hour, minute, second := n[1], time.Month(n[2]), n[3], n[4], n[5], n[6]
	midnight := hour == 24 && minute == 0 && second == 0
	if year < 1 || month < 1 || month > 12 || day < 1 || day > 31 || minute > 59 || second > 59 || hour > 23 && !midnight {
		return time.Time{}, false
	}
	day = min(day, time.Date(year, month+1, 0, 0, 0, 0, 0, time.UTC).Day())
	if m[4] == "" {
		return wallclock.StartOfDay(year, month, day, zone), true
	}
	return wallclock.In(year, month, day, hour, minute, second, zone, wallclock.Earlier), true
}

// ParseInstant reads ISO 8601 with an offset to the second or the minute:
// "2024-01-31T09:00:00+09:00", "2024-01-31T00:00Z". Fractions of seconds other
// than zero are refused, since session times have none.
func ParseInstant(text string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05-0700", "2006-01-02T15:04:05-07", "2006-01-02T15:04Z07:00"} {
		if t, err := time.Parse(layout, text); err == nil && t.Nanosecond() == 0 {
			return t, t.Year() > 0
		}
	}
	return time.Time{}, false
}
