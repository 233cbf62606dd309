package momentjs

import (
	"math"

	"github.com/dop251/goja"

	"github.com/dig2temporal/dig2temporal/translate/expr/moment"
)

// textMethods are the methods that show a moment, or tell about it.
var textMethods = map[string]method{
	"format": func(a *api, m *moment.Moment, call goja.FunctionCall) goja.Value {
		return a.rt.ToValue(a.formatted(m, call.Argument(0)))
	},
	"toString": ask(func(m *moment.Moment) string { return m.Format("ddd MMM DD YYYY HH:mm:ss [GMT]ZZ") }),
	"toISOString": func(a *api, m *moment.Moment, call goja.FunctionCall) goja.Value {
		return a.iso(m, call.Argument(0).SameAs(a.rt.ToValue(true)))
	},
	"toJSON":   func(a *api, m *moment.Moment, _ goja.FunctionCall) goja.Value { return a.iso(m, false) },
	"inspect":  inspect,
	"calendar": calendar,
	"from": func(a *api, m *moment.Moment, call goja.FunctionCall) goja.Value {
		return a.relative(m, a.local(call.Argument(0)), call.Argument(1), true)
	},
	"to": func(a *api, m *moment.Moment, call goja.FunctionCall) goja.Value {
		return a.relative(m, a.local(call.Argument(0)), call.Argument(1), false)
	},
	"fromNow": func(a *api, m *moment.Moment, call goja.FunctionCall) goja.Value {
		return a.relative(m, a.env.At(a.env.Now()), call.Argument(0), true)
	},
	"toNow": func(a *api, m *moment.Moment, call goja.FunctionCall) goja.Value {
		return a.relative(m, a.env.At(a.env.Now()), call.Argument(0), false)
	},
	"zoneAbbr": ask(func(m *moment.Moment) string { return zoneName(m, "UTC") }),
	"zoneName": ask(func(m *moment.Moment) string { return zoneName(m, "Coordinated Universal Time") }),
	"toArray": func(a *api, m *moment.Moment, _ goja.FunctionCall) goja.Value {
		return a.rt.NewArray(m.Get(moment.Year), m.Get(moment.Month), m.Get(moment.Date), m.Get(moment.Hour),
			m.Get(moment.Minute), m.Get(moment.Second), m.Get(moment.Millisecond))
	},
	"toObject":     toObject,
	"creationData": creationData,
	"parsingFlags": parsingFlags,
	"invalidAt":    ask(func(m *moment.Moment) int { return m.Flags().Overflow }),
	"locale": func(a *api, _ *moment.Moment, call goja.FunctionCall) goja.Value {
		return a.localeOrThis(call)
	},
	"localeData": func(a *api, _ *moment.Moment, _ goja.FunctionCall) goja.Value { return a.locale() },
	"lang": func(a *api, _ *moment.Moment, call goja.FunctionCall) goja.Value {
		if goja.IsUndefined(call.Argument(0)) {
			return a.locale()
		}
		return call.This
	},
}

func (a *api) localeOrThis(call goja.FunctionCall) goja.Value {
	if goja.IsUndefined(call.Argument(0)) {
		return a.rt.ToValue("en")
	}
	return call.This
}

// formatted is format(v).
func (a *api) formatted(m *moment.Moment, v goja.Value) string {
	if v.ToBoolean() {
		return m.Format(a.short(v.String()))
	}
	name, format := "defaultFormat", moment.DefaultFormat
	if m.IsUTC() {
		name, format = "defaultFormatUtc", moment.DefaultFormatUTC
	}
	if changed, ok := a.fn.Get(name).(goja.String); ok {
		format = changed.String()
	}
	return m.Format(format)
}

func zoneName(m *moment.Moment, utc string) string {
	if m.IsUTCMode() {
		return utc
	}
	return ""
}

func inspect(a *api, m *moment.Moment, _ goja.FunctionCall) goja.Value {
	if !m.Valid() {
		return a.rt.ToValue("moment.invalid(/* " + value(m.Source.Input).String() + " */)")
	}
	name, suffix := "moment", ""
	if !m.IsLocal() {
		name, suffix = "moment.parseZone", "Z"
		if m.Offset() == 0 {
			name = "moment.utc"
		}
	}
	year := "YYYYYY"
	if y := m.Get(moment.Year); y >= 0 && y <= 9999 {
		year = "YYYY"
	}
	return a.rt.ToValue(m.Format("[" + name + `("]` + year + "-MM-DD[T]HH:mm:ss.SSS" + suffix + `[")]`))
}

