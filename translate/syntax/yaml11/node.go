// Package yaml11 reads the YAML 1.1 that Digdag's files are written in: a text
// becomes a tree of nodes that know their places. It accepts and refuses exactly
// what the reader that Digdag uses accepts and refuses. That reader keeps closer
// to YAML 1.1 than those of today in many small things: a tab never separates
// tokens, "?" ends a plain scalar within brackets, "\/" is no escape, a key ends
// within 1024 characters, NEL and the Unicode line separators break lines.
//
// What tags, merge keys and plain scalars mean is not decided here.
package yaml11

import "fmt"

// Kind tells what a node is.
type Kind int

// The kinds of nodes.
const (
	Scalar Kind = iota
	Sequence
	Mapping
)

// Node is one node of a document.
type Node struct {
	Kind Kind
	// Tag is the full tag, "" when none is written; "!" is kept.
	Tag string
	// Plain tells that a scalar is written without quotes and not as a block.
	Plain bool
	// Text is the content of a scalar.
	Text string
	// Children are the items of a sequence, the keys and values of a mapping in
	// turn.
	Children []*Node
	// Alias is the node that an alias stands for; it may be one that is around the
	// alias.
	Alias *Node
	// Anchored tells that an alias may refer to the node.
	Anchored bool
	// Line and Column count from 1; a column is a character.
	Line, Column int
}

// Target returns the node itself or, of an alias, the one that it stands for.
func (n *Node) Target() *Node {
	if n.Alias != nil {
		return n.Alias
	}
	return n
}

// Error is a text that is not YAML 1.1.
type Error struct {
	Line, Column int
	Message      string
}

func (e *Error) Error() string { return e.Message }

func errorAt(line, column int, format string, args ...any) *Error {
	return &Error{Line: line + 1, Column: column + 1, Message: fmt.Sprintf(format, args...)}
}
