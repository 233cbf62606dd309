package moment

import (
	"math"

	"github.com/dig2temporal/dig2temporal/translate/expr/localtime"
)

// fromParts makes the time of the fields.
func (p *parser) fromParts() {
	if p.d.ok {
		return
	}
	today := p.today()
	if p.weeks != nil && !p.a[partDate].ok && !p.a[partMonth].ok {
		p.fromWeeks()
	}
	if p.dayOfYear.ok {
		year := p.a[partYear].or(today[0])
		if p.dayOfYear.v > daysInYear(year) || p.dayOfYear.v == 0 {
			p.flags.OverflowDayOfYear = true
		}
		if t := utcDate(year, 0, p.dayOfYear.v); math.IsNaN(t) {
			p.a[partMonth], p.a[partDate] = given(t), given(t)
		} else {
			f := localtime.Split(t)
			p.a[partMonth], p.a[partDate] = given(float64(f.Month)), given(float64(f.Day))
		}
	}
	i := 0
	for ; i < 3 && !p.a[i].ok; i++ {
		p.a[i] = given(today[i])
	}
	var fields [7]float64
	for ; i < 7; i++ {
		least := 0.0
		if i == partDate {
			least = 1
		}
		p.a[i] = given(p.a[i].or(least))
	}
	for i := range fields {
		fields[i] = p.a[i].v
	}
	wall := wallTime(fields)
	t := wall
	if !p.useUTC {
		t = localtime.ToUTC(wall, p.env.Zone)
		wall = localtime.FromUTC(t, p.env.Zone)
	}
	if d, ok := p.weeks["d"]; ok && (math.IsNaN(localtime.Clip(t)) || d.v != float64(localtime.Split(wall).Weekday)) {
		p.flags.WeekdayMismatch = true
	}
	if p.tzm != nil {
		t -= *p.tzm * 60000
	}
	p.d = given(t)
}

// today returns year, month and date of now.
func (p *parser) today() [3]float64 {
	now := p.env.Now()
	if !p.useUTC {
		now = localtime.FromUTC(now, p.env.Zone)
	}
	if math.IsNaN(localtime.Clip(now)) {
		return [3]float64{now, now, now}
	}
	f := localtime.Split(now)
	return [3]float64{float64(f.Year), float64(f.Month), float64(f.Day)}
}

// fromWeeks makes the day of the year of the fields of weeks.
func (p *parser) fromWeeks() {
	w := p.weeks
	rule := localeWeek
	var year, week, weekday float64
	overflow := false
	if w["GG"].ok || w["W"].ok || w["E"].ok {
		rule = isoWeek
		_, current := p.env.At(p.env.Now()).week(isoWeek)
		year = w["GG"].or(p.a[partYear].or(current))
		week = w["W"].or(1)
		weekday = w["E"].or(1)
		overflow = weekday < 1 || weekday > 7
	} else {
		currentWeek, current := p.env.At(p.env.Now()).week(localeWeek)
		year = w["gg"].or(p.a[partYear].or(current))
		week = w["w"].or(currentWeek)
		switch {
		case w["d"].ok:
			weekday = w["d"].v
			overflow = weekday < 0 || weekday > 6
		case w["e"].ok:
			weekday = w["e"].v + rule.dow
			overflow = w["e"].v < 0 || w["e"].v > 6
		default:
			weekday = rule.dow
		}
	}
	switch {
	case week < 1 || week > rule.weeksInYear(year):
		p.flags.OverflowWeeks = true
	case overflow:
		p.flags.OverflowWeekday = true
	default:
		resYear, day := rule.dayOfYear(year, week, weekday)
		p.a[partYear], p.dayOfYear = given(resYear), given(day)
	}
}

// checkOverflow finds the first field that is out of its range.
func (p *parser) checkOverflow() {
	if !p.started || p.flags.Overflow != -2 {
		return
	}
	out := func(i int, least, most float64) bool {
		f := p.a[i]
		return f.ok && (f.v < least || f.v > most)
	}
	overflow := -1
	switch {
	case out(partMonth, 0, 11):
		overflow = partMonth
	case out(partDate, 1, daysInMonth(p.a[partYear].or(math.NaN()), p.a[partMonth].or(math.NaN()))):
		overflow = partDate
	case out(partHour, 0, 24), p.a[partHour].ok && p.a[partHour].v == 24 &&
		!(p.a[partMinute] == given(0) && p.a[partSecond] == given(0) && p.a[partMilli] == given(0)):
		overflow = partHour
	case out(partMinute, 0, 59):
		overflow = partMinute
	case out(partSecond, 0, 59):
		overflow = partSecond
	case out(partMilli, 0, 999):
		overflow = partMilli
	}
	switch {
	case p.flags.OverflowDayOfYear && (overflow < partYear || overflow > partDate):
		overflow = partDate
	case p.flags.OverflowWeeks && overflow == -1:
		overflow = partWeek
	case p.flags.OverflowWeekday && overflow == -1:
		overflow = partWeekday
	}
	p.flags.Overflow = overflow
}

// IsDSTShifted tells whether the zone's clock does not show the time that was
// asked for, because a change of the clock skips it.
func (m *Moment) IsDSTShifted() bool {
	if m.parts == nil || !m.valid {
		return false
	}
	var fields [7]float64
	for i, f := range m.parts {
		fields[i] = f.v
	}
	wall := wallTime(fields)
	if m.utc {
		return false
	}
	return localtime.FromUTC(localtime.ToUTC(wall, m.env.Zone), m.env.Zone) != wall
}
