// Package schedule reads the schedule: and sla: configs of workflows and
// computes their times.
//
// A schedule has session times, which are aligned ("every midnight"), and run
// times, which are a fixed number of seconds later. Both are on the clock of
// the workflow's zone with its real rules for daylight saving.
package schedule

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/translate/config"
)

// Schedule computes the times of one schedule: config.
type Schedule struct {
	kind  string
	zone  *time.Location
	delay time.Duration
	// cron is nil for seconds_interval, whose step is every.
	cron  cron
	every int64
	// start is the first run time allowed, end the first one that is not.
	start, end *time.Time
}

// types are the types that a schedule can have, without ">".
var types = []string{"cron", "daily", "hourly", "minutes_interval", "monthly", "seconds_interval", "weekly"}

// maxDelay bounds delays so that times stay computable.
const maxDelay = 100 * 366 * 24 * time.Hour

// Parse reads a schedule: config for a workflow in the given zone. Errors are
// *config.Error with Digdag's messages; that of a bad cron pattern has the kind
// "invalid pattern".
func Parse(schedule *ordered.Object, zone *time.Location) (*Schedule, error) {
	c, kind, err := command(schedule)
	if err != nil {
		return nil, err
	}
	s := &Schedule{kind: kind, zone: zone}
	var pattern string
	switch kind {
	case "cron":
		pattern, err = s.readCron(c)
	case "daily", "hourly":
		pattern, err = s.readDayOrHour(c)
	case "weekly":
		pattern, err = s.readWeekly(c)
	case "monthly":
		pattern, err = s.readMonthly(c)
	case "minutes_interval":
		pattern, err = s.readMinutes(c)
	case "seconds_interval":
		if err := s.readSeconds(c); err != nil {
			return nil, err
		}
		return s, nil
	default:
		err = config.Errorf("Unknown scheduler type: %s", kind)
	}
	if err != nil {
		return nil, err
	}
	if s.cron, err = parseCron(pattern); err != nil {
		return nil, err
	}
	return s, nil
}

// Type returns the type of the schedule without ">".
func (s *Schedule) Type() string { return s.kind }

// command returns the config with _command set, and the type.
func command(schedule *ordered.Object) (*ordered.Object, string, error) {
	if schedule.Has("_type") {
		kind, err := config.GetText(schedule, "_type")
		return schedule, kind, err
	}
	for _, k := range schedule.Keys() {
		kind, ok := strings.CutSuffix(k, ">")
		if !ok {
			continue
		}
		v, err := config.Required(schedule, k)
		if err != nil {
			return nil, "", err
		}
		c := schedule.Clone()
		c.Set("_command", v)
		return c, kind, nil
	}
	return nil, "", config.Errorf("Schedule config requires 'type>: at' parameter: %s", ordered.Text(schedule))
}

func (s *Schedule) readCron(c *ordered.Object) (string, error) {
	if err := s.readSpan(c); err != nil {
		return "", err
	}
	pattern, err := config.GetText(c, "_command")
	if err != nil {
		return "", err
	}
	return pattern, s.readDelay(c)
}

func (s *Schedule) readDayOrHour(c *ordered.Object) (string, error) {
	at, err := readAt(c)
	if err != nil {
		return "", err
	}
	if err := s.readSpan(c); err != nil {
		return "", err
	}
	if s.kind == "daily" {
		s.delay, err = clock("daily>", "hh:mm:ss", at)
		return "0 0 * * *", err
	}
	s.delay, err = clock("hourly>:", "mm:ss", at)
	return "0 * * * *", err
}

func (s *Schedule) readWeekly(c *ordered.Object) (string, error) {
	at, err := readAt(c)
	if err != nil {
		return "", err
	}
	format := config.Errorf("weekly>: scheduler requires day,hh:mm:ss format: %s", at)
	day, rest, ok := strings.Cut(at, ",")
	if !ok {
		return "", format
	}
	day = strings.TrimSpace(day)
	if n, err := strconv.ParseInt(day, 10, 32); err == nil && n < 0 {
		return "", config.Errorf("weekly>: invalid day: %s", day)
	}
	if s.delay, err = clock("weekly>", "hh:mm:ss", strings.TrimSpace(rest)); err != nil {
		return "", err
	}
	pattern := "0 0 * * " + day
	if _, err := parseCron(pattern); err != nil {
		return "", format
	}
	return pattern, s.readSpan(c)
}

func (s *Schedule) readMonthly(c *ordered.Object) (string, error) {
	at, err := readAt(c)
	if err != nil {
		return "", err
	}
	day, rest, ok := strings.Cut(at, ",")
	n, nerr := strconv.ParseInt(day, 10, 32)
	if !ok || nerr != nil {
		return "", config.Errorf("monthly>: scheduler requires day,hh:mm:ss format: %s", at)
	}
	if s.delay, err = clock("monthly>", "hh:mm:ss", rest); err != nil {
		return "", err
	}
	return fmt.Sprintf("0 0 %d * *", n), s.readSpan(c)
}

func (s *Schedule) readMinutes(c *ordered.Object) (string, error) {
	n, err := config.GetInt32(c, "_command")
	if err != nil {
		return "", err
	}
	if err := s.readDelay(c); err != nil {
		return "", err
	}
	return fmt.Sprintf("*/%d * * * *", n), s.readSpan(c)
}

// readSeconds leaves start and end alone: Digdag does not read them here.
func (s *Schedule) readSeconds(c *ordered.Object) error {
	n, err := config.GetInt32(c, "_command")
	if err != nil {
		return err
	}
	if n <= 0 {
		return config.Errorf("seconds_interval> must be over 0 but got %d", n)
	}
	s.every = int64(n)
	return s.readDelay(c)
}

func (s *Schedule) readDelay(c *ordered.Object) error {
	v, _ := c.Get("delay")
	if v == nil {
		return nil
	}
	n, err := config.Int("delay", v)
	if err != nil {
		return err
	}
	if limit := int64(maxDelay / time.Second); n > limit || n < -limit {
		return config.Errorf("delay of a schedule must be at most %d seconds but got %d", limit, n)
	}
	s.delay = time.Duration(n) * time.Second
	return nil
}

// readAt returns the value of the type's key, or of at when that is null.
func readAt(c *ordered.Object) (string, error) {
	if v, _ := c.Get("_command"); v != nil {
		return config.Text("_command", v)
	}
	return config.GetText(c, "at")
}

// clock reads "hh:mm:ss" or "mm:ss" as a number of seconds. Any integers will
// do, so that "26:00:00" is 2 o'clock of the next day.
func clock(kind, format, at string) (time.Duration, error) {
	parts := strings.Split(strings.TrimRight(at, ":"), ":")
	wrong := config.Errorf("%s scheduler requires %s format: %s", kind, format, at)
	if len(parts) != strings.Count(format, ":")+1 {
		return 0, wrong
	}
	seconds := int64(0)
	for _, p := range parts {
		n, err := strconv.ParseInt(p, 10, 32)
		if err != nil {
			return 0, wrong
		}
		seconds = seconds*60 + n
	}
	if limit := int64(maxDelay / time.Second); seconds > limit || seconds < -limit {
		return 0, wrong
	}
	return time.Duration(seconds) * time.Second, nil
}
