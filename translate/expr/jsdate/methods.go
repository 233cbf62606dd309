package jsdate

import (
	"fmt"
	"math"
	"time"

	"github.com/dop251/goja"

	"github.com/dig2temporal/dig2temporal/translate/expr/localtime"
)

type method = func(d *dates, call goja.FunctionCall) goja.Value

// methods are the methods of Date.prototype that are ours.
var methods = map[string]method{
	"getFullYear":     getter(func(f localtime.Fields) int { return f.Year }),
	"getYear":         getter(func(f localtime.Fields) int { return f.Year - 1900 }),
	"getMonth":        getter(func(f localtime.Fields) int { return f.Month }),
	"getDate":         getter(func(f localtime.Fields) int { return f.Day }),
	"getDay":          getter(func(f localtime.Fields) int { return f.Weekday }),
	"getHours":        getter(func(f localtime.Fields) int { return f.Hour }),
	"getMinutes":      getter(func(f localtime.Fields) int { return f.Minute }),
	"getSeconds":      getter(func(f localtime.Fields) int { return f.Second }),
	"getMilliseconds": getter(func(f localtime.Fields) int { return f.Milli }),

	"setFullYear":     setter(0, 3, false),
	"setMonth":        setter(1, 2, false),
	"setDate":         setter(2, 1, false),
	"setHours":        setter(3, 4, false),
	"setMinutes":      setter(4, 3, false),
	"setSeconds":      setter(5, 2, false),
	"setMilliseconds": setter(6, 1, false),
	"setYear":         setYear,

	"setUTCFullYear":     setter(0, 3, true),
	"setUTCMonth":        setter(1, 2, true),
	"setUTCDate":         setter(2, 1, true),
	"setUTCHours":        setter(3, 4, true),
	"setUTCMinutes":      setter(4, 3, true),
	"setUTCSeconds":      setter(5, 2, true),
	"setUTCMilliseconds": setter(6, 1, true),

	"getTimezoneOffset":  getTimezoneOffset,
	"toString":           formatter((*dates).text),
	"toDateString":       formatter((*dates).dateText),
	"toTimeString":       formatter((*dates).timeText),
	"toLocaleString":     formatter((*dates).text),
	"toLocaleDateString": formatter((*dates).isoDate),
	"toLocaleTimeString": formatter((*dates).isoTime),
	"toUTCString":        formatter((*dates).utcText),
	"toGMTString":        formatter((*dates).utcText),
	"toISOString":        toISOString,
}

// this returns the time value of the date that a method was called on.
func (d *dates) this(call goja.FunctionCall) float64 {
	t, ok := Time(call.This)
	if !ok {
		panic(d.rt.NewTypeError("not a Date object"))
	}
	return t
}

func getter(field func(localtime.Fields) int) method {
	return func(d *dates, call goja.FunctionCall) goja.Value {
		t := d.this(call)
		if math.IsNaN(t) {
			return goja.NaN()
		}
		return d.rt.ToValue(field(localtime.Split(localtime.FromUTC(t, d.zone))))
	}
}

func getTimezoneOffset(d *dates, call goja.FunctionCall) goja.Value {
	t := d.this(call)
	if math.IsNaN(t) {
		return goja.NaN()
	}
	return d.rt.ToValue(0 - localtime.Offset(t, d.zone)/60000)
}

// setter makes the method that sets up to count fields from the first on; they
// are year, month, date, hours, minutes, seconds, milliseconds.
func setter(first, count int, utc bool) method {
	return func(d *dates, call goja.FunctionCall) goja.Value {
		t := d.this(call)
		values := make([]float64, 0, count)
		for i := range min(len(call.Arguments), count) {
			values = append(values, call.Arguments[i].ToFloat())
		}
		if len(values) == 0 {
			values = append(values, math.NaN())
		}
		zone := d.zone
		if utc {
			zone = time.UTC
		}
		return d.set(call.This, t, zone, first, values)
	}
}

func setYear(d *dates, call goja.FunctionCall) goja.Value {
	year := call.Argument(0).ToFloat()
	if y := math.Trunc(year); y >= 0 && y <= 99 {
		year = y + 1900
	}
	return d.set(call.This, d.this(call), d.zone, 0, []float64{year})
}

