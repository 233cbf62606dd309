package moment

import (
	"math"
	"regexp"
	"strconv"

	"github.com/dig2temporal/dig2temporal/translate/expr/localtime"
)

// zoneOffset returns the minutes by which the local zone is ahead of UTC,
// rounded to quarters of an hour.
func (m *Moment) zoneOffset() float64 {
	if math.IsNaN(m.d) {
		return m.d
	}
	return -round(-localtime.Offset(m.d, m.env.Zone)/60000/15)*15 + 0
}

// Offset returns the minutes by which the moment's clock is ahead of UTC.
func (m *Moment) Offset() float64 {
	switch {
	case !m.valid:
		return math.NaN()
	case m.utc:
		return m.offset
	}
	return m.zoneOffset()
}

// SetOffset puts the moment in UTC mode at an offset in minutes. The clock shows
// the same instant, or with keepLocal the same time.
func (m *Moment) SetOffset(minutes float64, keepLocal bool) *Moment {
	if !m.valid {
		return m
	}
	before := m.offset
	adjust := 0.0
	if !m.utc && keepLocal {
		adjust = m.zoneOffset()
	}
	m.offset, m.utc = minutes, true
	if adjust != 0 {
		m.shift(adjust * 60000)
	}
	if delta := minutes - before; delta != 0 && !math.IsNaN(delta) && !keepLocal {
		m.shift(delta * 60000)
	}
	return m
}

// UTC shows the moment in UTC.
func (m *Moment) UTC(keepLocal bool) *Moment { return m.SetOffset(0, keepLocal) }

// Local shows the moment in the local zone.
func (m *Moment) Local(keepLocal bool) *Moment {
	if !m.utc {
		return m
	}
	m.SetOffset(0, keepLocal)
	m.utc = false
	if keepLocal && m.valid {
		m.shift(-m.zoneOffset() * 60000)
	}
	return m
}

// ParseZone shows the moment at the offset that stood in the text it was made
// of.
func (m *Moment) ParseZone() *Moment {
	if m.tzm != nil {
		return m.SetOffset(*m.tzm, false)
	}
	if !m.Source.IsText {
		return m
	}
	if minutes, ok := offsetFromText(longOffset(), m.Source.Text); ok {
		return m.SetOffset(OffsetArgument(minutes), false)
	}
	return m.SetOffset(0, true)
}

// OffsetArgument returns the minutes of an offset given as a number: one below
// 16 counts hours.
func OffsetArgument(n float64) float64 {
	if math.Abs(n) < 16 {
		return n * 60
	}
	return n
}

var (
	longOffset  = pattern(`(?i)Z|[+-]\d\d:?\d\d`)
	shortOffset = pattern(`(?i)Z|[+-]\d\d(?::?\d\d)?`)
	offsetParts = pattern(`[+-]|\d\d`)
)

// ParseOffset returns the minutes of the last offset in a text.
func ParseOffset(text string) (float64, bool) {
	return offsetFromText(shortOffset(), text)
}

func offsetFromText(pattern *regexp.Regexp, text string) (float64, bool) {
	all := pattern.FindAllString(text, -1)
	if all == nil {
		return 0, false
	}
	parts := offsetParts().FindAllString(all[len(all)-1], -1)
	if parts == nil {
		return 0, true
	}
	minutes := 0.0
	for i, scale := range []float64{60, 1} {
		if len(parts) > i+1 {
			n, _ := strconv.Atoi(parts[i+1])
			minutes += float64(n) * scale
		}
	}
	if parts[0] != "+" {
		minutes = -minutes
	}
	return minutes + 0, true
}

// IsLocal tells whether the moment is valid and shown in the local zone.
func (m *Moment) IsLocal() bool { return m.valid && !m.utc }

// IsUTCOffset tells whether the moment is valid and in UTC mode.
func (m *Moment) IsUTCOffset() bool { return m.valid && m.utc }

// IsUTC tells whether the moment is valid and shown in UTC itself.
func (m *Moment) IsUTC() bool { return m.valid && m.utc && m.offset == 0 }

// IsDST tells whether the offset is larger than in January or June.
func (m *Moment) IsDST() bool {
	return m.Offset() > m.Clone().Set(Month, 0).Offset() || m.Offset() > m.Clone().Set(Month, 5).Offset()
}
