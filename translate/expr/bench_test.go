package expr_test

import (
	"context"
	"testing"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/translate/expr"
)

func BenchmarkText(b *testing.B) {
	e := expr.New(expr.Options{})
	zone := mustZone(b, "Asia/Tokyo")
	params := ordered.Of("session_time", "2024-02-29T13:05:09+09:00", "session_date", "2024-02-29", "name", "x",
		"conf", ordered.Of("items", []any{"a", "b", "c"}, "deep", ordered.Of("value", ordered.Int(5))))
	for _, c := range []struct{ name, text string }{
		{"plain", "SELECT 1"},
		{"path", "SELECT * FROM t WHERE d = '${session_date}' AND x = ${conf.deep.value}"},
		{"sum", "${conf.deep.value + 1}"},
		{"ternary", "${name == 'x' ? session_date : ''}"},
		{"index", "${conf.items[conf.items.length - 1]}"},
		{"format", "${moment(session_time).format('YYYY-MM-DD')}"},
		{"add", "${moment(session_time).add(-1, 'days').format('YYYYMMDD')}"},
		{"date", "${new Date(session_time).getHours()}"},
		{"map", "${conf.items.map(function (s) { return s + '!'; }).join(',')}"},
		{"loop", "${(function () { var n = 0; for (var i = 0; i < 1000; i++) { n += i; } return n; })()}"},
		{"replace", `${"a.b.c".replaceAll("\\.", "-")}`},
		{"error", "${conf.missing.value}"},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, err := e.Template(context.Background(), c.text, params, zone)
				if (err != nil) != (c.name == "error") {
					b.Fatal(err)
				}
			}
		})
	}
}
