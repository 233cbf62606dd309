// Package syntax turns the text of a .dig file into a tree in which every key
// and every value knows its place.
//
// The language is that of Digdag's loader: YAML 1.1 with its own rules for plain
// scalars, merge keys, anchors, and "!include :" lines that merge another file
// into the mapping which holds them. The tree is what is left when all of these
// are resolved.
package syntax

import (
	"bytes"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/translate/finding"
	"github.com/dig2temporal/dig2temporal/translate/plan"
	"github.com/dig2temporal/dig2temporal/translate/syntax/yaml11"
)

// The limits that keep a hostile file from taking the process down.
const (
	// MaxFile is the largest file, in bytes.
	MaxFile = 16 << 20
	// MaxDepth is how deep values may nest, includes counted in.
	MaxDepth = ordered.MaxDepth
	// MaxNodes is the number of values that a tree may have once its aliases and
	// includes are written out.
	MaxNodes = 2_000_000
	// MaxIncludes is the number of files that one file may bring in, directly and
	// indirectly.
	MaxIncludes = 10_000
	// MaxBytes limits the texts of a tree, and of all files read for it.
	MaxBytes = 4 * MaxFile
)

// maxProblems is the number of problems after which a file is given up.
const maxProblems = 1000

// Files reads the files of a project.
type Files interface {
	// Read returns the content of a file by its path relative to the project,
	// with slashes. An error's text says what is wrong without naming the file.
	Read(name string) ([]byte, error)
	// Path returns the absolute path of a file, for messages.
	Path(name string) string
}

// Kinds of errors, in the words that Digdag puts in brackets after a message.
const (
	KindParser     = "parser"
	KindMapping    = "runtime json mapping"
	KindJSON       = "json mapping"
	KindNoSuchFile = "no such file"
	KindNotFound   = "file not found"
	ruleYAML       = "yaml"
	ruleInclude    = "include"
	ruleDuplicate  = "duplicate-key"
	ruleEncoding   = "encoding"
)

// Load reads a file of a project with everything that it includes. The file
// must be a mapping. The tree is nil when there is an error among the problems.
func Load(files Files, name string) (*Node, []finding.Finding) {
	l := &loader{files: files}
	n := l.file(name, nil, nil, 0)
	return l.result(n)
}

// Parse reads a text as the file of a name, without access to other files: an
// include is an error.
func Parse(name string, text []byte) (*Node, []finding.Finding) {
	l := &loader{}
	n := l.text(name, text, nil, nil, 0)
	return l.result(n)
}

func (l *loader) result(n *Node) (*Node, []finding.Finding) {
	if finding.HasErrors(l.problems) {
		return nil, l.problems
	}
	return n, l.problems
}

// loader reads one file with its includes.
type loader struct {
	files    Files
	problems []finding.Finding
	nodes    int
	bytes    int
	includes int
	// read is the size of all files read.
	read int
	// stopped tells that a limit is passed.
	stopped bool
	// any allows files that are no mapping.
	any bool
}

func (l *loader) errorf(pos *plan.Pos, rule, kind, text, format string, args ...any) {
	if len(l.problems) == maxProblems {
		l.stopped = true
		return
	}
	l.problems = append(l.problems, finding.Finding{
		Pos: pos, Message: fmt.Sprintf(format, args...), Rule: rule, Severity: finding.Error, Text: text, Kind: kind,
	})
}

// file reads one file; open are the files that are being read around it.
func (l *loader) file(name string, included []*plan.Pos, open []string, depth int) *Node {
	text, err := l.files.Read(name)
	if err != nil {
		pos := &plan.Pos{File: name, Line: 1, Column: 1}
		l.errorf(pos, ruleYAML, KindNoSuchFile, l.files.Path(name), "%s", err)
		return nil
	}
	return l.text(name, text, included, open, depth)
}

func (l *loader) text(name string, text []byte, included []*plan.Pos, open []string, depth int) *Node {
	b := &builder{loader: l, file: name, included: included, open: append(open[:len(open):len(open)], name), built: map[*yaml11.Node]*Node{}, extents: map[*Node]extent{}}
	start := &plan.Pos{File: name, Line: 1, Column: 1, Included: included}
	if len(text) > MaxFile {
		l.errorf(start, ruleYAML, KindParser, "", "the file has more than the %d bytes that are allowed", MaxFile)
		return nil
	}
	if l.read += len(text); l.read > MaxBytes {
		l.stopped = true
		l.errorf(start, ruleInclude, KindParser, "", "the included files have more than %d bytes", MaxBytes)
		return nil
	}
	if utf16 := bytes.HasPrefix(text, []byte("\xff\xfe")) || bytes.HasPrefix(text, []byte("\xfe\xff")); utf16 {
		l.errorf(start, ruleEncoding, KindParser, "", "the file is in UTF-16: save it as UTF-8")
		return nil
	}
	l.warnEncoding(b, text)
	root, err := yaml11.Parse(text, yaml11.Limits{Depth: MaxDepth, Nodes: MaxNodes})
	if err != nil {
		pos := start
		var bad *yaml11.Error
		if errors.As(err, &bad) {
			pos = b.at(bad.Line, bad.Column)
		}
		l.errorf(pos, ruleYAML, KindParser, "", "%s", err)
		return nil
	}
	if root == nil {
		root = &yaml11.Node{Plain: true, Line: 1, Column: 1}
	}
	n := b.build(root, depth)
	if n != nil && !l.any && n.Kind != Mapping {
		l.errorf(start, ruleYAML, KindMapping, "Expected object to load Config but got "+ordered.Text(n.Value()),
			"expected a mapping of tasks and settings but got %s", describe(n))
		return nil
	}
	return n
}

// warnEncoding tells of bytes that are no UTF-8. As in Digdag they become U+FFFD.
func (l *loader) warnEncoding(b *builder, text []byte) {
	if utf8.Valid(text) {
		return
	}
	valid := 0
	for rest := text; ; {
		r, n := utf8.DecodeRune(rest)
		if r == utf8.RuneError && n == 1 {
			break
		}
		valid += n
		rest = rest[n:]
	}
	before := text[:valid]
	line := bytes.LastIndexByte(before, '\n') + 1
	l.problems = append(l.problems, finding.Finding{
		Pos:  b.at(bytes.Count(before, []byte("\n"))+1, utf8.RuneCount(before[line:])+1),
		Rule: ruleEncoding, Severity: finding.Warning,
		Message: fmt.Sprintf("the byte 0x%02x is no UTF-8 and is replaced by U+FFFD: save the file as UTF-8", text[valid]),
	})
}
