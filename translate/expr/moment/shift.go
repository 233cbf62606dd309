package moment

import "math"

// Add adds a duration: its months first, keeping the date inside the month, then
// its days, both on the clock; then its milliseconds, exactly.
func (m *Moment) Add(d *Duration) *Moment { return m.addSubtract(d, 1) }

// Subtract subtracts a duration.
func (m *Moment) Subtract(d *Duration) *Moment { return m.addSubtract(d, -1) }

// AddUnit adds a number of units.
func (m *Moment) AddUnit(n float64, u Unit) *Moment {
	return m.Add(NewDuration(Amount{Unit: u, Value: n}))
}

func (m *Moment) addSubtract(d *Duration, sign float64) *Moment {
	if !m.valid {
		return m
	}
	if months := absRound(d.months); months != 0 && !math.IsNaN(months) {
		m.setMonth(m.Get(Month) + months*sign)
	}
	if days := absRound(d.days); days != 0 && !math.IsNaN(days) {
		m.setField(2, m.Get(Date)+days*sign)
	}
	if d.ms != 0 && !math.IsNaN(d.ms) {
		m.shift(d.ms * sign)
	}
	return m
}

// StartOf moves the moment to the start of its year, quarter, month, week,
// isoWeek, day, date, hour, minute or second. Other units change nothing.
func (m *Moment) StartOf(u Unit) *Moment {
	switch u {
	case Year:
		m.Set(Month, 0).Set(Date, 1).startOfDay()
	case Quarter, Month:
		m.Set(Date, 1).startOfDay()
	case Week, ISOWeek, Day, Date:
		m.startOfDay()
	case Hour:
		m.Set(Minute, 0).Set(Second, 0).Set(Millisecond, 0)
	case Minute:
		m.Set(Second, 0).Set(Millisecond, 0)
	case Second:
		m.Set(Millisecond, 0)
	}
	switch u {
	case Week:
		m.Set(Weekday, 0)
	case ISOWeek:
		m.Set(ISOWeekday, 1)
	case Quarter:
		m.Set(Month, math.Floor(m.Get(Month)/3)*3)
	}
	return m
}

func (m *Moment) startOfDay() {
	m.Set(Hour, 0).Set(Minute, 0).Set(Second, 0).Set(Millisecond, 0)
}

// EndOf moves the moment to the last millisecond of its unit.
func (m *Moment) EndOf(u Unit) *Moment {
	span := u
	switch u {
	case "", Millisecond:
		return m
	case Date:
		u, span = Day, Day
	case ISOWeek:
		span = Week
	}
	return m.StartOf(u).AddUnit(1, span).AddUnit(-1, Millisecond)
}