// relative says how m lies to another moment: as a past of it if from is true.
func (a *api) relative(m, other *moment.Moment, withoutSuffix goja.Value, from bool) goja.Value {
	if !m.Valid() || !other.Valid() {
		return a.rt.ToValue(moment.InvalidDate)
	}
	d := moment.DurationBetween(m, other)
	if from {
		d = moment.DurationBetween(other, m)
	}
	return a.rt.ToValue(d.Humanize(!withoutSuffix.ToBoolean(), a.thresholds, a.round))
}

// round rounds as the program asked for.
func (a *api) round(f float64) float64 {
	if a.rounding != nil {
		return a.must(a.rounding(goja.Undefined(), a.rt.ToValue(f))).ToFloat()
	}
	return math.Floor(f + 0.5)
}

func calendar(a *api, m *moment.Moment, call goja.FunctionCall) goja.Value {
	now := call.Argument(0)
	if !now.ToBoolean() {
		now = a.wrap(a.env.At(a.env.Now()))
	}
	startOfDay := m.LikeModel(a.local(now)).StartOf(moment.Day)
	key := m.CalendarKey(startOfDay)
	if f, ok := a.override("calendarFormat"); ok {
		if key = "sameElse"; true {
			if v := f(call.This, a.wrap(startOfDay)); v.ToBoolean() {
				key = v.String()
			}
		}
	}
	format := goja.Value(a.rt.ToValue(moment.CalendarFormat(key)))
	if formats, ok := call.Argument(1).(*goja.Object); ok {
		own := formats.Get(key)
		if f, ok := goja.AssertFunction(own); ok {
			own = a.must(f(call.This, now))
		}
		if own != nil && own.ToBoolean() {
			format = own
		}
	}
	return a.rt.ToValue(a.formatted(m, format))
}

func toObject(a *api, m *moment.Moment, _ goja.FunctionCall) goja.Value {
	o := a.rt.NewObject()
	for _, f := range []struct {
		name string
		unit moment.Unit
	}{
		{"years", moment.Year}, {"months", moment.Month}, {"date", moment.Date}, {"hours", moment.Hour},
		{"minutes", moment.Minute}, {"seconds", moment.Second}, {"milliseconds", moment.Millisecond},
	} {
		_ = o.Set(f.name, m.Get(f.unit))
	}
	return o
}

func creationData(a *api, m *moment.Moment, _ goja.FunctionCall) goja.Value {
	o := a.rt.NewObject()
	_ = o.Set("input", value(m.Source.Input))
	_ = o.Set("format", value(m.Source.Format))
	_ = o.Set("locale", a.locale())
	_ = o.Set("isUTC", m.IsUTCMode())
	strict := goja.Undefined()
	if m.Source.Strict != nil {
		strict = a.rt.ToValue(*m.Source.Strict)
	}
	_ = o.Set("strict", strict)
	return o
}

func parsingFlags(a *api, m *moment.Moment, _ goja.FunctionCall) goja.Value {
	f := m.Flags()
	texts := func(list []string) goja.Value {
		values := make([]any, len(list))
		for i, s := range list {
			values[i] = s
		}
		return a.rt.NewArray(values...)
	}
	orNull := func(s string) goja.Value {
		if s == "" {
			return goja.Null()
		}
		return a.rt.ToValue(s)
	}
	parts := make([]any, len(f.Parts))
	for i, n := range f.Parts {
		if parts[i] = n; math.IsNaN(n) {
			parts[i] = goja.Undefined()
		}
	}
	meridiem := orNull(f.Meridiem)
	if f.ByFormat && f.Meridiem == "" {
		meridiem = goja.Undefined()
	}
	o := a.rt.NewObject()
	for _, p := range []struct {
		name  string
		value any
	}{
		{"empty", f.Empty}, {"unusedTokens", texts(f.UnusedTokens)}, {"unusedInput", texts(f.UnusedInput)},
		{"overflow", f.Overflow}, {"charsLeftOver", f.CharsLeftOver}, {"nullInput", f.NullInput},
		{"invalidMonth", orNull(f.InvalidMonth)}, {"invalidFormat", f.InvalidFormat},
		{"userInvalidated", f.UserInvalidated}, {"iso", f.ISO}, {"parsedDateParts", a.rt.NewArray(parts...)},
		{"meridiem", meridiem}, {"rfc2822", f.RFC2822}, {"weekdayMismatch", f.WeekdayMismatch},
	} {
		_ = o.Set(p.name, p.value)
	}
	for _, p := range []struct {
		name string
		set  bool
	}{
		{"bigHour", f.BigHour}, {"_overflowDayOfYear", f.OverflowDayOfYear},
		{"_overflowWeeks", f.OverflowWeeks}, {"_overflowWeekday", f.OverflowWeekday},
	} {
		if p.set {
			_ = o.Set(p.name, true)
		}
	}
	if f.InvalidWeekday != "" {
		_ = o.Set("invalidWeekday", f.InvalidWeekday)
	}
	return o
}
