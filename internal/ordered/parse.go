package ordered

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// MaxDepth is how deep a parsed JSON text may nest.
const MaxDepth = 1000

// Parse reads one JSON value. Numbers are kept as written, but for numbers with
// a fraction or an exponent, which get the text that FloatText gives them, so
// that one number has one text. A key that occurs twice keeps its first place
// and its last value.
//
// The tokens of encoding/json would do as well, in five times the time and four times
// the memory. What is seldom is left to it: escapes, characters beyond ASCII, and
// what to say about a text that is no JSON.
func Parse(text []byte) (any, error) {
	p := parser{text: text}
	v, err := p.value(0)
	if err == nil {
		if p.blanks(); p.at < len(text) {
			err = errSyntax
		}
	}
	if errors.Is(err, errSyntax) {
		return nil, describeSyntax(text)
	}
	if err != nil {
		return nil, err
	}
	return v, nil
}

// ParseObject reads one JSON object.
func ParseObject(text []byte) (*Object, error) {
	v, err := Parse(text)
	if err != nil {
		return nil, err
	}
	o, ok := v.(*Object)
	if !ok {
		return nil, fmt.Errorf("expected a JSON object but got %s", TypeName(v))
	}
	return o, nil
}

var errSyntax = errors.New("invalid JSON")

func describeSyntax(text []byte) error {
	var raw json.RawMessage
	if err := json.Unmarshal(text, &raw); err != nil {
		return err
	}
	return errSyntax
}

type parser struct {
	text []byte
	at   int
}

func (p *parser) blanks() {
	for p.at < len(p.text) {
		switch p.text[p.at] {
		case ' ', '\t', '\n', '\r':
			p.at++
		default:
			return
		}
	}
}

// next skips blanks and returns the byte after them, 0 at the end.
func (p *parser) next() byte {
	p.blanks()
	if p.at == len(p.text) {
		return 0
	}
	return p.text[p.at]
}

func (p *parser) value(depth int) (any, error) {
	if depth > MaxDepth {
		return nil, fmt.Errorf("JSON nested deeper than %d levels", MaxDepth)
	}
	switch c := p.next(); {
	case c == '{':
		return p.object(depth)
	case c == '[':
		return p.array(depth)
	case c == '"':
		return p.string()
	case c == '-' || '0' <= c && c <= '9':
		return p.number()
	}
	for _, l := range literals {
		if bytes.HasPrefix(p.text[p.at:], l.text) {
			p.at += len(l.text)
			return l.value, nil
		}
	}
	return nil, errSyntax
}

var literals = []struct {
	text  []byte
	value any
}{{[]byte("null"), nil}, {[]byte("true"), true}, {[]byte("false"), false}}

func (p *parser) object(depth int) (any, error) {
	o := New()
	p.at++
	if p.next() == '}' {
		p.at++
		return o, nil
	}
	for {
		if p.next() != '"' {
			return nil, errSyntax
		}
		key, err := p.string()
		if err != nil {
			return nil, err
		}
		if p.next() != ':' {
			return nil, errSyntax
		}
		p.at++
		v, err := p.value(depth + 1)
		if err != nil {
			return nil, err
		}
		o.Set(key, v)
		if more, err := p.more('}'); !more {
			return o, err
		}
	}
}

func (p *parser) array(depth int) (any, error) {
	list := []any{}
	p.at++
	if p.next() == ']' {
		p.at++
		return list, nil
	}
	for {
		v, err := p.value(depth + 1)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
		if more, err := p.more(']'); !more {
			return list, err
		}
	}
}

// more steps over a comma, after which there is more, or over the end.
func (p *parser) more(end byte) (bool, error) {
	c := p.next()
	if c != ',' && c != end {
		return false, errSyntax
	}
	p.at++
	return c == ',', nil
}

func (p *parser) string() (string, error) {
	begin, plain := p.at, true
	for i := begin + 1; i < len(p.text); i++ {
		switch c := p.text[i]; {
		case c == '"':
			p.at = i + 1
			if plain {
				return string(p.text[begin+1 : i]), nil
			}
			var s string
			if json.Unmarshal(p.text[begin:p.at], &s) != nil {
				return "", errSyntax
			}
			return s, nil
		case c == '\\':
			plain = false
			i++
		case c < ' ':
			return "", errSyntax
		case c >= 0x80:
			plain = false
		}
	}
	return "", errSyntax
}

func (p *parser) number() (any, error) {
	begin := p.at
	p.skip("-")
	if p.skip("0") == 0 && p.digits() == 0 {
		return nil, errSyntax
	}
	if p.skip(".") > 0 && p.digits() == 0 {
		return nil, errSyntax
	}
	if p.skip("eE") > 0 {
		p.skip("+-")
		if p.digits() == 0 {
			return nil, errSyntax
		}
	}
	return Number(string(p.text[begin:p.at])), nil
}

// skip steps over one byte if it is one of those, and returns how many it was.
func (p *parser) skip(those string) int {
	if p.at < len(p.text) && strings.IndexByte(those, p.text[p.at]) >= 0 {
		p.at++
		return 1
	}
	return 0
}

func (p *parser) digits() int {
	begin := p.at
	for p.at < len(p.text) && '0' <= p.text[p.at] && p.text[p.at] <= '9' {
		p.at++
	}
	return p.at - begin
}
