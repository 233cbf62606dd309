// Package localtime converts between JavaScript's time values (milliseconds
// since 1970 UTC, as doubles; NaN is no time) and the wall clock of a zone, by
// the rules of ECMAScript 5 that Digdag's users see: a wall time that a clock
// change skips is moved back by the length of the gap, and one that a clock
// change repeats is the second of the two. Offsets are those of the zone's real
// rules at the instant.
package localtime

import (
	"math"
	"time"
)

// MaxTime is the largest time value of JavaScript; the smallest is -MaxTime.
const MaxTime = 8.64e15

const msPerDay = 86400000

// Fields are the fields of a wall clock. Month counts from 0 and Weekday from
// Sunday, as JavaScript does.
type Fields struct {
	Year, Month, Day, Hour, Minute, Second, Milli, Weekday int
}

// Split returns the fields of a wall time, given in milliseconds since 1970 of
// that wall clock. It must be a time value.
func Split(local float64) Fields {
	t := int64(local)
	day := floorDiv(t, msPerDay)
	ms := int(t - day*msPerDay)
	f := Fields{
		Hour: ms / 3600000, Minute: ms / 60000 % 60, Second: ms / 1000 % 60, Milli: ms % 1000,
		Weekday: int(((day+4)%7 + 7) % 7),
	}
	f.Year, f.Month, f.Day = civil(day)
	return f
}

// civil returns the date of a day counted from 1970-01-01. It counts years from
// March, so that the leap day is the last of its year.
func civil(day int64) (year, month, date int) {
	const perEra = 146097
	z := day + 719468
	era := floorDiv(z, perEra)
	doe := z - era*perEra
	yoe := (doe - doe/1460 + doe/36524 - doe/146096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	m := (5*doy + 2) / 153
	date = int(doy-(153*m+2)/5) + 1
	month = int(m) + 2
	year = int(yoe + era*400)
	if month > 11 {
		month -= 12
		year++
	}
	return year, month, date
}

// DayOf returns the day of a date counted from 1970-01-01. The month counts
// from 0 and may lie outside its year, and the date outside its month.
func DayOf(year, month, date int64) int64 {
	year += floorDiv(month, 12)
	month -= floorDiv(month, 12) * 12
	if month < 2 {
		year--
	}
	m := (month + 10) % 12
	era := floorDiv(year, 400)
	yoe := year - era*400
	doe := yoe*365 + yoe/4 - yoe/100 + (153*m+2)/5
	return era*146097 + doe - 719468 + date - 1
}

// Make returns the wall time of fields as JavaScript counts it: each may lie
// outside its range, and one that is no finite number makes NaN.
func Make(year, month, date, hour, minute, second, milli float64) float64 {
	sum := year + month + date + hour + minute + second + milli
	if math.IsNaN(sum) || math.IsInf(sum, 0) {
		return math.NaN()
	}
	year, month, date = math.Trunc(year), math.Trunc(month), math.Trunc(date)
	if math.Abs(year) > 400000 || math.Abs(month) > 4800000 {
		return math.NaN()
	}
	day := float64(DayOf(int64(year), int64(month), 1)) + date - 1
	ms := math.Trunc(hour)*3600000 + math.Trunc(minute)*60000 + math.Trunc(second)*1000 + math.Trunc(milli)
	return day*msPerDay + ms
}

// Clip returns a time value, or NaN for what is none.
func Clip(t float64) float64 {
	if !(math.Abs(t) <= MaxTime) {
		return math.NaN()
	}
	return math.Trunc(t) + 0
}

// Offset returns by how many milliseconds the zone's clock is ahead of UTC at
// an instant.
func Offset(t float64, zone *time.Location) float64 {
	if zone == time.UTC {
		return 0
	}
	_, offset := Zone(t, zone)
	return offset
}

// Zone returns the abbreviation of the zone at an instant, and the offset of its
// clock in milliseconds.
func Zone(t float64, zone *time.Location) (name string, offset float64) {
	ms := int64(0)
	if !math.IsNaN(t) {
		ms = int64(min(max(t, -MaxTime), MaxTime))
	}
	name, seconds := time.UnixMilli(ms).In(zone).Zone()
	return name, float64(seconds) * 1000
}

// FromUTC returns the wall time of an instant.
func FromUTC(t float64, zone *time.Location) float64 {
	return t + Offset(t, zone)
}

// ToUTC returns the instant of a wall time. It may lie outside the range of time
// values.
func ToUTC(local float64, zone *time.Location) float64 {
	if zone == time.UTC || math.IsNaN(local) {
		return local
	}
	before, after := Offset(local-msPerDay, zone), Offset(local+msPerDay, zone)
	if before == after || Offset(local-after, zone) == after {
		return local - after
	}
	if Offset(local-before, zone) == before {
		return local - before
	}
	return local - after
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