func (d *dates) set(this goja.Value, t float64, zone *time.Location, first int, values []float64) goja.Value {
	if math.IsNaN(t) {
		if first > 0 {
			return goja.NaN()
		}
		t = localtime.ToUTC(0, zone)
	}
	f := localtime.Split(localtime.FromUTC(t, zone))
	all := [7]float64{float64(f.Year), float64(f.Month), float64(f.Day),
		float64(f.Hour), float64(f.Minute), float64(f.Second), float64(f.Milli)}
	copy(all[first:], values)
	local := localtime.Make(all[0], all[1], all[2], all[3], all[4], all[5], all[6])
	o := this.(*goja.Object)
	setTime, _ := goja.AssertFunction(o.Get("setTime"))
	v, err := setTime(o, d.rt.ToValue(localtime.Clip(localtime.ToUTC(local, zone))))
	if err != nil {
		panic(err)
	}
	return v
}

func formatter(format func(d *dates, t float64) string) method {
	return func(d *dates, call goja.FunctionCall) goja.Value {
		t := d.this(call)
		if math.IsNaN(t) {
			return d.rt.ToValue("Invalid Date")
		}
		return d.rt.ToValue(format(d, t))
	}
}

const (
	weekdays = "SunMonTueWedThuFriSat"
	months   = "JanFebMarAprMayJunJulAugSepOctNovDec"
)

func (d *dates) fields(t float64) localtime.Fields {
	return localtime.Split(localtime.FromUTC(t, d.zone))
}

func (d *dates) text(t float64) string {
	return d.dateText(t) + " " + d.timeText(t)
}

func (d *dates) dateText(t float64) string {
	f := d.fields(t)
	return fmt.Sprintf("%s %s %02d %s", weekdays[f.Weekday*3:][:3], months[f.Month*3:][:3], f.Day, yearText(f.Year))
}

func (d *dates) utcText(t float64) string {
	f := localtime.Split(t)
	return fmt.Sprintf("%s, %02d %s %s %02d:%02d:%02d GMT", weekdays[f.Weekday*3:][:3], f.Day, months[f.Month*3:][:3],
		yearText(f.Year), f.Hour, f.Minute, f.Second)
}

func yearText(year int) string {
	switch {
	case year < 0:
		return fmt.Sprintf("-%04d", -year)
	case year > 9999:
		return fmt.Sprintf("+%d", year)
	}
	return fmt.Sprintf("%04d", year)
}

func toISOString(d *dates, call goja.FunctionCall) goja.Value {
	t := d.this(call)
	if math.IsNaN(t) {
		panic(newRangeError(d.rt, "time value is not a finite number"))
	}
	return d.rt.ToValue(ISO(t))
}

// ISO returns the text of a time value that toISOString gives.
func ISO(t float64) string {
	f := localtime.Split(t)
	year := fmt.Sprintf("%04d", f.Year)
	if f.Year < 0 {
		year = fmt.Sprintf("-%06d", -f.Year)
	} else if f.Year > 9999 {
		year = fmt.Sprintf("+%06d", f.Year)
	}
	return fmt.Sprintf("%s-%02d-%02dT%02d:%02d:%02d.%03dZ", year, f.Month+1, f.Day, f.Hour, f.Minute, f.Second, f.Milli)
}

func newRangeError(rt *goja.Runtime, message string) *goja.Object {
	o, err := rt.New(rt.Get("RangeError"), rt.ToValue(message))
	if err != nil {
		panic(err)
	}
	return o
}

func (d *dates) timeText(t float64) string {
	name, _ := localtime.Zone(t, d.zone)
	minutes := int(localtime.Offset(t, d.zone) / 60000)
	sign := '+'
	if minutes < 0 {
		sign, minutes = '-', -minutes
	}
	return fmt.Sprintf("%s GMT%c%02d%02d (%s)", d.isoTime(t), sign, minutes/60, minutes%60, name)
}

func (d *dates) isoDate(t float64) string {
	f := d.fields(t)
	return fmt.Sprintf("%s-%02d-%02d", yearText(f.Year), f.Month+1, f.Day)
}

func (d *dates) isoTime(t float64) string {
	f := d.fields(t)
	return fmt.Sprintf("%02d:%02d:%02d", f.Hour, f.Minute, f.Second)
}
