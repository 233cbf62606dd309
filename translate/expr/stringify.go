package expr

import (
	"strconv"
	"strings"

	"github.com/dop251/goja"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
)

// stringify is JSON.stringify(v); it tells whether there is a text at all.
// It is our own because goja's recursion knows no limit of depth or size.
func (r *run) stringify(v goja.Value) (string, bool) {
	w := &jsonWriter{run: r}
	if !w.value(r.rt.NewObject(), "", v) {
		return "", false
	}
	return string(w.out), true
}

type jsonWriter struct {
	run      *run
	out      []byte
	replacer goja.Callable
	only     []string
	gap      string
	indent   string
	open     map[*goja.Object]bool
}

// maxDepth is how deep a value may nest that is turned into a text.
const maxDepth = 1000

func (w *jsonWriter) value(holder *goja.Object, key string, v goja.Value) bool {
	rt := w.run.rt
	if o, ok := v.(*goja.Object); ok {
		if f, ok := goja.AssertFunction(o.Get("toJSON")); ok {
			v = w.call(f, o, rt.ToValue(key))
		}
	}
	if w.replacer != nil {
		v = w.call(w.replacer, holder, rt.ToValue(key), v)
	}
	if len(w.out) > w.run.limits.ResultLimit || w.run.stopping.Load() {
		w.run.stop("JSON.stringify makes a text longer than " + byteSize(int64(w.run.limits.ResultLimit)))
	}
	switch v := v.(type) {
	case nil:
		return false
	case goja.String:
		w.run.checkLength(int64(len(w.out)) + int64(v.Length()))
		w.out = ordered.AppendString(w.out, v.String())
		return true
	case *goja.Object:
		return w.object(v)
	case *goja.Symbol:
		return false
	}
	switch {
	case goja.IsUndefined(v):
		return false
	case goja.IsNull(v):
		w.out = append(w.out, "null"...)
	default:
		w.primitive(v)
	}
	return true
}

func (w *jsonWriter) primitive(v goja.Value) {
	switch n := v.Export().(type) {
	case bool:
		w.out = strconv.AppendBool(w.out, n)
	case int64:
		w.out = strconv.AppendInt(w.out, n, 10)
	case float64:
		w.out = appendNumber(w.out, n)
	default:
		panic(w.run.rt.NewTypeError("Do not know how to serialize a BigInt"))
	}
}

func (w *jsonWriter) call(f goja.Callable, this goja.Value, args ...goja.Value) goja.Value {
	v, err := f(this, args...)
	if err != nil {
		panic(err)
	}
	return v
}

func (w *jsonWriter) object(o *goja.Object) bool {
	switch o.ClassName() {
	case "Number":
		w.primitive(o.ToNumber())
		return true
	case "String":
		w.out = ordered.AppendString(w.out, o.String())
		return true
	case "Boolean":
		w.out = append(w.out, o.String()...)
		return true
	}
	if _, ok := goja.AssertFunction(o); ok {
		return false
	}
	rt := w.run.rt
	if w.open[o] {
		panic(rt.NewTypeError("Converting circular structure to JSON"))
	}
	if len(w.open) >= maxDepth {
		panic(rt.NewTypeError("JSON nested deeper than %d levels", maxDepth))
	}
	if w.open == nil {
		w.open = map[*goja.Object]bool{}
	}
	w.open[o] = true
	outer := w.indent
	w.indent += w.gap
	if o.ClassName() == "Array" {
		w.array(o, outer)
	} else {
		w.members(o, outer)
	}
	w.indent = outer
	delete(w.open, o)
	return true
}

func (w *jsonWriter) array(o *goja.Object, outer string) {
	w.out = append(w.out, '[')
	n := o.Get("length").ToInteger()
	for i := int64(0); i < n; i++ {
		w.separate(i > 0)
		key := strconv.FormatInt(i, 10)
		if !w.value(o, key, o.Get(key)) {
			w.out = append(w.out, "null"...)
		}
	}
	w.close(n > 0, outer, ']')
}

func (w *jsonWriter) members(o *goja.Object, outer string) {
	w.out = append(w.out, '{')
	keys := w.only
	if keys == nil {
		keys = o.Keys()
	}
	some := false
	for _, key := range keys {
		before := len(w.out)
		w.separate(some)
		w.out = ordered.AppendString(w.out, key)
		w.out = append(w.out, ':')
		if w.gap != "" {
			w.out = append(w.out, ' ')
		}
		if w.value(o, key, o.Get(key)) {
			some = true
		} else {
			w.out = w.out[:before]
		}
	}
	w.close(some, outer, '}')
}

func (w *jsonWriter) separate(comma bool) {
	if comma {
		w.out = append(w.out, ',')
	}
	if w.gap != "" {
		w.out = append(append(w.out, '\n'), w.indent...)
	}
}

func (w *jsonWriter) close(some bool, outer string, bracket byte) {
	if some && w.gap != "" {
		w.out = append(append(w.out, '\n'), outer...)
	}
	w.out = append(w.out, bracket)
}

// jsonStringify is the JSON.stringify of expressions.
func (r *run) jsonStringify(call goja.FunctionCall) goja.Value {
	w := &jsonWriter{run: r}
	if o, ok := call.Argument(1).(*goja.Object); ok {
		if f, ok := goja.AssertFunction(o); ok {
			w.replacer = f
		} else if o.ClassName() == "Array" {
			w.only = r.keyList(o)
		}
	}
	w.gap = jsonGap(call.Argument(2))
	holder := r.rt.NewObject()
	_ = holder.Set("", call.Argument(0))
	if !w.value(holder, "", call.Argument(0)) {
		return goja.Undefined()
	}
	r.checkLength(int64(len(w.out)))
	return r.rt.ToValue(string(w.out))
}

func (r *run) keyList(list *goja.Object) []string {
	keys, seen := []string{}, map[string]bool{}
	n := list.Get("length").ToInteger()
	for i := int64(0); i < n; i++ {
		v := list.Get(strconv.FormatInt(i, 10))
		if v == nil || goja.IsUndefined(v) || goja.IsNull(v) {
			continue
		}
		if o, ok := v.(*goja.Object); ok && o.ClassName() != "String" && o.ClassName() != "Number" {
			continue
		}
		if k := v.String(); !seen[k] {
			seen[k] = true
			keys = append(keys, k)
		}
	}
	return keys
}

func jsonGap(space goja.Value) string {
	const most = 10
	if o, ok := space.(*goja.Object); ok {
		switch o.ClassName() {
		case "Number":
			space = o.ToNumber()
		case "String":
			space = o.ToString()
		}
	}
	switch v := space.Export().(type) {
	case int64, float64:
		return strings.Repeat(" ", int(max(0, min(most, space.ToInteger()))))
	case string:
		if runes := []rune(v); len(runes) > most {
			return string(runes[:most])
		}
		return v
	}
	return ""
}
