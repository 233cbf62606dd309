package moment

import (
	"math"
	"strconv"
	"strings"
)

// Duration is a length of time. Its milliseconds, days and months are kept
// apart, because neither days nor months have a fixed length. Its methods change
// it in place.
type Duration struct {
	ms, days, months float64
	valid            bool
	data             durationData
}

// durationData is a duration split into the fields that its getters return.
type durationData struct {
	milliseconds, seconds, minutes, hours, days, months, years float64
}

// Amount is a number of units.
type Amount struct {
	Unit  Unit
	Value float64
}

// spans are the units that a duration can count, from large to small.
var spans = []Unit{Year, Quarter, Month, Week, Day, Hour, Minute, Second, Millisecond}

// NewDuration adds up amounts. It is invalid when one has a unit that is no
// length of time or a value that is no number, or when another than the
// smallest is not whole. Amounts without a unit are ignored.
func NewDuration(amounts ...Amount) *Duration {
	d := &Duration{valid: true}
	value := map[Unit]float64{}
	for _, a := range amounts {
		if a.Unit == "" {
			continue
		}
		if math.IsNaN(a.Value) || !isSpan(a.Unit) {
			d.valid = false
		}
		value[a.Unit] = a.Value
		if math.IsNaN(a.Value) {
			value[a.Unit] = 0
		}
	}
	fraction := false
	for _, u := range spans {
		if v := value[u]; v != 0 {
			if fraction {
				d.valid = false
			}
			fraction = v != toInt(v)
		}
	}
	d.ms = value[Millisecond] + value[Second]*1e3 + value[Minute]*6e4 + value[Hour]*1000*60*60
	d.days = value[Day] + value[Week]*7
	d.months = value[Month] + value[Quarter]*3 + value[Year]*12
	d.bubble()
	return d
}

func isSpan(u Unit) bool {
	for _, s := range spans {
		if s == u {
			return true
		}
	}
	return false
}

// DurationBetween returns the duration from one moment to another.
func DurationBetween(from, to *Moment) *Duration {
	months, ms := from.difference(to)
	return NewDuration(Amount{Millisecond, ms}, Amount{Month, months})
}

// Clone returns a copy.
func (d *Duration) Clone() *Duration {
	return NewDuration(Amount{Millisecond, d.ms}, Amount{Day, d.days}, Amount{Month, d.months})
}

// Valid tells whether this is a duration at all.
func (d *Duration) Valid() bool { return d.valid }

// bubble carries what overflows a field on to the next. The day is taken to have
// 24 hours, and the month the mean length of the Gregorian calendar.
func (d *Duration) bubble() {
	ms, days, months := d.ms, d.days, d.months
	if !(ms >= 0 && days >= 0 && months >= 0) && !(ms <= 0 && days <= 0 && months <= 0) {
		ms += absCeil(monthsToDays(months)+days) * msPerDay
		days, months = 0, 0
	}
	seconds := absFloor(ms / 1000)
	minutes := absFloor(seconds / 60)
	hours := absFloor(minutes / 60)
	days += absFloor(hours / 24)
	whole := absFloor(daysToMonths(days))
	months += whole
	days -= absCeil(monthsToDays(whole))
	d.data = durationData{
		milliseconds: math.Mod(ms, 1000), seconds: math.Mod(seconds, 60), minutes: math.Mod(minutes, 60),
		hours: math.Mod(hours, 24), days: days, months: math.Mod(months, 12), years: absFloor(months / 12),
	}
}

// In 400 years are 146097 days and 4800 months.
func daysToMonths(days float64) float64   { return days * 4800 / 146097 }
func monthsToDays(months float64) float64 { return months * 146097 / 4800 }

// Add adds a duration.
func (d *Duration) Add(o *Duration) *Duration { return d.addSubtract(o, 1) }

// Subtract subtracts a duration.
func (d *Duration) Subtract(o *Duration) *Duration { return d.addSubtract(o, -1) }

func (d *Duration) addSubtract(o *Duration, sign float64) *Duration {
	d.ms += sign * o.ms
	d.days += sign * o.days
	d.months += sign * o.months
	d.bubble()
	return d
}

