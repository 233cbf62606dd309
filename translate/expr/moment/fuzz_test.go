package moment_test

import (
	"math"
	"testing"
	"time"

	"github.com/dig2temporal/dig2temporal/translate/expr/jsdate"
	"github.com/dig2temporal/dig2temporal/translate/expr/moment"
)

func env() *moment.Env {
	zone := time.FixedZone("X", 5*3600+1800)
	return &moment.Env{
		Zone:      zone,
		Now:       func() float64 { return 1709210096789 },
		ParseDate: func(text string) float64 { return jsdate.Parse(text, zone) },
	}
}

// FuzzParse reads texts with and without a format, and shows what it read.
func FuzzParse(f *testing.F) {
	for _, s := range [][2]string{
		{"2024-02-29T10:11:12.5+09:00", "YYYY-MM-DDTHH:mm:ss.SZ"}, {"Thu, 29 Feb 2024 10:11:12 GMT", "ddd, DD MMM YYYY HH:mm:ss"},
		{"2024-W09-4", "GGGG-[W]WW-E"}, {"1st 5 PM", "Do h A"}, {"1709211909.5", "X"}, {"Feb 29, 2024 (x)", "LLL"}, {"/Date(5)/", "[x] \\Y w|"},
	} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, text, format string) {
		if len(text) > 500 || len(format) > 500 {
			return
		}
		e := env()
		for _, strict := range []bool{false, true} {
			s := moment.Source{Text: text, IsText: true, Strict: &strict}
			for _, m := range []*moment.Moment{e.Parse(s, false), e.ParseFormat(s, text, format, true), e.ParseFormats(s, text, []string{format, moment.ISO8601}, false)} {
				if m.Valid() == math.IsNaN(m.Value()) {
					t.Fatalf("%q: valid %v, value %v", text, m.Valid(), m.Value())
				}
				_ = m.Format(format)
				_ = m.Clone().ParseZone().EndOf(moment.ISOWeek).Format("LLLL gggg-ww DDDo")
			}
		}
	})
}

func FuzzDuration(f *testing.F) {
	for _, s := range []string{"1.02:03:04.5", "P1Y2M3W4DT5H6M7.5S", "-P1M", "PT", "+1:2"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, ok := moment.ParseDuration(text)
		if !ok {
			return
		}
		again, ok := moment.ParseDuration(d.ISO())
		if d.Valid() && !ok {
			t.Fatalf("%q: %q is no duration", text, d.ISO())
		}
		if ok && again.Valid() {
			_ = again.Humanize(true, moment.NewThresholds(), math.Round)
		}
	})
}
