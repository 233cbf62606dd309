package expr

import (
	"strconv"

	"github.com/dop251/goja"
)

// goja looks for an interrupt between two instructions, so one call of a built-in
// function must neither make nor visit too much, nor call itself too deep.
const (
	// maxElements is how long a list may be that a built-in function works on.
	maxElements = 1_000_000
	// maxNested is how deep built-in functions may call each other.
	maxNested = 300
	// maxPattern is how long a regular expression may be that is made at run time.
	maxPattern = 2000
)

type function = func(goja.FunctionCall) goja.Value

// arrayMethods visit every element of what they are called on.
var arrayMethods = map[string]bool{
	"copyWithin": true, "every": true, "fill": true, "filter": true, "find": true, "findIndex": true, "findLast": true,
	"findLastIndex": true, "flat": true, "flatMap": true, "forEach": true, "includes": true, "indexOf": true, "lastIndexOf": true,
	"map": true, "reduce": true, "reduceRight": true, "reverse": true, "shift": true, "slice": true, "some": true, "sort": true,
	"splice": true, "toReversed": true, "toSorted": true, "toSpliced": true, "unshift": true, "with": true,
}

// guarded are the other names that guardNamed knows.
var guarded = map[string]bool{
	"join": true, "toLocaleString": true, "concat": true, "repeat": true, "padStart": true, "padEnd": true, "split": true,
	"normalize": true, "match": true, "matchAll": true, "search": true, "replace": true, "apply": true, "bind": true, "from": true,
	"keys": true, "values": true, "entries": true, "getOwnPropertyNames": true, "assign": true,
}

// callbackMethods call a function for the elements.
var callbackMethods = map[string]bool{
	"every": true, "filter": true, "find": true, "findIndex": true, "flatMap": true, "forEach": true, "map": true,
	"reduce": true, "reduceRight": true, "some": true,
}

func (r *run) checkCallback(v goja.Value) {
	if _, ok := goja.AssertFunction(v); !ok {
		r.throw("TypeError", shownValue(v, "")+" is not a function")
	}
}

// guardNamed guards the built-in functions of a name.
func (r *run) guardNamed(name string) {
	if arrayMethods[name] {
		native := r.native("Array", name)
		r.replace("Array", name, func(call goja.FunctionCall) goja.Value {
			if callbackMethods[name] {
				r.checkCallback(call.Argument(0))
			}
			r.checkList(call.This)
			r.enter()
			defer r.leave()
			return native(call)
		})
	}
	switch name {
	case "join":
		r.replace("Array", name, r.join)
	case "toLocaleString":
		r.replace("Array", name, r.join)
		r.nested("Object", name)
	case "concat":
		r.guardConcat()
	case "repeat", "padStart", "padEnd":
		r.guardLength(name)
	case "split", "match", "matchAll", "search":
		r.guardSplit(name)
	case "replace":
		r.guardReplace()
	case "normalize":
		r.guardNormalize()
	case "apply":
		native := r.native("Function", name)
		r.replace("Function", name, func(call goja.FunctionCall) goja.Value {
			r.checkList(call.Argument(1))
			return native(call)
		})
	case "bind":
		r.replace("Function", name, r.bind)
	case "from":
		native := r.nativeOf(r.object("Array"), name)
		r.method(r.object("Array"), name, func(call goja.FunctionCall) goja.Value {
			r.checkList(call.Argument(0))
			return native(call)
		})
	case "keys", "values", "entries", "getOwnPropertyNames", "assign":
		native := r.nativeOf(r.object("Object"), name)
		r.method(r.object("Object"), name, func(call goja.FunctionCall) goja.Value {
			if o, ok := call.Argument(0).(*goja.Object); !ok || o.ClassName() != "Object" {
				r.checkList(call.Argument(0))
			}
			return native(call)
		})
	}
}

// guardImplicit guards the built-in functions that JavaScript calls by itself
// and that call others, if the program can get hold of an object that has them.
func (r *run) guardImplicit(u *uses) {
	r.need("join")
	for _, f := range [...]struct {
		class, name string
		reachable   bool
	}{
		{"Error", "toString", u.catches || u.errors},
		{"RegExp", "toString", u.regexps || u.names["RegExp"]},
		{"Date", "toJSON", u.names["Date"] || u.names["toDate"]},
	} {
		if mark := f.class + " guard"; (f.reachable || r.dynamic) && !r.put[mark] {
			r.put[mark] = true
			r.nested(f.class, f.name)
		}
	}
}

