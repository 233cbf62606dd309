package expr

import (
	"strconv"

	"github.com/dop251/goja"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
)

// jsonParse is JSON.parse. It is our own for the limit of depth, in the text and
// in what a reviver makes.
func (r *run) jsonParse(call goja.FunctionCall) goja.Value {
	value, err := ordered.Parse([]byte(call.Argument(0).String()))
	if err != nil {
		r.throw("SyntaxError", "Invalid JSON: "+err.Error())
	}
	v := toScript(r.rt, value)
	revive, ok := goja.AssertFunction(call.Argument(1))
	if !ok {
		return v
	}
	// Keys that were data become members with what the reviver returns.
	r.guardAll()
	holder := r.rt.NewObject()
	_ = holder.Set("", v)
	return r.revive(revive, holder, "")
}

func (r *run) revive(f goja.Callable, holder *goja.Object, key string) goja.Value {
	r.enter()
	defer r.leave()
	v := holder.Get(key)
	if o, ok := v.(*goja.Object); ok {
		var keys []string
		if o.ClassName() == "Array" {
			r.checkList(o)
			for i := range o.Get("length").ToInteger() {
				keys = append(keys, strconv.FormatInt(i, 10))
			}
		} else {
			keys = o.Keys()
		}
		for _, k := range keys {
			if n := r.revive(f, o, k); n == nil || goja.IsUndefined(n) {
				_ = o.Delete(k)
			} else {
				_ = o.DefineDataProperty(k, n, goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_TRUE)
			}
		}
	}
	n, err := f(holder, r.rt.ToValue(key), orUndefined(v))
	if err != nil {
		panic(err)
	}
	return n
}
