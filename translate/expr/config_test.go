package expr_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/translate/expr"
)

func TestScope(t *testing.T) {
	e := expr.New(expr.Options{})
	for _, r := range readRows(t, "testdata/scope.json") {
		row := r.(*ordered.Object)
		t.Run(row.String("name"), func(t *testing.T) {
			params, local := row.Object("params"), row.Object("local")
			before := ordered.Text(params) + ordered.Text(local)
			got, err := e.Config(context.Background(), params, local, nil)
			if after := ordered.Text(params) + ordered.Text(local); after != before {
				t.Errorf("the arguments were changed to %s", after)
			}
			if want := row.Object("want"); want != nil {
				if err != nil || ordered.Text(got) != ordered.Text(want) {
					t.Errorf("got  %s, %v\nwant %s", ordered.Text(got), err, ordered.Text(want))
				}
				return
			}
			var failure *expr.Error
			if !errors.As(err, &failure) {
				t.Fatalf("got %v, want an *expr.Error", err)
			}
			if !strings.HasPrefix(failure.Reason, row.String("reason")) || failure.Text != row.String("text") {
				t.Errorf("got %q in %q, want %q", failure.Reason, failure.Text, row.String("reason"))
			}
		})
	}
}

func TestScan(t *testing.T) {
	for _, r := range readRows(t, "testdata/scan.json") {
		row := r.([]any)
		text := row[0].(string)
		want := ""
		for _, p := range row[1].([]any) {
			part := p.([]any)
			want += fmt.Sprintf("%q %v; ", part[0], len(part) > 1)
		}
		got := ""
		for _, p := range expr.Scan(text) {
			got += fmt.Sprintf("%q %v; ", p.Text, p.Expression)
		}
		if got != want {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
		if at := expr.Unclosed(text); fmt.Sprint(at) != fmt.Sprint(row[2]) {
			t.Errorf("%q: unclosed at %d, want %v", text, at, row[2])
		}
	}
}

func TestCheck(t *testing.T) {
	for source, good := range map[string]bool{
		"": true, "a": true, "a.b[0]": true, "a ? b : c": true, "function () {}": true, "{a: 1}": true, "a, b": true, "a => a": true,
		"a b": false, "1 +": false, "a;": false, "var x": false, "if (a) b": false, "a // b": false, "'x": false, " ": false,
		"[...a]": false, "1n": false, "$guard$": false, "(((": false, "a)+(b": true,
	} {
		if err := expr.Check(source); (err == nil) != good {
			t.Errorf("%q: %v", source, err)
		}
	}
}

func TestConfigWithData(t *testing.T) {
	e := expr.New(expr.Options{})
	params := ordered.Of("error", ordered.Of("message", "Failed ${gone} $$"), "see", "${error.message}")
	got, err := e.ConfigWithData(context.Background(), params, nil, nil, "error")
	if err != nil || got.String("see") != "Failed ${gone} $$" || got.Object("error").String("message") != "Failed ${gone} $$" {
		t.Errorf("got %s, %v", ordered.Text(got), err)
	}
	if got, err = e.ConfigWithData(context.Background(), params, ordered.Of("error", "${1 + 1}"), nil, "error"); err != nil || got.String("error") != "2" {
		t.Errorf("a local key: got %s, %v", ordered.Text(got), err)
	}
	if _, err = e.Config(context.Background(), params, nil, nil); err == nil {
		t.Error("no error where nothing is data")
	}
}

func TestErrorWording(t *testing.T) {
	e := expr.New(expr.Options{})
	text, err := ordered.Parse([]byte(readFile(t, "testdata/errors.json")))
	if err != nil {
		t.Fatal(err)
	}
	table := text.(*ordered.Object)
	rows, _ := table.Get("rows")
	for _, r := range rows.([]any) {
		row := r.([]any)
		source, want := row[0].(string), row[1]
		got, err := e.Template(context.Background(), "${"+source+"}", table.Object("params"), nil)
		var failure *expr.Error
		if errors.As(err, &failure) {
			if want != nil || failure.Reason != row[2] {
				t.Errorf("%s: got error %s, want %v", source, failure.Reason, row[1:])
			}
		} else if err != nil || got != want {
			t.Errorf("%s: got %s, %v, want %v", source, got, err, row[1:])
		}
	}
}

func TestManyAtOnce(t *testing.T) {
	e := expr.New(expr.Options{CacheSize: 3})
	tokyo, angeles := mustZone(t, "Asia/Tokyo"), mustZone(t, "America/Los_Angeles")
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			zone, want := tokyo, "09"
			if i%2 == 1 {
				zone, want = angeles, "16"
			}
			for n := range 30 {
				params := ordered.Of("n", ordered.Int(int64(n)))
				text := fmt.Sprintf("${n + %d} ${moment(0).format('HH')} ${new Date(0).getHours() %% 12}", i)
				got, err := e.Template(context.Background(), text, params, zone)
				if full := fmt.Sprintf("%d %s %d", n+i, want, map[string]int{"09": 9, "16": 4}[want]); err != nil || got != full {
					t.Errorf("got %q, %v, want %q", got, err, full)
				}
			}
		})
	}
	all.Wait()
}

