package momentjs

import (
	"github.com/dop251/goja"

	"github.com/dig2temporal/dig2temporal/translate/expr/moment"
)

// locale returns the data of the locale as programs see it.
func (a *api) locale() *goja.Object {
	if a.localeData == nil {
		a.localeData = a.rt.NewDynamicObject(&methodTable{api: a, make: func(name string) native { return localeMethods[name] }})
	}
	return a.localeData
}

var localeMethods = map[string]native{
	"months":        localeNames(moment.Month, 12, monthName),
	"monthsShort":   localeNames(moment.Month, 12, moment.MonthShort),
	"weekdays":      localeNames(moment.Day, 7, weekdayName),
	"weekdaysShort": localeNames(moment.Day, 7, moment.WeekdayShort),
	"weekdaysMin":   localeNames(moment.Day, 7, moment.WeekdayMin),
	"monthsParse": func(a *api, call goja.FunctionCall) goja.Value {
		i, ok := moment.ParseMonth(call.Argument(0).String(), call.Argument(1).String(), call.Argument(2).ToBoolean())
		return a.found(i, ok)
	},
	"weekdaysParse": func(a *api, call goja.FunctionCall) goja.Value {
		i, ok := moment.ParseWeekday(call.Argument(0).String(), call.Argument(1).String(), call.Argument(2).ToBoolean())
		return a.found(i, ok)
	},
	"firstDayOfWeek": func(a *api, _ goja.FunctionCall) goja.Value { return a.rt.ToValue(0) },
	"firstDayOfYear": func(a *api, _ goja.FunctionCall) goja.Value { return a.rt.ToValue(6) },
	"week": func(a *api, call goja.FunctionCall) goja.Value {
		return a.rt.ToValue(a.local(call.Argument(0)).Get(moment.Week))
	},
	"longDateFormat": func(a *api, call goja.FunctionCall) goja.Value {
		if f, ok := moment.LongDateFormat(call.Argument(0).String()); ok {
			return a.rt.ToValue(f)
		}
		return goja.Undefined()
	},
	"invalidDate": func(a *api, _ goja.FunctionCall) goja.Value { return a.rt.ToValue(moment.InvalidDate) },
	"ordinal": func(a *api, call goja.FunctionCall) goja.Value {
		return a.rt.ToValue(moment.Ordinal(call.Argument(0).ToFloat()))
	},
	"isPM": func(a *api, call goja.FunctionCall) goja.Value {
		return a.rt.ToValue(moment.IsPM(call.Argument(0).String()))
	},
	"meridiem": func(a *api, call goja.FunctionCall) goja.Value {
		return a.rt.ToValue(moment.Meridiem(call.Argument(0).ToFloat(), call.Argument(2).ToBoolean()))
	},
	"relativeTime": func(a *api, call goja.FunctionCall) goja.Value {
		return a.rt.ToValue(moment.RelativeTime(call.Argument(2).String(), call.Argument(0).ToFloat()))
	},
	"pastFuture": func(a *api, call goja.FunctionCall) goja.Value {
		return a.rt.ToValue(moment.PastFuture(call.Argument(0).ToFloat(), call.Argument(1).String()))
	},
	"calendar": func(a *api, call goja.FunctionCall) goja.Value {
		return a.rt.ToValue(moment.CalendarFormat(call.Argument(0).String()))
	},
	"preparse":   func(_ *api, call goja.FunctionCall) goja.Value { return call.Argument(0) },
	"postformat": func(_ *api, call goja.FunctionCall) goja.Value { return call.Argument(0) },
}

// localeNames lists names, or returns that of a moment.
func localeNames(u moment.Unit, count int, name func(int) string) native {
	return func(a *api, call goja.FunctionCall) goja.Value {
		if v := call.Argument(0); v.ToBoolean() {
			m, ok := asMoment(v)
			if !ok {
				a.throw("m.%s is not a function", string(u))
			}
			if !m.Valid() {
				return goja.Undefined()
			}
			return a.rt.ToValue(name(int(m.Get(u))))
		}
		list := make([]any, count)
		for i := range list {
			list[i] = name(i)
		}
		return a.rt.NewArray(list...)
	}
}

func (a *api) found(i int, ok bool) goja.Value {
	if !ok {
		return goja.Undefined()
	}
	return a.rt.ToValue(i)
}
