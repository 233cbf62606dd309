// Package momentjs offers package moment to JavaScript programs as the global
// moment, with the API that moment.js 2.21 documents.
//
// Moments and durations are dynamic objects over the Go values. Their prototypes
// are dynamic, too, and make a method when it is first looked up: making all of
// them would take longer than most expressions run. Locales other than English
// do not exist, as in Digdag; functions that define them fail by their name.
package momentjs

import (
	"time"

	"github.com/dop251/goja"

	"github.com/dig2temporal/dig2temporal/translate/expr/jsdate"
	"github.com/dig2temporal/dig2temporal/translate/expr/moment"
)

// api is the moment of one runtime.
type api struct {
	rt         *goja.Runtime
	env        *moment.Env
	fn         *goja.Object // moment itself
	moments    *goja.Object // prototype of moments
	durations  *goja.Object // prototype of durations
	localeData *goja.Object
	iso8601    *goja.Object
	rfc2822    *goja.Object
	thresholds moment.Thresholds
	rounding   goja.Callable         // nil: Math.round
	own        map[string]goja.Value // what moment's properties were at first
}

// Install gives a runtime the global moment for a zone. The functions of moment
// itself are put in where wants is true for their name.
func Install(rt *goja.Runtime, zone *time.Location, now func() time.Time, wants func(name string) bool) error {
	a := &api{rt: rt, thresholds: moment.NewThresholds(), own: map[string]goja.Value{}}
	a.env = &moment.Env{
		Zone:      zone,
		Now:       func() float64 { return float64(now().UnixMilli()) },
		ParseDate: func(text string) float64 { return jsdate.Parse(text, zone) },
	}
	a.moments = rt.NewDynamicObject(&methodTable{api: a, make: a.momentMethod})
	a.durations = rt.NewDynamicObject(&methodTable{api: a, make: a.durationMethod})
	a.fn = rt.ToValue(func(call goja.ConstructorCall) *goja.Object {
		return a.wrap(a.create(call.Arguments, false))
	}).(*goja.Object)
	for name, value := range statics {
		if !wants(name) {
			continue
		}
		a.own[name] = value(a)
		if err := a.fn.Set(name, a.own[name]); err != nil {
			return err
		}
	}
	for _, name := range [...]string{"prototype", "fn"} {
		if name == "fn" && !wants(name) {
			continue
		}
		if err := a.fn.Set(name, a.moments); err != nil {
			return err
		}
	}
	if err := a.moments.Set("constructor", a.fn); err != nil {
		return err
	}
	a.env.Now = a.hookedNow(a.env.Now)
	a.env.TwoDigitYear = a.hookedTwoDigitYear
	return rt.GlobalObject().DefineDataProperty("moment", a.fn, goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_TRUE)
}

// hookedNow asks moment.now, which programs may replace.
func (a *api) hookedNow(now func() float64) func() float64 {
	return func() float64 {
		if f, ok := a.override("now"); ok {
			return f().ToFloat()
		}
		return now()
	}
}

func (a *api) hookedTwoDigitYear(text string) float64 {
	if f, ok := a.override("parseTwoDigitYear"); ok {
		return f(a.rt.ToValue(text)).ToFloat()
	}
	return moment.CompleteYear(parseIntText(text))
}

// native is a function of ours.
type native func(a *api, call goja.FunctionCall) goja.Value

// override returns the function that the program put in the place of one of
// moment's own.
func (a *api) override(name string) (func(args ...goja.Value) goja.Value, bool) {
	v := a.fn.Get(name)
	f, ok := goja.AssertFunction(v)
	if !ok || v == a.own[name] {
		return nil, false
	}
	return func(args ...goja.Value) goja.Value { return a.must(f(a.fn, args...)) }, true
}

// function makes a JavaScript function.
func (a *api) function(f native) goja.Value {
	return a.rt.ToValue(func(call goja.FunctionCall) goja.Value { return f(a, call) })
}

// must returns a value, or throws the error.
func (a *api) must(v goja.Value, err error) goja.Value {
	if err != nil {
		panic(err)
	}
	return v
}

func (a *api) throw(format string, args ...any) {
	panic(a.rt.NewTypeError(append([]any{format}, args...)...))
}

