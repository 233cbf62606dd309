// Package jsdate gives a goja runtime a Date that lives in the zone of a
// workflow. goja's own reads the zone of the process, and one process runs the
// workflows of many zones.
//
// The objects are goja's Date objects, so that they are dates to everything else
// in the runtime, and goja's are the methods that neither depend on a zone nor
// differ from the Date of Digdag's engine. In that engine (ECMAScript 5) a date
// in a sum is its number, not its text.
package jsdate

import (
	"math"
	"sync"
	"time"

	"github.com/dop251/goja"

	"github.com/dig2temporal/dig2temporal/translate/expr/localtime"
)

// constructor is the Date that programs see: a function that is also a
// constructor, over goja's own.
var constructor = sync.OnceValue(func() *goja.Program {
	return goja.MustCompile("Date", `(function(Native,time,text){
	function Date(year,month,date,hours,minutes,seconds,ms){
		return this instanceof Date ? new Native(time.apply(null,arguments)) : text();
	}
	Date.prototype=Native.prototype;
	return Date;
})`, false)
})

// Install replaces the Date of a runtime. Its methods are put in where wants is
// true for their name, so that a runtime need not get what its program never
// names.
func Install(rt *goja.Runtime, zone *time.Location, now func() time.Time, wants func(name string) bool) error {
	d := &dates{rt: rt, zone: zone, clock: now}
	native := rt.Get("Date").(*goja.Object)
	prototype := native.Get("prototype").(*goja.Object)
	for name, method := range methods {
		if name != "toString" && name != "toISOString" && !wants(name) {
			continue
		}
		f := rt.ToValue(func(call goja.FunctionCall) goja.Value { return method(d, call) })
		if err := prototype.DefineDataProperty(name, f, goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_FALSE); err != nil {
			return err
		}
	}
	v, err := rt.RunProgram(constructor())
	if err != nil {
		return err
	}
	wrap, _ := goja.AssertFunction(v)
	v, err = wrap(goja.Undefined(), native, rt.ToValue(d.construct), rt.ToValue(d.now))
	if err != nil {
		return err
	}
	date := v.(*goja.Object)
	for _, name := range [...]string{"UTC", "now", "parse"} {
		if !wants(name) {
			continue
		}
		f := native.Get(name)
		if name == "parse" {
			parse := rt.ToValue(d.parse).(*goja.Object)
			if err := parse.DefineDataProperty("length", rt.ToValue(1), goja.FLAG_FALSE, goja.FLAG_TRUE, goja.FLAG_FALSE); err != nil {
				return err
			}
			f = parse
		}
		if err := date.DefineDataProperty(name, f, goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_FALSE); err != nil {
			return err
		}
	}
	if err := prototype.DeleteSymbol(goja.SymToPrimitive); err != nil {
		return err
	}
	if err := prototype.DefineDataProperty("constructor", date, goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_FALSE); err != nil {
		return err
	}
	return rt.GlobalObject().DefineDataProperty("Date", date, goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_FALSE)
}

// Time returns the time value of a Date object, and whether the value is one.
func Time(v goja.Value) (float64, bool) {
	o, ok := v.(*goja.Object)
	if !ok || o.ClassName() != "Date" {
		return 0, false
	}
	t, ok := o.Export().(time.Time)
	if !ok {
		return math.NaN(), true
	}
	return float64(t.UnixMilli()), true
}

// Primitive returns the primitive of a value: objects by their valueOf, then
// their toString.
func Primitive(rt *goja.Runtime, v goja.Value) goja.Value {
	o, ok := v.(*goja.Object)
	if !ok {
		return v
	}
	for _, name := range [...]string{"valueOf", "toString"} {
		f, ok := goja.AssertFunction(o.Get(name))
		if !ok {
			continue
		}
		p, err := f(o)
		if err != nil {
			panic(err)
		}
		if _, isObject := p.(*goja.Object); !isObject {
			return p
		}
	}
	panic(rt.NewTypeError("Cannot convert object to primitive value"))
}

type dates struct {
	rt    *goja.Runtime
	zone  *time.Location
	clock func() time.Time
}

// construct returns the time value of the arguments of new Date.
func (d *dates) construct(call goja.FunctionCall) goja.Value {
	switch len(call.Arguments) {
	case 0:
		return d.rt.ToValue(d.clock().UnixMilli())
	case 1:
		if t, ok := Time(call.Arguments[0]); ok {
			return d.rt.ToValue(t)
		}
		v := Primitive(d.rt, call.Arguments[0])
		if s, ok := v.(goja.String); ok {
			return d.rt.ToValue(d.parseText(s.String()))
		}
		return d.rt.ToValue(localtime.Clip(v.ToFloat()))
	}
	fields := [7]float64{2: 1}
	for i := range min(len(call.Arguments), 7) {
		fields[i] = call.Arguments[i].ToFloat()
	}
	if year := math.Trunc(fields[0]); year >= 0 && year <= 99 {
		fields[0] = year + 1900
	}
	local := localtime.Make(fields[0], fields[1], fields[2], fields[3], fields[4], fields[5], fields[6])
	return d.rt.ToValue(localtime.Clip(localtime.ToUTC(local, d.zone)))
}

func (d *dates) parse(call goja.FunctionCall) goja.Value {
	return d.rt.ToValue(d.parseText(call.Argument(0).String()))
}

// parseText reads a text; one that is too long is no date.
func (d *dates) parseText(text string) float64 {
	if len(text) > 2000 {
		return math.NaN()
	}
	return Parse(text, d.zone)
}

// now is Date called as a function.
func (d *dates) now(goja.FunctionCall) goja.Value {
	t := d.construct(goja.FunctionCall{}).ToFloat()
	return d.rt.ToValue(d.text(t))
}
