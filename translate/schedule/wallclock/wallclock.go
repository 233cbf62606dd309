// Package wallclock turns wall-clock times of a zone into instants. Where the
// clocks jump, time.Date leaves open which instant it returns; here the caller
// says.
package wallclock

import "time"

// Overlap says which instant a wall time means that occurs twice.
type Overlap int

// The two choices.
const (
	Earlier Overlap = iota
	Later
)

// widest bounds how far a zone's clock can be from UTC.
const widest = 19 * time.Hour

// In returns the instant of a wall-clock time. Values beyond their range carry
// over, as in time.Date. A time that the clocks skip is moved ahead by the
// length of the gap.
func In(year int, month time.Month, day, hour, minute, second int, zone *time.Location, overlap Overlap) time.Time {
	wall := time.Date(year, month, day, hour, minute, second, 0, time.UTC)
	found, ok := time.Time{}, false
	before := 0
	for at := wall.Add(-widest); ; {
		period := at.In(zone)
		_, end := period.ZoneBounds()
		_, offset := period.Zone()
		instant := wall.Add(-time.Duration(offset) * time.Second)
		switch {
		case instant.Before(at):
			// The wall time lies before this period: the gap lies between.
			if !ok {
				return wall.Add(-time.Duration(before) * time.Second).In(zone)
			}
			return found.In(zone)
		case end.IsZero() || instant.Before(end):
			if !ok || overlap == Later {
				found, ok = instant, true
			}
			if overlap == Earlier {
				return found.In(zone)
			}
		}
		if end.IsZero() || end.After(wall.Add(widest)) {
			return found.In(zone)
		}
		before, at = offset, end
	}
}

// StartOfDay returns the first instant of a day, which is not midnight where
// the clocks skip it.
func StartOfDay(year int, month time.Month, day int, zone *time.Location) time.Time {
	t := In(year, month, day, 0, 0, 0, zone, Earlier)
	if h, m, s := t.Clock(); h == 0 && m == 0 && s == 0 {
		return t
	}
	// ZoneBounds starts where the clocks were set ahead.
	if start, _ := t.ZoneBounds(); !start.IsZero() {
		return start.In(zone)
	}
	return t
}

// TruncateDay returns the start of the day that t lies in, in the zone of t.
func TruncateDay(t time.Time) time.Time {
	start := StartOfDay(t.Year(), t.Month(), t.Day(), t.Location())
	return keepOffset(t, start, 0)
}

// TruncateHour returns the start of the hour that t lies in, on the clock of
// t's zone.
func TruncateHour(t time.Time) time.Time {
	start := In(t.Year(), t.Month(), t.Day(), t.Hour(), 0, 0, t.Location(), Earlier)
	return keepOffset(t, start, t.Hour())
}

// keepOffset prefers, of a start that occurs twice, the one on t's side of the
// change of clocks.
func keepOffset(t, start time.Time, hour int) time.Time {
	later := In(t.Year(), t.Month(), t.Day(), hour, 0, 0, t.Location(), Later)
	if later.After(start) && later.Hour() == hour && sameOffset(later, t) {
		return later
	}
	return start
}

func sameOffset(a, b time.Time) bool {
	_, x := a.Zone()
	_, y := b.Zone()
	return x == y
}
