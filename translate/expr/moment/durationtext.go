package moment

import (
	"math"
	"strconv"
	"strings"
)

// Thresholds are the amounts from which Humanize goes on to the next unit.
type Thresholds map[string]float64

// NewThresholds returns moment's own thresholds.
func NewThresholds() Thresholds {
	return Thresholds{"ss": 44, "s": 45, "m": 45, "h": 22, "d": 26, "M": 11}
}

// Relative is a unit of the locale's relative times ("s", "ss", "m", "mm" …)
// and the number that goes with it.
type Relative struct {
	Unit   string
	Number float64
}

// Relative returns what Humanize speaks of. The numbers are rounded by round.
func (d *Duration) Relative(t Thresholds, round func(float64) float64) Relative {
	a := d.Clone().Abs()
	as := func(u Unit) float64 {
		v, _ := a.As(u)
		return round(v)
	}
	seconds, minutes, hours := as(Second), as(Minute), as(Hour)
	days, months, years := as(Day), as(Month), as(Year)
	switch {
	case seconds <= t["ss"]:
		return Relative{"s", seconds}
	case seconds < t["s"]:
		return Relative{"ss", seconds}
	case minutes <= 1:
		return Relative{"m", 0}
	case minutes < t["m"]:
		return Relative{"mm", minutes}
	case hours <= 1:
		return Relative{"h", 0}
	case hours < t["h"]:
		return Relative{"hh", hours}
	case days <= 1:
		return Relative{"d", 0}
	case days < t["d"]:
		return Relative{"dd", days}
	case months <= 1:
		return Relative{"M", 0}
	case months < t["M"]:
		return Relative{"MM", months}
	case years <= 1:
		return Relative{"y", 0}
	}
	return Relative{"yy", years}
}

// Humanize says how long the duration is: "2 hours", and with a suffix "in 2
// hours" or "2 hours ago".
func (d *Duration) Humanize(suffix bool, t Thresholds, round func(float64) float64) string {
	if !d.valid {
		return InvalidDate
	}
	r := d.Relative(t, round)
	text := RelativeTime(r.Unit, r.Number)
	if suffix {
		text = PastFuture(d.Value(), text)
	}
	return text
}

// ISO returns the ISO 8601 text of the duration. Hours are not carried to days,
// nor days to months.
func (d *Duration) ISO() string {
	if !d.valid {
		return InvalidDate
	}
	total, _ := d.As(Second)
	if total == 0 {
		return "P0D"
	}
	seconds := math.Abs(d.ms) / 1000
	minutes := absFloor(seconds / 60)
	hours := absFloor(minutes / 60)
	months := math.Abs(d.months)
	var b strings.Builder
	if total < 0 {
		b.WriteByte('-')
	}
	b.WriteByte('P')
	// The sign of a part is written where it is not that of the whole.
	amount := func(part, n float64, unit byte) {
		if n != 0 {
			if sign(part) != sign(total) {
				b.WriteByte('-')
			}
			b.WriteString(numberText(n))
			b.WriteByte(unit)
		}
	}
	amount(d.months, absFloor(months/12), 'Y')
	amount(d.months, math.Mod(months, 12), 'M')
	amount(d.days, math.Abs(d.days), 'D')
	minutes, seconds = math.Mod(minutes, 60), math.Mod(seconds, 60)
	if hours != 0 || minutes != 0 || seconds != 0 {
		b.WriteByte('T')
	}
	amount(d.ms, hours, 'H')
	amount(d.ms, minutes, 'M')
	if seconds != 0 {
		if sign(d.ms) != sign(total) {
			b.WriteByte('-')
		}
		b.WriteString(trimFraction(strconv.FormatFloat(seconds, 'f', 3, 64)))
		b.WriteByte('S')
	}
	return b.String()
}

func sign(f float64) int {
	switch {
	case f > 0:
		return 1
	case f < 0:
		return -1
	}
	return 0
}

func trimFraction(s string) string {
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}

// numberText prints a double as JavaScript does.
func numberText(f float64) string {
	abs := math.Abs(f)
	switch {
	case math.IsNaN(f):
		return "NaN"
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	case abs == 0:
		return "0"
	case abs >= 1e-6 && abs < 1e21:
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
	mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(f, 'e', -1, 64), "e")
	return mantissa + "e" + exponent[:1] + strings.TrimLeft(exponent[1:], "0")
}
