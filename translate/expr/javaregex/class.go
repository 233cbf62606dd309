package javaregex

import (
	"strconv"
	"strings"
	"unicode"
)

// Sets of characters are written as what may stand between [ and ].

func bracket(items string, negated bool) string {
	if items == "" {
		if negated {
			return `[\s\S]`
		}
		return "(?!)"
	}
	if negated {
		return "[^" + items + "]"
	}
	return "[" + items + "]"
}

// posix are the classes of \p{…} that are limited to ASCII.
var posix = map[string]string{
	"Lower": "a-z", "Upper": "A-Z", "ASCII": `\x00-\x7f`, "Alpha": "a-zA-Z", "Digit": "0-9", "Alnum": "a-zA-Z0-9",
	"Punct": `\x21-\x2f\x3a-\x40\x5b-\x60\x7b-\x7e`, "Graph": `\x21-\x7e`, "Print": `\x20-\x7e`, "Blank": `\x20\x09`,
	"Cntrl": `\x00-\x1f\x7f`, "XDigit": "0-9a-fA-F", "Space": `\x20\x09-\x0d`,
}

// blocks are the blocks of \p{In…} that are likely to be asked for.
var blocks = map[string]string{
	"BASICLATIN": `\x00-\x7f`, "LATIN1SUPPLEMENT": "\u0080-\u00ff", "LATINEXTENDEDA": "\u0100-\u017f", "GREEK": "\u0370-\u03ff",
	"GREEKANDCOPTIC": "\u0370-\u03ff", "CYRILLIC": "\u0400-\u04ff", "HEBREW": "\u0590-\u05ff", "ARABIC": "\u0600-\u06ff", "THAI": "\u0e00-\u0e7f",
	"HANGULJAMO": "\u1100-\u11ff", "GENERALPUNCTUATION": "\u2000-\u206f", "CJKSYMBOLSANDPUNCTUATION": "\u3000-\u303f", "HIRAGANA": "\u3040-\u309f",
	"KATAKANA": "\u30a0-\u30ff", "CJKUNIFIEDIDEOGRAPHS": "\u4e00-\u9fff", "HANGULSYLLABLES": "\uac00-\ud7af",
	"HALFWIDTHANDFULLWIDTHFORMS": "\uff00-\uffef",
}

// set reads an escape that stands for characters, and returns them.
func (t *translator) set() (items string, negated bool, err error) {
	c := t.peek(1)
	start := t.at
	t.at += 2
	switch c {
	case 'd', 'D':
		return "0-9", c == 'D', nil
	case 'w', 'W':
		return "a-zA-Z_0-9", c == 'W', nil
	case 's', 'S':
		return `\x20\x09-\x0d`, c == 'S', nil
	case 'h', 'H':
		return " \t\u00a0\u1680\u180e\u2000-\u200a\u202f\u205f\u3000", c == 'H', nil
	case 'v', 'V':
		return "\n\v\f\r\u0085\u2028\u2029", c == 'V', nil
	case 'p', 'P':
		items, inverted, err := t.property(start)
		return items, inverted != (c == 'P'), err
	}
	r, err := t.character(c, start)
	return quoteRune(r), false, err
}

// property reads the name behind \p.
func (t *translator) property(start int) (items string, negated bool, err error) {
	name := string(t.peek(0))
	if t.peek(0) == '{' {
		end := t.at
		for end < len(t.in) && t.in[end] != '}' {
			end++
		}
		if end == len(t.in) {
			return "", false, t.fail("Unclosed character family", end-1)
		}
		name = string(t.in[t.at+1 : end])
		t.at = end + 1
	} else {
		t.at++
	}
	if s, ok := posix[name]; ok {
		return s, false, nil
	}
	if s, ok := blocks[strings.ToUpper(strings.NewReplacer("_", "", " ", "", "-", "").Replace(strings.TrimPrefix(name, "In")))]; ok && strings.HasPrefix(name, "In") {
		return s, false, nil
	}
	for _, prefix := range []string{"IsScript=", "script=", "sc=", "general_category=", "gc=", "Is"} {
		if rest, ok := strings.CutPrefix(name, prefix); ok {
			name = rest
			break
		}
	}
	switch name {
	case "Alphabetic":
		return `\p{L}\p{Nl}`, false, nil
	case "Letter":
		name = "L"
	case "Lowercase", "javaLowerCase":
		name = "Ll"
	case "Uppercase", "javaUpperCase":
		name = "Lu"
	case "javaLetter":
		name = "L"
	case "javaDigit":
		name = "Nd"
	case "javaWhitespace", "White_Space":
		return `\x20\x09-\x0d\x1c-\x1f` + "\u1680\u2000-\u2006\u2008-\u200a\u2028\u2029\u205f\u3000", false, nil
	case "Punctuation":
		name = "P"
	}
	for _, table := range []map[string]*unicode.RangeTable{unicode.Categories, unicode.Scripts, unicode.Properties} {
		for known := range table {
			if strings.EqualFold(known, name) && (len(name) > 2 || known == name) {
				return `\p{` + known + `}`, false, nil
			}
		}
	}
	return "", false, t.fail("Unknown character property name {"+name+"}", start+1)
}

