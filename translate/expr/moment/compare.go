package moment

import "math"

// likeModel returns other, shown as m is.
func (m *Moment) likeModel(other *Moment) *Moment {
	if !m.utc {
		return other.Clone().Local(false)
	}
	c := m.Clone()
	c.d = math.NaN()
	if v := other.Value(); !math.IsNaN(v) {
		c.d = v + m.offset*60000
	}
	return c
}

// Diff returns m - other in a unit, rounded towards zero unless exact is asked
// for. Months and years count on the clock, and so do days and weeks, without
// the hours of clock changes.
func (m *Moment) Diff(other *Moment, u Unit, exact bool) float64 {
	if !m.valid {
		return math.NaN()
	}
	that := m.likeModel(other)
	if !that.valid {
		return math.NaN()
	}
	zoneDelta := (that.Offset() - m.Offset()) * 60000
	ms := m.Value() - that.Value()
	var out float64
	switch u {
	case Year:
		out = monthDiff(m, that) / 12
	case Month:
		out = monthDiff(m, that)
	case Quarter:
		out = monthDiff(m, that) / 3
	case Second:
		out = ms / 1000
	case Minute:
		out = ms / 60000
	case Hour:
		out = ms / 3600000
	case Day:
		out = (ms - zoneDelta) / msPerDay
	case Week:
		out = (ms - zoneDelta) / (7 * msPerDay)
	default:
		out = ms
	}
	if exact {
		return out
	}
	return absFloor(out)
}

// monthDiff returns a - b in months. What is left beside whole months is
// measured by the length of the month that it lies in.
func monthDiff(a, b *Moment) float64 {
	whole := (b.Get(Year)-a.Get(Year))*12 + b.Get(Month) - a.Get(Month)
	anchor := a.Clone().AddUnit(whole, Month).Value()
	rest := b.Value() - anchor
	if rest < 0 {
		rest /= anchor - a.Clone().AddUnit(whole-1, Month).Value()
	} else {
		rest /= a.Clone().AddUnit(whole+1, Month).Value() - anchor
	}
	if out := -(whole + rest); !math.IsNaN(out) {
		return out + 0
	}
	return 0
}

// difference returns other - m as whole months, and what is left in
// milliseconds.
func (m *Moment) difference(other *Moment) (months, ms float64) {
	if !m.valid || !other.valid {
		return 0, 0
	}
	other = m.likeModel(other)
	if m.IsBefore(other, Millisecond) {
		return positiveDifference(m, other)
	}
	months, ms = positiveDifference(other, m)
	return -months, -ms
}

func positiveDifference(from, to *Moment) (months, ms float64) {
	months = to.Get(Month) - from.Get(Month) + (to.Get(Year)-from.Get(Year))*12
	if from.Clone().AddUnit(months, Month).IsAfter(to, Millisecond) {
		months--
	}
	return months, to.Value() - from.Clone().AddUnit(months, Month).Value()
}

// IsAfter tells whether m is later than other; with a unit other than
// Millisecond, whether its whole unit is.
func (m *Moment) IsAfter(other *Moment, u Unit) bool {
	if !m.valid || !other.valid {
		return false
	}
	if u == Millisecond {
		return m.Value() > other.Value()
	}
	return other.Value() < m.Clone().StartOf(u).Value()
}

// IsBefore tells whether m is earlier than other.
func (m *Moment) IsBefore(other *Moment, u Unit) bool {
	if !m.valid || !other.valid {
		return false
	}
	if u == Millisecond {
		return m.Value() < other.Value()
	}
	return m.Clone().EndOf(u).Value() < other.Value()
}

// IsSame tells whether other lies in the same unit as m.
func (m *Moment) IsSame(other *Moment, u Unit) bool {
	if !m.valid || !other.valid {
		return false
	}
	if u == Millisecond {
		return m.Value() == other.Value()
	}
	v := other.Value()
	return m.Clone().StartOf(u).Value() <= v && v <= m.Clone().EndOf(u).Value()
}

// IsBetween tells whether m lies between two moments; bounds is like "()" or
// "[)".
func (m *Moment) IsBetween(from, to *Moment, u Unit, bounds string) bool {
	lower, upper := !m.IsBefore(from, u), !m.IsAfter(to, u)
	if len(bounds) > 0 && bounds[0] == '(' {
		lower = m.IsAfter(from, u)
	}
	if len(bounds) > 1 && bounds[1] == ')' {
		upper = m.IsBefore(to, u)
	}
	return lower && upper
}
