package momentjs

import (
	"math"
	"sort"
	"strconv"

	"github.com/dop251/goja"

	"github.com/dig2temporal/dig2temporal/translate/expr/jsdate"
	"github.com/dig2temporal/dig2temporal/translate/expr/moment"
)

// method is a method of moments.
type method func(a *api, m *moment.Moment, call goja.FunctionCall) goja.Value

// momentMethod returns the function of a method of moments, nil for none.
func (a *api) momentMethod(name string) native {
	if u, ok := accessors[name]; ok {
		return on(name, func(a *api, m *moment.Moment, call goja.FunctionCall) goja.Value {
			return a.access(m, u, call)
		})
	}
	if f, ok := methods[name]; ok {
		return on(name, f)
	}
	if f, ok := textMethods[name]; ok {
		return on(name, f)
	}
	return nil
}

// on calls a method on the moment that this is.
func on(name string, f method) native {
	return func(a *api, call goja.FunctionCall) goja.Value {
		m, ok := asMoment(call.This)
		if !ok {
			a.throw("moment's %s called on something that is no moment", name)
		}
		return f(a, m, call)
	}
}

// accessors are the methods that get a unit, or set it.
var accessors = map[string]moment.Unit{
	"year": moment.Year, "years": moment.Year, "quarter": moment.Quarter, "quarters": moment.Quarter,
	"month": moment.Month, "months": moment.Month, "week": moment.Week, "weeks": moment.Week,
	"isoWeek": moment.ISOWeek, "isoWeeks": moment.ISOWeek, "weekYear": moment.WeekYear, "isoWeekYear": moment.ISOWeekYear,
	"date": moment.Date, "dates": moment.Date, "day": moment.Day, "days": moment.Day,
	"weekday": moment.Weekday, "isoWeekday": moment.ISOWeekday, "dayOfYear": moment.DayOfYear,
	"hour": moment.Hour, "hours": moment.Hour, "minute": moment.Minute, "minutes": moment.Minute,
	"second": moment.Second, "seconds": moment.Second, "millisecond": moment.Millisecond, "milliseconds": moment.Millisecond,
}

func (a *api) access(m *moment.Moment, u moment.Unit, call goja.FunctionCall) goja.Value {
	v := call.Argument(0)
	if isNone(v) {
		return a.rt.ToValue(m.Get(u))
	}
	a.setUnit(m, u, v)
	return call.This
}

// setUnit sets a unit to a value; months and days may be given by name.
func (a *api) setUnit(m *moment.Moment, u moment.Unit, v goja.Value) {
	s, isText := v.(goja.String)
	var n float64
	switch {
	case isText && u == moment.Year:
		// moment adds a 0 to the text where it looks whether the year is a leap year.
		m.SetYear(v.ToFloat(), a.rt.ToValue(s.String()+"0").ToFloat())
		return
	case isText && u == moment.Month:
		name := s.String()
		if n = digitsOnly(name); math.IsNaN(n) {
			month, ok := moment.ParseMonth(name, "", false)
			if !ok {
				return
			}
			n = float64(month)
		}
	case isText && u == moment.Day:
		if n = v.ToFloat(); math.IsNaN(n) {
			day, _ := moment.ParseWeekday(s.String(), "", false)
			n = float64(day)
		} else {
			n = parseIntText(s.String())
		}
	case isText && u == moment.ISOWeekday:
		n = 7
		if day, ok := moment.ParseWeekday(s.String(), "", false); ok && day > 0 {
			n = float64(day)
		}
	default:
		n = v.ToFloat()
	}
	m.Set(u, n)
}

func digitsOnly(s string) float64 {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return math.NaN()
		}
	}
	n, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return math.NaN()
	}
	return n
}

func unit(v goja.Value) moment.Unit {
	if s, ok := v.(goja.String); ok {
		return moment.ParseUnit(s.String())
	}
	return ""
}

func unitOrMillisecond(v goja.Value) moment.Unit {
	if goja.IsUndefined(v) {
		return moment.Millisecond
	}
	return unit(v)
}

// shift is add and subtract, also with the arguments the other way round.
func shift(apply func(m *moment.Moment, d *moment.Duration) *moment.Moment) method {
	return func(a *api, m *moment.Moment, call goja.FunctionCall) goja.Value {
		v, period := call.Argument(0), call.Argument(1)
		if !goja.IsNull(period) && !math.IsNaN(period.ToFloat()) {
			v, period = period, v
		}
		if s, ok := v.(goja.String); ok {
			v = a.rt.ToValue(s.ToFloat())
		}
		apply(m, a.duration(v, period))
		return call.This
	}
}

