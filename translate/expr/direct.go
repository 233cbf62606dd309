package expr

import (
	"encoding/json"
	"math"
	"sort"
	"strconv"
	"strings"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
)

// splitPath returns the names of an expression that is a name, or names joined
// by dots; none for the empty expression, and nil for any other.
func splitPath(source string) []string {
	if source == "" {
		return []string{}
	}
	path := strings.Split(strings.TrimSpace(source), ".")
	for _, name := range path {
		if !plainName(name) {
			return nil
		}
	}
	if reserved(path[0]) || keyword(path[0]) {
		return nil
	}
	return path
}

func plainName(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		letter := c == '_' || c == '$' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return s != ""
}

// keyword tells whether JavaScript never reads a word as a variable.
func keyword(s string) bool {
	switch s {
	case "break", "case", "catch", "class", "const", "continue", "debugger", "default", "delete", "do", "else", "enum",
		"export", "extends", "false", "finally", "for", "function", "if", "import", "in", "instanceof", "new", "null",
		"return", "super", "switch", "this", "throw", "true", "try", "typeof", "var", "void", "while", "with":
		return true
	}
	return false
}

// direct evaluates a text whose expressions are but paths to values that are
// there. For everything else, missing values included, it leaves the answer to
// JavaScript. The result is taken out of the budget, and not finished when that is
// not enough.
func (p *program) direct(s scope, b *budget) (out string, ok bool, err error) {
	if p.paths == nil {
		return "", false, nil
	}
	values := make([]any, 0, 8)
	for _, path := range p.paths {
		v, ok := lookUp(s, path)
		if !ok {
			return "", false, nil
		}
		values = append(values, v)
	}
	if len(p.parts) == 1 && len(values) == 1 {
		if text, ok := values[0].(string); ok {
			return text, true, b.take(len(text))
		}
	}
	w := directWriter{limit: b.left}
	w.write(p.parts, values)
	if err := b.take(w.size + len(w.held)); err != nil {
		return "", true, err
	}
	return w.text(), true, nil
}

// directWriter writes the text of values, until it is beyond the limit. What is
// large is put together at the end only: it must not be copied again and again
// while the text grows.
type directWriter struct {
	limit  int
	size   int // of the pieces
	pieces []string
	// held comes after the pieces.
	held []byte
}

// largePiece is from which length on a text is worth a piece of its own.
const largePiece = 16 << 10

func (w *directWriter) write(parts []Part, values []any) {
	next := 0
	for _, part := range parts {
		if !part.Expression {
			w.add(part.Text)
			continue
		}
		switch v := values[next].(type) {
		case nil:
		case string:
			w.add(v)
		default:
			w.json(v)
		}
		if next++; w.full() {
			return
		}
	}
}

func (w *directWriter) add(text string) {
	if len(text) < largePiece {
		w.held = append(w.held, text...)
		return
	}
	w.flush()
	w.piece(text)
}

func (w *directWriter) piece(text string) {
	w.pieces = append(w.pieces, text)
	w.size += len(text)
}

func (w *directWriter) flush() {
	if len(w.held) > 0 {
		w.piece(string(w.held))
		w.held = w.held[:0]
	}
}

func (w *directWriter) full() bool { return w.size+len(w.held) > w.limit }

func (w *directWriter) text() string {
	if len(w.pieces) == 0 {
		return string(w.held)
	}
	w.flush()
	return strings.Join(w.pieces, "")
}

// json writes the text that JSON.stringify gives a value: numbers are doubles, and
// keys that are array indexes come first.
func (w *directWriter) json(value any) {
	if len(w.held) >= largePiece {
		w.flush()
	}
	switch v := value.(type) {
	case json.Number:
		f, _ := strconv.ParseFloat(string(v), 64)
		w.held = appendNumber(w.held, f)
	case string:
		w.held = ordered.AppendString(w.held, v)
	case bool:
		w.held = strconv.AppendBool(w.held, v)
	case []any:
		open := byte('[')
		for _, e := range v {
			if w.full() {
				return
			}
			w.held = append(w.held, open)
			open = ','
			w.json(e)
		}
		if open == '[' {
			w.held = append(w.held, '[')
		}
		w.held = append(w.held, ']')
	case *ordered.Object:
		open := byte('{')
		for _, k := range scriptKeys(v) {
			if w.full() {
				return
			}
			w.held = append(w.held, open)
			open = ','
			w.held = append(ordered.AppendString(w.held, k), ':')
			e, _ := v.Get(k)
			w.json(e)
		}
		if open == '{' {
			w.held = append(w.held, '{')
		}
		w.held = append(w.held, '}')
	default:
		w.held = append(w.held, "null"...)
	}
}

func lookUp(s scope, path []string) (any, bool) {
	if len(path) == 0 {
		return nil, true
	}
	v, ok := s.get(path[0])
	for _, name := range path[1:] {
		o, isObject := v.(*ordered.Object)
		if !ok || !isObject {
			return nil, false
		}
		v, ok = o.Get(name)
	}
	return v, ok
}

// scriptKeys returns the keys of an object in JavaScript's order.
func scriptKeys(o *ordered.Object) []string {
	var indexes []string
	for _, k := range o.Keys() {
		if isIndex(k) {
			indexes = append(indexes, k)
		}
	}
	if indexes == nil {
		return o.Keys()
	}
	sort.Slice(indexes, func(i, j int) bool {
		a, b := indexes[i], indexes[j]
		return len(a) < len(b) || len(a) == len(b) && a < b
	})
	for _, k := range o.Keys() {
		if !isIndex(k) {
			indexes = append(indexes, k)
		}
	}
	return indexes
}

func isIndex(k string) bool {
	if k == "" || len(k) > 10 || k[0] == '0' && k != "0" {
		return false
	}
	n, err := strconv.ParseUint(k, 10, 32)
	return err == nil && n < math.MaxUint32 && k[0] != '+'
}

// appendNumber appends a double as JavaScript prints it in JSON.
func appendNumber(b []byte, f float64) []byte {
	abs := math.Abs(f)
	switch {
	case math.IsNaN(f) || math.IsInf(f, 0):
		return append(b, "null"...)
	case abs == 0:
		return append(b, '0')
	case abs >= 1e-6 && abs < 1e21:
		return strconv.AppendFloat(b, f, 'f', -1, 64)
	}
	text := strconv.FormatFloat(f, 'e', -1, 64)
	mantissa, exponent, _ := strings.Cut(text, "e")
	sign := exponent[:1]
	return append(b, mantissa+"e"+sign+strings.TrimLeft(exponent[1:], "0")...)
}
