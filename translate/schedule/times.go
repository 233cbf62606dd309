package schedule

import "time"

// Time is one entry of a schedule.
type Time struct {
	// Session is the aligned time that names the session.
	Session time.Time
	// Run is when the session is started.
	Run time.Time
}

// ended is the time that stands for "never again".
var ended = time.Date(9999, time.January, 1, 0, 0, 0, 0, time.UTC)

// Ended tells that the schedule has no entry any more. Both times are then
// 9999-01-01T00:00:00Z.
func (t Time) Ended() bool { return !t.Session.Before(ended) }

// First returns the first entry whose run time is not before now; with
// seconds_interval, whose session time is not.
func (s *Schedule) First(now time.Time) Time {
	if s.cron == nil {
		return s.Next(now.Add(-1))
	}
	from := time.Unix(now.Unix(), 0)
	if from.Equal(now) {
		from = from.Add(-time.Second)
	}
	return s.Next(from.Add(-s.delay))
}

// Next returns the entry after a session time, within start and end.
func (s *Schedule) Next(session time.Time) Time {
	next := s.after(session)
	if s.end != nil && !next.Add(s.delay).Before(*s.end) {
		next = ended
	} else if s.start != nil && next.Add(s.delay).Before(*s.start) {
		next = s.after(s.start.Add(-time.Second))
	}
	next = next.In(s.zone)
	if !next.Before(ended) {
		return Time{Session: next, Run: next}
	}
	return Time{Session: next, Run: next.Add(s.delay)}
}

// after returns the session time after t, whatever start and end say.
func (s *Schedule) after(t time.Time) time.Time {
	if s.cron == nil {
		u := t.Unix()
		return time.Unix(u-mod(u, s.every)+s.every, 0)
	}
	next, ok := s.cron.next(t, s.zone)
	if !ok {
		return ended
	}
	return next
}

// Last returns the entry before a session time. Start and end have no part in
// it.
func (s *Schedule) Last(session time.Time) Time {
	var last time.Time
	if s.cron == nil {
		u := session.Add(-1).Unix()
		last = time.Unix(u-mod(u, s.every), 0)
	} else {
		last = s.before(session)
	}
	last = last.In(s.zone)
	return Time{Session: last, Run: last.Add(s.delay)}
}

// before finds a span that ends at t and has a session time, halves it down to
// about a day, and walks the schedule through what is left. It begins to walk a
// day early: that is longer than any change of clocks, so that the walk visits
// what the schedule itself visits.
func (s *Schedule) before(t time.Time) time.Time {
	const day = 25 * time.Hour
	back := day
	for !s.after(t.Add(-back)).Before(t) {
		if back *= 2; back > longest {
			return t.Add(-back)
		}
	}
	low, high := t.Add(-back), t
	for high.Sub(low) > day {
		middle := low.Add(high.Sub(low) / 2)
		if s.after(middle).Before(t) {
			low = middle
		} else {
			high = middle
		}
	}
	last := s.after(low)
	for next := s.after(low.Add(-day)); next.Before(t); next = s.after(next) {
		last = next
	}
	return last
}

// longest is more than the 40 years that can lie between two times of a pattern.
const longest = 100 * 366 * 24 * time.Hour