// change makes a method that changes the moment and returns it.
func change(f func(a *api, m *moment.Moment, call goja.FunctionCall)) method {
	return func(a *api, m *moment.Moment, call goja.FunctionCall) goja.Value {
		f(a, m, call)
		return call.This
	}
}

// ask makes a method without arguments that returns a value of Go.
func ask[T any](f func(m *moment.Moment) T) method {
	return func(a *api, m *moment.Moment, _ goja.FunctionCall) goja.Value {
		return a.rt.ToValue(f(m))
	}
}

func compare(f func(m, other *moment.Moment, u moment.Unit) bool) method {
	return func(a *api, m *moment.Moment, call goja.FunctionCall) goja.Value {
		return a.rt.ToValue(f(m, a.local(call.Argument(0)), unitOrMillisecond(call.Argument(1))))
	}
}

func isSame(m, other *moment.Moment, u moment.Unit) bool {
	if u == "" {
		u = moment.Millisecond
	}
	return m.IsSame(other, u)
}

// methods are the methods that change, compare and measure moments.
var methods = map[string]method{
	"add":            shift((*moment.Moment).Add),
	"subtract":       shift((*moment.Moment).Subtract),
	"startOf":        change(func(_ *api, m *moment.Moment, call goja.FunctionCall) { m.StartOf(unit(call.Argument(0))) }),
	"endOf":          change(func(_ *api, m *moment.Moment, call goja.FunctionCall) { m.EndOf(unit(call.Argument(0))) }),
	"clone":          func(a *api, m *moment.Moment, _ goja.FunctionCall) goja.Value { return a.wrap(m.Clone()) },
	"isAfter":        compare((*moment.Moment).IsAfter),
	"isBefore":       compare((*moment.Moment).IsBefore),
	"isSame":         compare(isSame),
	"isSameOrAfter":  compare(func(m, o *moment.Moment, u moment.Unit) bool { return isSame(m, o, u) || m.IsAfter(o, u) }),
	"isSameOrBefore": compare(func(m, o *moment.Moment, u moment.Unit) bool { return isSame(m, o, u) || m.IsBefore(o, u) }),
	"isBetween":      isBetween,
	"diff": func(a *api, m *moment.Moment, call goja.FunctionCall) goja.Value {
		return a.rt.ToValue(m.Diff(a.local(call.Argument(0)), unit(call.Argument(1)), call.Argument(2).ToBoolean()))
	},
	"get":            get,
	"set":            set,
	"isValid":        ask((*moment.Moment).Valid),
	"valueOf":        ask((*moment.Moment).Value),
	"unix":           ask((*moment.Moment).Unix),
	"isLeapYear":     ask((*moment.Moment).IsLeapYear),
	"daysInMonth":    ask((*moment.Moment).DaysInMonth),
	"weeksInYear":    ask(func(m *moment.Moment) float64 { return m.WeeksInYear(false) }),
	"isoWeeksInYear": ask(func(m *moment.Moment) float64 { return m.WeeksInYear(true) }),
	"isDST":          ask((*moment.Moment).IsDST),
	"isDSTShifted":   ask((*moment.Moment).IsDSTShifted),
	"isLocal":        ask((*moment.Moment).IsLocal),
	"isUtcOffset":    ask((*moment.Moment).IsUTCOffset),
	"isUtc":          ask((*moment.Moment).IsUTC),
	"isUTC":          ask((*moment.Moment).IsUTC),
	"utcOffset":      utcOffset,
	"zone":           zone,
	"utc":            change(func(_ *api, m *moment.Moment, call goja.FunctionCall) { m.UTC(call.Argument(0).ToBoolean()) }),
	"local":          change(func(_ *api, m *moment.Moment, call goja.FunctionCall) { m.Local(call.Argument(0).ToBoolean()) }),
	"parseZone":      change(func(_ *api, m *moment.Moment, _ goja.FunctionCall) { m.ParseZone() }),
	"hasAlignedHourOffset": func(a *api, m *moment.Moment, call goja.FunctionCall) goja.Value {
		if !m.Valid() {
			return a.rt.ToValue(false)
		}
		other := 0.0
		if v := call.Argument(0); v.ToBoolean() {
			other = a.local(v).Offset()
		}
		return a.rt.ToValue(math.Mod(m.Offset()-other, 60) == 0)
	},
	"min": func(a *api, m *moment.Moment, call goja.FunctionCall) goja.Value { return a.other(m, call, -1) },
	"max": func(a *api, m *moment.Moment, call goja.FunctionCall) goja.Value { return a.other(m, call, 1) },
	"toDate": func(a *api, m *moment.Moment, _ goja.FunctionCall) goja.Value {
		return a.date(m.Value())
	},
}

