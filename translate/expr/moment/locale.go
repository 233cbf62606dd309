package moment

import (
	"math"
	"strings"
)

// What follows is the English locale, the only one that Digdag has.

// InvalidDate is the text of an invalid moment.
const InvalidDate = "Invalid date"

// Months, Weekdays and their short forms are the names of the locale.
var (
	Months = []string{"January", "February", "March", "April", "May", "June", "July", "August", "September",
		"October", "November", "December"}
	Weekdays = []string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"}
)

// MonthShort returns the short name of a month, counted from 0.
func MonthShort(month int) string { return Months[month][:3] }

// WeekdayShort returns the short name of a day, counted from Sunday.
func WeekdayShort(day int) string { return Weekdays[day][:3] }

// WeekdayMin returns the two letters of a day, counted from Sunday.
func WeekdayMin(day int) string { return Weekdays[day][:2] }

var longFormats = map[string]string{
	"LTS": "h:mm:ss A", "LT": "h:mm A", "L": "MM/DD/YYYY", "LL": "MMMM D, YYYY",
	"LLL": "MMMM D, YYYY h:mm A", "LLLL": "dddd, MMMM D, YYYY h:mm A",
	"l": "M/D/YYYY", "ll": "MMM D, YYYY", "lll": "MMM D, YYYY h:mm A", "llll": "ddd, MMM D, YYYY h:mm A",
}

// LongDateFormat returns the format that L, LT, ll … stand for.
func LongDateFormat(token string) (string, bool) {
	f, ok := longFormats[token]
	return f, ok
}

// Ordinal returns a number with st, nd, rd or th.
func Ordinal(n float64) string {
	suffix := "th"
	if absFloor(math.Mod(n, 100)/10) != 1 {
		switch math.Mod(n, 10) {
		case 1:
			suffix = "st"
		case 2:
			suffix = "nd"
		case 3:
			suffix = "rd"
		}
	}
	return numberText(n) + suffix
}

// Meridiem returns AM or PM.
func Meridiem(hour float64, lower bool) string {
	text := "AM"
	if hour > 11 {
		text = "PM"
	}
	if lower {
		text = strings.ToLower(text)
	}
	return text
}

// IsPM tells whether a text says that a time is after noon.
func IsPM(text string) bool {
	return text != "" && (text[0] == 'p' || text[0] == 'P')
}

var relativeTimes = map[string]string{
	"s": "a few seconds", "ss": "%d seconds", "m": "a minute", "mm": "%d minutes", "h": "an hour", "hh": "%d hours",
	"d": "a day", "dd": "%d days", "M": "a month", "MM": "%d months", "y": "a year", "yy": "%d years",
}

// RelativeTime returns the words for a unit of Relative.
func RelativeTime(unit string, n float64) string {
	if n == 0 || math.IsNaN(n) {
		n = 1
	}
	return strings.Replace(relativeTimes[unit], "%d", numberText(n), 1)
}

// PastFuture puts a relative time in the future if diff is positive, else in
// the past.
func PastFuture(diff float64, text string) string {
	if diff > 0 {
		return "in " + text
	}
	return text + " ago"
}

var calendarFormats = map[string]string{
	"sameDay": "[Today at] LT", "nextDay": "[Tomorrow at] LT", "nextWeek": "dddd [at] LT",
	"lastDay": "[Yesterday at] LT", "lastWeek": "[Last] dddd [at] LT", "sameElse": "L",
}

// CalendarFormat returns the format of a key of CalendarKey.
func CalendarFormat(key string) string {
	if f, ok := calendarFormats[key]; ok {
		return f
	}
	return calendarFormats["sameElse"]
}

// CalendarKey tells how m lies to the start of a day: "sameDay", "nextDay" …
func (m *Moment) CalendarKey(startOfDay *Moment) string {
	switch diff := m.Diff(startOfDay, Day, true); {
	case diff < -6:
		return "sameElse"
	case diff < -1:
		return "lastWeek"
	case diff < 0:
		return "lastDay"
	case diff < 1:
		return "sameDay"
	case diff < 2:
		return "nextDay"
	case diff < 7:
		return "nextWeek"
	}
	return "sameElse"
}

// LikeModel returns other, shown as m is: in the local zone, or at m's offset.
func (m *Moment) LikeModel(other *Moment) *Moment { return m.likeModel(other) }

// ParseMonth returns the month that a text starts with, counted from 0. When
// strict it must be the whole text, and be the long or the short name as the
// token is MMMM or MMM.
func ParseMonth(text, token string, strict bool) (int, bool) {
	for i, name := range Months {
		switch {
		case !strict && (hasPrefixFold(text, name) || hasPrefixFold(text, name[:3])),
			strict && token == "MMMM" && strings.EqualFold(text, name),
			strict && token == "MMM" && strings.EqualFold(text, name[:3]):
			return i, true
		}
	}
	return 0, false
}

// ParseWeekday returns the day of the week that a text starts with; strict is as
// for ParseMonth, with the tokens dddd, ddd and dd.
func ParseWeekday(text, token string, strict bool) (int, bool) {
	for i, name := range Weekdays {
		switch {
		case !strict && hasPrefixFold(text, name[:2]),
			strict && token == "dddd" && strings.EqualFold(text, name),
			strict && token == "ddd" && strings.EqualFold(text, name[:3]),
			strict && token == "dd" && strings.EqualFold(text, name[:2]):
			return i, true
		}
	}
	return 0, false
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}
