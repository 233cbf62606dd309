package schedule

import (
	"fmt"
	"strconv"
	"time"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/translate/config"
	"github.com/dig2temporal/dig2temporal/translate/schedule/wallclock"
)

// readSpan reads the options start and end, both days that belong to the span.
func (s *Schedule) readSpan(c *ordered.Object) error {
	var err error
	if s.start, err = day(c, "start", 0, s.zone); err != nil {
		return err
	}
	if s.end, err = day(c, "end", 1, s.zone); err != nil {
		return err
	}
	if s.start != nil && s.end != nil && !s.start.Before(*s.end) {
		return config.Errorf("The schedule of end is earlier than start")
	}
	return nil
}

// day returns the midnight that a date option names, a number of days later.
func day(c *ordered.Object, key string, later int, zone *time.Location) (*time.Time, error) {
	v, _ := c.Get(key)
	if v == nil {
		return nil, nil
	}
	text, err := config.Text(key, v)
	if err != nil {
		return nil, err
	}
	y, m, d, err := date(text)
	if err != nil {
		return nil, config.Errorf("Invalid %s: %s (%s)", key, text, err)
	}
	t := wallclock.In(y, m, d+later, 0, 0, 0, zone, wallclock.Earlier)
	return &t, nil
}

// date reads YYYY-MM-DD strictly.
func date(text string) (int, time.Month, int, error) {
	if len(text) != 10 || text[4] != '-' || text[7] != '-' {
		return 0, 0, 0, fmt.Errorf("it must look like 2024-01-31")
	}
	var n [3]int
	for i, part := range []string{text[:4], text[5:7], text[8:]} {
		v, err := strconv.ParseUint(part, 10, 16)
		if err != nil {
			return 0, 0, 0, fmt.Errorf("it must look like 2024-01-31")
		}
		n[i] = int(v)
	}
	if n[1] < 1 || n[1] > 12 {
		return 0, 0, 0, fmt.Errorf("there is no month %d", n[1])
	}
	if last := daysIn(n[0], time.Month(n[1])); n[2] < 1 || n[2] > last {
		return 0, 0, 0, fmt.Errorf("that month has %d days", last)
	}
	return n[0], time.Month(n[1]), n[2], nil
}
