package momentjs

import (
	"github.com/dop251/goja"

	"github.com/dig2temporal/dig2temporal/translate/expr/jsdate"
	"github.com/dig2temporal/dig2temporal/translate/expr/moment"
)

func static(f native) func(a *api) goja.Value {
	return func(a *api) goja.Value { return a.function(f) }
}

func constantValue(v any) func(a *api) goja.Value {
	return func(a *api) goja.Value { return a.rt.ToValue(v) }
}

// unsupported makes a function that fails by its name.
func unsupported(name string) func(a *api) goja.Value {
	return static(func(a *api, _ goja.FunctionCall) goja.Value {
		a.throw("moment.%s is not supported: English is the only locale", name)
		return nil
	})
}

// statics are the functions and properties of moment itself.
var statics = map[string]func(a *api) goja.Value{
	"utc": static(func(a *api, call goja.FunctionCall) goja.Value { return a.wrap(a.create(call.Arguments, true)) }),
	"unix": static(func(a *api, call goja.FunctionCall) goja.Value {
		return a.wrap(a.create([]goja.Value{a.rt.ToValue(call.Argument(0).ToFloat() * 1000)}, false))
	}),
	"parseZone": static(func(a *api, call goja.FunctionCall) goja.Value {
		return a.wrap(a.create(call.Arguments, false).ParseZone())
	}),
	"invalid": static(func(a *api, call goja.FunctionCall) goja.Value {
		m := a.env.Invalid(invalidFlags(call.Argument(0)))
		m.Source.Input = goja.NaN()
		return a.wrap(m)
	}),
	"min": static(func(a *api, call goja.FunctionCall) goja.Value { return a.pick(call, (*moment.Moment).IsBefore) }),
	"max": static(func(a *api, call goja.FunctionCall) goja.Value { return a.pick(call, (*moment.Moment).IsAfter) }),
	"now": static(func(a *api, _ goja.FunctionCall) goja.Value { return a.rt.ToValue(a.env.Now()) }),
	"isMoment": static(func(a *api, call goja.FunctionCall) goja.Value {
		_, ok := asMoment(call.Argument(0))
		return a.rt.ToValue(ok)
	}),
	"isDate": static(func(a *api, call goja.FunctionCall) goja.Value {
		_, ok := jsdate.Time(call.Argument(0))
		return a.rt.ToValue(ok)
	}),
	"isDuration": static(func(a *api, call goja.FunctionCall) goja.Value {
		_, ok := asDuration(call.Argument(0))
		return a.rt.ToValue(ok)
	}),
	"duration": durationFunction,
	"normalizeUnits": static(func(a *api, call goja.FunctionCall) goja.Value {
		if u := unit(call.Argument(0)); u != "" {
			return a.rt.ToValue(string(u))
		}
		return goja.Undefined()
	}),
	"parseTwoDigitYear": static(func(a *api, call goja.FunctionCall) goja.Value {
		return a.rt.ToValue(moment.CompleteYear(parseIntText(call.Argument(0).String())))
	}),
	"relativeTimeRounding":  static(relativeTimeRounding),
	"relativeTimeThreshold": static(relativeTimeThreshold),
	"calendarFormat": static(func(a *api, call goja.FunctionCall) goja.Value {
		m, ok := asMoment(call.Argument(0))
		if !ok {
			a.throw("moment.calendarFormat expects a moment")
		}
		return a.rt.ToValue(m.CalendarKey(a.local(call.Argument(1))))
	}),
	"months":        static(func(a *api, call goja.FunctionCall) goja.Value { return a.names(call, 12, monthName, false) }),
	"monthsShort":   static(func(a *api, call goja.FunctionCall) goja.Value { return a.names(call, 12, moment.MonthShort, false) }),
	"weekdays":      static(func(a *api, call goja.FunctionCall) goja.Value { return a.names(call, 7, weekdayName, true) }),
	"weekdaysShort": static(func(a *api, call goja.FunctionCall) goja.Value { return a.names(call, 7, moment.WeekdayShort, true) }),
	"weekdaysMin":   static(func(a *api, call goja.FunctionCall) goja.Value { return a.names(call, 7, moment.WeekdayMin, true) }),
	"locale":        static(func(a *api, _ goja.FunctionCall) goja.Value { return a.rt.ToValue("en") }),
	"lang":          static(func(a *api, _ goja.FunctionCall) goja.Value { return a.rt.ToValue("en") }),
	"locales":       static(func(a *api, _ goja.FunctionCall) goja.Value { return a.rt.NewArray("en") }),
	"localeData":    static(func(a *api, _ goja.FunctionCall) goja.Value { return a.locale() }),
	"langData":      static(func(a *api, _ goja.FunctionCall) goja.Value { return a.locale() }),
	"defineLocale":  unsupported("defineLocale"),
	"updateLocale":  unsupported("updateLocale"),
	"updateOffset":  static(func(*api, goja.FunctionCall) goja.Value { return goja.Undefined() }),
	"ISO_8601": func(a *api) goja.Value {
		a.iso8601 = static(func(*api, goja.FunctionCall) goja.Value { return goja.Undefined() })(a).(*goja.Object)
		return a.iso8601
	},
	"RFC_2822": func(a *api) goja.Value {
		a.rfc2822 = static(func(*api, goja.FunctionCall) goja.Value { return goja.Undefined() })(a).(*goja.Object)
		return a.rfc2822
	},
	"HTML5_FMT":                   html5Formats,
	"defaultFormat":               constantValue(moment.DefaultFormat),
	"defaultFormatUtc":            constantValue(moment.DefaultFormatUTC),
	"version":                     constantValue("2.21.0"),
	"suppressDeprecationWarnings": constantValue(false),
	"deprecationHandler":          constantValue(nil),
	"momentProperties":            func(a *api) goja.Value { return a.rt.NewArray() },
}

