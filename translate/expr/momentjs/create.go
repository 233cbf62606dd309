package momentjs

import (
	"math"
	"strconv"
	"strings"

	"github.com/dop251/goja"

	"github.com/dig2temporal/dig2temporal/translate/expr/jsdate"
	"github.com/dig2temporal/dig2temporal/translate/expr/moment"
)

func isNone(v goja.Value) bool {
	return v == nil || goja.IsUndefined(v) || goja.IsNull(v)
}

func argument(args []goja.Value, i int) goja.Value {
	if i < len(args) {
		return args[i]
	}
	return goja.Undefined()
}

// text returns a string, or what a String object holds.
func text(v goja.Value) (string, bool) {
	switch v := v.(type) {
	case goja.String:
		return v.String(), true
	case *goja.Object:
		if v.ClassName() == "String" {
			return v.String(), true
		}
	}
	return "", false
}

// number returns a number, or what a Number object holds.
func number(v goja.Value) (float64, bool) {
	if o, ok := v.(*goja.Object); ok {
		return v.ToFloat(), o.ClassName() == "Number"
	}
	switch n := v.Export().(type) {
	case int64:
		return float64(n), true
	case float64:
		return n, true
	}
	return 0, false
}

func isArray(v goja.Value) (*goja.Object, bool) {
	o, ok := v.(*goja.Object)
	return o, ok && o.ClassName() == "Array"
}

func isPlainObject(v goja.Value) (*goja.Object, bool) {
	o, ok := v.(*goja.Object)
	return o, ok && o.ClassName() == "Object"
}

// elements returns the elements of an array.
func elements(o *goja.Object) []goja.Value {
	n := int(min(o.Get("length").ToInteger(), 1000))
	list := make([]goja.Value, n)
	for i := range list {
		if list[i] = o.Get(strconv.Itoa(i)); list[i] == nil {
			list[i] = goja.Undefined()
		}
	}
	return list
}

// create makes a moment of the arguments of moment(…) or moment.utc(…): input,
// format, locale, strict.
func (a *api) create(args []goja.Value, utc bool) *moment.Moment {
	input, format, strict := argument(args, 0), argument(args, 1), argument(args, 3)
	if flag, ok := argument(args, 2).Export().(bool); ok {
		strict = a.rt.ToValue(flag)
	}
	m := a.prepare(input, format, strict, utc)
	if utc {
		m.UTC(false)
	}
	return m
}

// local is moment(v), or the moment that v is.
func (a *api) local(v goja.Value) *moment.Moment {
	if m, ok := asMoment(v); ok {
		return m
	}
	return a.create([]goja.Value{v}, false)
}

func (a *api) prepare(input, format, strict goja.Value, utc bool) *moment.Moment {
	if m, ok := asMoment(input); ok {
		return m.Clone()
	}
	s := moment.Source{Input: input}
	if !goja.IsUndefined(format) {
		s.Format = format
	}
	if strict.ToBoolean() {
		yes := true
		s.Strict = &yes
	}
	if t, ok := input.(goja.String); ok {
		s.Text, s.IsText = a.short(t.String()), true
	}
	if o, ok := isArray(input); ok && o.Get("length").ToInteger() == 0 {
		input = goja.Undefined()
	}
	if o, ok := isPlainObject(input); ok && len(o.GetOwnPropertyNames()) == 0 {
		input = goja.Undefined()
	}
	switch {
	case goja.IsNull(input), goja.IsUndefined(format) && s.IsText && s.Text == "":
		m := a.env.Invalid(moment.NullInput())
		m.Source = s
		return m
	}
	if t, ok := jsdate.Time(input); ok {
		return a.at(s, t, utc)
	}
	if list, ok := isArray(format); ok {
		return a.env.ParseFormats(s, a.short(input.String()), a.formats(elements(list)), utc)
	}
	if format.ToBoolean() {
		return a.env.ParseFormat(s, a.short(input.String()), a.format(format), utc)
	}
	return a.ofInput(s, input, utc)
}

func (a *api) at(s moment.Source, t float64, utc bool) *moment.Moment {
	m := a.env.At(t)
	if utc {
		m = a.env.UTCAt(t)
	}
	m.Source = s
	return m
}

func (a *api) formats(list []goja.Value) []string {
	formats := make([]string, len(list))
	for i, f := range list {
		formats[i] = a.format(f)
	}
	return formats
}

