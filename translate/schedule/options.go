package schedule

import (
	"strings"
	"time"

	"github.com/dig2temporal/dig2temporal/internal/duration"
	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/translate/config"
)

// Skip says which runs of a schedule are left out.
type Skip struct {
	// OnOvertime leaves a run out while an earlier session's still goes on.
	OnOvertime bool
	// DelayedBy leaves a run out that would start later than this after its run
	// time, nil when there is no such limit.
	DelayedBy *time.Duration
}

// ParseSkip reads the options skip_on_overtime and skip_delayed_by. Digdag reads
// them only when a session is due.
func ParseSkip(schedule *ordered.Object) (Skip, error) {
	var s Skip
	var err error
	if s.OnOvertime, err = config.GetBoolDefault(schedule, "skip_on_overtime", false); err != nil {
		return Skip{}, err
	}
	v, _ := schedule.Get("skip_delayed_by")
	if v == nil {
		return s, nil
	}
	text, err := config.Text("skip_delayed_by", v)
	if err != nil {
		return Skip{}, err
	}
	d, err := duration.Parse(text)
	if err != nil {
		return Skip{}, config.Errorf("option skip_delayed_by: %s", err)
	}
	s.DelayedBy = &d
	return s, nil
}

// Skips tells whether a run is left out that is due at its run time and could
// start now; running tells that a session of the schedule still goes on.
func (s Skip) Skips(due Time, now time.Time, running bool) bool {
	if s.OnOvertime && running {
		return true
	}
	return s.DelayedBy != nil && now.After(due.Run.Add(*s.DelayedBy))
}

// Types returns the types that a schedule can have, without ">", sorted.
func Types() []string { return append([]string(nil), types...) }

// Options returns the option names of a schedule type.
func Options(kind string) []string {
	list := []string{"_type", "_command", "skip_on_overtime", "skip_delayed_by"}
	switch kind {
	case "daily", "hourly", "weekly", "monthly":
		return append(list, "start", "end", "at")
	case "cron", "minutes_interval":
		return append(list, "start", "end", "delay")
	case "seconds_interval":
		return append(list, "delay")
	}
	return append(list, "start", "end", "delay", "at")
}

// Unknown returns the keys of a schedule: config that nothing reads.
func Unknown(schedule *ordered.Object) []string {
	_, kind, err := command(schedule)
	if err != nil {
		return nil
	}
	known := map[string]bool{}
	for _, o := range Options(kind) {
		known[o] = true
	}
	if !schedule.Has("_type") {
		delete(known, "_command")
		for _, k := range schedule.Keys() {
			if strings.HasSuffix(k, ">") {
				known[k] = true
				break
			}
		}
	}
	var unknown []string
	for _, k := range schedule.Keys() {
		if !known[k] {
			unknown = append(unknown, k)
		}
	}
	return unknown
}
