package syntax

import (
	"fmt"

	"github.com/dig2temporal/dig2temporal/translate/plan"
	"github.com/dig2temporal/dig2temporal/translate/syntax/yaml11"
)

// builder makes the tree of one file.
type builder struct {
	*loader
	file     string
	included []*plan.Pos
	// open are the files that are being read, this one last.
	open []string
	// built holds what became of a node with an anchor, so that aliases share it.
	built   map[*yaml11.Node]*Node
	extents map[*Node]extent
}

// What stands in built for a node that is being built, so that an alias to it is
// a loop, and for one that could not be.
var (
	unfinished = &Node{}
	failed     = &Node{}
)

func (b *builder) at(line, column int) *plan.Pos {
	return &plan.Pos{File: b.file, Line: line, Column: column, Included: b.included}
}

func (b *builder) pos(r *yaml11.Node) *plan.Pos { return b.at(r.Line, r.Column) }

func (b *builder) fail(r *yaml11.Node, format string, args ...any) {
	b.errorf(b.pos(r), ruleYAML, KindParser, "", format, args...)
}

// stop reports that a limit is passed, after which nothing more is built.
func (b *builder) stop(r *yaml11.Node, format string, args ...any) {
	if !b.stopped {
		b.stopped = true
		b.fail(r, format, args...)
	}
}

// build returns nil when the value can't be made; the reason is a problem then.
func (b *builder) build(r *yaml11.Node, depth int) *Node {
	if depth > MaxDepth {
		b.stop(r, "values nest deeper than %d levels", MaxDepth)
	}
	if b.stopped {
		return nil
	}
	if r.Alias == nil && !r.Anchored {
		return b.fresh(r, depth)
	}
	target := r.Target()
	switch n := b.built[target]; n {
	case nil:
	case unfinished:
		b.fail(r, "the alias refers to the value that contains it")
		return nil
	case failed:
		return nil
	default:
		return b.again(r, n, depth)
	}
	b.built[target] = unfinished
	n := b.fresh(target, depth)
	if n == nil {
		b.built[target] = failed
		return nil
	}
	b.built[target] = n
	return n
}

// extent is how large a value is with its aliases and includes written out.
type extent struct{ nodes, bytes, height int }

func (b *builder) again(r *yaml11.Node, n *Node, depth int) *Node {
	x := b.extent(n)
	if depth+x.height > MaxDepth {
		b.stop(r, "values nest deeper than %d levels", MaxDepth)
	}
	b.count(r, x.nodes, x.bytes)
	if b.stopped {
		return nil
	}
	return n
}

func (b *builder) extent(n *Node) extent {
	if n.Kind == Scalar {
		text, _ := n.Scalar.(string)
		return extent{nodes: 1, bytes: len(text)}
	}
	if x, ok := b.extents[n]; ok {
		return x
	}
	x := extent{nodes: 1}
	add := func(child *Node, key string) {
		c := b.extent(child)
		x.nodes = min(x.nodes+c.nodes, MaxNodes+1)
		x.bytes = min(x.bytes+c.bytes+len(key), MaxBytes+1)
		x.height = max(x.height, c.height+1)
	}
	for _, e := range n.Entries {
		add(e.Value, e.Key)
	}
	for _, item := range n.Items {
		add(item, "")
	}
	b.extents[n] = x
	return x
}

func (b *builder) count(r *yaml11.Node, nodes, bytes int) {
	b.nodes += nodes
	b.bytes += bytes
	if b.nodes > MaxNodes {
		b.stop(r, "the file has more than %d values when its aliases and includes are written out", MaxNodes)
	}
	if b.bytes > MaxBytes {
		b.stop(r, "the file has more than %d bytes when its aliases and includes are written out", MaxBytes)
	}
}

func (b *builder) fresh(r *yaml11.Node, depth int) *Node {
	b.count(r, 1, len(r.Text))
	switch tag := tagOf(r); {
	case tag == tagSeq && r.Kind == Sequence:
		return b.sequence(r, depth)
	case tag == tagMap && r.Kind == Mapping:
		b.duplicates(r)
		return b.mapping(r, depth)
	case r.Kind == Scalar:
		return b.scalar(r, tag)
	default:
		return b.tagged(r, tag, depth)
	}
}

// tagOf is the tag of a node, found by its looks when none is written.
func tagOf(r *yaml11.Node) string {
	if r.Tag != "" && r.Tag != "!" {
		return r.Tag
	}
	switch {
	case r.Kind == Sequence:
		return tagSeq
	case r.Kind == Mapping:
		return tagMap
	case r.Plain || r.Tag == "!":
		return plainTag(r.Text)
	}
	return tagStr
}

func (b *builder) sequence(r *yaml11.Node, depth int) *Node {
	n := &Node{Kind: Sequence, Pos: b.pos(r), Items: make([]*Node, 0, len(r.Children))}
	for _, c := range r.Children {
		if item := b.value(c, depth+1); item != nil {
			n.Items = append(n.Items, item)
		}
		if b.stopped {
			return nil
		}
	}
	return n
}

// value builds a value and replaces it when it is a text that stands for an
// include.
func (b *builder) value(r *yaml11.Node, depth int) *Node {
	n := b.build(r, depth)
	if n == nil {
		return nil
	}
	if name, ok := includeText(n); ok {
		return b.include(b.pos(r), name, depth)
	}
	return n
}

func kindName(k Kind) string {
	switch k {
	case Mapping:
		return "a mapping"
	case Sequence:
		return "a list"
	}
	return "a single value"
}

// describe shows the value of a file that is no mapping.
func describe(n *Node) string {
	switch {
	case n.IsNull():
		return "nothing"
	case n.Kind == Sequence:
		return "a list"
	}
	return fmt.Sprintf("the value %s", shorten(fmt.Sprint(n.Scalar)))
}

// maxWord is the longest piece of a file that is repeated in a message.
const maxWord = 100

func shorten(s string) string {
	if r := []rune(s); len(r) > maxWord {
		return string(r[:maxWord]) + "…"
	}
	return s
}
