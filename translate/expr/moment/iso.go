package moment

import (
	"math"
	"regexp"
	"strings"

	"github.com/dig2temporal/dig2temporal/translate/expr/localtime"
)

var (
	isoExtended = pattern(`^\s*((?:[+-]\d{6}|\d{4})-(?:\d\d-\d\d|W\d\d-\d|W\d\d|\d\d\d|\d\d))(?:(T| )(\d\d(?::\d\d(?::\d\d(?:[.,]\d+)?)?)?)([+-]\d\d(?::?\d\d)?|\s*Z)?)?$`)
	isoBasic    = pattern(`^\s*((?:[+-]\d{6}|\d{4})(?:\d\d\d\d|W\d\d\d|W\d\d|\d\d\d|\d\d))(?:(T| )(\d\d(?:\d\d(?:\d\d(?:[.,]\d+)?)?)?)([+-]\d\d(?::?\d\d)?|\s*Z)?)?$`)
)

// isoDates are the forms of an ISO date, tried in turn; the first that occurs in
// the date is taken.
var isoDates = []struct {
	format  string
	form    func() *regexp.Regexp
	noClock bool
}{
	{"YYYYYY-MM-DD", pattern(`[+-]\d{6}-\d\d-\d\d`), false},
	{"YYYY-MM-DD", pattern(`\d{4}-\d\d-\d\d`), false},
	{"GGGG-[W]WW-E", pattern(`\d{4}-W\d\d-\d`), false},
	{"GGGG-[W]WW", pattern(`\d{4}-W\d\d`), true},
	{"YYYY-DDD", pattern(`\d{4}-\d{3}`), false},
	{"YYYY-MM", pattern(`\d{4}-\d\d`), true},
	{"YYYYYYMMDD", pattern(`[+-]\d{10}`), false},
	{"YYYYMMDD", pattern(`\d{8}`), false},
	{"GGGG[W]WWE", pattern(`\d{4}W\d{3}`), false},
	{"GGGG[W]WW", pattern(`\d{4}W\d{2}`), true},
	{"YYYYDDD", pattern(`\d{7}`), false},
}

// iso reads an ISO 8601 text, and tells whether it is one.
func (p *parser) iso(text string) bool {
	found := isoExtended().FindStringSubmatch(text)
	if found == nil {
		found = isoBasic().FindStringSubmatch(text)
	}
	if found == nil {
		return false
	}
	p.flags.ISO = true
	date, separator, clock, offset := found[1], found[2], found[3], found[4]
	for _, form := range isoDates {
		if !form.form().MatchString(date) {
			continue
		}
		if clock != "" && form.noClock {
			return false
		}
		format := form.format
		if clock != "" {
			format += separator + isoClock(clock)
		}
		if offset != "" {
			format += "Z"
		}
		p.format(text, format)
		return true
	}
	return false
}

// isoClock returns the format of the time of an ISO text.
func isoClock(clock string) string {
	format := "HHmmss"
	if strings.Contains(clock, ":") {
		format = "HH:mm:ss"
	}
	if i := strings.IndexAny(clock, ".,"); i >= 0 {
		return format + clock[i:i+1] + "SSSS"
	}
	return format[:len(clock)]
}

var (
	mailDate   = pattern(`^(?:(Mon|Tue|Wed|Thu|Fri|Sat|Sun),?\s)?(\d{1,2})\s(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\s(\d{2,4})\s(\d\d):(\d\d)(?::(\d\d))?\s(?:(UT|GMT|[ECMP][SD]T)|([Zz])|([+-]\d{4}))$`)
	mailNoise  = pattern(`\([^)]*\)|[\n\t]`)
	mailBlanks = pattern(`\s\s+`)
)

var mailZones = map[string]float64{"UT": 0, "GMT": 0, "EDT": -4, "EST": -5, "CDT": -5, "CST": -6, "MDT": -6, "MST": -7, "PDT": -7, "PST": -8}

// rfc2822 reads the date of a mail, and tells whether it is one.
func (p *parser) rfc2822(text string) bool {
	text = mailBlanks().ReplaceAllString(mailNoise().ReplaceAllString(text, " "), " ")
	found := mailDate().FindStringSubmatch(strings.TrimSpace(text))
	if found == nil {
		return false
	}
	month, _ := ParseMonth(found[3], "MMM", true)
	fields := []float64{mailYear(whole(found[4])), float64(month), whole(found[2]), whole(found[5]), whole(found[6])}
	if found[7] != "" {
		fields = append(fields, whole(found[7]))
	}
	if found[1] != "" && !p.onWeekday(found[1], fields) {
		p.flags.WeekdayMismatch = true
		return false
	}
	p.started = true
	var all [7]float64
	for i, f := range fields {
		p.a[i], all[i] = given(f), f
	}
	minutes := 0.0
	if found[8] != "" {
		minutes = mailZones[found[8]] * 60
	} else if found[9] == "" {
		n := whole(found[10][1:])
		minutes = absFloor(n/100)*60 + math.Mod(n, 100)
		if found[10][0] == '-' {
			minutes = -minutes
		}
	}
	p.tzm = &minutes
	p.d = given(wallTime(all) - minutes*60000)
	p.flags.RFC2822 = true
	return true
}

func mailYear(n float64) float64 {
	switch {
	case n <= 49:
		return n + 2000
	case n <= 999:
		return n + 1900
	}
	return n
}

func (p *parser) onWeekday(name string, fields []float64) bool {
	day, _ := ParseWeekday(name, "ddd", true)
	wall := localtime.Make(fields[0], fields[1], fields[2], 0, 0, 0, 0)
	local := localtime.FromUTC(localtime.ToUTC(wall, p.env.Zone), p.env.Zone)
	return float64(day) == float64(localtime.Split(local).Weekday)
}
