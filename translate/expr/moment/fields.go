package moment

import (
	"math"

	"github.com/dig2temporal/dig2temporal/translate/expr/localtime"
)

func (m *Moment) field(get func(f localtime.Fields) int) float64 {
	f, ok := m.fields()
	if !ok {
		return math.NaN()
	}
	return float64(get(f))
}

// Get returns the value of a unit, NaN where the moment is invalid. A month
// counts from 0, a day is that of the week.
func (m *Moment) Get(u Unit) float64 {
	switch u {
	case Year:
		return m.field(func(f localtime.Fields) int { return f.Year })
	case Quarter:
		return math.Ceil((m.Get(Month) + 1) / 3)
	case Month:
		return m.field(func(f localtime.Fields) int { return f.Month })
	case Date:
		return m.field(func(f localtime.Fields) int { return f.Day })
	case Day, Weekday:
		return m.field(func(f localtime.Fields) int { return f.Weekday })
	case ISOWeekday:
		return m.field(func(f localtime.Fields) int { return (f.Weekday+6)%7 + 1 })
	case Hour:
		return m.field(func(f localtime.Fields) int { return f.Hour })
	case Minute:
		return m.field(func(f localtime.Fields) int { return f.Minute })
	case Second:
		return m.field(func(f localtime.Fields) int { return f.Second })
	case Millisecond:
		return m.field(func(f localtime.Fields) int { return f.Milli })
	case Week:
		week, _ := m.week(localeWeek)
		return week
	case ISOWeek:
		week, _ := m.week(isoWeek)
		return week
	case WeekYear:
		_, year := m.week(localeWeek)
		return year
	case ISOWeekYear:
		_, year := m.week(isoWeek)
		return year
	case DayOfYear:
		// Counted with the clock's real days, so that a change of the zone's
		// offset at midnight shifts it, as it does in moment.
		days := m.Clone().StartOf(Day).Value() - m.Clone().StartOf(Year).Value()
		return round(days/msPerDay) + 1
	}
	return math.NaN()
}

const msPerDay = 86400000

// Set sets a unit, with what overflows carried on. A value that is NaN changes
// nothing where moment says so, and else makes the moment none.
func (m *Moment) Set(u Unit, v float64) *Moment {
	switch u {
	case Year:
		m.SetYear(v, v)
	case Quarter:
		m.setMonth((v-1)*3 + math.Mod(m.Get(Month), 3))
	case Month:
		m.setMonth(v)
	case Date:
		m.setField(2, v)
	case Day:
		if m.valid {
			m.AddUnit(v-m.Get(Day), Day)
		}
	case Weekday:
		if m.valid {
			m.AddUnit(v-m.Get(Weekday), Day)
		}
	case ISOWeekday:
		if m.valid {
			if m.Get(Day) == 0 {
				v -= 7
			}
			m.Set(Day, v)
		}
	case Hour:
		m.setField(3, v)
	case Minute:
		m.setField(4, v)
	case Second:
		m.setField(5, v)
	case Millisecond:
		m.setField(6, v)
	case Week, ISOWeek:
		m.AddUnit((v-m.Get(u))*7, Day)
	case WeekYear:
		m.setWeekYear(v, m.Get(Week), m.Get(Weekday), localeWeek)
	case ISOWeekYear:
		m.setWeekYear(v, m.Get(ISOWeek), m.Get(ISOWeekday), isoWeek)
	case DayOfYear:
		m.AddUnit(v-m.Get(DayOfYear), Day)
	}
	return m
}

func (m *Moment) setField(first int, v float64) {
	if m.valid && !math.IsNaN(v) {
		m.set(first, v)
	}
}

// SetYear sets the year. The 29th of February is kept inside the February of
// another year, which is that year except in a known fault of moment.
func (m *Moment) SetYear(v, february float64) {
	if !m.valid || math.IsNaN(v) {
		return
	}
	if isLeapYear(m.Get(Year)) && m.Get(Month) == 1 && m.Get(Date) == 29 {
		m.set(0, v, 1, daysInMonth(february, 1))
		return
	}
	m.set(0, v)
}

// setMonth keeps the date inside the month.
func (m *Moment) setMonth(v float64) {
	if !m.valid {
		return
	}
	date := math.Min(m.Get(Date), daysInMonth(m.Get(Year), v))
	m.set(1, v, date)
}

// DaysInMonth returns how many days the month has.
func (m *Moment) DaysInMonth() float64 { return daysInMonth(m.Get(Year), m.Get(Month)) }

// IsLeapYear tells whether the year is a leap year.
func (m *Moment) IsLeapYear() bool { return isLeapYear(m.Get(Year)) }
