package moment

import (
	"math"
	"strings"
)

// Unit names a field or a span of time, as moment does: "year", "isoWeek", …
type Unit string

// The units of moment.
const (
	Year        Unit = "year"
	Quarter     Unit = "quarter"
	Month       Unit = "month"
	Week        Unit = "week"
	ISOWeek     Unit = "isoWeek"
	WeekYear    Unit = "weekYear"
	ISOWeekYear Unit = "isoWeekYear"
	Day         Unit = "day"
	Date        Unit = "date"
	Weekday     Unit = "weekday"
	ISOWeekday  Unit = "isoWeekday"
	DayOfYear   Unit = "dayOfYear"
	Hour        Unit = "hour"
	Minute      Unit = "minute"
	Second      Unit = "second"
	Millisecond Unit = "millisecond"
)

// shorthands are the short names of units. Their case matters, unlike that of
// the long ones.
var shorthands = map[string]Unit{
	"y": Year, "Q": Quarter, "M": Month, "w": Week, "W": ISOWeek, "gg": WeekYear, "GG": ISOWeekYear,
	"d": Day, "D": Date, "e": Weekday, "E": ISOWeekday, "DDD": DayOfYear,
	"h": Hour, "m": Minute, "s": Second, "ms": Millisecond,
}

var longNames = func() map[string]Unit {
	names := map[string]Unit{}
	for short, unit := range shorthands {
		lower := strings.ToLower(string(unit))
		names[lower] = unit
		names[lower+"s"] = unit
		names[short] = unit
	}
	return names
}()

// ParseUnit returns the unit that a name stands for: "days", "D", "Hour"; ""
// for an unknown one.
func ParseUnit(name string) Unit {
	if u, ok := longNames[name]; ok {
		return u
	}
	return longNames[strings.ToLower(name)]
}

// Priority is the order in which several units are set: the large ones first.
func (u Unit) Priority() int {
	switch u {
	case Year, WeekYear, ISOWeekYear:
		return 1
	case DayOfYear:
		return 4
	case Week, ISOWeek:
		return 5
	case Quarter:
		return 7
	case Month:
		return 8
	case Date:
		return 9
	case Day, Weekday, ISOWeekday:
		return 11
	case Hour:
		return 13
	case Minute:
		return 14
	case Second:
		return 15
	}
	return 16
}

// absFloor rounds towards zero.
func absFloor(f float64) float64 { return math.Trunc(f) + 0 }

// absCeil rounds away from zero.
func absCeil(f float64) float64 {
	if f < 0 {
		return math.Floor(f)
	}
	return math.Ceil(f)
}

// round is JavaScript's Math.round: halves go up.
func round(f float64) float64 { return math.Floor(f + 0.5) }

// absRound rounds halves away from zero.
func absRound(f float64) float64 {
	if f < 0 {
		return -round(-f)
	}
	return round(f)
}

// toInt is the integer part of a finite number, and 0 for others.
func toInt(f float64) float64 {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return 0
	}
	return absFloor(f)
}

func mod(n, x float64) float64 { return math.Mod(math.Mod(n, x)+x, x) }

func isLeapYear(year float64) bool {
	return math.Mod(year, 4) == 0 && math.Mod(year, 100) != 0 || math.Mod(year, 400) == 0
}

func daysInYear(year float64) float64 {
	if isLeapYear(year) {
		return 366
	}
	return 365
}

// daysInMonth returns the length of a month, which counts from 0 and may lie
// outside its year.
func daysInMonth(year, month float64) float64 {
	if math.IsNaN(year) || math.IsNaN(month) {
		return math.NaN()
	}
	m := mod(month, 12)
	year += (month - m) / 12
	if m == 1 {
		if isLeapYear(year) {
			return 29
		}
		return 28
	}
	return 31 - math.Mod(math.Mod(m, 7), 2)
}
