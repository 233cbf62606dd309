package expr

import (
	"github.com/dop251/goja"

	"github.com/dig2temporal/dig2temporal/translate/expr/jsdate"
	"github.com/dig2temporal/dig2temporal/translate/expr/momentjs"
)

// admit puts in the runtime what a program may use beyond goja's own objects,
// and guards what it could do harm with.
func (r *run) admit(u *uses) {
	r.uses = append(r.uses, u)
	if u.dynamic {
		r.dynamic = true
		r.define(keyName, r.key)
	}
	if u.sums {
		r.define(guardName, r.guard)
	}
	if u.loops || u.errors {
		r.guardImplicit(u)
	}
	for _, name := range u.needs {
		r.need(name)
	}
	if u.hooks {
		r.guardAll()
	}
}

// wants tells whether the program may name something.
func (r *run) wants(name string) bool {
	if r.dynamic {
		return true
	}
	for _, u := range r.uses {
		if u.names[name] {
			return true
		}
	}
	return false
}

// key looks at a computed member name before the member is looked up.
func (r *run) key(call goja.FunctionCall) goja.Value {
	v := call.Argument(0)
	switch k := v.(type) {
	case goja.String:
		r.needDynamic(k.String())
	case *goja.Symbol:
		r.guardAll()
	case *goja.Object:
		s := k.ToString()
		r.needDynamic(s.String())
		return s
	}
	return v
}

func (r *run) needDynamic(name string) {
	if helper(name) {
		r.throw("SyntaxError", errReserved.Error())
	}
	if hook(name) {
		r.guardAll()
	}
	r.need(name)
}

// needed tells whether need does anything for a name.
func needed(name string) bool {
	switch name {
	case "JSON", "Date", "moment", "eval", sizeName, "Function", "RegExp", "constructor",
		"getOwnPropertyDescriptor", "getOwnPropertyDescriptors", "__lookupGetter__", "__lookupSetter__",
		"defineProperty", "defineProperties", "__defineGetter__", "__defineSetter__", "fromEntries", "groupBy", "raw", "getOwnPropertySymbols":
		return true
	}
	return withheld[name] || java(name) || guarded[name] || arrayMethods[name]
}

// withheld are globals that programs do not get. ECMAScript 5 does not have them,
// or nobody needs them, and they are ways round the limits.
var withheld = map[string]bool{
	"Proxy": true, "Reflect": true, "Promise": true, "Map": true, "Set": true, "WeakMap": true, "WeakSet": true, "WeakRef": true,
	"FinalizationRegistry": true, "Symbol": true, "BigInt": true, "ArrayBuffer": true, "SharedArrayBuffer": true, "DataView": true, "Int8Array": true,
	"Uint8Array": true, "Uint8ClampedArray": true, "Int16Array": true, "Uint16Array": true, "Int32Array": true, "Uint32Array": true,
	"Float32Array": true, "Float64Array": true, "BigInt64Array": true, "BigUint64Array": true, "Iterator": true, "AggregateError": true,
}

// need puts in the runtime what goes by a name.
func (r *run) need(name string) {
	if r.put[name] || !needed(name) {
		return
	}
	r.put[name] = true
	switch name {
	case "JSON":
		json := r.object("JSON")
		r.method(json, "stringify", r.jsonStringify)
		r.method(json, "parse", r.jsonParse)
	case "Date":
		r.check(jsdate.Install(r.rt, r.zone, r.limits.Now, r.wants))
	case "moment":
		if r.wants("toDate") || r.wants("_d") {
			r.need("Date")
		}
		r.check(momentjs.Install(r.rt, r.zone, r.limits.Now, r.wants))
	case sizeName:
		r.put[name] = false
		r.define(sizeName, r.javaLength)
	case "eval":
		r.define(evalName, r.eval)
		r.need("Function")
	case "Function":
		r.dynamic = true
		r.shim(functionShim(), "Function", r.makeFunction)
	case "RegExp":
		r.shim(regExpShim(), "RegExp", func(call goja.FunctionCall) goja.Value {
			if v := call.Argument(0); !isRegExp(v) {
				r.checkPattern(v.String())
			}
			return goja.Undefined()
		})
	case "constructor":
		r.need("Function")
		r.need("RegExp")
		r.need("Date")
	case "getOwnPropertyDescriptor", "getOwnPropertyDescriptors", "__lookupGetter__", "__lookupSetter__",
		"defineProperty", "defineProperties", "__defineGetter__", "__defineSetter__":
		r.guardAll()
	case "fromEntries", "groupBy", "getOwnPropertySymbols":
		_ = r.object("Object").Delete(name)
	case "raw":
		_ = r.object("String").Delete(name)
	default:
		if withheld[name] {
			_ = r.rt.GlobalObject().Delete(name)
		}
		if java(name) {
			r.installJava(name)
		}
		r.guardNamed(name)
	}
}

// check throws what should not happen.
func (r *run) check(err error) {
	if err != nil {
		panic(r.rt.NewGoError(err))
	}
}

// global makes a global of the program that it cannot change.
func (r *run) global(name string, v goja.Value) {
	_ = r.rt.GlobalObject().DefineDataProperty(name, v, goja.FLAG_FALSE, goja.FLAG_FALSE, goja.FLAG_FALSE)
}

// shim puts a function written in JavaScript in the place of a constructor of
// goja.
func (r *run) shim(p *goja.Program, class string, f function) {
	v, err := r.rt.RunProgram(p)
	r.check(err)
	wrap, _ := goja.AssertFunction(v)
	v, err = wrap(goja.Undefined(), r.object(class), r.rt.ToValue(f))
	r.check(err)
	_ = r.rt.GlobalObject().DefineDataProperty(class, v, goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_FALSE)
}
