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
// JavaScript. A result beyond the limit is not finished.
func (p *program) direct(s scope, limit int) (string, bool) {
	if p.paths == nil {
		return "", false
	}
	var out []byte
	next := 0
	for _, part := range p.parts {
		if !part.Expression {
			out = append(out, part.Text...)
			continue
		}
		v, ok := lookUp(s, p.paths[next])
		if !ok {
			return "", false
		}
		next++
		if text, isString := v.(string); isString {
			out = append(out, text...)
		} else if v != nil {
			out = appendJSON(out, v)
		}
		if len(out) > limit {
			break
		}
	}
	return string(out), true
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

// appendJSON appends the text that JSON.stringify gives a value: numbers are
// doubles, and keys that are array indexes come first.
func appendJSON(b []byte, value any) []byte {
	switch v := value.(type) {
	case json.Number:
		f, _ := strconv.ParseFloat(string(v), 64)
		return appendNumber(b, f)
	case string:
		return ordered.AppendString(b, v)
	case bool:
		return strconv.AppendBool(b, v)
	case []any:
		b = append(b, '[')
		for i, e := range v {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendJSON(b, e)
		}
		return append(b, ']')
	case *ordered.Object:
		b = append(b, '{')
		for i, k := range scriptKeys(v) {
			if i > 0 {
				b = append(b, ',')
			}
			b = ordered.AppendString(b, k)
			b = append(b, ':')
			e, _ := v.Get(k)
			b = appendJSON(b, e)
		}
		return append(b, '}')
	default:
		return append(b, "null"...)
	}
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
