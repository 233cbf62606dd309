package yaml11

// Limits bound what a text may hold.
type Limits struct{ Depth, Nodes int }

// Parse reads the one document of a text. It returns nil when there is none.
func Parse(text []byte, limits Limits) (*Node, error) {
	in, err := newInput(text)
	if err != nil {
		return nil, err
	}
	p := &parser{scanner: newScanner(in), limits: limits, anchors: map[string]*Node{}}
	return p.document()
}

// parser builds the tree of nodes by recursive descent.
type parser struct {
	*scanner
	limits  Limits
	nodes   int
	anchors map[string]*Node
	// handles are the tag handles that the document declares.
	handles map[string]string
}

const standardTag = "tag:yaml.org,2002:"

func (p *parser) is(kinds ...kind) bool {
	t, err := p.peekToken()
	if err != nil {
		return false
	}
	for _, k := range kinds {
		if t.kind == k {
			return true
		}
	}
	return false
}

func (p *parser) unexpected(expected string) error {
	t, err := p.peekToken()
	if err != nil {
		return err
	}
	if t.kind == blockMappingStart || t.kind == blockSequenceStart {
		return errorAt(t.line, t.column, "this line must begin at the column of one of those above it: expected %s", expected)
	}
	return errorAt(t.line, t.column, "expected %s but got %s", expected, names[t.kind])
}

func (p *parser) document() (*Node, error) {
	t, err := p.peekToken()
	if err != nil {
		return nil, err
	}
	p.handles = map[string]string{"!": "!", "!!": standardTag}
	var root *Node
	switch t.kind {
	case streamEnd:
		return nil, nil
	case directive, documentStart:
		if root, err = p.explicit(); err != nil {
			return nil, err
		}
	default:
		if root, err = p.node(context{block: true}, 0); err != nil {
			return nil, err
		}
	}
	for p.is(documentEnd) {
		p.next()
	}
	if !p.is(streamEnd) {
		if p.is(directive, documentStart) {
			return nil, p.unexpected("one document in the file")
		}
		return nil, p.unexpected("the end of the file")
	}
	return root, nil
}

// explicit reads a document with directives or a "---".
func (p *parser) explicit() (*Node, error) {
	if err := p.directives(); err != nil {
		return nil, err
	}
	if !p.is(documentStart) {
		return nil, p.unexpected(`"---" after the directives`)
	}
	start := p.next()
	if p.is(directive, documentStart, documentEnd, streamEnd) {
		return emptyNode(start.line, start.column), nil
	}
	return p.node(context{block: true}, 0)
}

func (p *parser) directives() error {
	versions := 0
	declared := map[string]bool{}
	for p.is(directive) {
		t := p.next()
		switch {
		case t.handle != "":
			if declared[t.handle] {
				return errorAt(t.line, t.column, "the tag handle %q is declared twice", t.handle)
			}
			declared[t.handle] = true
			p.handles[t.handle] = t.text
		case t.text == "YAML":
			if versions++; versions > 1 {
				return errorAt(t.line, t.column, "the YAML version is declared twice")
			}
			if t.version[0] != 1 {
				return errorAt(t.line, t.column, "YAML version %d is not known: expected 1.1", t.version[0])
			}
		}
	}
	return nil
}

// emptyNode is a scalar that is not written.
func emptyNode(line, column int) *Node {
	return &Node{Plain: true, Line: line + 1, Column: column + 1}
}

// context tells what may stand at a place.
type context struct {
	// block allows blocks, as opposed to what stands in brackets.
	block bool
	// indentless allows a list whose "-" are not deeper than the key above.
	indentless bool
}

// node reads a value with its anchor and tag.
func (p *parser) node(c context, depth int) (*Node, error) {
	t, err := p.peekToken()
	if err != nil {
		return nil, err
	}
	if depth > p.limits.Depth {
		return nil, errorAt(t.line, t.column, "values nest deeper than %d levels", p.limits.Depth)
	}
	if p.nodes++; p.nodes > p.limits.Nodes {
		return nil, errorAt(t.line, t.column, "the file has more than %d values", p.limits.Nodes)
	}
	if t.kind == alias {
		target := p.anchors[t.text]
		if target == nil {
			return nil, errorAt(t.line, t.column, "the alias %q has no anchor (\"&%s\") above it", "*"+t.text, t.text)
		}
		a := p.next()
		return &Node{Kind: target.Kind, Alias: target, Line: a.line + 1, Column: a.column + 1}, nil
	}
	n := &Node{Line: t.line + 1, Column: t.column + 1}
	named, err := p.properties(n)
	if err != nil {
		return nil, err
	}
	if t, err = p.peekToken(); err != nil {
		return nil, err
	}
	kind := t.kind
	switch {
	case kind == blockEntry && c.indentless:
		return n, p.indentlessSequence(n, depth)
	case kind == scalar:
		s := p.next()
		n.Text, n.Plain = s.text, s.plain
		return n, nil
	case kind == flowSequenceStart:
		return n, p.flowSequence(n, depth)
	case kind == flowMappingStart:
		return n, p.flowMapping(n, depth)
	case kind == blockSequenceStart && c.block:
		return n, p.blockSequence(n, depth)
	case kind == blockMappingStart && c.block:
		return n, p.blockMapping(n, depth)
	case named:
		// An anchor or a tag alone is an empty scalar.
		n.Plain = n.Tag == "" || n.Tag == "!"
		return n, nil
	}
	return nil, p.unexpected("a value")
}

// properties reads an anchor and a tag, in either order, and tells whether there
// was one.
func (p *parser) properties(n *Node) (bool, error) {
	name, found := "", false
	var seenTag bool
	for {
		t, err := p.peekToken()
		if err != nil {
			return found, err
		}
		switch {
		case t.kind == anchor && name == "":
			name = t.text
			p.anchors[name] = n
			n.Anchored = true
		case t.kind == tag && !seenTag:
			seenTag = true
			n.Tag = t.text
			if t.handle != "" {
				prefix, ok := p.handles[t.handle]
				if !ok {
					return found, errorAt(t.line, t.column, "the tag handle %q is not declared", t.handle)
				}
				n.Tag = prefix + t.text
			}
		default:
			return found, nil
		}
		found = true
		p.next()
	}
}
