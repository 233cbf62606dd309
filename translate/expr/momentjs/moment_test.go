package momentjs_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/dop251/goja"

	"github.com/dig2temporal/dig2temporal/translate/expr/jsdate"
	"github.com/dig2temporal/dig2temporal/translate/expr/momentjs"
)

func all(string) bool { return true }

func newRuntime(t testing.TB, zone string, now time.Time) *goja.Runtime {
	t.Helper()
	location, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	rt := goja.New()
	clock := func() time.Time { return now }
	rt.SetTimeSource(clock)
	if err := jsdate.Install(rt, location, clock, all); err != nil {
		t.Fatal(err)
	}
	if err := momentjs.Install(rt, location, clock, all); err != nil {
		t.Fatal(err)
	}
	return rt
}

// evaluate returns the text of a value, or "!" and the name of an error.
func evaluate(t *testing.T, rt *goja.Runtime, p *goja.Program) string {
	t.Helper()
	v, err := rt.RunProgram(p)
	var thrown *goja.Exception
	if errors.As(err, &thrown) {
		name, _, _ := strings.Cut(thrown.Value().String(), ":")
		return "!" + name
	}
	if err != nil {
		t.Fatal(err)
	}
	return v.String()
}

// TestRecorded compares with what moment.js 2.21.0 answered; see record.js
// beside the data.
func TestRecorded(t *testing.T) {
	file, err := os.Open("../moment/testdata/moment.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	lines.Scan()
	var head struct {
		Now   int64
		Zones []string
	}
	if err := json.Unmarshal(lines.Bytes(), &head); err != nil {
		t.Fatal(err)
	}
	runtimes := make([]*goja.Runtime, len(head.Zones))
	for i, zone := range head.Zones {
		runtimes[i] = newRuntime(t, zone, time.UnixMilli(head.Now))
	}
	rows := 0
	for lines.Scan() {
		var row [2]any
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			t.Fatal(err)
		}
		source := row[0].(string)
		p, err := goja.Compile("", "(function (v) { return v == null ? '' : typeof v === 'string' ? v : '' + JSON.stringify(v); })(("+source+"))", false)
		if err != nil {
			t.Fatal(source, err)
		}
		for i, rt := range runtimes {
			want, ok := row[1].(string)
			if !ok {
				want = row[1].([]any)[i].(string)
			}
			if got := evaluate(t, rt, p); got != want {
				t.Errorf("%s: %s\n got %s\nwant %s", head.Zones[i], source, got, want)
			}
			rows++
		}
	}
	if rows < 10000 {
		t.Errorf("only %d rows", rows)
	}
}
