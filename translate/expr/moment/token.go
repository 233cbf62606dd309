package moment

import (
	"strings"
	"unicode/utf8"
)

// expandLong puts what L, LT … stand for in a format.
func expandLong(format string) string {
	if !strings.ContainsAny(format, "Ll") {
		return format
	}
	var b strings.Builder
	for i := 0; i < len(format); {
		if n := bracketed(format[i:]); n > 0 {
			b.WriteString(format[i : i+n])
			i += n
			continue
		}
		escaped := format[i] == '\\'
		start := i
		if escaped {
			start++
		}
		n := longToken(format[start:])
		switch {
		case n == 0:
			b.WriteByte(format[i])
			i++
		case escaped:
			b.WriteString(format[i : start+n])
			i = start + n
		default:
			b.WriteString(longFormats[format[start:start+n]])
			i = start + n
		}
	}
	return b.String()
}

func longToken(s string) int {
	switch {
	case strings.HasPrefix(s, "LTS"):
		return 3
	case strings.HasPrefix(s, "LT"):
		return 2
	case strings.HasPrefix(s, "L"):
		return run(s, 'L', 4)
	case strings.HasPrefix(s, "l"):
		return run(s, 'l', 4)
	}
	return 0
}

// run returns how many of the letter, up to most, a text starts with.
func run(s string, letter byte, most int) int {
	n := 0
	for n < most && n < len(s) && s[n] == letter {
		n++
	}
	return n
}

// bracketed returns the length of the [text] that s starts with: up to the last
// ] before another [.
func bracketed(s string) int {
	if s == "" || s[0] != '[' {
		return 0
	}
	end := strings.IndexByte(s[1:], '[')
	if end < 0 {
		end = len(s)
	} else {
		end++
	}
	return strings.LastIndexByte(s[:end], ']') + 1
}

// splitTokens cuts a format into tokens, [texts], \tokens and single characters.
// Line breaks are dropped.
func splitTokens(format string) []string {
	var tokens []string
	for i := 0; i < len(format); {
		n := bracketed(format[i:])
		if n == 0 && format[i] == '\\' && i+1 < len(format) {
			if n = tokenLength(format[i+1:]); n > 0 {
				n++
			}
		}
		if n == 0 {
			n = tokenLength(format[i:])
		}
		if n == 0 {
			_, n = utf8.DecodeRuneInString(format[i:])
		} else {
			tokens = append(tokens, format[i:i+n])
		}
		i += n
	}
	return tokens
}

// tokenLength returns the length of the token or character that s starts with,
// 0 for a line break.
func tokenLength(s string) int {
	c := s[0]
	switch c {
	case 'H', 'h':
		if strings.HasPrefix(s[1:], "mmss") {
			return 5
		}
		if strings.HasPrefix(s[1:], "mm") {
			return 3
		}
		return run(s, c, 2)
	case 'M', 'D', 'd':
		n := run(s, c, 4)
		if (n == 1 || n == 3 && c == 'D') && strings.HasPrefix(s[n:], "o") {
			n++
		}
		return n
	case 'w', 'W':
		if len(s) > 1 && (s[1] == c || s[1] == 'o' || s[1] == '|') {
			return 2
		}
		return 1
	case 'Q':
		if strings.HasPrefix(s, "Qo") {
			return 2
		}
		return 1
	case 'Y':
		if n := run(s, c, 6); n != 3 {
			return n
		}
		return 2
	case 'g', 'G':
		if n := run(s, c, 5); n != 3 {
			return n
		}
		return 2
	case 'k', 'm', 's', 'z', 'Z':
		return run(s, c, 2)
	case 'S':
		return run(s, c, 9)
	case '\n', '\r':
		return 0
	}
	r, n := utf8.DecodeRuneInString(s)
	if r == '\u2028' || r == '\u2029' {
		return 0
	}
	return n
}
