package syntax

import (
	"encoding/base64"
	"encoding/json"
	"strings"

	"github.com/dig2temporal/dig2temporal/translate/syntax/yaml11"
)

// scalar makes the value of a scalar with its tag.
func (b *builder) scalar(r *yaml11.Node, tag string) *Node {
	v, ok := any(nil), true
	switch tag {
	case tagStr:
		v = r.Text
	case tagNull:
	case tagBool:
		switch strings.ToLower(r.Text) {
		case "true", "yes", "on":
			v = true
		case "false", "no", "off":
			v = false
		}
	case tagInt:
		var n json.Number
		if n, ok = intValue(r.Text); ok {
			v = n
		}
	case tagFloat:
		v, ok = floatValue(r.Text)
	case tagPrefix + "binary":
		v, ok = binaryValue(r.Text)
	case tagPrefix + "timestamp":
		v, ok = timestampValue(r.Text)
	case includeTag:
		// Only a key may have this tag. As a value Digdag takes it for a file of an
		// odd random name.
		b.errorf(b.pos(r), ruleInclude, KindNoSuchFile, "", `"!include" must be a key: write "!include : %s"`, includeHint(r.Text))
		return nil
	case tagMerge:
		b.errorf(b.pos(r), ruleYAML, KindParser, "", `"<<" is only allowed as a key: put the text into quotes`)
		return nil
	default:
		return b.unknownTag(r, tag)
	}
	if !ok {
		b.errorf(b.pos(r), ruleYAML, KindParser, "", "%q is no value of the type %s", shorten(r.Text), tagName(tag))
		return nil
	}
	return &Node{Kind: Scalar, Pos: b.pos(r), Scalar: v}
}

func includeHint(text string) string {
	if text == "" {
		return "FILE"
	}
	return shorten(text)
}

func (b *builder) unknownTag(r *yaml11.Node, tag string) *Node {
	b.errorf(b.pos(r), ruleYAML, KindParser, "", "unknown tag %q", shorten(tagName(tag)))
	return nil
}

func tagName(tag string) string {
	if name, ok := strings.CutPrefix(tag, tagPrefix); ok {
		return "!!" + name
	}
	return tag
}

// tagged makes a list or a mapping whose tag is not the usual one.
func (b *builder) tagged(r *yaml11.Node, tag string, depth int) *Node {
	switch {
	case tag == "!include":
		return b.scalar(r, tag)
	case tag == tagPrefix+"set" && r.Kind == Mapping:
		n := b.mapping(r, depth)
		if n == nil {
			return nil
		}
		set := &Node{Kind: Sequence, Pos: n.Pos}
		for _, e := range n.Entries {
			set.Items = append(set.Items, &Node{Kind: Scalar, Pos: e.Pos, Scalar: e.Key})
		}
		return set
	case tag == tagPrefix+"omap" && r.Kind == Sequence, tag == tagPrefix+"pairs" && r.Kind == Sequence:
		return b.orderedPairs(r, tag, depth)
	}
	switch tag {
	case tagStr, tagNull, tagBool, tagInt, tagFloat, tagSeq, tagMap,
		tagPrefix + "binary", tagPrefix + "timestamp", tagPrefix + "set", tagPrefix + "omap", tagPrefix + "pairs":
		b.errorf(b.pos(r), ruleYAML, KindParser, "", "%s is no value of the type %s", kindName(r.Kind), tagName(tag))
		return nil
	}
	return b.unknownTag(r, tag)
}

// orderedPairs makes a mapping (omap) or a list of pairs of a list of mappings
// with one key each.
func (b *builder) orderedPairs(r *yaml11.Node, tag string, depth int) *Node {
	omap := &Node{Kind: Mapping, Pos: b.pos(r)}
	pairs := &Node{Kind: Sequence, Pos: b.pos(r)}
	for _, c := range r.Children {
		item := c.Target()
		if item.Kind != Mapping || len(item.Children) != 2 {
			b.errorf(b.pos(c), ruleYAML, KindParser, "", "expected a mapping of one key in a value of the type %s", tagName(tag))
			return nil
		}
		n := b.mapping(item, depth+1)
		if n == nil || len(n.Entries) != 1 {
			return nil
		}
		e := n.Entries[0]
		if at := omap.Entry(e.Key); at != nil {
			at.Value = e.Value
		} else {
			omap.Entries = append(omap.Entries, e)
		}
		key := &Node{Kind: Scalar, Pos: e.Pos, Scalar: e.Key}
		pairs.Items = append(pairs.Items, &Node{Kind: Sequence, Pos: e.Pos, Items: []*Node{key, e.Value}})
	}
	if tag == tagPrefix+"omap" {
		return omap
	}
	return pairs
}

func binaryValue(text string) (any, bool) {
	bytes, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
	if err != nil {
		return nil, false
	}
	return base64.StdEncoding.EncodeToString(bytes), true
}