func isBetween(a *api, m *moment.Moment, call goja.FunctionCall) goja.Value {
	bounds := "()"
	if v := call.Argument(3); v.ToBoolean() {
		bounds = v.String()
	}
	from, to := a.local(call.Argument(0)), a.local(call.Argument(1))
	return a.rt.ToValue(m.IsBetween(from, to, unitOrMillisecond(call.Argument(2)), bounds))
}

func get(a *api, m *moment.Moment, call goja.FunctionCall) goja.Value {
	u := unit(call.Argument(0))
	if u == "" {
		return call.This
	}
	return a.rt.ToValue(m.Get(u))
}

// set takes a unit and a value, or an object of units; the large units are set
// first.
func set(a *api, m *moment.Moment, call goja.FunctionCall) goja.Value {
	o, ok := call.Argument(0).(*goja.Object)
	if !ok {
		u, v := unit(call.Argument(0)), call.Argument(1)
		if u == "" {
			return call.This
		}
		return a.access(m, u, goja.FunctionCall{This: call.This, Arguments: []goja.Value{v}})
	}
	values := map[moment.Unit]goja.Value{}
	var units []moment.Unit
	for _, k := range o.Keys() {
		u := moment.ParseUnit(k)
		if u == "" {
			continue
		}
		if _, twice := values[u]; !twice {
			units = append(units, u)
		}
		values[u] = o.Get(k)
	}
	sort.SliceStable(units, func(i, j int) bool { return units[i].Priority() < units[j].Priority() })
	for _, u := range units {
		if !isNone(values[u]) {
			a.setUnit(m, u, values[u])
		}
	}
	return call.This
}

func utcOffset(a *api, m *moment.Moment, call goja.FunctionCall) goja.Value {
	v := call.Argument(0)
	if isNone(v) {
		return a.rt.ToValue(m.Offset())
	}
	a.setOffset(m, v, call.Argument(1).ToBoolean(), call.Argument(2).ToBoolean())
	return call.This
}

func (a *api) setOffset(m *moment.Moment, v goja.Value, keepLocal, keepMinutes bool) {
	if s, ok := v.(goja.String); ok {
		if minutes, ok := moment.ParseOffset(s.String()); ok {
			m.SetOffset(minutes, keepLocal)
		}
		return
	}
	n := v.ToFloat()
	if !keepMinutes {
		n = moment.OffsetArgument(n)
	}
	m.SetOffset(n, keepLocal)
}

// zone is the offset with its sign turned.
func zone(a *api, m *moment.Moment, call goja.FunctionCall) goja.Value {
	v := call.Argument(0)
	if isNone(v) {
		return a.rt.ToValue(0 - m.Offset())
	}
	if _, ok := v.(goja.String); !ok {
		v = a.rt.ToValue(-v.ToFloat())
	}
	a.setOffset(m, v, call.Argument(1).ToBoolean(), false)
	return call.This
}

// other is m.min(other) for which < 0, m.max(other) for which > 0.
func (a *api) other(m *moment.Moment, call goja.FunctionCall, which float64) goja.Value {
	other := a.create(call.Arguments, false)
	switch {
	case !m.Valid() || !other.Valid():
		return a.wrap(a.env.Invalid(moment.UserInvalid()))
	case (other.Value()-m.Value())*which > 0:
		return call.This
	}
	return a.wrap(other)
}

// iso is toISOString.
func (a *api) iso(m *moment.Moment, keepOffset bool) goja.Value {
	if !m.Valid() {
		return goja.Null()
	}
	if math.IsNaN(m.Value()) {
		rangeError, err := a.rt.New(a.rt.Get("RangeError"), a.rt.ToValue("time value is not a finite number"))
		if err != nil {
			panic(err)
		}
		panic(rangeError)
	}
	if keepOffset {
		suffix := m.Format("Z")
		if y := m.Get(moment.Year); y < 0 || y > 9999 {
			return a.rt.ToValue(m.Format("YYYYYY-MM-DD[T]HH:mm:ss.SSS") + suffix)
		}
		text := jsdate.ISO(m.Value() + m.Offset()*60000)
		return a.rt.ToValue(text[:len(text)-1] + suffix)
	}
	return a.rt.ToValue(jsdate.ISO(m.Value()))
}
