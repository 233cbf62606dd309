package syntax

import (
	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/translate/plan"
	"github.com/dig2temporal/dig2temporal/translate/syntax/yaml11"
)

// Kind tells what a node is.
type Kind = yaml11.Kind

// The kinds of nodes.
const (
	Scalar   = yaml11.Scalar
	Sequence = yaml11.Sequence
	Mapping  = yaml11.Mapping
)

// Node is one value of a file with its place. Includes, aliases and merge keys
// are resolved: what they brought in carries the place where it is written.
type Node struct {
	Kind Kind
	// Pos is where the value begins. It is never nil in what Load returns.
	Pos *plan.Pos
	// Entries are those of a mapping, each key once, in order.
	Entries []Entry
	// Items are those of a sequence.
	Items []*Node
	// Scalar is nil, a bool, a string or a json.Number.
	Scalar any
}

// Entry is a key of a mapping with its value.
type Entry struct {
	Key   string
	Pos   *plan.Pos
	Value *Node
}

// Entry returns the entry of a key, nil when there is none.
func (n *Node) Entry(key string) *Entry {
	if n == nil {
		return nil
	}
	for i := range n.Entries {
		if n.Entries[i].Key == key {
			return &n.Entries[i]
		}
	}
	return nil
}

// Get returns the value of a key, nil when there is none.
func (n *Node) Get(key string) *Node {
	if e := n.Entry(key); e != nil {
		return e.Value
	}
	return nil
}

// IsNull tells whether the node is a null or absent.
func (n *Node) IsNull() bool {
	return n == nil || n.Kind == Scalar && n.Scalar == nil
}

// Value returns the node as a value of package ordered.
func (n *Node) Value() any {
	if n == nil {
		return nil
	}
	switch n.Kind {
	case Mapping:
		return n.Object()
	case Sequence:
		list := make([]any, len(n.Items))
		for i, item := range n.Items {
			list[i] = item.Value()
		}
		return list
	}
	return n.Scalar
}

// Object returns a mapping as an object; nil when the node is no mapping.
func (n *Node) Object() *ordered.Object {
	if n == nil || n.Kind != Mapping {
		return nil
	}
	o := ordered.New()
	for _, e := range n.Entries {
		o.Set(e.Key, e.Value.Value())
	}
	return o
}

// FromValue returns the tree of a value, with no places in it.
func FromValue(v any) *Node {
	switch v := v.(type) {
	case *ordered.Object:
		n := &Node{Kind: Mapping, Entries: make([]Entry, 0, v.Len())}
		for _, k := range v.Keys() {
			child, _ := v.Get(k)
			n.Entries = append(n.Entries, Entry{Key: k, Value: FromValue(child)})
		}
		return n
	case []any:
		n := &Node{Kind: Sequence, Items: make([]*Node, len(v))}
		for i, item := range v {
			n.Items[i] = FromValue(item)
		}
		return n
	}
	return &Node{Kind: Scalar, Scalar: v}
}
