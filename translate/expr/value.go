package expr

import (
	"encoding/json"
	"math"
	"strconv"

	"github.com/dop251/goja"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
)

// toScript makes a JavaScript value of a JSON value.
func toScript(rt *goja.Runtime, value any) goja.Value {
	switch v := value.(type) {
	case nil:
		return goja.Null()
	case json.Number:
		return number(rt, string(v))
	case []any:
		list := make([]any, len(v))
		for i, e := range v {
			list[i] = toScript(rt, e)
		}
		return rt.NewArray(list...)
	case *ordered.Object:
		o := rt.NewObject()
		for _, k := range v.Keys() {
			e, _ := v.Get(k)
			define(rt, o, k, e)
		}
		return o
	default:
		return rt.ToValue(v)
	}
}

// define gives an object a property, also one that has a meaning of its own.
func define(rt *goja.Runtime, o *goja.Object, name string, value any) {
	v := toScript(rt, value)
	if name == "__proto__" {
		_ = o.DefineDataProperty(name, v, goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_TRUE)
		return
	}
	_ = o.Set(name, v)
}

func number(rt *goja.Runtime, text string) goja.Value {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil && n > -1<<53 && n < 1<<53 && text != "-0" {
		return rt.ToValue(n)
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil && !math.IsInf(f, 0) {
		f = math.NaN()
	}
	return rt.ToValue(f)
}