// guardAll makes every built-in function know how deep it is nested.
func (r *run) guardAll() {
	if r.put["every function"] {
		return
	}
	r.put["every function"] = true
	for _, class := range [...]string{"Object", "Function", "Array", "String", "Number", "Boolean", "Date", "RegExp", "Error", "Math", "JSON"} {
		r.need(class)
		o := r.object(class)
		holders := []*goja.Object{o}
		if p, ok := o.Get("prototype").(*goja.Object); ok {
			holders = append(holders, p)
		}
		for _, holder := range holders {
			for _, name := range holder.GetOwnPropertyNames() {
				if name == "constructor" || name == "caller" || name == "callee" || name == "arguments" || name == "prototype" {
					continue
				}
				r.need(name)
				if native := r.nativeOf(holder, name); native != nil {
					r.method(holder, name, r.counted(native))
				}
			}
		}
	}
}

// object returns a global object, as it was made by goja if it was replaced.
func (r *run) object(class string) *goja.Object {
	return r.rt.GlobalObject().Get(class).(*goja.Object)
}

func (r *run) prototype(class string) *goja.Object {
	return r.object(class).Get("prototype").(*goja.Object)
}

// nativeOf returns a function that is written in Go, nil if there is none.
func (r *run) nativeOf(holder *goja.Object, name string) function {
	o, ok := holder.Get(name).(*goja.Object)
	if !ok {
		return nil
	}
	f, _ := o.Export().(func(goja.FunctionCall) goja.Value)
	return f
}

func (r *run) native(class, name string) function {
	return r.nativeOf(r.prototype(class), name)
}

func (r *run) method(holder *goja.Object, name string, f function) {
	_ = holder.DefineDataProperty(name, r.rt.ToValue(f), goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_FALSE)
}

func (r *run) replace(class, name string, f function) {
	r.method(r.prototype(class), name, f)
}

// nested guards a function that makes a text of what others return.
func (r *run) nested(class, name string) {
	native := r.native(class, name)
	if native == nil {
		return
	}
	native = r.counted(native)
	r.replace(class, name, func(call goja.FunctionCall) goja.Value {
		v := native(call)
		if s, ok := v.(goja.String); ok {
			r.checkLength(int64(s.Length()))
		}
		return v
	})
}

func (r *run) counted(native function) function {
	return func(call goja.FunctionCall) goja.Value {
		r.enter()
		defer r.leave()
		return native(call)
	}
}

// enter counts how deep guarded functions call each other. They are also where
// an evaluation stops that is busy with nothing but them.
func (r *run) enter() {
	if r.stopping.Load() {
		panic(r.rt.NewGoError(errStopped))
	}
	if r.depth >= maxNested {
		r.throw("RangeError", "Maximum call stack size exceeded")
	}
	r.depth++
}

func (r *run) leave() { r.depth-- }

// throw throws an error of JavaScript.
func (r *run) throw(class, message string) {
	o, err := r.rt.New(r.rt.GlobalObject().Get(class), r.rt.ToValue(message))
	if err != nil {
		panic(err)
	}
	panic(o)
}

// checkList stops the evaluation if a list is too long. The length of what is no
// array must be a plain number, because it could change between two looks.
func (r *run) checkList(v goja.Value) {
	o, ok := v.(*goja.Object)
	if !ok {
		if s, ok := v.(goja.String); ok {
			r.checkElements(int64(s.Length()))
		}
		return
	}
	switch o.ClassName() {
	case "Array", "Arguments", "String", "Function":
	default:
		for p := o; p != nil; p = p.Prototype() {
			if r.hasGetter(p, "length") {
				r.throw("TypeError", "the length of a list must be a number")
			}
		}
		if _, ok := o.Get("length").(*goja.Object); ok {
			r.throw("TypeError", "the length of a list must be a number")
		}
	}
	if n := o.Get("length"); n != nil {
		r.checkElements(n.ToInteger())
	}
}

func (r *run) hasGetter(o *goja.Object, name string) bool {
	describe := r.nativeOf(r.object("Object"), "getOwnPropertyDescriptor")
	d, ok := describe(goja.FunctionCall{Arguments: []goja.Value{o, r.rt.ToValue(name)}}).(*goja.Object)
	return ok && d.Get("get") != nil
}

func (r *run) checkElements(n int64) {
	if n > maxElements {
		r.stop("a list is longer than " + strconv.Itoa(maxElements) + " elements")
	}
}

// bind is Function.prototype.bind, but that what it returns is no constructor.
func (r *run) bind(call goja.FunctionCall) goja.Value {
	f, ok := goja.AssertFunction(call.This)
	if !ok {
		r.throw("TypeError", "Bind must be called on a function")
	}
	this, first := call.Argument(0), []goja.Value(nil)
	if len(call.Arguments) > 1 {
		first = call.Arguments[1:]
	}
	return r.rt.ToValue(r.counted(func(call goja.FunctionCall) goja.Value {
		v, err := f(this, append(first[:len(first):len(first)], call.Arguments...)...)
		if err != nil {
			panic(err)
		}
		return v
	}))
}
