package syntax

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/translate/syntax/yaml11"
)

// pair is a key with its value before includes are resolved.
type pair struct {
	key, value *yaml11.Node
	id         keyID
	// include is set when the value is the name of a file to merge.
	include bool
}

// keyID tells keys apart: 1 and 0x1 are one, 1 and "1" are two, and each include
// is one for itself.
type keyID struct {
	kind byte
	// text is the key as a text.
	text string
	node *yaml11.Node
}

func (b *builder) mapping(r *yaml11.Node, depth int) *Node {
	m := merger{builder: b, pairs: make([]pair, 0, len(r.Children)/2)}
	m.add(r, true, depth)
	if b.stopped {
		return nil
	}
	n := &Node{Kind: Mapping, Pos: b.pos(r), Entries: make([]Entry, 0, len(m.pairs))}
	into := target{Node: n}
	for _, p := range m.pairs {
		value := b.value(p.value, depth+1)
		if b.stopped {
			return nil
		}
		switch {
		case value == nil:
		case p.include && value.Kind == Scalar:
			if included := b.include(b.pos(p.key), includeName(value), depth); included != nil {
				into.merge(included)
			}
		default:
			into.set(Entry{Key: p.id.text, Pos: b.pos(p.key), Value: value})
		}
	}
	if m.bad {
		return nil
	}
	return n
}

// index finds the places of keys. Most mappings have few, for which looking at
// each is quicker than a map.
type index[K comparable] map[K]int

const manyKeys = 16

// find returns the place of a key among those of a list of a length, -1 when it
// is not there; at returns the key of a place.
func (x *index[K]) find(key K, length int, at func(int) K) int {
	if length <= manyKeys {
		for i := range length {
			if at(i) == key {
				return i
			}
		}
		return -1
	}
	if *x == nil {
		*x = make(index[K], 2*length)
	}
	for i := len(*x); i < length; i++ {
		(*x)[at(i)] = i
	}
	if i, ok := (*x)[key]; ok {
		return i
	}
	return -1
}

// duplicates reports every key that is written a second time.
func (b *builder) duplicates(r *yaml11.Node) {
	var first, again []*yaml11.Node
	var places index[string]
	text := func(i int) string { return first[i].Target().Text }
	if len(r.Children) > 2 {
		first = make([]*yaml11.Node, 0, len(r.Children)/2)
	}
	var texts []string
	for i := 0; i < len(r.Children) && len(r.Children) > 2; i += 2 {
		key := r.Children[i]
		target := key.Target()
		if target.Kind != Scalar || target.Tag == includeTag {
			continue
		}
		if places.find(target.Text, len(first), text) < 0 {
			first = append(first, key)
			continue
		}
		again = append(again, key)
		texts = append(texts, target.Text)
	}
	if len(again) == 0 {
		return
	}
	digdag := "Duplicated keys: [" + strings.Join(texts, ", ") + "]"
	for i, key := range again {
		before := first[places.find(texts[i], len(first), text)]
		b.errorf(b.pos(key), ruleDuplicate, KindParser, digdag,
			"key %q is written twice, first at %s", shorten(texts[i]), b.pos(before))
	}
}

// merger collects the pairs of a mapping with its merge keys resolved. Keys of
// the mapping itself win over merged ones, but stand where those came first; of
// merged ones the first wins.
type merger struct {
	*builder
	pairs  []pair
	places index[keyID]
	// active are the mappings that are being added, each within the one before.
	active []*yaml11.Node
	// bad tells that a key or a merge key is not legal.
	bad bool
}

func (m *merger) add(r *yaml11.Node, own bool, depth int) {
	if depth > MaxDepth {
		m.stop(r, "merge keys nest deeper than %d levels", MaxDepth)
	}
	m.active = append(m.active, r)
	for i := 0; i < len(r.Children) && !m.stopped; i += 2 {
		key, value := r.Children[i], r.Children[i+1]
		m.count(key, 1, 0)
		if k := key.Target(); k.Kind == Scalar && tagOf(k) == tagMerge {
			m.mergeKey(value, depth)
			continue
		}
		p := pair{key: key, value: value}
		if !m.key(&p, depth) {
			m.bad = true
			continue
		}
		at := m.places.find(p.id, len(m.pairs), func(i int) keyID { return m.pairs[i].id })
		switch {
		case at < 0:
			m.pairs = append(m.pairs, p)
		case own:
			m.pairs[at] = p
		}
	}
	m.active = m.active[:len(m.active)-1]
}

