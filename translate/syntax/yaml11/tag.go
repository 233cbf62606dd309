package yaml11

import (
	"strings"
	"unicode/utf8"
)

func (s *scanner) fetchTag() error {
	if err := s.saveKey(); err != nil {
		return err
	}
	s.keyAllowed = false
	t := token{kind: tag, line: s.line, column: s.column}
	var err error
	switch c := s.peekAt(1); {
	case c == '<':
		s.advance(2)
		if t.text, err = s.tagURI(); err != nil {
			return err
		}
		if s.peek() != '>' {
			return s.fail(`expected ">" at the end of a tag but got %s`, show(s.peek()))
		}
		s.advance(1)
	case isGap(c):
		t.text = "!"
		s.advance(1)
	default:
		t.handle = "!"
		if s.tagHasHandle() {
			if t.handle, err = s.tagHandle(); err != nil {
				return err
			}
		} else {
			s.advance(1)
		}
		if t.text, err = s.tagURI(); err != nil {
			return err
		}
	}
	if c := s.peek(); c != ' ' && !isEndOrBreak(c) {
		return s.fail("%s is not allowed in a tag: a text that begins with \"!\" must stand in quotes", show(c))
	}
	s.queue = append(s.queue, t)
	return nil
}

// tagHasHandle tells whether there is a second "!" in the tag that begins here.
func (s *scanner) tagHasHandle() bool {
	for n := 1; ; n++ {
		switch c := s.peekAt(n); {
		case c == '!':
			return true
		case c == ' ' || isEndOrBreak(c):
			return false
		}
	}
}

// tagHandle reads "!", "!!" or "!name!".
func (s *scanner) tagHandle() (string, error) {
	if s.peek() != '!' {
		return "", s.fail(`expected "!" but got %s`, show(s.peek()))
	}
	length := 1
	if s.peekAt(1) != ' ' {
		for isWord(s.peekAt(length)) {
			length++
		}
		if s.peekAt(length) != '!' {
			s.advance(length)
			return "", s.fail(`expected "!" but got %s`, show(s.peek()))
		}
		length++
	}
	return s.take(length), nil
}

// tagURI reads the rest of a tag, in which %XX stands for a byte.
func (s *scanner) tagURI() (string, error) {
	line, column := s.line, s.column
	var b strings.Builder
	escaped := false
	for {
		c := s.peek()
		if c == '%' {
			high, low := hexValue(s.peekAt(1)), hexValue(s.peekAt(2))
			if high < 0 || low < 0 {
				return "", s.fail("expected two hexadecimal digits after \"%%\" in a tag")
			}
			b.WriteByte(byte(high<<4 | low))
			escaped = true
			s.advance(3)
			continue
		}
		if !isWord(c) && (c == end || !strings.ContainsRune(";/?:@&=+$,.!~*'()[]", c)) {
			break
		}
		b.WriteRune(c)
		s.advance(1)
	}
	if b.Len() == 0 {
		return "", s.fail("expected a tag but got %s: a text that begins with \"!\" must stand in quotes", show(s.peek()))
	}
	if escaped && !utf8.ValidString(b.String()) {
		return "", errorAt(line, column, "the escapes of a tag are no UTF-8")
	}
	return b.String(), nil
}

// tagDirective reads the handle and the prefix of a TAG directive.
func (s *scanner) tagDirective() (handle, prefix string, err error) {
	s.skipBlanks()
	if handle, err = s.tagHandle(); err != nil {
		return "", "", err
	}
	if s.peek() != ' ' {
		return "", "", s.fail("expected a blank after the handle of a tag but got %s", show(s.peek()))
	}
	s.skipBlanks()
	if prefix, err = s.tagURI(); err != nil {
		return "", "", err
	}
	if c := s.peek(); c != ' ' && !isEndOrBreak(c) {
		return "", "", s.fail("expected the end of the line after a directive but got %s", show(c))
	}
	return handle, prefix, nil
}

func hexValue(c rune) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}
