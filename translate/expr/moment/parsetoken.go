package moment

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// digits is a pattern of a number: how many digits it may have, and whether a
// sign may stand before them.
type digits struct {
	least, most int
	sign        bool
}

// find returns the first match of the pattern in a text.
func (d digits) find(text string) string {
	for i := 0; i < len(text); i++ {
		start := i
		if d.sign && (text[i] == '+' || text[i] == '-') {
			start++
		}
		n := 0
		for n < d.most && start+n < len(text) && text[start+n] >= '0' && text[start+n] <= '9' {
			n++
		}
		if n >= d.least {
			return text[i : start+n]
		}
	}
	return ""
}

// tokenDigits returns the pattern of a token that is read as a number.
func tokenDigits(token string, strict bool) (digits, bool) {
	switch token {
	case "M", "D", "w", "W", "d", "e", "E", "H", "h", "k", "m", "s":
		return digits{1, 2, false}, true
	case "MM", "DD", "ww", "WW", "HH", "hh", "kk", "mm", "ss", "YY", "gg", "GG":
		if strict {
			return digits{2, 2, false}, true
		}
		return digits{1, 2, false}, true
	case "YYYY", "gggg", "GGGG":
		if strict {
			return digits{4, 4, false}, true
		}
		return digits{1, 4, false}, true
	case "YYYYY", "YYYYYY", "ggggg", "GGGGG":
		if strict {
			return digits{6, 6, true}, true
		}
		return digits{1, 6, true}, true
	case "Y", "x", "g", "G":
		return digits{1, 1 << 30, true}, true
	case "Q":
		return digits{1, 1, false}, true
	case "DDD":
		return digits{1, 3, false}, true
	case "DDDD":
		return digits{3, 3, false}, true
	case "hmm", "Hmm":
		return digits{3, 4, false}, true
	case "hmmss", "Hmmss":
		return digits{5, 6, false}, true
	case "S", "SS", "SSS":
		if strict {
			return digits{len(token), len(token), false}, true
		}
		return digits{1, 3, false}, true
	case "SSSS", "SSSSS", "SSSSSS", "SSSSSSS", "SSSSSSSS", "SSSSSSSSS":
		return digits{1, 1 << 30, false}, true
	}
	return digits{}, false
}

var (
	meridiems = pattern(`(?i)[ap]\.?m?\.?`)
	ordinals  = pattern(`\d{1,2}(th|st|nd|rd)`)
	ordinary  = pattern(`\d{1,2}(th|st|nd|rd)|\d{1,2}`)
	unixTimes = pattern(`[+-]?\d+(\.\d{1,3})?`)
)

// findToken returns what a token matches in a text, and whether it is one that
// is looked for by a pattern.
func findToken(token, text string, strict bool) (string, bool) {
	if d, ok := tokenDigits(token, strict); ok {
		return d.find(text), true
	}
	switch token {
	case "MMM", "MMMM", "dd", "ddd", "dddd":
		return findWord(text), true
	case "a", "A":
		return meridiems().FindString(text), true
	case "Do":
		if strict {
			return ordinals().FindString(text), true
		}
		return ordinary().FindString(text), true
	case "Z", "ZZ":
		return shortOffset().FindString(text), true
	case "X":
		return unixTimes().FindString(text), true
	}
	return "", false
}

var arabicWord = pattern(`[\x{0600}-\x{06FF}/]{1,256}(\s*?[\x{0600}-\x{06FF}]{1,256}){1,2}`)

// findWord returns the first word of a text; digits may stand before its
// letters.
func findWord(text string) string {
	const most = 256
	start, word := len(text), ""
	for i := range text {
		end, n := i, 0
		for n < most && end < len(text) && text[end] >= '0' && text[end] <= '9' {
			end++
			n++
		}
		n = 0
		for n < most && end < len(text) {
			r, size := utf8.DecodeRuneInString(text[end:])
			if !isWordLetter(r) {
				break
			}
			end += size
			n++
		}
		if n > 0 {
			start, word = i, text[i:end]
			break
		}
	}
	if strings.ContainsFunc(text[:start], func(r rune) bool { return r >= 0x600 && r <= 0x6ff }) {
		if found := arabicWord().FindString(text[:start]); found != "" {
			return found
		}
	}
	return word
}

func isWordLetter(r rune) bool {
	switch {
	case r == '\'' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z',
		r >= 0xa0 && r <= 0x5ff, r >= 0x700 && r <= 0xd7ff,
		r >= 0xf900 && r <= 0xfdcf, r >= 0xfdf0 && r <= 0xff07, r >= 0xff10 && r <= 0xffef:
		return true
	}
	return false
}