func monthName(i int) string   { return moment.Months[i] }
func weekdayName(i int) string { return moment.Weekdays[i] }

// invalidFlags takes the flags that moment.invalid was given.
func invalidFlags(v goja.Value) moment.Flags {
	if isNone(v) {
		return moment.UserInvalid()
	}
	f := moment.NullInput()
	f.NullInput = false
	if o, ok := v.(*goja.Object); ok {
		for _, k := range o.Keys() {
			v := o.Get(k)
			switch k {
			case "overflow":
				f.Overflow = int(v.ToInteger())
			case "empty":
				f.Empty = v.ToBoolean()
			case "nullInput":
				f.NullInput = v.ToBoolean()
			case "invalidFormat":
				f.InvalidFormat = v.ToBoolean()
			case "userInvalidated":
				f.UserInvalidated = v.ToBoolean()
			case "weekdayMismatch":
				f.WeekdayMismatch = v.ToBoolean()
			case "invalidMonth":
				f.InvalidMonth = v.String()
			case "invalidWeekday":
				f.InvalidWeekday = v.String()
			}
		}
	}
	return f
}

// pick returns the moment that is before, or after, all others. The first
// argument may be an array of them.
func (a *api) pick(call goja.FunctionCall, better func(m, other *moment.Moment, u moment.Unit) bool) goja.Value {
	list := call.Arguments
	if len(list) == 1 {
		if o, ok := isArray(list[0]); ok {
			list = elements(o)
		}
	}
	if len(list) == 0 {
		return a.wrap(a.env.At(a.env.Now()))
	}
	best := list[0]
	for _, v := range list[1:] {
		m, ok := asMoment(v)
		if !ok {
			a.throw("moments[i].isValid is not a function")
		}
		if !m.Valid() || better(m, a.local(best), moment.Millisecond) {
			best = v
		}
	}
	return best
}

func durationFunction(a *api) goja.Value {
	f := a.function(func(a *api, call goja.FunctionCall) goja.Value {
		return a.wrapDuration(a.duration(call.Argument(0), call.Argument(1)))
	}).(*goja.Object)
	_ = f.Set("fn", a.durations)
	_ = f.Set("prototype", a.rt.NewObject())
	_ = f.Set("invalid", a.function(func(a *api, _ goja.FunctionCall) goja.Value {
		return a.wrapDuration(a.duration(goja.NaN(), goja.Undefined()))
	}))
	return f
}

func relativeTimeRounding(a *api, call goja.FunctionCall) goja.Value {
	v := call.Argument(0)
	if goja.IsUndefined(v) {
		return a.function(func(a *api, call goja.FunctionCall) goja.Value {
			return a.rt.ToValue(a.round(call.Argument(0).ToFloat()))
		})
	}
	f, ok := goja.AssertFunction(v)
	if ok {
		a.rounding = f
	}
	return a.rt.ToValue(ok)
}

func relativeTimeThreshold(a *api, call goja.FunctionCall) goja.Value {
	name := call.Argument(0).String()
	limit, ok := a.thresholds[name]
	if !ok {
		return a.rt.ToValue(false)
	}
	v := call.Argument(1)
	if goja.IsUndefined(v) {
		return a.rt.ToValue(limit)
	}
	a.thresholds[name] = v.ToFloat()
	if name == "s" {
		a.thresholds["ss"] = v.ToFloat() - 1
	}
	return a.rt.ToValue(true)
}

// names lists the names of months or days, or returns one of them. Its
// arguments are a format, which changes nothing, and an index; for days, a flag
// may stand before them.
func (a *api) names(call goja.FunctionCall, count int, name func(int) string, days bool) goja.Value {
	args := call.Arguments
	if days && len(args) > 0 {
		if _, ok := args[0].Export().(bool); ok {
			args = args[1:]
		} else {
			// moment takes the format as the index here.
			args = []goja.Value{args[0], args[0]}
		}
	}
	index := argument(args, 1)
	if n, ok := number(argument(args, 0)); ok {
		index = a.rt.ToValue(n)
	}
	if isNone(index) {
		list := make([]any, count)
		for i := range list {
			list[i] = name(i)
		}
		return a.rt.NewArray(list...)
	}
	m := a.env.UTCAt(a.env.Now())
	u := moment.Month
	if days {
		u = moment.Day
		if n, ok := number(index); ok {
			index = a.rt.ToValue(int64(n) % 7)
		}
	}
	a.setUnit(m, u, index)
	return a.rt.ToValue(name(int(m.Get(u))))
}

func html5Formats(a *api) goja.Value {
	o := a.rt.NewObject()
	for _, f := range [][2]string{
		{"DATETIME_LOCAL", "YYYY-MM-DDTHH:mm"}, {"DATETIME_LOCAL_SECONDS", "YYYY-MM-DDTHH:mm:ss"},
		{"DATETIME_LOCAL_MS", "YYYY-MM-DDTHH:mm:ss.SSS"}, {"DATE", "YYYY-MM-DD"}, {"TIME", "HH:mm"},
		{"TIME_SECONDS", "HH:mm:ss"}, {"TIME_MS", "HH:mm:ss.SSS"}, {"WEEK", "YYYY-[W]WW"}, {"MONTH", "YYYY-MM"},
	} {
		_ = o.Set(f[0], f[1])
	}
	return o
}
