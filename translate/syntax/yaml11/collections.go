package yaml11

import "fmt"

// inBlock is the context of the keys and values of a mapping without brackets.
var inBlock = context{block: true, indentless: true}

func (p *parser) blockSequence(n *Node, depth int) error {
	n.Kind = Sequence
	p.next()
	for p.is(blockEntry) {
		if err := p.item(n, depth, blockEntry, blockEnd); err != nil {
			return err
		}
	}
	if !p.is(blockEnd) {
		return p.unexpected(`the next item ("-") or the end of the list`)
	}
	p.next()
	return nil
}

func (p *parser) indentlessSequence(n *Node, depth int) error {
	n.Kind = Sequence
	for p.is(blockEntry) {
		if err := p.item(n, depth, blockEntry, key, value, blockEnd); err != nil {
			return err
		}
	}
	_, err := p.peekToken()
	return err
}

// item reads a "-" and its value, which is empty when one of the given tokens
// follows.
func (p *parser) item(n *Node, depth int, empty ...kind) error {
	dash := p.next()
	return p.valueOrEmpty(n, context{block: true}, depth, dash, empty...)
}

// valueOrEmpty appends the value that follows a token, an empty one when one of
// the given tokens comes next.
func (p *parser) valueOrEmpty(n *Node, c context, depth int, after token, empty ...kind) error {
	if p.is(empty...) {
		n.Children = append(n.Children, emptyNode(after.line, after.column+1))
		return nil
	}
	child, err := p.node(c, depth+1)
	if err != nil {
		return err
	}
	n.Children = append(n.Children, child)
	return nil
}

// appendEmpty appends a value that is left out before the next token.
func (p *parser) appendEmpty(n *Node) error {
	t, err := p.peekToken()
	if err != nil {
		return err
	}
	n.Children = append(n.Children, emptyNode(t.line, t.column))
	return nil
}

func (p *parser) blockMapping(n *Node, depth int) error {
	n.Kind = Mapping
	p.next()
	for p.is(key) {
		if err := p.valueOrEmpty(n, inBlock, depth, p.next(), key, value, blockEnd); err != nil {
			return err
		}
		if !p.is(value) {
			if err := p.appendEmpty(n); err != nil {
				return err
			}
			continue
		}
		if err := p.valueOrEmpty(n, inBlock, depth, p.next(), key, value, blockEnd); err != nil {
			return err
		}
	}
	if !p.is(blockEnd) {
		return p.unexpected("the next key or the end of the mapping")
	}
	p.next()
	return nil
}

// inBrackets tells what was expected within brackets, and where they begin.
func (p *parser) inBrackets(open token, closing string) error {
	return p.unexpected(fmt.Sprintf(`"," or %s (%s was opened at %d:%d)`, closing, names[open.kind], open.line+1, open.column+1))
}

func (p *parser) flowSequence(n *Node, depth int) error {
	n.Kind = Sequence
	open := p.next()
	for first := true; !p.is(flowSequenceEnd); first = false {
		if !first {
			if !p.is(flowEntry) {
				return p.inBrackets(open, `"]"`)
			}
			p.next()
		}
		switch {
		case p.is(key):
			if err := p.singlePair(n, depth); err != nil {
				return err
			}
		case p.is(flowSequenceEnd):
		case p.is(streamEnd):
			return p.inBrackets(open, `"]"`)
		default:
			child, err := p.node(context{}, depth+1)
			if err != nil {
				return err
			}
			n.Children = append(n.Children, child)
		}
	}
	p.next()
	return nil
}

// singlePair reads "key: value" within square brackets, a mapping of its own.
func (p *parser) singlePair(n *Node, depth int) error {
	k := p.next()
	pair := &Node{Kind: Mapping, Line: k.line + 1, Column: k.column + 1}
	if err := p.valueOrEmpty(pair, context{}, depth+1, k, value, flowEntry, flowSequenceEnd); err != nil {
		return err
	}
	if err := p.pairValue(pair, depth+1, flowSequenceEnd); err != nil {
		return err
	}
	n.Children = append(n.Children, pair)
	return nil
}

// pairValue reads the value of a pair within brackets; both ":" and value may be
// left out.
func (p *parser) pairValue(n *Node, depth int, closing kind) error {
	if !p.is(value) {
		return p.appendEmpty(n)
	}
	return p.valueOrEmpty(n, context{}, depth, p.next(), flowEntry, closing)
}

func (p *parser) flowMapping(n *Node, depth int) error {
	n.Kind = Mapping
	open := p.next()
	for first := true; !p.is(flowMappingEnd); first = false {
		if !first {
			if !p.is(flowEntry) {
				return p.inBrackets(open, `"}"`)
			}
			p.next()
		}
		switch {
		case p.is(key):
			if err := p.valueOrEmpty(n, context{}, depth, p.next(), value, flowEntry, flowMappingEnd); err != nil {
				return err
			}
			if err := p.pairValue(n, depth, flowMappingEnd); err != nil {
				return err
			}
		case p.is(flowMappingEnd):
		case p.is(streamEnd):
			return p.inBrackets(open, `"}"`)
		default:
			// A key alone has an empty value.
			child, err := p.node(context{}, depth+1)
			if err != nil {
				return err
			}
			n.Children = append(n.Children, child)
			if err := p.appendEmpty(n); err != nil {
				return err
			}
		}
	}
	p.next()
	return nil
}