// isToken tells whether a piece of a format is a token that prints something.
// Some, such as wo, are never found in a text.
func isToken(token string) bool {
	if _, ok := findToken(token, "", false); ok {
		return token != "g" && token != "G"
	}
	switch token {
	case "Mo", "Qo", "DDDo", "do", "wo", "Wo", "z", "zz":
		return true
	}
	return false
}

// find returns what a piece of a format matches in a text, "" for nothing.
func (p *parser) find(token, text string) string {
	if found, ok := findToken(token, text, p.strict); ok {
		return found
	}
	if want := unescape(token); strings.Contains(text, want) {
		return want
	}
	return ""
}

var escapes = pattern(`\\(\[)|\\(\])|\[([^\]\[]*)\]|\\(.)`)

// unescape returns the text that a literal piece of a format wants to see.
func unescape(token string) string {
	token = strings.Replace(token, `\`, "", 1)
	return escapes().ReplaceAllStringFunc(token, func(s string) string {
		for _, group := range escapes().FindStringSubmatch(s)[1:] {
			if group != "" {
				return group
			}
		}
		return "undefined"
	})
}

// read takes what a token found.
func (p *parser) read(token, input string) {
	n, err := strconv.ParseFloat(input, 64)
	if err != nil {
		n = 0
	}
	switch token {
	case "Y", "YYYYY", "YYYYYY":
		p.a[partYear] = given(n)
	case "YY":
		p.a[partYear] = given(p.twoDigits(input))
	case "YYYY":
		if len(input) == 2 {
			n = p.twoDigits(input)
		}
		p.a[partYear] = given(n)
	case "Q":
		p.a[partMonth] = given((n - 1) * 3)
	case "M", "MM":
		p.a[partMonth] = given(n - 1)
	case "MMM", "MMMM":
		if month, ok := ParseMonth(input, token, p.strict); ok {
			p.a[partMonth] = given(float64(month))
		} else {
			p.flags.InvalidMonth = input
		}
	case "D", "DD":
		p.a[partDate] = given(n)
	case "Do":
		n, _ := strconv.ParseFloat(digits{1, 2, false}.find(input), 64)
		p.a[partDate] = given(n)
	case "DDD", "DDDD":
		p.dayOfYear = given(n)
	case "H", "HH":
		p.a[partHour] = given(n)
	case "h", "hh":
		p.a[partHour] = given(n)
		p.flags.BigHour = true
	case "k", "kk":
		if n == 24 {
			n = 0
		}
		p.a[partHour] = given(n)
	case "hmm", "Hmm", "hmmss", "Hmmss":
		p.clock(token, input)
	case "m", "mm":
		p.a[partMinute] = given(n)
	case "s", "ss":
		p.a[partSecond] = given(n)
	case "a", "A":
		p.meridiem = input
	case "Z", "ZZ":
		minutes, _ := ParseOffset(input)
		p.useUTC, p.tzm = true, &minutes
	case "X":
		p.d = given(n * 1000)
	case "x":
		p.d = given(n)
	default:
		p.readOther(token, input, n)
	}
}

func (p *parser) readOther(token, input string, n float64) {
	if _, ok := findToken(token, "", false); !ok {
		return
	}
	switch token[0] {
	case 'S':
		f, _ := strconv.ParseFloat("0."+input, 64)
		p.a[partMilli] = given(toInt(f * 1000))
		return
	case 'w', 'W':
		p.week(token[:1], n)
	case 'e', 'E':
		p.week(token, n)
	case 'd':
		if token == "d" {
			p.week(token, n)
			return
		}
		if p.weeks == nil {
			p.weeks = map[string]part{}
		}
		if day, ok := ParseWeekday(input, token, p.strict); ok {
			p.week("d", float64(day))
		} else {
			p.flags.InvalidWeekday = input
		}
	case 'g', 'G':
		if len(token) == 2 {
			n = p.twoDigits(input)
		}
		p.week(token[:2], n)
	}
}

func (p *parser) week(name string, v float64) {
	if p.weeks == nil {
		p.weeks = map[string]part{}
	}
	p.weeks[name] = given(v)
}

func (p *parser) clock(token, input string) {
	cut := len(input) - 2
	at := partMinute
	if strings.HasSuffix(token, "ss") {
		p.a[partSecond] = given(whole(input[cut:]))
		input, cut = input[:cut], cut-2
	}
	p.a[at] = given(whole(input[cut:]))
	p.a[partHour] = given(whole(input[:cut]))
	if token[0] == 'h' {
		p.flags.BigHour = true
	}
}

func (p *parser) twoDigits(input string) float64 {
	if p.env.TwoDigitYear != nil {
		return p.env.TwoDigitYear(input)
	}
	return CompleteYear(whole(input))
}

// CompleteYear puts a year of two digits in the century from 1969 to 2068.
func CompleteYear(n float64) float64 {
	if n > 68 {
		return n + 1900
	}
	return n + 2000
}