func (a *api) format(v goja.Value) string {
	if o, ok := v.(*goja.Object); ok {
		if o == a.iso8601 {
			return moment.ISO8601
		}
		if o == a.rfc2822 {
			return moment.RFC2822
		}
	}
	return a.short(v.String())
}

// maxText is how many bytes a format or the text of a date may have. Longer ones
// are no dates, and only keep the reader busy.
const maxText = 2000

func (a *api) short(s string) string {
	if len(s) > maxText {
		a.throw("a date or format of %d bytes; at most %d are supported", len(s), maxText)
	}
	return s
}

// ofInput makes a moment of an input without a format.
func (a *api) ofInput(s moment.Source, input goja.Value, utc bool) *moment.Moment {
	switch {
	case goja.IsUndefined(input):
		return a.at(s, a.env.Now(), utc)
	case s.IsText:
		return a.env.Parse(s, utc)
	}
	if list, ok := isArray(input); ok {
		var fields [7]*float64
		for i, v := range elements(list) {
			if i < len(fields) {
				n := parseIntText(v.String())
				fields[i] = &n
			}
		}
		return a.env.Fields(s, fields, utc)
	}
	if o, ok := isPlainObject(input); ok {
		return a.env.Fields(s, a.objectFields(o), utc)
	}
	if n, ok := number(input); ok {
		return a.at(s, n, utc)
	}
	words := input.String()
	if utc {
		words += " UTC"
	}
	return a.at(s, a.env.ParseDate(words), utc)
}

// objectFields takes the fields of {year: …, month: …, day or date: …}.
func (a *api) objectFields(o *goja.Object) [7]*float64 {
	given := map[moment.Unit]goja.Value{}
	for _, k := range o.Keys() {
		if u := moment.ParseUnit(k); u != "" {
			given[u] = o.Get(k)
		}
	}
	day, ok := given[moment.Day]
	if !ok || !day.ToBoolean() {
		day = given[moment.Date]
	}
	var fields [7]*float64
	for i, v := range []goja.Value{given[moment.Year], given[moment.Month], day, given[moment.Hour],
		given[moment.Minute], given[moment.Second], given[moment.Millisecond]} {
		if isNone(v) {
			continue
		}
		n := 0.0
		if v.ToBoolean() {
			n = parseIntText(v.String())
		} else if f, ok := number(v); ok {
			n = f
		}
		fields[i] = &n
	}
	return fields
}

// parseIntText is JavaScript's parseInt(s, 10).
func parseIntText(s string) float64 {
	s = strings.TrimSpace(s)
	end := 0
	if end < len(s) && (s[0] == '-' || s[0] == '+') {
		end++
	}
	for end < len(s) && s[end] >= '0' && s[end] <= '9' {
		end++
	}
	n, err := strconv.ParseFloat(s[:end], 64)
	if err != nil && !math.IsInf(n, 0) {
		return math.NaN()
	}
	return n
}

// duration makes a duration of the arguments of moment.duration(…): input, unit.
func (a *api) duration(input, unit goja.Value) *moment.Duration {
	if d, ok := asDuration(input); ok {
		return d.Clone()
	}
	if n, ok := number(input); ok {
		u := moment.Millisecond
		if unit.ToBoolean() {
			u = moment.ParseUnit(unit.String())
		}
		return moment.NewDuration(moment.Amount{Unit: u, Value: n})
	}
	if s, ok := text(input); ok {
		if d, ok := moment.ParseDuration(a.short(s)); ok {
			return d
		}
		return moment.NewDuration()
	}
	o, ok := input.(*goja.Object)
	if !ok {
		return moment.NewDuration()
	}
	if from, to := o.Get("from"), o.Get("to"); from != nil || to != nil {
		return moment.DurationBetween(a.local(orUndefined(from)), a.local(orUndefined(to)))
	}
	var amounts []moment.Amount
	for _, k := range o.Keys() {
		if v := o.Get(k); !isNone(v) {
			amounts = append(amounts, moment.Amount{Unit: moment.ParseUnit(k), Value: v.ToFloat()})
		} else if u := moment.ParseUnit(k); u != "" {
			amounts = append(amounts, moment.Amount{Unit: u})
		}
	}
	return moment.NewDuration(amounts...)
}

func orUndefined(v goja.Value) goja.Value {
	if v == nil {
		return goja.Undefined()
	}
	return v
}
