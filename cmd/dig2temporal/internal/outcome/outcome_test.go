package outcome

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/translate/plan"
	"github.com/dig2temporal/dig2temporal/worker"
)

var start = time.Date(2024, 2, 29, 0, 0, 0, 0, time.FixedZone("", 9*3600))

func attempt() *Attempt {
	a, b := start.Add(time.Second), start.Add(2500*time.Millisecond)
	return &Attempt{
		Project: "sales", Workflow: "daily", SessionTime: start, Session: "sales/daily/2024-02-29T00:00:00+09:00", ID: 17,
		State: worker.Error, Started: start, Finished: b,
		Tasks: []*worker.Row{
			{Name: "+daily", State: worker.GroupError, Group: true, Pos: &plan.Pos{File: "daily.dig", Line: 1, Column: 1}},
			{Name: "+daily+load", Operator: "sh", State: worker.Error, Started: &a, Finished: &b, Attempts: 3, Pos: &plan.Pos{File: "daily.dig", Line: 3, Column: 1},
				Error: ordered.Of("message", "java.lang.RuntimeException: <no> file\nsecond line")},
			{Name: "+daily+quiet", Operator: "fail", State: worker.Error, Error: ordered.Of("message", "")},
			{Name: "+daily+store", Operator: "py", State: worker.Success, Store: ordered.Of("n", ordered.Int(1)), Resumed: true},
			{Name: "+daily+after", State: worker.Blocked},
		},
	}
}

func TestFailures(t *testing.T) {
	var b bytes.Buffer
	attempt().Failures(&b, "apps/sales")
	want := `  * +daily+load (apps/sales/daily.dig:3:1):
    <no> file
second line
  * +daily+quiet:
    {"message":""}

`
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}

func TestWriteJSON(t *testing.T) {
	var b bytes.Buffer
	if err := attempt().WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	v, err := ordered.Parse(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	want := `{"project":"sales","workflow":"daily","session_time":"2024-02-29T00:00:00+09:00","session":"sales/daily/2024-02-29T00:00:00+09:00","attempt":"17",` +
		`"state":"error","started_at":"2024-02-28T15:00:00.000Z","finished_at":"2024-02-28T15:00:02.500Z","tasks":[` +
		`{"name":"+daily","operator":null,"state":"group_error","started_at":null,"finished_at":null,"attempts":0,"position":"daily.dig:1:1","error":null,"export":{},"store":{}},` +
		`{"name":"+daily+load","operator":"sh","state":"error","started_at":"2024-02-28T15:00:01.000Z","finished_at":"2024-02-28T15:00:02.500Z","attempts":3,"position":"daily.dig:3:1",` +
		`"error":{"message":"java.lang.RuntimeException: <no> file\nsecond line"},"export":{},"store":{}},` +
		`{"name":"+daily+quiet","operator":"fail","state":"error","started_at":null,"finished_at":null,"attempts":0,"position":null,"error":{"message":""},"export":{},"store":{}},` +
		`{"name":"+daily+store","operator":"py","state":"success","started_at":null,"finished_at":null,"attempts":0,"position":null,"error":null,"export":{},"store":{"n":1},"resumed":true},` +
		`{"name":"+daily+after","operator":null,"state":"blocked","started_at":null,"finished_at":null,"attempts":0,"position":null,"error":null,"export":{},"store":{}}]}`
	if got := ordered.Text(v); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestSkippedText(t *testing.T) {
	row := &worker.Row{Name: "+w+a", Resumed: true}
	for _, c := range []struct {
		rows []*worker.Row
		want string
	}{
		{nil, ""},
		{[]*worker.Row{{Name: "+w", Group: true, Resumed: true}, {Name: "+w+a"}}, ""},
		{[]*worker.Row{row}, "Skipped a task that is done: +w+a"},
		{[]*worker.Row{row, row}, "Skipped 2 tasks that are done: +w+a, +w+a"},
		{slices.Repeat([]*worker.Row{row}, 12), "Skipped 12 tasks that are done: " + strings.Repeat("+w+a, ", 9) + "+w+a and 2 more"},
	} {
		if got := (&Attempt{Tasks: c.rows}).SkippedText(); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}
