package yaml11

import "unicode/utf8"

// end is what is read behind the last character.
const end = '\x00'

// input is the text with the place of the next character. Lines and columns
// count from 0.
type input struct {
	text         []rune
	at           int
	line, column int
}

// newInput checks that all characters may stand in a file.
func newInput(text []byte) (*input, error) {
	in := &input{text: make([]rune, 0, len(text))}
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRune(text[i:])
		i += n
		in.text = append(in.text, r)
	}
	for i, r := range in.text {
		if !printable(r) {
			in.advance(i)
			return nil, errorAt(in.line, in.column, "the character %U is not allowed", r)
		}
	}
	return in, nil
}

func printable(r rune) bool {
	switch {
	case r < 0x20:
		return r == '\t' || r == '\n' || r == '\r'
	case r < 0x7f:
		return true
	case r < 0xa0:
		return r == 0x85
	}
	return r <= 0xd7ff || r >= 0xe000 && r <= 0xfffd || r >= 0x10000
}

func (in *input) peek() rune { return in.peekAt(0) }

func (in *input) peekAt(n int) rune {
	if in.at+n < len(in.text) {
		return in.text[in.at+n]
	}
	return end
}

// hasThree tells whether three equal characters follow.
func (in *input) hasThree(c rune) bool {
	return in.peek() == c && in.peekAt(1) == c && in.peekAt(2) == c
}

// take returns the next n characters, none of which breaks a line, and goes
// behind them.
func (in *input) take(n int) string {
	n = min(n, len(in.text)-in.at)
	s := string(in.text[in.at : in.at+n])
	in.at += n
	in.column += n
	return s
}

// advance goes n characters ahead.
func (in *input) advance(n int) {
	for ; n > 0 && in.at < len(in.text); n-- {
		c := in.text[in.at]
		in.at++
		switch {
		case c == '\r' && in.peek() == '\n':
			in.column++
		case isBreak(c):
			in.line++
			in.column = 0
		case c != 0xfeff:
			in.column++
		}
	}
}

// takeBreak goes behind a line break and returns what it stands for in a text;
// "" when there is none.
func (in *input) takeBreak() string {
	switch c := in.peek(); c {
	case '\r', '\n', 0x85:
		if c == '\r' && in.peekAt(1) == '\n' {
			in.advance(1)
		}
		in.advance(1)
		return "\n"
	case 0x2028, 0x2029:
		in.advance(1)
		return string(c)
	}
	return ""
}

// skipBlanks goes behind blanks; tabs are none.
func (in *input) skipBlanks() {
	for in.peek() == ' ' {
		in.advance(1)
	}
}

// skipComment goes to the end of the line if a comment begins here.
func (in *input) skipComment() {
	if in.peek() != '#' {
		return
	}
	for !isEndOrBreak(in.peek()) {
		in.advance(1)
	}
}

func isBreak(c rune) bool {
	return c == '\n' || c == '\r' || c == 0x85 || c == 0x2028 || c == 0x2029
}

func isEndOrBreak(c rune) bool { return c == end || isBreak(c) }

// isGap tells whether nothing of a token stands here: a blank, a tab, the end of
// the line or of the text.
func isGap(c rune) bool { return c == ' ' || c == '\t' || isEndOrBreak(c) }

func isWord(c rune) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_'
}

// show is a character in a message.
func show(c rune) string {
	switch c {
	case end:
		return "the end of the file"
	case '\t':
		return "a tab"
	}
	if isBreak(c) {
		return "the end of the line"
	}
	return "\"" + string(c) + "\""
}
