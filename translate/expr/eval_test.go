package expr_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/translate/expr"
)

func readFile(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func readRows(t *testing.T, path string) []any {
	t.Helper()
	v, err := ordered.Parse([]byte(readFile(t, path)))
	if err != nil {
		t.Fatal(err)
	}
	return v.([]any)
}

func mustZone(t testing.TB, name string) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func TestUpstreamTables(t *testing.T) {
	e := expr.New(expr.Options{})
	for _, r := range readRows(t, "testdata/eval.json") {
		row := r.(*ordered.Object)
		t.Run(row.String("name"), func(t *testing.T) {
			params, input := row.Object("params"), row.Object("input")
			got, err := e.Config(context.Background(), params, input, mustZone(t, params.String("timezone")))
			if class := row.String("error"); class != "" {
				checkFailure(t, err, class, row)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			for _, k := range input.Keys() {
				v, _ := got.Get(k)
				if not := row.Object("expected_not"); not.Has(k) {
					if ordered.Text(v) == ordered.Text(not.String(k)) {
						t.Errorf("%s: got %s", k, ordered.Text(v))
					}
					continue
				}
				want, _ := row.Object("expected").Get(k)
				if ordered.Text(v) != ordered.Text(want) {
					t.Errorf("%s: got %s, want %s", k, ordered.Text(v), ordered.Text(want))
				}
			}
		})
	}
}

func checkFailure(t *testing.T, err error, class string, row *ordered.Object) {
	t.Helper()
	var failure *expr.Error
	if !errors.As(err, &failure) {
		t.Fatalf("got %v, want an *expr.Error", err)
	}
	if class != "TemplateException" && !strings.HasPrefix(failure.Reason, class+": ") {
		t.Errorf("got %q, want a %s", failure.Reason, class)
	}
	if failure.Message != "Failed to evaluate a variable "+failure.Text+" ("+failure.Reason+")" {
		t.Errorf("message is %q", failure.Message)
	}
	list, _ := row.Get("message_contains")
	words, _ := list.([]any)
	for _, w := range words {
		if !strings.Contains(failure.Message, w.(string)) {
			t.Errorf("%q does not contain %q", failure.Message, w)
		}
	}
}

func TestTextsWithoutDollarAreKept(t *testing.T) {
	for _, r := range readRows(t, "testdata/scan_required.json") {
		row := r.(*ordered.Object)
		required, _ := row.Get("required")
		found := false
		for _, p := range expr.Scan(row.String("input")) {
			found = found || p.Expression
		}
		if found != required.(bool) {
			t.Errorf("%q: an expression found: %v, want %v", row.String("input"), found, required)
		}
	}
}

// The rows of dates.json are what the JavaScript of Digdag 0.10.5 (GraalJS
// 19.3.1) gave in zones whose offsets it gets right.
func TestDate(t *testing.T) {
	e := expr.New(expr.Options{})
	for _, z := range readRows(t, "testdata/dates.json") {
		zone := z.(*ordered.Object).String("zone")
		rows, _ := z.(*ordered.Object).Get("rows")
		for _, r := range rows.([]any) {
			row := r.([]any)
			source, want := row[0].(string), row[1]
			got, err := e.Template(context.Background(), "${"+source+"}", nil, mustZone(t, zone))
			var failure *expr.Error
			if errors.As(err, &failure) {
				if want != nil || failure.Reason != row[2] {
					t.Errorf("%s: %s: got error %s, want %v", zone, source, failure.Reason, row[1:])
				}
			} else if err != nil || got != want {
				t.Errorf("%s: %s: got %s, %v, want %v", zone, source, got, err, row[1:])
			}
		}
	}
}

// The rows of java.json are what Digdag 0.10.5 gave.
func TestJavaStrings(t *testing.T) {
	e := expr.New(expr.Options{})
	for _, r := range readRows(t, "testdata/java.json") {
		row := r.([]any)
		source, want := row[0].(string), row[1]
		got, err := e.Template(context.Background(), "${"+source+"}", nil, nil)
		var failure *expr.Error
		if errors.As(err, &failure) {
			first, _, _ := strings.Cut(failure.Reason, "\n")
			if want != nil || first != row[2] {
				t.Errorf("%s: got error %s, want %v", source, first, row[1:])
			}
		} else if err != nil || got != want {
			t.Errorf("%s: got %s, %v, want %v", source, got, err, row[1:])
		}
	}
}
