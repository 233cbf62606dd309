package jsdate_test

import (
	"math"
	"testing"
	"time"

	"github.com/dig2temporal/dig2temporal/translate/expr/jsdate"
	"github.com/dig2temporal/dig2temporal/translate/expr/localtime"
)

func FuzzParse(f *testing.F) {
	for _, s := range []string{"2024-02-29T10:11:12.5+09:00", "Thu Feb 29 2024 10:00:00 GMT+0530 (IST)", "12/25/1995 13:30", "10:20:30 PM 5 June", "-000001-01-01"} {
		f.Add(s)
	}
	zone := time.FixedZone("X", -3*3600-1800)
	f.Fuzz(func(t *testing.T, text string) {
		v := jsdate.Parse(text, zone)
		if math.IsNaN(v) {
			return
		}
		if v != localtime.Clip(v) {
			t.Fatalf("%q: %v is no time value", text, v)
		}
		if again := jsdate.Parse(jsdate.ISO(v), zone); again != v {
			t.Fatalf("%q: %v is read as %v", text, v, again)
		}
	})
}
