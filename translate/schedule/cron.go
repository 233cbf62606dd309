package schedule

import (
	"fmt"
	"math/bits"
	"strconv"
	"strings"
	"time"

	"github.com/dig2temporal/dig2temporal/translate/config"
	"github.com/dig2temporal/dig2temporal/translate/schedule/wallclock"
)

// The dialect of cron that Digdag reads differs from that of Unix: a day must
// match both the day of the month and the day of the week, "L" is the last day
// of a month, "|" joins patterns, ranges may wrap ("22-2"). Digdag searches for
// ever for the next time of a pattern like "0 0 30 2 *"; here it is refused.
//
// The next time is found on the wall clock: the first date and time at or after
// the next minute that all fields accept. That is then one instant of the zone:
// a time that the clocks skip moves ahead, one that occurs twice is the later
// one, except that the very next minute counts as it is.

// cron is a parsed pattern: it matches when one of its alternatives does.
type cron []fields

// fields are the accepted values as bits.
type fields struct {
	minutes, hours, days, months, weekdays uint64
}

// lastDay is the value that stands for "L".
const lastDay = 32

// maxAlternatives bounds the work for hostile patterns.
const maxAlternatives = 1000

// searchYears is how far ahead a pattern can have its next day: Gregorian dates
// and weekdays repeat after 400 years.
const searchYears = 400

// patternError is Digdag's error for patterns that can't be read.
func patternError(format string, args ...any) error {
	return &config.Error{Message: fmt.Sprintf(format, args...), Kind: "invalid pattern"}
}

type field struct {
	name     string
	low, top int
	names    []string
	// firstName is the value of names[0].
	firstName int
}

var (
	minuteField = field{name: "minutes", low: 0, top: 59}
	hourField   = field{name: "hours", low: 0, top: 23}
	dayField    = field{name: "days of month", low: 1, top: 31}
	monthField  = field{name: "months", low: 1, top: 12, firstName: 1,
		names: []string{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}}
	weekdayField = field{name: "days of week", low: 0, top: 7,
		names: []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}}
)

func parseCron(pattern string) (cron, error) {
	alternatives := strings.FieldsFunc(pattern, func(r rune) bool { return r == '|' })
	if len(alternatives) == 0 {
		return nil, patternError("invalid pattern: %q", pattern)
	}
	if len(alternatives) > maxAlternatives {
		return nil, patternError("invalid pattern. It has %d parts, more than the %d that are allowed.", len(alternatives), maxAlternatives)
	}
	var c cron
	for _, p := range alternatives {
		words := strings.FieldsFunc(p, func(r rune) bool { return r == ' ' || r == '\t' })
		if len(words) != 5 {
			return nil, patternError("invalid pattern: %q", p)
		}
		var f fields
		for i, part := range []struct {
			kind field
			set  *uint64
		}{{minuteField, &f.minutes}, {hourField, &f.hours}, {dayField, &f.days}, {monthField, &f.months}, {weekdayField, &f.weekdays}} {
			set, err := part.kind.parse(words[i])
			if err != nil {
				return nil, patternError("invalid pattern %q. Error parsing %s field: %s.", p, part.kind.name, err)
			}
			*part.set = set
		}
		if f.possible() {
			c = append(c, f)
		}
	}
	if len(c) == 0 {
		return nil, patternError("invalid pattern %q. No date matches it.", pattern)
	}
	return c, nil
}

// parse reads one of the five fields.
func (f field) parse(text string) (uint64, error) {
	set := uint64(0)
	for _, element := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' }) {
		values, err := f.element(element)
		if err != nil {
			return 0, fmt.Errorf("invalid field %q, invalid element %q, %w", text, element, err)
		}
		for _, v := range values {
			set |= 1 << v
		}
	}
	if set == 0 {
		return 0, fmt.Errorf("invalid field %q", text)
	}
	return set, nil
}

func (f field) element(text string) ([]int, error) {
	parts := strings.FieldsFunc(text, func(r rune) bool { return r == '/' })
	if len(parts) < 1 || len(parts) > 2 {
		return nil, fmt.Errorf("syntax error")
	}
	values, err := f.span(parts[0])
	if err != nil {
		return nil, fmt.Errorf("invalid range, %w", err)
	}
	if len(parts) == 1 {
		return values, nil
	}
	step, err := strconv.ParseInt(parts[1], 10, 32)
	if err != nil {
		return nil, fmt.Errorf("invalid divisor %q", parts[1])
	}
	if step < 1 {
		return nil, fmt.Errorf("non positive divisor \"%d\"", step)
	}
	var stepped []int
	for i := 0; i < len(values); i += int(step) {
		stepped = append(stepped, values[i])
	}
	return stepped, nil
}

