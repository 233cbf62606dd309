package moment

import (
	"math"
	"strings"
)

// The formats of a moment that is given none.
const (
	DefaultFormat    = "YYYY-MM-DDTHH:mm:ssZ"
	DefaultFormatUTC = "YYYY-MM-DDTHH:mm:ss[Z]"
)

// Format returns the text of the moment in a format.
func (m *Moment) Format(format string) string {
	if !m.valid {
		return InvalidDate
	}
	var b strings.Builder
	for _, token := range splitTokens(expandLong(format)) {
		if text, ok := m.token(token); ok {
			b.WriteString(text)
		} else {
			b.WriteString(literal(token))
		}
	}
	return b.String()
}

// literal returns what a piece of a format that is no token stands for.
func literal(token string) string {
	if i := strings.IndexByte(token, '['); i >= 0 && i+1 < len(token) {
		return strings.TrimSuffix(strings.TrimPrefix(token, "["), "]")
	}
	return strings.ReplaceAll(token, `\`, "")
}

// token returns the text of a token, and whether it is one.
func (m *Moment) token(token string) (string, bool) {
	unit, width := tokenUnit(token)
	if unit != "" {
		v := m.Get(unit)
		if unit == Month {
			v++
		}
		if strings.HasSuffix(token, "o") {
			return Ordinal(v), true
		}
		return zeroFill(v, width, false), true
	}
	if token[0] == 'S' && strings.Trim(token, "S") == "" {
		return fraction(m.Get(Millisecond), len(token)), true
	}
	return m.otherToken(token)
}

// tokenUnit returns the unit whose number a token prints, and its width.
func tokenUnit(token string) (Unit, int) {
	switch token {
	case "M", "Mo":
		return Month, 0
	case "MM":
		return Month, 2
	case "Q", "Qo":
		return Quarter, 0
	case "D", "Do":
		return Date, 0
	case "DD":
		return Date, 2
	case "DDD", "DDDo":
		return DayOfYear, 0
	case "DDDD":
		return DayOfYear, 3
	case "d", "do":
		return Day, 0
	case "e":
		return Weekday, 0
	case "E":
		return ISOWeekday, 0
	case "w", "wo":
		return Week, 0
	case "ww":
		return Week, 2
	case "W", "Wo":
		return ISOWeek, 0
	case "WW":
		return ISOWeek, 2
	case "YYYY", "YYYYY":
		return Year, len(token)
	case "gggg", "ggggg":
		return WeekYear, len(token)
	case "GGGG", "GGGGG":
		return ISOWeekYear, len(token)
	case "H":
		return Hour, 0
	case "HH":
		return Hour, 2
	case "m":
		return Minute, 0
	case "mm":
		return Minute, 2
	case "s":
		return Second, 0
	case "ss":
		return Second, 2
	}
	return "", 0
}

func (m *Moment) otherToken(token string) (string, bool) {
	switch token {
	case "Y":
		y := m.Get(Year)
		if y <= 9999 {
			return numberText(y), true
		}
		return "+" + numberText(y), true
	case "YY":
		return zeroFill(math.Mod(m.Get(Year), 100), 2, false), true
	case "YYYYYY":
		return zeroFill(m.Get(Year), 6, true), true
	case "gg":
		return zeroFill(math.Mod(m.Get(WeekYear), 100), 2, false), true
	case "GG":
		return zeroFill(math.Mod(m.Get(ISOWeekYear), 100), 2, false), true
	case "MMM", "MMMM":
		return m.name(Month, func(i int) string { return Months[i] }, map[string]int{"MMM": 3}[token]), true
	case "dd", "ddd", "dddd":
		return m.name(Day, func(i int) string { return Weekdays[i] }, map[string]int{"dd": 2, "ddd": 3}[token]), true
	case "h":
		return numberText(m.hour12()), true
	case "hh":
		return zeroFill(m.hour12(), 2, false), true
	case "k":
		return numberText(m.hour24()), true
	case "kk":
		return zeroFill(m.hour24(), 2, false), true
	case "hmm":
		return numberText(m.hour12()) + zeroFill(m.Get(Minute), 2, false), true
	case "hmmss":
		return numberText(m.hour12()) + zeroFill(m.Get(Minute), 2, false) + zeroFill(m.Get(Second), 2, false), true
	case "Hmm":
		return numberText(m.Get(Hour)) + zeroFill(m.Get(Minute), 2, false), true
	case "Hmmss":
		return numberText(m.Get(Hour)) + zeroFill(m.Get(Minute), 2, false) + zeroFill(m.Get(Second), 2, false), true
	case "a", "A":
		return Meridiem(m.Get(Hour), token == "a"), true
	case "Z":
		return m.offsetText(":"), true
	case "ZZ":
		return m.offsetText(""), true
	case "z":
		if m.utc {
			return "UTC", true
		}
		return "", true
	case "zz":
		if m.utc {
			return "Coordinated Universal Time", true
		}
		return "", true
	case "X":
		return numberText(m.Unix()), true
	case "x":
		return numberText(m.Value()), true
	}
	return "", false
}

func (m *Moment) name(u Unit, names func(int) string, width int) string {
	v := m.Get(u)
	if math.IsNaN(v) {
		return "undefined"
	}
	name := names(int(v))
	if width > 0 {
		name = name[:width]
	}
	return name
}

func (m *Moment) hour12() float64 {
	if h := math.Mod(m.Get(Hour), 12); h != 0 && !math.IsNaN(h) {
		return h
	}
	return 12
}

func (m *Moment) hour24() float64 {
	if h := m.Get(Hour); h != 0 && !math.IsNaN(h) {
		return h
	}
	return 24
}

func (m *Moment) offsetText(separator string) string {
	offset, sign := m.Offset(), "+"
	if offset < 0 {
		offset, sign = -offset, "-"
	}
	offset = toInt(offset)
	return sign + zeroFill(absFloor(offset/60), 2, false) + separator + zeroFill(math.Mod(offset, 60), 2, false)
}

// fraction prints the first digits of the second's fraction.
func fraction(ms float64, digits int) string {
	switch digits {
	case 1:
		return zeroFill(toInt(ms/100), 0, false)
	case 2:
		return zeroFill(toInt(ms/10), 2, false)
	}
	return zeroFill(ms*math.Pow(10, float64(digits-3)), digits, false)
}

func zeroFill(n float64, width int, plus bool) string {
	text := numberText(math.Abs(n))
	if width > len(text) {
		text = strings.Repeat("0", width-len(text)) + text
	}
	switch {
	case !(n >= 0) && (width > 0 || n < 0):
		return "-" + text
	case plus:
		return "+" + text
	}
	return text
}