// Abs makes the parts of the duration positive.
func (d *Duration) Abs() *Duration {
	d.ms, d.days, d.months = math.Abs(d.ms), math.Abs(d.days), math.Abs(d.months)
	f := &d.data
	for _, p := range []*float64{&f.milliseconds, &f.seconds, &f.minutes, &f.hours, &f.months, &f.years} {
		*p = math.Abs(*p)
	}
	return d
}

// As returns the length in a unit; false for a unit that is no length.
func (d *Duration) As(u Unit) (float64, bool) {
	if !d.valid {
		return math.NaN(), true
	}
	if u == Month || u == Year {
		months := d.months + daysToMonths(d.days+d.ms/msPerDay)
		if u == Year {
			months /= 12
		}
		return months, true
	}
	days := d.days + round(monthsToDays(d.months))
	switch u {
	case Week:
		return days/7 + d.ms/6048e5, true
	case Day:
		return days + d.ms/msPerDay, true
	case Hour:
		return days*24 + d.ms/36e5, true
	case Minute:
		return days*1440 + d.ms/6e4, true
	case Second:
		return days*86400 + d.ms/1000, true
	case Millisecond:
		return math.Floor(days*msPerDay) + d.ms, true
	}
	return 0, false
}

// Value returns milliseconds, with 30 days a month and 365 days a year.
func (d *Duration) Value() float64 {
	if !d.valid {
		return math.NaN()
	}
	return d.ms + d.days*msPerDay + math.Mod(d.months, 12)*2592e6 + toInt(d.months/12)*31536e6
}

// Get returns a field of the duration; false for a unit that it has none of.
func (d *Duration) Get(u Unit) (float64, bool) {
	if !d.valid {
		return math.NaN(), true
	}
	switch u {
	case Year:
		return d.data.years, true
	case Month:
		return d.data.months, true
	case Week:
		return absFloor(d.data.days / 7), true
	case Day:
		return d.data.days, true
	case Hour:
		return d.data.hours, true
	case Minute:
		return d.data.minutes, true
	case Second:
		return d.data.seconds, true
	case Millisecond:
		return d.data.milliseconds, true
	}
	return 0, false
}

var (
	clockSpan = pattern(`^(-|\+)?(?:(\d*)[. ])?(\d+):(\d+)(?::(\d+)(\.\d*)?)?$`)
	isoSpan   = pattern(`^(-|\+)?P(?:([-+]?[0-9,.]*)Y)?(?:([-+]?[0-9,.]*)M)?(?:([-+]?[0-9,.]*)W)?(?:([-+]?[0-9,.]*)D)?(?:T(?:([-+]?[0-9,.]*)H)?(?:([-+]?[0-9,.]*)M)?(?:([-+]?[0-9,.]*)S)?)?$`)
)

// ParseDuration reads "[-][d.]h:mm[:ss[.fraction]]" or an ISO 8601 duration.
func ParseDuration(text string) (*Duration, bool) {
	if p := clockSpan().FindStringSubmatch(text); p != nil {
		sign := 1.0
		if p[1] == "-" {
			sign = -1
		}
		fraction, _ := strconv.ParseFloat("0"+p[6], 64)
		return NewDuration(
			Amount{Day, whole(p[2]) * sign}, Amount{Hour, whole(p[3]) * sign}, Amount{Minute, whole(p[4]) * sign},
			Amount{Second, whole(p[5]) * sign}, Amount{Millisecond, absRound(fraction*1000) * sign}), true
	}
	p := isoSpan().FindStringSubmatch(text)
	if p == nil {
		return nil, false
	}
	sign := 1.0
	if p[1] == "-" {
		sign = -1
	}
	var amounts []Amount
	for i, u := range []Unit{Year, Month, Week, Day, Hour, Minute, Second} {
		amounts = append(amounts, Amount{u, leadingFloat(strings.Replace(p[i+2], ",", ".", 1)) * sign})
	}
	return NewDuration(amounts...), true
}

func whole(digits string) float64 {
	n, _ := strconv.ParseFloat(digits, 64)
	return toInt(n)
}

var floatStart = pattern(`^[-+]?(\d+\.?\d*|\.\d+)`)

// leadingFloat returns the number that a text starts with, 0 for none.
func leadingFloat(text string) float64 {
	f, err := strconv.ParseFloat(floatStart().FindString(text), 64)
	if err != nil {
		return 0
	}
	return f
}
