// Package moment is the date arithmetic of moment.js 2.21 with its English
// locale: the moments and durations that Digdag's expressions work with. It
// knows nothing of JavaScript engines; package momentjs offers it to programs.
//
// It behaves as moment.js does where that is odd, too: numbers are doubles (a
// field may be NaN), moments change in place, a moment in UTC mode keeps its
// wall clock in a shifted time value, and startOf sets one field after the other
// with a trip through the zone's rules each time.
package moment

import (
	"math"
	"time"

	"github.com/dig2temporal/dig2temporal/translate/expr/localtime"
)

// Env is what moments need to know of the world.
type Env struct {
	// Zone is the zone of local moments.
	Zone *time.Location
	// Now returns the current time value.
	Now func() float64
	// ParseDate reads a text that has none of moment's own formats, and returns a
	// time value or NaN.
	ParseDate func(text string) float64
	// TwoDigitYear completes a year of two digits; nil is moment's own rule.
	TwoDigitYear func(text string) float64
}

// Moment is a moment in time, shown in the local zone or at an offset from UTC.
// It may be invalid, and its methods change it in place.
type Moment struct {
	env *Env
	// d is the time value; in UTC mode that of a clock which shows in UTC what
	// this moment shows at its offset.
	d      float64
	utc    bool
	offset float64 // minutes
	valid  bool

	// Source tells what the moment was made of.
	Source Source
	flags  *Flags
	tzm    *float64 // the offset that was parsed, in minutes
	parts  *[7]part // the fields that were parsed
}

// Source is what a moment was made of, as opaque values of the caller.
type Source struct {
	Input, Format any
	// Text is the input if that was a text.
	Text   string
	IsText bool
	Strict *bool
}

// At returns the local moment of a time value; NaN is an invalid moment.
func (e *Env) At(t float64) *Moment {
	m := &Moment{env: e, d: localtime.Clip(t)}
	m.revalidate()
	return m
}

// UTCAt returns the moment of a time value in UTC mode.
func (e *Env) UTCAt(t float64) *Moment {
	m := e.At(t)
	m.utc = true
	return m
}

// Invalid returns a moment that is none; its flags say why.
func (e *Env) Invalid(flags Flags) *Moment {
	m := e.UTCAt(math.NaN())
	m.flags = &flags
	m.valid = false
	return m
}

// revalidate decides anew whether the moment is valid, as each new moment does.
func (m *Moment) revalidate() {
	m.valid = !math.IsNaN(m.d) && m.flags.valid(m.Source.Strict)
	if !m.valid {
		m.d = math.NaN()
	}
}

// Clone returns a copy.
func (m *Moment) Clone() *Moment {
	c := *m
	c.revalidate()
	return &c
}

// Valid tells whether this is a time at all.
func (m *Moment) Valid() bool { return m.valid }

// Env returns what the moment was made with.
func (m *Moment) Env() *Env { return m.env }

// Flags returns what was found when the moment was parsed.
func (m *Moment) Flags() Flags {
	if m.flags == nil {
		return newFlags()
	}
	return *m.flags
}

// IsUTCMode tells whether the moment is shown at an offset from UTC.
func (m *Moment) IsUTCMode() bool { return m.utc }

// Value returns the time value.
func (m *Moment) Value() float64 { return m.d - m.offset*60000 }

// Unix returns the seconds since 1970, rounded down.
func (m *Moment) Unix() float64 { return math.Floor(m.Value() / 1000) }

// wall returns what the clock of the moment shows, as a time value.
func (m *Moment) wall() float64 {
	if m.utc {
		return m.d
	}
	return localtime.FromUTC(m.d, m.env.Zone)
}

// setWall turns the clock of the moment to what it shall show.
func (m *Moment) setWall(t float64) {
	if !m.utc {
		t = localtime.ToUTC(t, m.env.Zone)
	}
	m.d = localtime.Clip(t)
}

// shift moves the time value.
func (m *Moment) shift(ms float64) {
	m.d = localtime.Clip(m.d + ms)
}

// fields returns the fields of the clock, and false if there is none.
func (m *Moment) fields() (localtime.Fields, bool) {
	if math.IsNaN(m.d) {
		return localtime.Fields{}, false
	}
	return localtime.Split(m.wall()), true
}

// set sets fields of the clock from the first on, in the order year, month,
// date, hour, minute, second, millisecond; each may lie outside its range.
func (m *Moment) set(first int, values ...float64) {
	f, ok := m.fields()
	if !ok {
		return
	}
	all := [7]float64{float64(f.Year), float64(f.Month), float64(f.Day),
		float64(f.Hour), float64(f.Minute), float64(f.Second), float64(f.Milli)}
	copy(all[first:], values)
	m.setWall(localtime.Make(all[0], all[1], all[2], all[3], all[4], all[5], all[6]))
}