func TestClock(t *testing.T) {
	now := time.Date(2024, 2, 29, 23, 30, 0, 0, time.UTC)
	e := expr.New(expr.Options{Now: func() time.Time { return now }})
	got, err := e.Template(context.Background(), "${moment().format()} ${new Date()} ${Date.now()} ${moment.now()} ${Date().length > 20}", nil, mustZone(t, "Asia/Tokyo"))
	if want := `2024-03-01T08:30:00+09:00 "2024-02-29T23:30:00.000Z" 1709249400000 1709249400000 true`; err != nil || got != want {
		t.Errorf("got %s, %v, want %s", got, err, want)
	}
}

func FuzzScan(f *testing.F) {
	for _, s := range []string{"", "a${b}c", "$$${x}", "${secret:${k}}", "${v ${n}", "${\"}\"}", "${", "日${語}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		end := 0
		for _, p := range expr.Scan(text) {
			if p.Start != end || p.End <= p.Start || p.End > len(text) {
				t.Fatalf("%q: part %+v after %d", text, p, end)
			}
			if raw := text[p.Start:p.End]; p.Expression && raw != "${"+p.Text+"}" || !p.Expression && strings.ReplaceAll(raw, "$$", "$") != p.Text {
				t.Fatalf("%q: part %+v", text, p)
			}
			end = p.End
		}
		if end != len(text) {
			t.Fatalf("%q: parts end at %d", text, end)
		}
		if at := expr.Unclosed(text); at >= 0 && !strings.HasPrefix(text[at:], "${") {
			t.Fatalf("%q: unclosed at %d", text, at)
		}
	})
}

func FuzzConfig(f *testing.F) {
	for _, s := range []string{
		`{"a":"${b}","b":"1"}`, `{"a":"${moment(0).format('LLLL')}"}`, `{"o":{"x":["${this}"]}}`, `{"a":"${[1,2].map(function(x){return x*2})}"}`,
		`{"a":"${\"x\".replaceAll(\"[a-z&&[^b]]\",\"$0\")}"}`, `{"a":"${new Date(2024,1,30).toString()}"}`, `{"a":"${1 +}"}`, `{"_do":"${x}"}`,
	} {
		f.Add(s, "Europe/London")
	}
	e := expr.New(expr.Options{TimeLimit: 200 * time.Millisecond, ResultLimit: 1 << 16, MemoryLimit: 64 << 20})
	f.Fuzz(func(t *testing.T, text, zone string) {
		params, err := ordered.ParseObject([]byte(text))
		if err != nil {
			return
		}
		location, err := time.LoadLocation(zone)
		if err != nil {
			location = time.UTC
		}
		before := ordered.Text(params)
		got, err := e.Config(context.Background(), params, nil, location)
		var failure *expr.Error
		switch {
		case err != nil && !errors.As(err, &failure):
			t.Fatalf("%s: %v", text, err)
		case err == nil && got.Len() != params.Len():
			t.Fatalf("%s: got %s", text, ordered.Text(got))
		case failure != nil && strings.Contains(failure.Reason, "broke the interpreter"):
			t.Fatalf("%s: %v", text, err)
		}
		if after := ordered.Text(params); after != before {
			t.Fatalf("%s was changed to %s", before, after)
		}
	})
}
