package expr

import (
	"errors"
	"math"
	"strings"
	"unicode"
	"unicode/utf16"

	"github.com/dop251/goja"

	"github.com/dig2temporal/dig2temporal/translate/expr/javaregex"
)

// In Digdag's engine strings have the methods of java.lang.String beside their
// own, and workflows use them. goja has those that JavaScript got later under the
// same name (startsWith, endsWith, repeat …); the others are here.

// javaMethod takes the string and the arguments of a call.
type javaMethod func(r *run, s string, call goja.FunctionCall) any

func java(name string) bool {
	_, ok := javaMethods[name]
	return ok
}

var javaMethods = map[string]javaMethod{
	"contains": func(_ *run, s string, call goja.FunctionCall) any {
		return strings.Contains(s, call.Argument(0).String())
	},
	"equals": func(_ *run, s string, call goja.FunctionCall) any {
		other, ok := call.Argument(0).(goja.String)
		return ok && other.String() == s
	},
	"equalsIgnoreCase": func(_ *run, s string, call goja.FunctionCall) any {
		other, ok := call.Argument(0).(goja.String)
		return ok && strings.EqualFold(other.String(), s)
	},
	"contentEquals": func(_ *run, s string, call goja.FunctionCall) any { return call.Argument(0).String() == s },
	"compareTo": func(_ *run, s string, call goja.FunctionCall) any {
		return compareUnits(s, call.Argument(0).String())
	},
	"compareToIgnoreCase": func(_ *run, s string, call goja.FunctionCall) any {
		return compareUnits(foldCase(s), foldCase(call.Argument(0).String()))
	},
	"isEmpty":  func(_ *run, s string, _ goja.FunctionCall) any { return s == "" },
	"isBlank":  func(_ *run, s string, _ goja.FunctionCall) any { return strings.TrimFunc(s, unicode.IsSpace) == "" },
	"strip":    func(_ *run, s string, _ goja.FunctionCall) any { return strings.TrimFunc(s, unicode.IsSpace) },
	"intern":   func(_ *run, s string, _ goja.FunctionCall) any { return s },
	"hashCode": func(_ *run, s string, _ goja.FunctionCall) any { return hashCode(s) },
	"subSequence": func(r *run, s string, call goja.FunctionCall) any {
		units := utf16.Encode([]rune(s))
		from, to := call.Argument(0).ToInteger(), call.Argument(1).ToInteger()
		if from < 0 || to > int64(len(units)) || from > to {
			r.throw("RangeError", "String index out of range")
		}
		return string(utf16.Decode(units[from:to]))
	},
	"stripLeading": func(_ *run, s string, _ goja.FunctionCall) any {
		return strings.TrimLeftFunc(s, unicode.IsSpace)
	},
	"stripTrailing": func(_ *run, s string, _ goja.FunctionCall) any {
		return strings.TrimRightFunc(s, unicode.IsSpace)
	},
	"codePointCount": func(r *run, s string, call goja.FunctionCall) any {
		units := utf16.Encode([]rune(s))
		from, to := call.Argument(0).ToInteger(), call.Argument(1).ToInteger()
		if from < 0 || to > int64(len(units)) || from > to {
			r.throw("RangeError", "String index out of range")
		}
		return len(utf16.Decode(units[from:to]))
	},
	"regionMatches": regionMatches,
	"indent":        indent,
	"matches": func(r *run, s string, call goja.FunctionCall) any {
		ok, err := r.pattern(call.Argument(0)).Matches(s)
		r.checkJava(err)
		return ok
	},
	"replaceFirst": func(r *run, s string, call goja.FunctionCall) any {
		return r.replaceJava(s, call, false)
	},
	"replaceAll": func(r *run, s string, call goja.FunctionCall) any {
		return r.replaceJava(s, call, true)
	},
}

