package moment

import (
	"math"
	"strconv"
	"strings"

	"github.com/dig2temporal/dig2temporal/translate/expr/localtime"
)

// part is a field that may not be given.
type part struct {
	v  float64
	ok bool
}

func given(v float64) part { return part{v, true} }

func (p part) or(v float64) float64 {
	if p.ok {
		return p.v
	}
	return v
}

// The indexes of the fields of a parser.
const (
	partYear = iota
	partMonth
	partDate
	partHour
	partMinute
	partSecond
	partMilli
	partWeek
	partWeekday
)

// parser collects what the pieces of a text say, and makes a time of it.
type parser struct {
	env    *Env
	useUTC bool
	strict bool
	flags  Flags

	a         [7]part
	started   bool            // a has been made
	weeks     map[string]part // by the names gg, GG, w, W, d, e, E
	dayOfYear part
	tzm       *float64
	meridiem  string
	d         part // the time, where it is known already
}

// Strings of a special meaning as formats.
const (
	ISO8601 = "\x00ISO_8601"
	RFC2822 = "\x00RFC_2822"
)

func (e *Env) parser(useUTC bool, strict *bool) *parser {
	return &parser{env: e, useUTC: useUTC, strict: strict != nil && *strict, flags: newFlags()}
}

// moment makes the moment of what was parsed.
func (p *parser) moment(s Source, utcMode bool) *Moment {
	p.checkOverflow()
	m := &Moment{env: p.env, d: math.NaN(), utc: utcMode, Source: s, flags: &p.flags, tzm: p.tzm}
	if p.d.ok {
		m.d = localtime.Clip(p.d.v)
	}
	if p.started {
		a := p.a
		m.parts = &a
	}
	m.revalidate()
	return m
}

// Fields returns the moment of fields, which may lie outside their ranges only
// to make the moment invalid: year, month, date, hour, minute, second,
// millisecond. Those of NaN are no numbers; missing ones are the least there
// are, or today's if none is given before.
func (e *Env) Fields(s Source, fields [7]*float64, utc bool) *Moment {
	p := e.parser(utc, nil)
	p.started = true
	for i, f := range fields {
		if f != nil {
			p.a[i] = given(*f)
		}
	}
	p.fromParts()
	return p.moment(s, utc)
}

// Parse returns the moment of a text without a format: ISO 8601, RFC 2822, or
// what the Date of the language reads.
func (e *Env) Parse(s Source, utc bool) *Moment {
	p := e.parser(utc, s.Strict)
	p.text(s.Text)
	return p.moment(s, utc)
}

var jsonDate = pattern(`(?i)^/?Date\((-?\d+)`)

func (p *parser) text(text string) {
	if found := jsonDate().FindStringSubmatch(text); found != nil {
		t, _ := strconv.ParseFloat(found[1], 64)
		p.d = given(t)
		return
	}
	if p.iso(text) || p.rfc2822(text) {
		return
	}
	if p.useUTC {
		text += " UTC"
	}
	p.d = given(p.env.ParseDate(text))
}

// ParseFormat returns the moment of a text in a format.
func (e *Env) ParseFormat(s Source, text, format string, utc bool) *Moment {
	p := e.parser(utc, s.Strict)
	p.format(text, format)
	return p.moment(s, utc)
}

// ParseFormats returns the moment of the format that fits a text best: that
// which leaves the least of the text, and of itself, unused.
func (e *Env) ParseFormats(s Source, text string, formats []string, utc bool) *Moment {
	if len(formats) == 0 {
		p := e.parser(utc, s.Strict)
		p.flags.InvalidFormat = true
		return p.moment(s, utc)
	}
	var best, last *parser
	least := 0
	for _, f := range formats {
		p := e.parser(utc, s.Strict)
		p.format(text, f)
		last = p
		if !p.d.ok || math.IsNaN(localtime.Clip(p.d.v)) || !p.flags.valid(s.Strict) {
			continue
		}
		if score := p.flags.CharsLeftOver + 10*len(p.flags.UnusedTokens); best == nil || score < least {
			best, least = p, score
		}
	}
	if best == nil {
		best = last
	}
	return best.moment(s, utc)
}

// format reads a text piece by piece as a format says. What lies between the
// pieces is skipped.
func (p *parser) format(text, format string) {
	switch format {
	case ISO8601:
		if !p.iso(text) {
			p.d = given(math.NaN())
		}
		return
	case RFC2822:
		if !p.rfc2822(text) {
			p.d = given(math.NaN())
		}
		return
	}
	p.started = true
	p.flags.Empty = true
	p.flags.ByFormat = true
	length, used := textLength(text), 0
	for _, token := range splitTokens(expandLong(format)) {
		input := p.find(token, text)
		if input != "" {
			at := strings.Index(text, input)
			if at > 0 {
				p.flags.UnusedInput = append(p.flags.UnusedInput, text[:at])
			}
			text = text[at+len(input):]
			used += textLength(input)
		}
		if isToken(token) {
			if input != "" {
				p.flags.Empty = false
				p.read(token, input)
			} else {
				p.flags.UnusedTokens = append(p.flags.UnusedTokens, token)
			}
		} else if p.strict && input == "" {
			p.flags.UnusedTokens = append(p.flags.UnusedTokens, token)
		}
	}
	p.flags.CharsLeftOver = length - used
	if text != "" {
		p.flags.UnusedInput = append(p.flags.UnusedInput, text)
	}
	if h := p.a[partHour]; p.flags.BigHour && h.ok && h.v > 0 && h.v <= 12 {
		p.flags.BigHour = false
	}
	p.flags.Parts = p.partValues()
	p.flags.Meridiem = p.meridiem
	p.fixMeridiem()
	p.fromParts()
	p.checkOverflow()
}

// textLength counts as JavaScript does, in UTF-16 units.
func textLength(s string) int {
	n := 0
	for _, r := range s {
		n++
		if r > 0xffff {
			n++
		}
	}
	return n
}

func (p *parser) partValues() []float64 {
	last := -1
	for i, f := range p.a {
		if f.ok {
			last = i
			p.flags.anyPart = true
		}
	}
	values := make([]float64, last+1)
	for i := range values {
		values[i] = p.a[i].or(math.NaN())
	}
	return values
}

func (p *parser) fixMeridiem() {
	h := &p.a[partHour]
	if p.meridiem == "" {
		return
	}
	if pm := IsPM(p.meridiem); pm && h.ok && h.v < 12 {
		h.v += 12
	} else if !pm && h.ok && h.v == 12 {
		h.v = 0
	}
}
