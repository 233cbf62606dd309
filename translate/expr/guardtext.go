package expr

import (
	"math"
	"strconv"
	"strings"

	"github.com/dop251/goja"
)

// join is Array.prototype.join, and toLocaleString, which differs in nothing
// without locales.
func (r *run) join(call goja.FunctionCall) goja.Value {
	o := call.This.ToObject(r.rt)
	if r.joined[o] {
		return r.rt.ToValue("")
	}
	r.enter()
	defer r.leave()
	if r.joined == nil {
		r.joined = map[*goja.Object]bool{}
	}
	r.joined[o] = true
	defer delete(r.joined, o)

	r.checkList(o)
	separator := ","
	if v := call.Argument(0); !goja.IsUndefined(v) {
		separator = v.String()
	}
	var b strings.Builder
	n := o.Get("length").ToInteger()
	for i := int64(0); i < n; i++ {
		if i > 0 {
			b.WriteString(separator)
		}
		if v := o.Get(strconv.FormatInt(i, 10)); v != nil && !goja.IsUndefined(v) && !goja.IsNull(v) {
			b.WriteString(v.ToString().String())
		}
		r.checkLength(int64(b.Len()))
	}
	return r.rt.ToValue(b.String())
}

func (r *run) guardConcat() {
	strings, arrays := r.native("String", "concat"), r.native("Array", "concat")
	r.replace("String", "concat", func(call goja.FunctionCall) goja.Value {
		n := lengthOf(call.This)
		for _, v := range call.Arguments {
			n += lengthOf(v)
		}
		r.checkLength(n)
		return strings(call)
	})
	r.replace("Array", "concat", func(call goja.FunctionCall) goja.Value {
		n := int64(0)
		for _, v := range append([]goja.Value{call.This}, call.Arguments...) {
			r.checkList(v)
			n += 1 + lengthOf(v)
		}
		r.checkElements(n)
		return arrays(call)
	})
}

// lengthOf returns the length of a string or an array, 0 for others.
func lengthOf(v goja.Value) int64 {
	switch v := v.(type) {
	case goja.String:
		return int64(v.Length())
	case *goja.Object:
		if n := v.Get("length"); n != nil {
			if f := n.ToFloat(); f > 0 {
				return int64(min(f, math.MaxInt32))
			}
		}
	}
	return 0
}

func (r *run) guardLength(name string) {
	native := r.native("String", name)
	r.replace("String", name, func(call goja.FunctionCall) goja.Value {
		n := call.Argument(0).ToFloat()
		if name == "repeat" {
			n *= float64(lengthOf(call.This))
		}
		r.checkLength(int64(min(max(n, 0), math.MaxInt32)))
		return native(call)
	})
}

func isRegExp(v goja.Value) bool {
	o, ok := v.(*goja.Object)
	return ok && o.ClassName() == "RegExp"
}

// guardNormalize guards the method that makes up to 18 letters of one.
func (r *run) guardNormalize() {
	native := r.native("String", "normalize")
	r.replace("String", "normalize", func(call goja.FunctionCall) goja.Value {
		r.checkLength(lengthOf(call.This))
		v := native(call)
		r.checkLength(lengthOf(v))
		return v
	})
}

// guardSplit guards the methods of strings that return many pieces, or make a
// regular expression of a text.
func (r *run) guardSplit(name string) {
	native := r.native("String", name)
	r.replace("String", name, func(call goja.FunctionCall) goja.Value {
		v := call.Argument(0)
		if name != "split" && !isRegExp(v) {
			r.checkPattern(v.String())
		}
		if n := lengthOf(call.This); n > maxElements {
			if s, ok := v.(goja.String); !ok || name != "split" || s.Length() == 0 || strings.Count(call.This.String(), s.String()) > maxElements {
				r.checkElements(n)
			}
		}
		return native(call)
	})
}

// guardReplace guards replacements.
func (r *run) guardReplace() {
	native := r.native("String", "replace")
	r.replace("String", "replace", r.replacing(native))
}

// replacing guards a replacement that makes more of a text than fits: then it is
// made piece by piece by a function.
func (r *run) replacing(native function) function {
	return func(call goja.FunctionCall) goja.Value {
		pattern, by := call.Argument(0), call.Argument(1)
		if _, ok := goja.AssertFunction(by); ok {
			return native(call)
		}
		text, replacement := lengthOf(call.This), by.String()
		matches := int64(1)
		if isRegExp(pattern) {
			matches += text
		}
		// Each $ may stand for most of the text.
		each := int64(len(replacement)) + int64(strings.Count(replacement, "$"))*text
		if text <= int64(r.limits.ResultLimit) && each <= (int64(r.limits.ResultLimit)-text)/matches {
			return native(call)
		}
		total := int64(0)
		piece := func(match goja.FunctionCall) goja.Value {
			s := r.expandReplacement(replacement, match.Arguments)
			total += int64(len(s))
			r.checkLength(total)
			return r.rt.ToValue(s)
		}
		call.Arguments = []goja.Value{pattern, r.rt.ToValue(piece)}
		return native(call)
	}
}

// expandReplacement does what the $ of a replacement say. The arguments are those
// that a replacing function gets: the match, the groups, the offset, the text, and
// the groups by their names if the pattern has names.
func (r *run) expandReplacement(replacement string, args []goja.Value) string {
	named, _ := args[len(args)-1].(*goja.Object)
	if named != nil {
		args = args[:len(args)-1]
	}
	groups := args[1 : len(args)-2]
	offset, text := int(args[len(args)-2].ToInteger()), args[len(args)-1].ToString().(goja.String)
	match := args[0].ToString().(goja.String)
	var b strings.Builder
	for i := 0; i < len(replacement); i++ {
		r.checkLength(int64(b.Len()))
		c := replacement[i]
		if c != '$' || i+1 == len(replacement) {
			b.WriteByte(c)
			continue
		}
		next := replacement[i+1]
		switch {
		case next == '$':
			b.WriteByte('$')
			i++
		case next == '&':
			b.WriteString(match.String())
			i++
		case next == '`':
			b.WriteString(text.Substring(0, offset).String())
			i++
		case next == '\'':
			b.WriteString(text.Substring(offset+match.Length(), text.Length()).String())
			i++
		case next == '<' && named != nil:
			end := strings.IndexByte(replacement[i:], '>')
			if end < 0 {
				b.WriteByte('$')
				continue
			}
			if group := named.Get(replacement[i+2 : i+end]); group != nil && !goja.IsUndefined(group) {
				b.WriteString(group.String())
			}
			i += end
		case next >= '0' && next <= '9':
			n, width := int(next-'0'), 1
			if i+2 < len(replacement) && replacement[i+2] >= '0' && replacement[i+2] <= '9' {
				if two := n*10 + int(replacement[i+2]-'0'); two <= len(groups) {
					n, width = two, 2
				}
			}
			if n < 1 || n > len(groups) {
				b.WriteByte('$')
				continue
			}
			if g := groups[n-1]; !goja.IsUndefined(g) {
				b.WriteString(g.String())
			}
			i += width
		default:
			b.WriteByte('$')
		}
	}
	return b.String()
}

func (r *run) checkPattern(pattern string) {
	if len(pattern) > maxPattern {
		r.throw("SyntaxError", "a regular expression is longer than "+strconv.Itoa(maxPattern)+" bytes")
	}
}