func (r *run) installJava(name string) {
	method := javaMethods[name]
	later := r.native("String", name) // what JavaScript has by that name
	if later != nil && name == "replaceAll" {
		later = r.replacing(later)
	}
	r.replace("String", name, func(call goja.FunctionCall) goja.Value {
		_, isFunction := goja.AssertFunction(call.Argument(1))
		if later != nil && (isFunction || isRegExp(call.Argument(0))) {
			return later(call)
		}
		return r.rt.ToValue(method(r, call.This.String(), call))
	})
}

// javaLength is x.length(), which Java's strings have.
func (r *run) javaLength(call goja.FunctionCall) goja.Value {
	switch v := call.Argument(0).(type) {
	case goja.String:
		return r.rt.ToValue(v.Length())
	case *goja.Object:
		if f, ok := goja.AssertFunction(v.Get("length")); ok {
			n, err := f(v)
			if err != nil {
				panic(err)
			}
			return n
		}
	}
	if v := call.Argument(0); goja.IsUndefined(v) || goja.IsNull(v) {
		r.throw("TypeError", "Cannot read property 'length' of "+v.String())
	}
	r.throw("TypeError", "(intermediate value).length is not a function")
	return nil
}

func (r *run) pattern(v goja.Value) *javaregex.Pattern {
	r.checkPattern(v.String())
	p, err := javaregex.Compile(v.String(), r.limits.TimeLimit)
	r.checkJava(err)
	return p
}

func (r *run) replaceJava(s string, call goja.FunctionCall, all bool) string {
	out, err := r.pattern(call.Argument(0)).Replace(s, call.Argument(1).String(), all, r.limits.ResultLimit)
	if errors.Is(err, javaregex.ErrTooLong) {
		r.checkLength(math.MaxInt32)
	}
	r.checkJava(err)
	return out
}

// checkJava throws what Java would: its messages have no name of an error before
// them.
func (r *run) checkJava(err error) {
	if err != nil {
		panic(r.rt.ToValue(err.Error()))
	}
}

func compareUnits(a, b string) int {
	x, y := utf16.Encode([]rune(a)), utf16.Encode([]rune(b))
	for i := range min(len(x), len(y)) {
		if x[i] != y[i] {
			return int(x[i]) - int(y[i])
		}
	}
	return len(x) - len(y)
}

func foldCase(s string) string {
	return strings.Map(func(r rune) rune { return unicode.ToLower(unicode.ToUpper(r)) }, s)
}

func hashCode(s string) int32 {
	h := int32(0)
	for _, u := range utf16.Encode([]rune(s)) {
		h = 31*h + int32(u)
	}
	return h
}

func regionMatches(_ *run, s string, call goja.FunctionCall) any {
	args := call.Arguments
	fold := false
	if len(args) > 4 {
		fold, args = args[0].ToBoolean(), args[1:]
	}
	if len(args) < 4 {
		return false
	}
	mine, other := utf16.Encode([]rune(s)), utf16.Encode([]rune(args[1].String()))
	from, otherFrom, n := args[0].ToInteger(), args[2].ToInteger(), args[3].ToInteger()
	if from < 0 || otherFrom < 0 || n > int64(len(mine))-from || n > int64(len(other))-otherFrom {
		return false
	}
	if n <= 0 {
		return true
	}
	a, b := string(utf16.Decode(mine[from:from+n])), string(utf16.Decode(other[otherFrom:otherFrom+n]))
	return a == b || fold && strings.EqualFold(a, b)
}

// indent adds blanks to each line, or takes some away, and ends it with \n.
func indent(r *run, s string, call goja.FunctionCall) any {
	n := call.Argument(0).ToInteger()
	if n > 1000 {
		r.throw("RangeError", "indent by more than 1000 blanks")
	}
	lines := strings.Split(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(s), "\n")
	if lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	r.checkLength(int64(len(s)) + int64(len(lines))*(max(n, 0)+1))
	var b strings.Builder
	for _, line := range lines {
		b.WriteString(strings.Repeat(" ", int(max(n, 0))))
		for k := n; k < 0 && line != "" && unicode.IsSpace(rune(line[0])); k++ {
			line = line[1:]
		}
		b.WriteString(line + "\n")
	}
	return b.String()
}