func (m *merger) mergeKey(value *yaml11.Node, depth int) {
	target := value.Target()
	switch target.Kind {
	case Mapping:
		switch {
		case slices.Contains(m.active, target):
			// A mapping that merges itself gains nothing.
		case m.built[target] == unfinished:
			m.failKey(value, "the merge key refers to a mapping that contains it")
		default:
			m.add(target, false, depth+1)
		}
	case Sequence:
		for _, item := range target.Children {
			if item.Target().Kind != Mapping {
				m.failKey(item, "expected a mapping to merge but got %s", kindName(item.Target().Kind))
				continue
			}
			m.mergeKey(item, depth+1)
		}
	default:
		m.failKey(value, "expected a mapping or a list of mappings to merge but got %s", kindName(target.Kind))
	}
}

func (m *merger) failKey(r *yaml11.Node, format string, args ...any) {
	m.bad = true
	m.fail(r, format, args...)
}

// key reads a key: whatever it is, it becomes a text.
func (b *builder) key(p *pair, depth int) bool {
	r := p.key.Target()
	if r.Tag == includeTag {
		p.include = true
		p.id = keyID{kind: 'i', text: includeTag, node: r}
		return true
	}
	if r.Kind == Scalar && tagOf(r) == tagStr {
		b.count(r, 0, len(r.Text))
		p.id = keyID{kind: 't', text: r.Text}
		p.include = strings.HasPrefix(r.Text, includePrefix)
		return true
	}
	n := b.build(p.key, depth+1)
	if n == nil {
		return false
	}
	if n.Kind != Scalar {
		p.id = keyID{kind: 'o', text: javaText(n)}
		return true
	}
	switch v := n.Scalar.(type) {
	case nil:
		b.errorf(b.pos(p.key), ruleYAML, KindJSON, "Null key for a Map not allowed in JSON (use a converting NullKeySerializer?)", "a key must not be null")
		return false
	case string:
		p.id = keyID{kind: 't', text: v}
	case json.Number:
		p.id = keyID{kind: 'n', text: string(v)}
	case bool:
		p.id = keyID{kind: 'b', text: ordered.Text(v)}
	}
	return true
}

// javaText is how Java prints a list or a mapping, which is what one becomes
// when it is a key.
func javaText(n *Node) string {
	var b strings.Builder
	appendJavaText(&b, n)
	return b.String()
}

func appendJavaText(b *strings.Builder, n *Node) {
	switch n.Kind {
	case Sequence:
		b.WriteByte('[')
		for i, item := range n.Items {
			if i > 0 {
				b.WriteString(", ")
			}
			appendJavaText(b, item)
		}
		b.WriteByte(']')
	case Mapping:
		b.WriteByte('{')
		for i, e := range n.Entries {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(e.Key + "=")
			appendJavaText(b, e.Value)
		}
		b.WriteByte('}')
	default:
		if s, ok := n.Scalar.(string); ok {
			b.WriteString(s)
		} else {
			b.WriteString(ordered.Text(n.Scalar))
		}
	}
}

// target is a mapping that is being filled.
type target struct {
	*Node
	places index[string]
}

// set puts an entry; one with the same key is replaced in its place.
func (t *target) set(e Entry) {
	if i := t.find(e.Key); i >= 0 {
		t.Entries[i] = e
		return
	}
	t.Entries = append(t.Entries, e)
}

func (t *target) find(key string) int {
	return t.places.find(key, len(t.Entries), func(i int) string { return t.Entries[i].Key })
}

// merge puts the entries of another mapping: mappings are merged with what is
// there, anything else replaces it.
func (t *target) merge(over *Node) {
	for _, e := range over.Entries {
		i := t.find(e.Key)
		if i < 0 || t.Entries[i].Value.Kind != Mapping || e.Value.Kind != Mapping {
			t.set(e)
			continue
		}
		under := t.Entries[i].Value
		merged := &Node{Kind: Mapping, Pos: under.Pos, Entries: append([]Entry(nil), under.Entries...)}
		(&target{Node: merged}).merge(e.Value)
		t.Entries[i].Value = merged
	}
}