// character reads an escape that stands for one character; c is the one behind
// the \, which has been read.
func (t *translator) character(c rune, start int) (rune, error) {
	switch c {
	case 't':
		return '\t', nil
	case 'n':
		return '\n', nil
	case 'r':
		return '\r', nil
	case 'f':
		return '\f', nil
	case 'a':
		return '\a', nil
	case 'e':
		return 0x1b, nil
	case 'c':
		t.at++
		return t.peek(-1) ^ 64, nil
	case '0':
		return t.digits(3, 8, "Illegal octal escape sequence")
	case 'x':
		if t.peek(0) == '{' {
			t.at++
			r, err := t.digits(8, 16, "Unclosed hexadecimal escape sequence")
			if err == nil && t.peek(0) != '}' {
				err = t.fail("Unclosed hexadecimal escape sequence", t.at)
			}
			t.at++
			return r, err
		}
		return t.digits(2, 16, "Illegal hexadecimal escape sequence")
	case 'u':
		return t.digits(4, 16, "Illegal Unicode escape sequence")
	}
	if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' {
		return 0, t.fail("Illegal/unsupported escape sequence", start+1)
	}
	return c, nil
}

func (t *translator) digits(most, base int, wrong string) (rune, error) {
	start := t.at
	for t.at-start < most && t.more() && isDigit(t.in[t.at], base) {
		t.at++
	}
	n, err := strconv.ParseInt(string(t.in[start:t.at]), base, 32)
	if err != nil || n > unicode.MaxRune {
		return 0, t.fail(wrong, t.at)
	}
	return rune(n), nil
}

func isDigit(r rune, base int) bool {
	_, err := strconv.ParseInt(string(r), base, 32)
	return err == nil && r < 0x80
}

// class reads a class from its [ and returns a pattern that matches one
// character: a plain class where that can be, else looks ahead.
func (t *translator) class() (string, error) {
	if len(t.outer) > 200 {
		return "", t.fail("Nested too deep", t.at)
	}
	start := t.at
	t.at++
	negated := t.peek(0) == '^'
	if negated {
		t.at++
	}
	var both []string // what is joined by &&
	var items strings.Builder
	var others []string // parts that are no items
	part := func() string {
		alternatives := others
		if items.Len() > 0 {
			alternatives = append(alternatives, bracket(items.String(), false))
		}
		if len(alternatives) == 1 {
			return alternatives[0]
		}
		return "(?:" + strings.Join(alternatives, "|") + ")"
	}
	for first := true; ; first = false {
		if !t.more() {
			return "", t.fail("Unclosed character class", len(t.in)-1)
		}
		switch {
		case t.in[t.at] == ']' && !first:
			t.at++
			if len(both) == 0 && len(others) == 0 {
				return bracket(items.String(), negated), nil
			}
			if items.Len() > 0 || len(others) > 0 {
				both = append(both, part())
			}
			return join(both, negated), nil
		case t.hasPrefix("&&"):
			t.at += 2
			if items.Len() > 0 || len(others) > 0 {
				both = append(both, part())
			}
			items.Reset()
			others = nil
		case t.in[t.at] == '[':
			t.outer = append(t.outer, t.flags)
			inner, err := t.class()
			t.outer = t.outer[:len(t.outer)-1]
			if err != nil {
				return "", err
			}
			others = append(others, inner)
		default:
			if err := t.item(&items, &others, start); err != nil {
				return "", err
			}
		}
	}
}

// join returns what matches a character that all parts match.
func join(parts []string, negated bool) string {
	var b strings.Builder
	b.WriteString("(?:")
	if negated {
		b.WriteString("(?!")
	}
	for i, p := range parts {
		if i < len(parts)-1 {
			b.WriteString("(?=" + p + ")")
		} else {
			b.WriteString(p)
		}
	}
	if negated {
		b.WriteString(`)[\s\S]`)
	}
	b.WriteString(")")
	return b.String()
}

// item reads a character, a range or an escape of a class.
func (t *translator) item(items *strings.Builder, others *[]string, start int) error {
	if t.flags.comments && t.skipped(t.in[t.at]) {
		return nil
	}
	from, isRune, err := t.member(items, others)
	if err != nil || !isRune {
		return err
	}
	if t.peek(0) != '-' || t.peek(1) == ']' || t.peek(1) == '[' || t.at+1 >= len(t.in) {
		items.WriteString(quoteRune(from))
		return nil
	}
	t.at++
	var extra strings.Builder
	to, isRune, err := t.member(&extra, others)
	if err != nil {
		return err
	}
	if !isRune {
		items.WriteString(quoteRune(from) + quoteRune('-') + extra.String())
		return nil
	}
	if to < from {
		return t.fail("Illegal character range", t.at-1)
	}
	items.WriteString(quoteRune(from) + "-" + quoteRune(to))
	return nil
}

// member reads a character, or writes the characters that an escape stands for.
func (t *translator) member(items *strings.Builder, others *[]string) (rune, bool, error) {
	c := t.in[t.at]
	if c != '\\' {
		t.at++
		return c, true, nil
	}
	switch next := t.peek(1); next {
	case 0:
		return 0, false, t.fail("Unclosed character class", len(t.in)-1)
	case 'Q':
		t.at += 2
		for t.more() && !t.hasPrefix(`\E`) {
			items.WriteString(quoteRune(t.in[t.at]))
			t.at++
		}
		t.at += 2
		return 0, false, nil
	case 'd', 'D', 'w', 'W', 's', 'S', 'h', 'H', 'v', 'V', 'p', 'P':
		set, negated, err := t.set()
		if err != nil {
			return 0, false, err
		}
		if negated {
			*others = append(*others, bracket(set, true))
		} else {
			items.WriteString(set)
		}
		return 0, false, nil
	default:
		start := t.at
		t.at += 2
		r, err := t.character(next, start)
		return r, err == nil, err
	}
}
