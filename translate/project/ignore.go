package project

import (
	"errors"
	"io/fs"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// ignoreFile lists what is no part of the project, in the syntax of .gitignore.
const ignoreFile = ".digdagignore"

// Ignore tells which files are no part of the project. The zero value ignores
// nothing.
type Ignore struct{ rules []ignoreRule }

type ignoreRule struct {
	glob string
	// again takes back what an earlier rule ignores ("!name").
	again bool
	// dirOnly rules are for folders ("name/").
	dirOnly bool
}

// Ignore reads the project's ignore file; without one nothing is ignored.
func (p *Project) Ignore() (*Ignore, error) {
	text, err := p.files.Read(ignoreFile)
	if errors.Is(err, fs.ErrNotExist) {
		return &Ignore{}, nil
	}
	if err != nil {
		return nil, errors.New(ignoreFile + ": " + err.Error())
	}
	return parseIgnore(string(text)), nil
}

func parseIgnore(text string) *Ignore {
	i := &Ignore{}
	for line := range strings.SplitSeq(strings.TrimPrefix(text, "\ufeff"), "\n") {
		if rule, ok := parseRule(strings.TrimSuffix(line, "\r")); ok {
			i.rules = append(i.rules, rule)
		}
	}
	return i
}

// parseRule reads one line; comments, blank lines and patterns that match
// nothing are no rules.
func parseRule(line string) (ignoreRule, bool) {
	line = trimBlanks(line)
	if line == "" || line[0] == '#' {
		return ignoreRule{}, false
	}
	var r ignoreRule
	if line[0] == '!' {
		r.again = true
		line = line[1:]
	}
	if rest := strings.TrimSuffix(line, "/"); rest != line {
		r.dirOnly = true
		line = rest
	}
	anchored := strings.Contains(line, "/")
	line = strings.TrimPrefix(line, "/")
	if line == "" {
		return ignoreRule{}, false
	}
	// Braces have no meaning in these patterns.
	line = strings.NewReplacer("{", `\{`, "}", `\}`).Replace(line)
	if inside, ok := strings.CutSuffix(line, "/**"); ok {
		// What is inside, but not the folder itself.
		line = inside + "/**/*"
	}
	if !anchored {
		line = "**/" + line
	}
	r.glob = line
	return r, doublestar.ValidatePattern(line)
}

// trimBlanks removes blanks at the end but for an escaped one.
func trimBlanks(line string) string {
	trimmed := strings.TrimRight(line, " ")
	if strings.HasSuffix(trimmed, `\`) && len(trimmed) < len(line) {
		return trimmed + " "
	}
	return trimmed
}

// Ignores tells whether a path relative to the project (with slashes) is no part
// of it, by itself or because a folder above it is not.
func (i *Ignore) Ignores(path string, isDir bool) bool {
	if len(i.rules) == 0 {
		return false
	}
	for at := 0; ; at++ {
		next := strings.IndexByte(path[at:], '/')
		if next < 0 {
			return i.matches(path, isDir)
		}
		at += next
		if i.matches(path[:at], true) {
			return true
		}
	}
}

// matches applies the rules to one path: the last that matches decides.
func (i *Ignore) matches(path string, isDir bool) bool {
	for n := len(i.rules) - 1; n >= 0; n-- {
		r := i.rules[n]
		if r.dirOnly && !isDir {
			continue
		}
		if ok, _ := doublestar.Match(r.glob, path); ok {
			return !r.again
		}
	}
	return false
}
