package javaregex

import (
	"fmt"
	"strconv"
	"strings"
)

// translator writes a pattern anew.
type translator struct {
	in  []rune
	at  int
	out strings.Builder

	groups int
	names  map[string]int
	flags  flags
	outer  []flags // of the groups that are open
	atom   int     // where in out the last atom starts, -1 for none
	starts []int   // where in out the open groups start
}

// flags are the inline flags that change how a pattern is read.
type flags struct{ dotAll, comments bool }

func (t *translator) fail(what string, index int) error {
	s := fmt.Sprintf("%s near index %d\n%s", what, index, string(t.in))
	if index >= 0 && index < len(t.in) {
		s += "\n" + strings.Repeat(" ", index) + "^"
	}
	return problem(s)
}

func (t *translator) more() bool { return t.at < len(t.in) }

func (t *translator) peek(ahead int) rune {
	if t.at+ahead < len(t.in) {
		return t.in[t.at+ahead]
	}
	return 0
}

func (t *translator) hasPrefix(s string) bool {
	for i, r := range []rune(s) {
		if t.peek(i) != r {
			return false
		}
	}
	return true
}

func (t *translator) translate() (string, error) {
	t.atom = -1
	for t.more() {
		if err := t.piece(); err != nil {
			return "", err
		}
	}
	if len(t.outer) > 0 {
		return "", t.fail("Unclosed group", len(t.in))
	}
	return t.out.String(), nil
}

// emit writes an atom.
func (t *translator) emit(s string) {
	t.atom = t.out.Len()
	t.out.WriteString(s)
}

func (t *translator) piece() error {
	c := t.in[t.at]
	if t.flags.comments && t.skipped(c) {
		return nil
	}
	switch c {
	case '\\':
		return t.escape()
	case '[':
		class, err := t.class()
		if err != nil {
			return err
		}
		t.emit(class)
		return nil
	case '(':
		return t.open()
	case ')':
		if len(t.outer) == 0 {
			return t.fail("Unmatched closing ')'", max(t.at-1, 0))
		}
		t.at++
		t.out.WriteByte(')')
		t.atom = t.starts[len(t.starts)-1]
		t.starts = t.starts[:len(t.starts)-1]
		t.flags = t.outer[len(t.outer)-1]
		t.outer = t.outer[:len(t.outer)-1]
		return nil
	case '*', '+', '?', '{':
		return t.quantifier()
	case '.':
		if t.flags.dotAll {
			t.emit(`[\s\S]`)
		} else {
			t.emit("[^\n\r\u0085\u2028\u2029]")
		}
	case '^', '$', '|':
		t.out.WriteRune(c)
		t.atom = -1
	default:
		t.emit(quoteRune(c))
	}
	t.at++
	return nil
}

// skipped skips blanks and comments.
func (t *translator) skipped(c rune) bool {
	if strings.ContainsRune(" \t\n\v\f\r", c) {
		t.at++
		return true
	}
	if c != '#' {
		return false
	}
	for t.more() && t.in[t.at] != '\n' {
		t.at++
	}
	return true
}

func quoteRune(r rune) string {
	if r < 0x80 && !(r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z') {
		return fmt.Sprintf(`\x%02x`, r)
	}
	return string(r)
}

func (t *translator) open() error {
	start := t.out.Len()
	t.at++
	before := t.flags
	switch {
	case t.peek(0) != '?':
		t.groups++
		t.out.WriteByte('(')
	case t.hasPrefix("?:"), t.hasPrefix("?="), t.hasPrefix("?!"), t.hasPrefix("?>"):
		t.out.WriteString("(" + string(t.in[t.at:t.at+2]))
		t.at += 2
	case t.hasPrefix("?<="), t.hasPrefix("?<!"):
		t.out.WriteString("(" + string(t.in[t.at:t.at+3]))
		t.at += 3
	case t.hasPrefix("?<"):
		name, err := t.groupName(t.at + 2)
		if err != nil {
			return err
		}
		t.groups++
		if _, twice := t.names[name]; twice {
			return t.fail("Named capturing group <"+name+"> is already defined", t.at)
		}
		t.names[name] = t.groups
		t.out.WriteByte('(')
	default:
		return t.inlineFlags(before)
	}
	t.outer = append(t.outer, before)
	t.starts = append(t.starts, start)
	t.atom = -1
	return nil
}

// groupName reads a name up to its >.
func (t *translator) groupName(from int) (string, error) {
	end := from
	for end < len(t.in) && t.in[end] != '>' {
		end++
	}
	if end == len(t.in) || end == from {
		return "", t.fail("named capturing group is missing trailing '>'", from)
	}
	t.at = end + 1
	return string(t.in[from:end]), nil
}