func (f field) span(text string) ([]int, error) {
	if text == "*" {
		return upTo(nil, f.low, f.top), nil
	}
	ends := strings.FieldsFunc(text, func(r rune) bool { return r == '-' })
	if len(ends) < 1 || len(ends) > 2 {
		return nil, fmt.Errorf("syntax error")
	}
	from, err := f.value(ends[0])
	if err != nil {
		return nil, err
	}
	if len(ends) == 1 {
		return []int{from}, nil
	}
	to, err := f.value(ends[1])
	if err != nil {
		return nil, err
	}
	if from <= to {
		return upTo(nil, from, to), nil
	}
	return upTo(upTo(nil, from, f.top), f.low, to), nil
}

func upTo(list []int, from, to int) []int {
	for i := from; i <= to; i++ {
		list = append(list, i)
	}
	return list
}

func (f field) value(text string) (int, error) {
	if f.name == dayField.name && strings.EqualFold(text, "L") {
		return lastDay, nil
	}
	for i, name := range f.names {
		if strings.EqualFold(text, name) {
			return f.firstName + i, nil
		}
	}
	n, err := strconv.ParseInt(text, 10, 32)
	inRange := err == nil && int(n) >= f.low && int(n) <= f.top
	switch {
	case !inRange && f.names != nil:
		return 0, fmt.Errorf("invalid value %q, invalid alias %q", text, text)
	case err != nil:
		return 0, fmt.Errorf("invalid value %q, invalid integer value", text)
	case !inRange:
		return 0, fmt.Errorf("invalid value %q, value out of range", text)
	}
	// 7 is Sunday, too, before ranges are made: "0-7" is Sunday alone.
	if f.name == weekdayField.name {
		n %= 7
	}
	return int(n), nil
}

// next returns the first time after t, false when there is none.
func (c cron) next(t time.Time, zone *time.Location) (time.Time, bool) {
	t = time.Unix(t.Unix()-mod(t.Unix(), 60)+60, 0).In(zone)
	if c.matches(t) {
		return t, true
	}
	var first time.Time
	found := false
	for _, f := range c {
		if n, ok := f.next(t); ok && (!found || n.Before(first)) {
			first, found = n, true
		}
	}
	return first, found
}

func (c cron) matches(t time.Time) bool {
	for _, f := range c {
		if has(f.minutes, t.Minute()) && has(f.hours, t.Hour()) && f.acceptsDay(t.Year(), t.Month(), t.Day()) {
			return true
		}
	}
	return false
}

// possible tells whether there is a date in all years that the fields accept.
func (f fields) possible() bool {
	for m := time.January; m <= time.December; m++ {
		const leapYear = 2000
		if has(f.months, int(m)) && (has(f.days, lastDay) || bits.TrailingZeros64(f.days) <= daysIn(leapYear, m)) {
			return true
		}
	}
	return false
}

// next returns the first time at or after t.
func (f fields) next(t time.Time) (time.Time, bool) {
	hour, minute, today := f.clock(t.Hour(), t.Minute())
	firstHour, firstMinute := bits.TrailingZeros64(f.hours), bits.TrailingZeros64(f.minutes)
	year, month, day := t.Date()
	for last := year + searchYears; year <= last; year, month = year+1, time.January {
		for ; month <= time.December; month, day = month+1, 1 {
			if !has(f.months, int(month)) {
				today = false
				continue
			}
			for length := daysIn(year, month); day <= length; day++ {
				if f.acceptsDay(year, month, day) {
					if !today {
						hour, minute = firstHour, firstMinute
					} else if hour < 0 {
						today = false
						continue
					}
					n := wallclock.In(year, month, day, hour, minute, 0, t.Location(), wallclock.Later)
					// A day that the zone's calendar skips (Apia 2011-12-30) has no time.
					if n.Day() == day {
						return n, true
					}
				}
				today = false
			}
			today = false
		}
	}
	return time.Time{}, false
}

// clock returns the first accepted time of a day at or after the given one; the
// hour is -1 when the day has none left.
func (f fields) clock(hour, minute int) (int, int, bool) {
	if has(f.hours, hour) {
		if m := bits.TrailingZeros64(f.minutes >> minute << minute); m < 60 {
			return hour, m, true
		}
	}
	if h := bits.TrailingZeros64(f.hours >> (hour + 1) << (hour + 1)); h < 24 {
		return h, bits.TrailingZeros64(f.minutes), true
	}
	return -1, 0, true
}

func (f fields) acceptsDay(year int, month time.Month, day int) bool {
	if !has(f.months, int(month)) {
		return false
	}
	if !has(f.days, day) && !(has(f.days, lastDay) && day == daysIn(year, month)) {
		return false
	}
	return has(f.weekdays, int(time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Weekday()))
}

func has(set uint64, v int) bool { return set>>v&1 == 1 }

func daysIn(year int, month time.Month) int {
	return time.Date(year, month+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

func mod(a, b int64) int64 {
	if m := a % b; m < 0 {
		return m + b
	} else {
		return m
	}
}
