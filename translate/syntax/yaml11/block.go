package yaml11

import "strings"

// fetchBlockScalar reads the lines below a "|" or ">".
func (s *scanner) fetchBlockScalar(style rune) error {
	s.keyAllowed = true
	if err := s.dropKey(); err != nil {
		return err
	}
	line, column := s.line, s.column
	s.advance(1)
	chomp, increment, err := s.blockHeader()
	if err != nil {
		return err
	}
	indent := max(s.indent+1, 1)
	var breaks string
	if increment == 0 {
		var deepest int
		breaks, deepest = s.blockIndentation()
		indent = max(indent, deepest)
	} else {
		indent += increment - 1
		breaks = s.blockBreaks(indent)
	}
	var b strings.Builder
	last := ""
	for s.column == indent && s.peek() != end {
		b.WriteString(breaks)
		text := s.peek() != ' ' && s.peek() != '\t'
		length := 0
		for !isEndOrBreak(s.peekAt(length)) {
			length++
		}
		b.WriteString(s.take(length))
		last = s.takeBreak()
		breaks = s.blockBreaks(indent)
		if s.column != indent || s.peek() == end {
			break
		}
		// Only lines that are not indented further are folded.
		if style == '>' && last == "\n" && text && s.peek() != ' ' && s.peek() != '\t' {
			if breaks == "" {
				b.WriteByte(' ')
			}
		} else {
			b.WriteString(last)
		}
	}
	if chomp != '-' {
		b.WriteString(last)
	}
	if chomp == '+' {
		b.WriteString(breaks)
	}
	s.addScalar(line, column, b.String(), false)
	return nil
}

// blockHeader reads what follows the "|": how to treat the last line breaks, and
// the indentation, in either order; 0 when it is to be found out.
func (s *scanner) blockHeader() (chomp rune, increment int, err error) {
	for range 2 {
		switch c := s.peek(); {
		case chomp == 0 && (c == '-' || c == '+'):
			chomp = c
			s.advance(1)
		case increment == 0 && c >= '0' && c <= '9':
			if c == '0' {
				return 0, 0, s.fail("expected an indentation of 1 to 9 but got 0")
			}
			increment = int(c - '0')
			s.advance(1)
		}
	}
	if c := s.peek(); c != ' ' && !isEndOrBreak(c) {
		return 0, 0, s.fail(`expected the end of the line after "|" or ">" but got %s`, show(c))
	}
	s.skipBlanks()
	s.skipComment()
	if c := s.peek(); !isEndOrBreak(c) {
		return 0, 0, s.fail(`expected the end of the line after "|" or ">" but got %s`, show(c))
	}
	s.takeBreak()
	return chomp, increment, nil
}

// blockIndentation goes behind blanks and empty lines at the beginning and
// returns the line breaks and the deepest column that it saw.
func (s *scanner) blockIndentation() (string, int) {
	var b strings.Builder
	deepest := 0
	for {
		if s.peek() == ' ' {
			s.advance(1)
			deepest = max(deepest, s.column)
			continue
		}
		next := s.takeBreak()
		if next == "" {
			return b.String(), deepest
		}
		b.WriteString(next)
	}
}

// blockBreaks goes behind empty lines and the indentation of the next line.
func (s *scanner) blockBreaks(indent int) string {
	var b strings.Builder
	for {
		for s.column < indent && s.peek() == ' ' {
			s.advance(1)
		}
		next := s.takeBreak()
		if next == "" {
			return b.String()
		}
		b.WriteString(next)
	}
}
