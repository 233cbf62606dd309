package jsdate

import (
	"math"
	"strings"
	"time"

	"github.com/dig2temporal/dig2temporal/translate/expr/localtime"
)

// Parse reads the text of a date as the Date of Digdag's engine does: first as
// the ISO format of ECMAScript 5, where a text without offset is UTC, then as
// the many forms that browsers took before, where it is a time of the zone. It
// returns a time value, NaN for what is no date.
func Parse(text string, zone *time.Location) float64 {
	text = strings.TrimSpace(text)
	if t, ok := parseISO(text); ok {
		return localtime.Clip(t)
	}
	p := freeText{text: text}
	t, local, ok := p.parse()
	if !ok {
		return math.NaN()
	}
	if local {
		t = localtime.ToUTC(t, zone)
	}
	return localtime.Clip(t)
}

// parseISO reads YYYY[-MM[-DD]][THH:mm[:ss[.fraction]][Z|+hh[[:]mm]]]; the year
// may have a sign and six digits.
func parseISO(text string) (float64, bool) {
	s := &digits{text: text}
	sign, width := 1.0, 4
	if s.take('+') {
		width = 6
	} else if s.take('-') {
		sign, width = -1, 6
	}
	year, ok := s.number(width)
	if !ok {
		return 0, false
	}
	month, day := 1.0, 1.0
	if s.take('-') {
		if month, ok = s.number(2); !ok {
			return 0, false
		}
		if s.take('-') {
			if day, ok = s.number(2); !ok {
				return 0, false
			}
		}
	}
	if month < 1 || month > 12 || day < 1 || day > 31 {
		return 0, false
	}
	var clock [4]float64
	offset := 0.0
	if s.take('T') {
		if clock, ok = s.clock(); !ok {
			return 0, false
		}
		if offset, ok = s.offset(); !ok {
			return 0, false
		}
	}
	if s.at < len(s.text) {
		return 0, false
	}
	return localtime.Make(sign*year, month-1, day, clock[0], clock[1]-offset, clock[2], clock[3]), true
}

type digits struct {
	text string
	at   int
}

func (s *digits) take(c byte) bool {
	if s.at < len(s.text) && s.text[s.at] == c {
		s.at++
		return true
	}
	return false
}

func (s *digits) number(width int) (float64, bool) {
	if s.at+width > len(s.text) {
		return 0, false
	}
	n := 0.0
	for range width {
		c := s.text[s.at]
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + float64(c-'0')
		s.at++
	}
	return n, true
}

func (s *digits) clock() (c [4]float64, ok bool) {
	if c[0], ok = s.number(2); !ok || !s.take(':') {
		return c, false
	}
	if c[1], ok = s.number(2); !ok {
		return c, false
	}
	if s.take(':') {
		if c[2], ok = s.number(2); !ok {
			return c, false
		}
		if s.take('.') {
			start := s.at
			for scale := 100.0; s.at < len(s.text) && s.text[s.at] >= '0' && s.text[s.at] <= '9'; scale /= 10 {
				if scale >= 1 {
					c[3] += scale * float64(s.text[s.at]-'0')
				}
				s.at++
			}
			if s.at == start {
				return c, false
			}
		}
	}
	return c, c[0] < 24 && c[1] < 60 && c[2] < 60 || c == [4]float64{24}
}

// offset reads an offset and returns its minutes.
func (s *digits) offset() (float64, bool) {
	if s.at == len(s.text) || s.take('Z') {
		return 0, true
	}
	sign := 1.0
	if s.take('-') {
		sign = -1
	} else if !s.take('+') {
		return 0, false
	}
	hours, ok := s.number(2)
	if !ok {
		return 0, false
	}
	minutes := 0.0
	if s.at < len(s.text) {
		s.take(':')
		if minutes, ok = s.number(2); !ok {
			return 0, false
		}
	}
	return sign * (hours*60 + minutes), true
}