// methodTable is a prototype that makes its methods when they are looked up.
type methodTable struct {
	api  *api
	make func(name string) native
	made map[string]goja.Value
	keys []string
}

func (t *methodTable) Get(name string) goja.Value {
	if v, ok := t.made[name]; ok {
		return v
	}
	f := t.make(name)
	if f == nil {
		return nil
	}
	v := t.api.function(f)
	t.put(name, v)
	return v
}

func (t *methodTable) put(name string, v goja.Value) {
	if t.made == nil {
		t.made = map[string]goja.Value{}
	}
	if _, ok := t.made[name]; !ok {
		t.keys = append(t.keys, name)
	}
	t.made[name] = v
}

func (t *methodTable) Set(name string, v goja.Value) bool {
	t.put(name, v)
	return true
}

func (t *methodTable) Has(name string) bool { return t.Get(name) != nil }

func (t *methodTable) Delete(name string) bool {
	t.put(name, nil)
	return true
}

func (t *methodTable) Keys() []string {
	var keys []string
	for _, k := range t.keys {
		if t.made[k] != nil {
			keys = append(keys, k)
		}
	}
	return keys
}

// properties are what a program puts on a moment or a duration beside its
// methods.
type properties struct {
	values map[string]goja.Value
	keys   []string
}

func (p *properties) Get(name string) goja.Value { return p.values[name] }

func (p *properties) Set(name string, v goja.Value) bool {
	if p.values == nil {
		p.values = map[string]goja.Value{}
	}
	if _, ok := p.values[name]; !ok {
		p.keys = append(p.keys, name)
	}
	p.values[name] = v
	return true
}

func (p *properties) Has(name string) bool {
	_, ok := p.values[name]
	return ok
}

func (p *properties) Delete(name string) bool {
	delete(p.values, name)
	for i, k := range p.keys {
		if k == name {
			p.keys = append(p.keys[:i:i], p.keys[i+1:]...)
			break
		}
	}
	return true
}

func (p *properties) Keys() []string { return p.keys }

// momentObject is a moment as programs see it.
type momentObject struct {
	properties
	api *api
	m   *moment.Moment
}

// Get also knows those inner fields of moment.js that programs look at.
func (o *momentObject) Get(name string) goja.Value {
	if v := o.properties.Get(name); v != nil || name == "" || name[0] != '_' {
		return v
	}
	switch name {
	case "_isAMomentObject":
		return o.api.rt.ToValue(true)
	case "_isUTC":
		return o.api.rt.ToValue(o.m.IsUTCMode())
	case "_isValid":
		return o.api.rt.ToValue(o.m.Valid())
	case "_i":
		return value(o.m.Source.Input)
	case "_f":
		return value(o.m.Source.Format)
	case "_d":
		return o.api.date(o.m.Value())
	}
	return nil
}

// durationObject is a duration as programs see it.
type durationObject struct {
	properties
	d *moment.Duration
}

func value(v any) goja.Value {
	if v, ok := v.(goja.Value); ok {
		return v
	}
	return goja.Undefined()
}

func (a *api) wrap(m *moment.Moment) *goja.Object {
	o := a.rt.NewDynamicObject(&momentObject{api: a, m: m})
	_ = o.SetPrototype(a.moments)
	return o
}

func (a *api) wrapDuration(d *moment.Duration) *goja.Object {
	o := a.rt.NewDynamicObject(&durationObject{d: d})
	_ = o.SetPrototype(a.durations)
	return o
}

func asMoment(v goja.Value) (*moment.Moment, bool) {
	if o, ok := v.(*goja.Object); ok {
		if m, ok := o.Export().(*momentObject); ok {
			return m.m, true
		}
	}
	return nil, false
}

func asDuration(v goja.Value) (*moment.Duration, bool) {
	if o, ok := v.(*goja.Object); ok {
		if d, ok := o.Export().(*durationObject); ok {
			return d.d, true
		}
	}
	return nil, false
}

// date makes a Date of the program.
func (a *api) date(t float64) goja.Value {
	o, err := a.rt.New(a.rt.Get("Date"), a.rt.ToValue(t))
	if err != nil {
		panic(err)
	}
	return o
}
