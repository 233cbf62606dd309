package moment

import (
	"math"

	"github.com/dig2temporal/dig2temporal/translate/expr/localtime"
)

// weekRule says how weeks are counted: the day of the week on which they start,
// and which day of January is always in the first week, as doy = 7 + first - day.
type weekRule struct{ dow, doy float64 }

var (
	localeWeek = weekRule{dow: 0, doy: 6}
	isoWeek    = weekRule{dow: 1, doy: 4}
)

// firstWeekOffset returns on which day of the year its first week starts,
// counted from the first of January.
func (r weekRule) firstWeekOffset(year float64) float64 {
	day := 7 + r.dow - r.doy
	t := utcDate(year, 0, day)
	if math.IsNaN(t) {
		return math.NaN()
	}
	weekday := math.Mod(7+float64(localtime.Split(t).Weekday)-r.dow, 7)
	return -weekday + day - 1
}

func (r weekRule) weeksInYear(year float64) float64 {
	return (daysInYear(year) - r.firstWeekOffset(year) + r.firstWeekOffset(year+1)) / 7
}

// dayOfYear returns the day of a week, as year and day of that year.
func (r weekRule) dayOfYear(year, week, weekday float64) (resYear, day float64) {
	local := math.Mod(7+weekday-r.dow, 7)
	day = 1 + 7*(week-1) + local + r.firstWeekOffset(year)
	switch {
	case day <= 0:
		return year - 1, daysInYear(year-1) + day
	case day > daysInYear(year):
		return year + 1, day - daysInYear(year)
	}
	return year, day
}

// week returns the week and the year that it belongs to.
func (m *Moment) week(r weekRule) (week, year float64) {
	year = m.Get(Year)
	week = math.Floor((m.Get(DayOfYear)-r.firstWeekOffset(year)-1)/7) + 1
	switch {
	case week < 1:
		return week + r.weeksInYear(year-1), year - 1
	case week > r.weeksInYear(year):
		return week - r.weeksInYear(year), year + 1
	}
	return week, year
}

func (m *Moment) setWeekYear(year, week, weekday float64, r weekRule) {
	if most := r.weeksInYear(year); week > most {
		week = most
	}
	resYear, day := r.dayOfYear(year, week, weekday)
	t := utcDate(resYear, 0, day)
	if math.IsNaN(t) {
		m.setMonth(t)
		return
	}
	f := localtime.Split(t)
	m.Set(Year, float64(f.Year))
	m.setMonth(float64(f.Month))
	m.setField(2, float64(f.Day))
}

// WeeksInYear returns how many weeks the year has, ISO weeks or those of the
// locale.
func (m *Moment) WeeksInYear(iso bool) float64 {
	if iso {
		return isoWeek.weeksInYear(m.Get(Year))
	}
	return localeWeek.weeksInYear(m.Get(Year))
}

// utcDate returns the time value of a date in UTC.
func utcDate(year, month, date float64) float64 {
	return localtime.Clip(wallTime([7]float64{year, month, date}))
}

// wallTime makes a wall time of fields, years below 100 by way of the 20th
// century, as moment must.
func wallTime(a [7]float64) float64 {
	century := 0.0
	if a[0] >= 0 && a[0] < 100 {
		century = 1900
	}
	t := localtime.Make(a[0]+century, a[1], a[2], a[3], a[4], a[5], a[6])
	if century == 0 || math.IsNaN(localtime.Clip(t)) {
		return t
	}
	f := localtime.Split(t)
	return localtime.Make(a[0], float64(f.Month), float64(f.Day),
		float64(f.Hour), float64(f.Minute), float64(f.Second), float64(f.Milli))
}
