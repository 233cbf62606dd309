package yaml11

import (
	"strings"
	"unicode/utf16"
)

func (s *scanner) addScalar(line, column int, text string, plain bool) {
	t := s.add(scalar, line, column)
	t.text, t.plain = text, plain
}

// fetchPlain reads a text without quotes, over as many lines as it goes on.
func (s *scanner) fetchPlain() error {
	if err := s.saveKey(); err != nil {
		return err
	}
	s.keyAllowed = false
	line, column := s.line, s.column
	var b strings.Builder
	spaces := ""
	for s.peek() != '#' {
		length := s.plainLength()
		if length == 0 {
			break
		}
		s.keyAllowed = false
		b.WriteString(spaces)
		b.WriteString(s.take(length))
		spaces = s.plainSpaces()
		if spaces == "" || s.peek() == '#' || s.flow == 0 && s.column <= s.indent {
			break
		}
	}
	s.addScalar(line, column, b.String(), true)
	return nil
}

// plainLength is the number of characters until the next gap or indicator.
func (s *scanner) plainLength() int {
	for n := 0; ; n++ {
		c := s.peekAt(n)
		if isGap(c) {
			return n
		}
		if c == ':' {
			after := s.peekAt(n + 1)
			if isGap(after) || s.flow > 0 && isBracketOrComma(after) {
				return n
			}
		}
		if s.flow > 0 && (c == '?' || isBracketOrComma(c)) {
			return n
		}
	}
}

func isBracketOrComma(c rune) bool {
	return c == ',' || c == '[' || c == ']' || c == '{' || c == '}'
}

// plainSpaces goes behind blanks and line breaks within a plain text and returns
// what they stand for; "" when the text ends before them.
func (s *scanner) plainSpaces() string {
	length := 0
	for s.peekAt(length) == ' ' || s.peekAt(length) == '\t' {
		length++
	}
	blanks := s.take(length)
	first := s.takeBreak()
	if first == "" {
		return blanks
	}
	s.keyAllowed = true
	if s.endsPlain() {
		return ""
	}
	var breaks strings.Builder
	for {
		if s.peek() == ' ' {
			s.advance(1)
			continue
		}
		next := s.takeBreak()
		if next == "" {
			break
		}
		breaks.WriteString(next)
		if s.endsPlain() {
			return ""
		}
	}
	return fold(first, breaks.String())
}

// endsPlain tells whether a plain text ends before this line. A "---" does even
// when more follows it in the line.
func (s *scanner) endsPlain() bool {
	return s.hasThree('-') || s.hasThree('.') && isGap(s.peekAt(3))
}

// fold is what a line break and those after it stand for: one alone is a blank,
// more are one less.
func fold(first, more string) string {
	switch {
	case first != "\n":
		return first + more
	case more == "":
		return " "
	}
	return more
}

// fetchQuoted reads a text in single or double quotes.
func (s *scanner) fetchQuoted(quote rune) error {
	if err := s.saveKey(); err != nil {
		return err
	}
	s.keyAllowed = false
	line, column := s.line, s.column
	s.advance(1)
	var b strings.Builder
	if err := s.quotedText(&b, quote); err != nil {
		return err
	}
	for s.peek() != quote {
		if err := s.quotedSpaces(&b, line, column); err != nil {
			return err
		}
		if err := s.quotedText(&b, quote); err != nil {
			return err
		}
	}
	s.advance(1)
	s.addScalar(line, column, b.String(), false)
	return nil
}

// quotedText reads what stands in quotes until the next gap.
func (s *scanner) quotedText(b *strings.Builder, quote rune) error {
	for {
		length := 0
		for c := s.peekAt(length); !isGap(c) && c != '\'' && c != '"' && c != '\\'; c = s.peekAt(length) {
			length++
		}
		b.WriteString(s.take(length))
		c := s.peek()
		switch {
		case quote == '\'' && c == '\'' && s.peekAt(1) == '\'':
			b.WriteByte('\'')
			s.advance(2)
		case c == quote || isGap(c):
			return nil
		case quote == '"' && c == '\\':
			if err := s.escape(b); err != nil {
				return err
			}
		default:
			b.WriteRune(c)
			s.advance(1)
		}
	}
}

var escapes = map[rune]string{
	'0': "\x00", 'a': "\a", 'b': "\b", 't': "\t", 'n': "\n", 'v': "\v", 'f': "\f", 'r': "\r", 'e': "\x1b",
	' ': " ", '"': "\"", '\\': "\\", 'N': "\u0085", '_': "\u00a0", 'L': "\u2028", 'P': "\u2029",
}

var escapeDigits = map[rune]int{'x': 2, 'u': 4, 'U': 8}

func (s *scanner) escape(b *strings.Builder) error {
	line, column := s.line, s.column
	s.advance(1)
	c := s.peek()
	if text, ok := escapes[c]; ok {
		b.WriteString(text)
		s.advance(1)
		return nil
	}
	if digits, ok := escapeDigits[c]; ok {
		s.advance(1)
		r, err := s.escapedRune(digits, line, column)
		if err != nil {
			return err
		}
		// Two escapes in a row may be the halves of one character.
		if utf16.IsSurrogate(r) && s.peek() == '\\' && s.peekAt(1) == 'u' {
			mark := *s.input
			s.advance(2)
			low, err := s.escapedRune(4, line, column)
			if pair := utf16.DecodeRune(r, low); err == nil && pair != '\ufffd' {
				r = pair
			} else {
				*s.input = mark
			}
		}
		b.WriteRune(r)
		return nil
	}
	if s.takeBreak() != "" {
		return s.quotedBreaks(b, line, column)
	}
	return errorAt(line, column, `unknown escape "\%s": write "\\" for a backslash, or use single quotes`, strings.Trim(show(c), `"`))
}

func (s *scanner) escapedRune(digits, line, column int) (rune, error) {
	var r rune
	for range digits {
		v := hexValue(s.peek())
		if v < 0 || r > 0x10ffff>>4 {
			return 0, errorAt(line, column, "expected %d hexadecimal digits that are a character", digits)
		}
		r = r<<4 | rune(v)
		s.advance(1)
	}
	if r > 0x10ffff {
		return 0, errorAt(line, column, "expected %d hexadecimal digits that are a character", digits)
	}
	return r, nil
}

// quotedSpaces reads blanks and line breaks within quotes.
func (s *scanner) quotedSpaces(b *strings.Builder, line, column int) error {
	length := 0
	for s.peekAt(length) == ' ' || s.peekAt(length) == '\t' {
		length++
	}
	blanks := s.take(length)
	if s.peek() == end {
		return errorAt(line, column, "the quote that begins here is never closed")
	}
	first := s.takeBreak()
	if first == "" {
		b.WriteString(blanks)
		return nil
	}
	var more strings.Builder
	if err := s.quotedBreaks(&more, line, column); err != nil {
		return err
	}
	b.WriteString(fold(first, more.String()))
	return nil
}

func (s *scanner) quotedBreaks(b *strings.Builder, line, column int) error {
	for {
		if (s.hasThree('-') || s.hasThree('.')) && isGap(s.peekAt(3)) {
			return errorAt(line, column, "the quote that begins here is not closed before the end of the document")
		}
		for s.peek() == ' ' || s.peek() == '\t' {
			s.advance(1)
		}
		next := s.takeBreak()
		if next == "" {
			return nil
		}
		b.WriteString(next)
	}
}
