// Package javaregex matches the regular expressions of java.util.regex, which
// reach Digdag's expressions through the methods of Java's strings. A pattern is
// translated for a backtracking matcher of another dialect: what that lacks, or
// means otherwise, is written out (ASCII-only \d \w \s, possessive quantifiers,
// \Q…\E, classes in classes, && and POSIX names, the dot and the line breaks that
// it leaves out).
package javaregex

import (
	"errors"
	"strings"
	"time"

	"github.com/dlclark/regexp2/v2"
)

// Pattern is a compiled pattern.
type Pattern struct {
	find, whole *regexp2.Regexp
	groups      int
	names       map[string]int
}

// Compile translates a pattern. Matches that take longer than the limit fail.
// The error of a pattern that is wrong has Java's words.
func Compile(pattern string, limit time.Duration) (*Pattern, error) {
	t := &translator{in: []rune(pattern), names: map[string]int{}}
	out, err := t.translate()
	if err != nil {
		return nil, err
	}
	p := &Pattern{groups: t.groups, names: t.names}
	if p.find, err = regexp2.Compile(out); err != nil {
		return nil, err
	}
	if p.whole, err = regexp2.Compile(`\A(?:` + out + `)\z`); err != nil {
		return nil, err
	}
	p.find.MatchTimeout, p.whole.MatchTimeout = limit, limit
	return p, nil
}

// Matches tells whether the pattern matches the whole text.
func (p *Pattern) Matches(text string) (bool, error) {
	return p.whole.MatchString(text)
}

// Replace replaces the first match, or all, by a replacement in which $n and
// ${name} stand for groups and \ for the character behind it. The result may
// have at most limit bytes.
func (p *Pattern) Replace(text, replacement string, all bool, limit int) (string, error) {
	runes := []rune(text)
	m, err := p.find.FindRunesMatch(runes)
	var b strings.Builder
	end := 0
	for ; m != nil && err == nil; m, err = p.find.FindNextMatch(m) {
		b.WriteString(string(runes[end:m.RuneIndex]))
		if err := p.expand(&b, m, replacement); err != nil {
			return "", err
		}
		end = m.RuneIndex + m.RuneLength
		if b.Len() > limit {
			return "", ErrTooLong
		}
		if !all {
			break
		}
	}
	if err != nil {
		return "", err
	}
	b.WriteString(string(runes[end:]))
	if b.Len() > limit {
		return "", ErrTooLong
	}
	return b.String(), nil
}

// problem is what is wrong with a pattern or a replacement, in Java's words.
type problem string

func (p problem) Error() string { return string(p) }

// ErrTooLong tells that a result exceeded its limit.
var ErrTooLong = errors.New("the result is too long")

func (p *Pattern) expand(b *strings.Builder, m *regexp2.Match, replacement string) error {
	for i := 0; i < len(replacement); i++ {
		switch c := replacement[i]; c {
		case '\\':
			i++
			if i == len(replacement) {
				return problem("character to be escaped is missing")
			}
			b.WriteByte(replacement[i])
		case '$':
			group, used, err := p.reference(replacement[i+1:])
			if err != nil {
				return err
			}
			if g := m.GroupByNumber(group); g != nil {
				b.WriteString(g.String())
			}
			i += used
		default:
			b.WriteByte(c)
		}
	}
	return nil
}

// reference reads what stands behind a $, and returns the number of the group
// and how long its name is.
func (p *Pattern) reference(s string) (group, used int, err error) {
	if s == "" {
		return 0, 0, problem("Illegal group reference: group index is missing")
	}
	if s[0] == '{' {
		end := strings.IndexByte(s, '}')
		if end < 0 {
			return 0, 0, problem("named capturing group is missing trailing '}'")
		}
		name := s[1:end]
		group, ok := p.names[name]
		if !ok {
			return 0, 0, problem("No group with name {" + name + "}")
		}
		return group, end + 1, nil
	}
	if s[0] < '0' || s[0] > '9' {
		return 0, 0, problem("Illegal group reference")
	}
	group, used = int(s[0]-'0'), 1
	if group > p.groups {
		return 0, 0, problem("No group " + s[:1])
	}
	for used < len(s) && s[used] >= '0' && s[used] <= '9' {
		next := group*10 + int(s[used]-'0')
		if next > p.groups {
			break
		}
		group = next
		used++
	}
	return group, used, nil
}
