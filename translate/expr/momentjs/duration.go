package momentjs

import (
	"github.com/dop251/goja"

	"github.com/dig2temporal/dig2temporal/translate/expr/moment"
)

// durationMethod returns the function of a method of durations, nil for none.
func (a *api) durationMethod(name string) native {
	f, ok := durationMethods[name]
	if !ok {
		return nil
	}
	return func(a *api, call goja.FunctionCall) goja.Value {
		d, ok := asDuration(call.This)
		if !ok {
			a.throw("moment.duration's %s called on something that is no duration", name)
		}
		return f(a, d, call)
	}
}

type durationMethod func(a *api, d *moment.Duration, call goja.FunctionCall) goja.Value

func span(u moment.Unit) durationMethod {
	return func(a *api, d *moment.Duration, _ goja.FunctionCall) goja.Value { return a.as(d, string(u), u) }
}

func (a *api) as(d *moment.Duration, name string, u moment.Unit) goja.Value {
	n, ok := d.As(u)
	if !ok {
		o, err := a.rt.New(a.rt.Get("Error"), a.rt.ToValue("Unknown unit "+name))
		if err != nil {
			panic(err)
		}
		panic(o)
	}
	return a.rt.ToValue(n)
}

func spanField(u moment.Unit) durationMethod {
	return func(a *api, d *moment.Duration, _ goja.FunctionCall) goja.Value {
		n, _ := d.Get(u)
		return a.rt.ToValue(n)
	}
}

func isoDuration(a *api, d *moment.Duration, _ goja.FunctionCall) goja.Value {
	return a.rt.ToValue(d.ISO())
}

var durationMethods = map[string]durationMethod{
	"isValid": func(a *api, d *moment.Duration, _ goja.FunctionCall) goja.Value { return a.rt.ToValue(d.Valid()) },
	"abs": func(_ *api, d *moment.Duration, call goja.FunctionCall) goja.Value {
		d.Abs()
		return call.This
	},
	"add": func(a *api, d *moment.Duration, call goja.FunctionCall) goja.Value {
		d.Add(a.duration(call.Argument(0), call.Argument(1)))
		return call.This
	},
	"subtract": func(a *api, d *moment.Duration, call goja.FunctionCall) goja.Value {
		d.Subtract(a.duration(call.Argument(0), call.Argument(1)))
		return call.This
	},
	"as": func(a *api, d *moment.Duration, call goja.FunctionCall) goja.Value {
		u := unit(call.Argument(0))
		name := string(u)
		if u == "" {
			name = "undefined"
		}
		return a.as(d, name, u)
	},
	"asMilliseconds": span(moment.Millisecond),
	"asSeconds":      span(moment.Second),
	"asMinutes":      span(moment.Minute),
	"asHours":        span(moment.Hour),
	"asDays":         span(moment.Day),
	"asWeeks":        span(moment.Week),
	"asMonths":       span(moment.Month),
	"asYears":        span(moment.Year),
	"milliseconds":   spanField(moment.Millisecond),
	"seconds":        spanField(moment.Second),
	"minutes":        spanField(moment.Minute),
	"hours":          spanField(moment.Hour),
	"days":           spanField(moment.Day),
	"weeks":          spanField(moment.Week),
	"months":         spanField(moment.Month),
	"years":          spanField(moment.Year),
	"valueOf":        func(a *api, d *moment.Duration, _ goja.FunctionCall) goja.Value { return a.rt.ToValue(d.Value()) },
	"clone":          func(a *api, d *moment.Duration, _ goja.FunctionCall) goja.Value { return a.wrapDuration(d.Clone()) },
	"get": func(a *api, d *moment.Duration, call goja.FunctionCall) goja.Value {
		u := unit(call.Argument(0))
		n, ok := d.Get(u)
		if !ok {
			name := string(u)
			if u == "" {
				name = "undefined"
			}
			a.throw("this[%q] is not a function", name+"s")
		}
		return a.rt.ToValue(n)
	},
	"humanize": func(a *api, d *moment.Duration, call goja.FunctionCall) goja.Value {
		return a.rt.ToValue(d.Humanize(call.Argument(0).ToBoolean(), a.thresholds, a.round))
	},
	"toISOString": isoDuration,
	"toIsoString": isoDuration,
	"toString":    isoDuration,
	"toJSON":      isoDuration,
	"locale": func(a *api, _ *moment.Duration, call goja.FunctionCall) goja.Value {
		return a.localeOrThis(call)
	},
	"localeData": func(a *api, _ *moment.Duration, _ goja.FunctionCall) goja.Value { return a.locale() },
	"lang": func(a *api, _ *moment.Duration, call goja.FunctionCall) goja.Value {
		if goja.IsUndefined(call.Argument(0)) {
			return a.locale()
		}
		return call.This
	},
}
