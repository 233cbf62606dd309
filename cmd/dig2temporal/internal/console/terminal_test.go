package console

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// terminal shows what a terminal would: it knows the sequences that the console
// uses and fails on any other.
type terminal struct {
	t       *testing.T
	columns int
	lines   [][]rune
	row     int
	column  int
}

var sequence = regexp.MustCompile(`^\x1b\[(\d*)([A-Za-z])`)

func (s *terminal) Write(p []byte) (int, error) {
	text := string(p)
	for text != "" {
		if m := sequence.FindStringSubmatch(text); m != nil {
			s.control(m[2], m[1])
			text = text[len(m[0]):]
			continue
		}
		r := []rune(text)[0]
		text = text[len(string(r)):]
		switch r {
		case '\n':
			s.row++
			s.column = 0
		case '\r':
			s.column = 0
		case '\x1b':
			s.t.Errorf("unknown sequence %q", text)
		default:
			s.put(r)
		}
	}
	return len(p), nil
}

func (s *terminal) control(name, number string) {
	switch name {
	case "A":
		n, _ := strconv.Atoi(number)
		s.row -= n
		if s.row < 0 {
			s.t.Errorf("the cursor leaves the screen")
			s.row = 0
		}
	case "J":
		if s.row < len(s.lines) {
			s.lines = s.lines[:s.row]
		}
	case "K":
		if s.row < len(s.lines) && s.column < len(s.lines[s.row]) {
			s.lines[s.row] = s.lines[s.row][:s.column]
		}
	case "m":
	default:
		s.t.Errorf("unknown sequence %s", name)
	}
}

func (s *terminal) put(r rune) {
	if s.column >= s.columns {
		s.row++
		s.column = 0
	}
	for len(s.lines) <= s.row {
		s.lines = append(s.lines, nil)
	}
	for len(s.lines[s.row]) <= s.column {
		s.lines[s.row] = append(s.lines[s.row], ' ')
	}
	s.lines[s.row][s.column] = r
	s.column += columnsOfRune(r)
}

// resize makes the terminal narrower; what is too long wraps, as terminals do.
func (s *terminal) resize(columns int) {
	var lines [][]rune
	row := 0
	for i, l := range s.lines {
		if i == s.row {
			row = len(lines)
		}
		for len(l) > columns {
			lines = append(lines, l[:columns:columns])
			l = l[columns:]
		}
		lines = append(lines, l)
	}
	if s.row >= len(s.lines) {
		row = len(lines) + s.row - len(s.lines)
	}
	s.columns, s.lines, s.row = columns, lines, row
}

func (s *terminal) String() string {
	var b strings.Builder
	for _, l := range s.lines {
		fmt.Fprintln(&b, strings.TrimRight(string(l), " "))
	}
	return b.String()
}