// inlineFlags reads (?flags) and (?flags:…).
func (t *translator) inlineFlags(before flags) error {
	t.at++
	on, kept := true, [2]string{}
	for ; t.more(); t.at++ {
		c := t.in[t.at]
		switch c {
		case '-':
			on = false
		case 's':
			t.flags.dotAll = on
		case 'x':
			t.flags.comments = on
		case 'i', 'm':
			if on {
				kept[0] += string(c)
			} else {
				kept[1] += string(c)
			}
		case 'u', 'U', 'd':
		case ')', ':':
			t.at++
			written := kept[0]
			if kept[1] != "" {
				written += "-" + kept[1]
			}
			if c == ')' {
				if written != "" {
					t.out.WriteString("(?" + written + ")")
				}
				t.atom = -1
				return nil
			}
			t.starts = append(t.starts, t.out.Len())
			t.out.WriteString("(?" + written + ":")
			t.outer = append(t.outer, before)
			t.atom = -1
			return nil
		default:
			return t.fail("Unknown inline modifier", t.at)
		}
	}
	return t.fail("Unclosed group", len(t.in))
}

func (t *translator) quantifier() error {
	start := t.at
	if t.in[t.at] == '{' {
		end := t.at + 1
		for end < len(t.in) && (t.in[end] >= '0' && t.in[end] <= '9' || t.in[end] == ',') {
			end++
		}
		if end == len(t.in) || t.in[end] != '}' || end == t.at+1 || t.in[t.at+1] == ',' {
			return t.fail("Illegal repetition", t.at)
		}
		t.at = end
	}
	t.at++
	count := string(t.in[start:t.at])
	if t.atom < 0 {
		return t.fail("Dangling meta character '"+string(t.in[start])+"'", start)
	}
	switch t.peek(0) {
	case '?':
		t.at++
		t.out.WriteString(count + "?")
	case '+':
		// A possessive quantifier gives nothing back.
		t.at++
		all := t.out.String()
		t.out.Reset()
		t.out.WriteString(all[:t.atom] + "(?>" + all[t.atom:] + count + ")")
	default:
		t.out.WriteString(count)
	}
	if t.more() && strings.ContainsRune("*+?", t.in[t.at]) {
		return t.fail("Dangling meta character '"+string(t.in[t.at])+"'", t.at)
	}
	return nil
}

// escape reads what stands behind a \ outside a class.
func (t *translator) escape() error {
	if t.at+1 == len(t.in) {
		return t.fail("Unexpected internal error", t.at+1)
	}
	c := t.in[t.at+1]
	switch c {
	case 'Q':
		t.at += 2
		for t.more() && !t.hasPrefix(`\E`) {
			t.emit(quoteRune(t.in[t.at]))
			t.at++
		}
		t.at += 2
		return nil
	case 'E':
		t.at += 2
		return nil
	case 'b', 'B', 'A', 'z', 'Z', 'G':
		t.at += 2
		t.out.WriteString(`\` + string(c))
		t.atom = -1
		return nil
	case 'R':
		t.at += 2
		t.emit("(?:\r\n|[\n\v\f\r\u0085\u2028\u2029])")
		return nil
	case 'X':
		t.at += 2
		t.emit(`(?:\P{M}\p{M}*)`)
		return nil
	case 'k':
		if t.peek(2) != '<' {
			return t.fail(`\k is not followed by '<' for named capturing group`, t.at+2)
		}
		at := t.at
		name, err := t.groupName(t.at + 3)
		if err != nil {
			return err
		}
		n, ok := t.names[name]
		if !ok {
			return t.fail("named capturing group <"+name+"> does not exist", at)
		}
		t.emit(`(?:\` + strconv.Itoa(n) + `)`)
		return nil
	}
	if c >= '1' && c <= '9' {
		n := int(c - '0')
		t.at += 2
		for t.more() && t.in[t.at] >= '0' && t.in[t.at] <= '9' && n*10+int(t.in[t.at]-'0') <= t.groups {
			n = n*10 + int(t.in[t.at]-'0')
			t.at++
		}
		if n > t.groups {
			t.emit("(?!)")
		} else {
			t.emit(`(?:\` + strconv.Itoa(n) + `)`)
		}
		return nil
	}
	items, negated, err := t.set()
	if err != nil {
		return err
	}
	t.emit(bracket(items, negated))
	return nil
}
