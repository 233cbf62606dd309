package jsdate

import (
	"strings"
	"unicode/utf8"

	"github.com/dig2temporal/dig2temporal/translate/expr/localtime"
)

// freeText reads dates as people write them. Numbers that belong to no time are
// year, month and day in the order in which they come; a first number that can
// be a day makes it month, day, year, or day, month, year where the month has a
// name.
type freeText struct {
	text string
	at   int

	date    [3]float64 // year, month, day
	hasDate [3]bool
	named   bool
	clock   [4]float64
	fields  int // of the clock
	offset  float64

	hasZone, hasOffset bool
}

func (p *freeText) parse() (t float64, local, ok bool) {
	for p.at < len(p.text) {
		c := p.text[p.at]
		switch {
		case c == '(':
			p.comment()
		case isDigit(c):
			if !p.number() {
				return 0, false, false
			}
		case isLetter(c):
			if !p.word() {
				return 0, false, false
			}
		case (c == '+' || c == '-') && p.digitAt(p.at+1) && (p.fields > 0 || p.hasDate == [3]bool{true, true, true}):
			if !p.zone() {
				return 0, false, false
			}
		case c == '_' || c >= utf8.RuneSelf:
			return 0, false, false
		default:
			p.at++
		}
	}
	return p.result()
}

func (p *freeText) result() (t float64, local, ok bool) {
	if !p.hasDate[0] && p.fields == 0 || p.fields == 1 {
		return 0, false, false
	}
	year, month, day := p.date[0], 1.0, 1.0
	if p.hasDate[1] {
		month = p.date[1]
	}
	if p.hasDate[2] {
		day = p.date[2]
	}
	if year >= 1 && year <= 31 {
		if p.named {
			year, day = day, year
		} else {
			year, month, day = day, year, month
		}
	}
	if month < 1 || month > 12 || day < 1 || day > 31 {
		return 0, false, false
	}
	if year >= 0 && year < 100 {
		if year < 50 {
			year += 100
		}
		year += 1900
	}
	t = localtime.Make(year, month-1, day, p.clock[0], p.clock[1]-p.offset, p.clock[2], p.clock[3])
	return t, !p.hasZone, true
}

func (p *freeText) comment() {
	depth := 0
	for ; p.at < len(p.text); p.at++ {
		switch p.text[p.at] {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				p.at++
				return
			}
		}
	}
}

func (p *freeText) digitAt(i int) bool {
	return i < len(p.text) && isDigit(p.text[i])
}

func (p *freeText) integer() float64 {
	n := 0.0
	for p.digitAt(p.at) {
		n = n*10 + float64(p.text[p.at]-'0')
		p.at++
	}
	return n
}

func (p *freeText) number() bool {
	start := p.at
	n := p.integer()
	if p.at < len(p.text) && p.text[p.at] == ':' && p.fields < 3 || p.fields > 0 && p.fields < 3 && p.text[start-1] == ':' {
		return p.clockField(n)
	}
	if p.fields == 3 && start > 0 && (p.text[start-1] == '.' || p.text[start-1] == ':') {
		p.clock[3] = n
		p.fields = 4
		return true
	}
	for i := range p.date {
		if !p.hasDate[i] {
			p.date[i], p.hasDate[i] = n, true
			return true
		}
	}
	return false
}

func (p *freeText) clockField(n float64) bool {
	if n > 59 || p.fields == 0 && n > 24 {
		return false
	}
	p.clock[p.fields] = n
	p.fields++
	return true
}

// zone reads +hhmm or +hh:mm.
func (p *freeText) zone() bool {
	sign := 1.0
	if p.text[p.at] == '-' {
		sign = -1
	}
	p.at++
	n := p.integer()
	if p.at < len(p.text) && p.text[p.at] == ':' && p.digitAt(p.at+1) {
		p.at++
		n = n*100 + p.integer()
	} else if n < 100 {
		n *= 100
	}
	if p.hasOffset || p.offset != 0 {
		return false
	}
	hours := float64(int64(n / 100))
	p.offset, p.hasZone, p.hasOffset = sign*(hours*60+n-hours*100), true, true
	return true
}

func (p *freeText) word() bool {
	start := p.at
	for p.at < len(p.text) && isLetter(p.text[p.at]) {
		p.at++
	}
	word := strings.ToLower(p.text[start:p.at])
	switch word {
	case "am", "pm":
		return p.noon(word)
	case "z", "gmt", "ut", "utc":
		return p.zoneName(0)
	case "edt":
		return p.zoneName(-4)
	case "est", "cdt":
		return p.zoneName(-5)
	case "cst", "mdt":
		return p.zoneName(-6)
	case "mst", "pdt":
		return p.zoneName(-7)
	case "pst":
		return p.zoneName(-8)
	}
	if len(word) < 3 {
		return false
	}
	if i := strings.Index("jan feb mar apr may jun jul aug sep oct nov dec", word[:3]); i >= 0 {
		if p.hasDate[1] {
			return false
		}
		p.date[1], p.hasDate[1], p.named = float64(i/4+1), true, true
		return true
	}
	return strings.Contains("sun mon tue wed thu fri sat", word[:3])
}

func (p *freeText) zoneName(hours float64) bool {
	if p.hasZone {
		return false
	}
	p.offset, p.hasZone = hours*60, true
	return true
}

func (p *freeText) noon(word string) bool {
	if p.fields == 0 {
		return false
	}
	if word == "pm" && p.clock[0] < 12 {
		p.clock[0] += 12
	} else if word == "am" && p.clock[0] == 12 {
		p.clock[0] = 0
	}
	return true
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }
