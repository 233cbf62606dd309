package plan_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/translate/plan"
)

func TestDecode(t *testing.T) {
	text := `{"version":1,"workflow":"main","timezone":"Asia/Tokyo","schedule":{"daily>":"01:00:00"},"root":{"name":"+main",` +
		`"pos":{"file":"main.dig","line":1,"column":1},"kind":"group","config":{},"export":{"b":1.0,"a":12345678901234567890},` +
		`"error":{"name":"^error","kind":"operator","type":"echo","config":{"echo>":"x"}},"tasks":[` +
		`{"name":"+a","kind":"operator","type":"loop","config":{"loop>":2,"_do":{"echo>":"x"}},"retry":{"limit":3,"interval":10,"exponential":true,"max_interval":60},` +
		`"check":{"echo>":"c"},"marks":{"_do":{"file":"main.dig","line":3,"column":3,"included":[{"file":"x.dig","line":1,"column":1}]}}},` +
		`{"name":"+b","kind":"group","config":{},"upstreams":[0],"rounds":{"kind":"for_each","count":2,"body":{"name":"+for-0=k=0=1","kind":"operator"},"lists":[{"index":0,"key":"k","values":[1,{"z":1,"a":null}]}]}}]}}`
	p, err := plan.Decode([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(p); err != nil {
		t.Fatal(err)
	}
	if got := strings.TrimSpace(b.String()); got != text {
		t.Errorf("got  %s\nwant %s", got, text)
	}
	if got := p.Root.Count(); got != 3 {
		t.Errorf("got %d tasks", got)
	}
	if got := p.Root.Tasks[0].Marks["_do"].String(); got != "main.dig:3:3" {
		t.Errorf("got %s", got)
	}
}

func TestDecodeRefuses(t *testing.T) {
	tests := []struct{ text, want string }{
		{``, "this is no plan"},
		{`[]`, "this is no plan"},
		{`null`, "plan version 0 is not known here (1 to 1 are)"},
		{`{"root":{"name":"+a"}}`, "plan version 0 is not known here"},
		{`{"version":2,"root":{"name":"+a"}}`, "plan version 2 is not known here (1 to 1 are): use a newer dig2temporal"},
		{`{"version":-1}`, "plan version -1"},
		{`{"version":1,"workflow":"w"}`, `the plan of "w" has no root task`},
		{`{"version":1,"root":{"name":"+a"}}`, `task "+a" is of the unknown kind ""`},
		{`{"version":1,"root":{"name":"+a","kind":"group","tasks":[null]}}`, `task "+a" has an empty child`},
		{`{"version":1,"root":{"name":"+a","kind":"group","tasks":[{"name":"+b","kind":"group","upstreams":[0]}]}}`, `task "+a+b" waits for sibling 0`},
		{`{"version":1,"root":{"name":"+a","kind":"group","tasks":[{"name":"+b","kind":"group","upstreams":[-1]}]}}`, `task "+a+b" waits for sibling -1`},
		{`{"version":1,"root":{"name":"+a","kind":"group","error":{"name":"^error"}}}`, `task "+a^error" is of the unknown kind`},
		{`{"version":1,"root":{"name":"+a","kind":"group","rounds":{"kind":"loop","count":1}}}`, `the rounds of task "+a" have no body`},
		{`{"version":1,"root":{"name":"+a","kind":"group","rounds":{"kind":"while","count":1,"body":{"kind":"group"}}}}`, `unknown kind "while"`},
		{`{"version":1,"root":{"name":"+a","kind":"group","rounds":{"kind":"for_range","count":1,"body":{"kind":"group"}}}}`, `have the step 0`},
		{`{"version":1,"root":{"name":"+a","kind":"group","rounds":{"kind":"for_each","count":1,"lists":[{"key":"k"}],"body":{"kind":"group"}}}}`, `have no value for "k"`},
		{`{"version":1,"root":` + strings.Repeat(`{"kind":"group","tasks":[`, 20_000), "this is no plan"},
	}
	for _, test := range tests {
		if _, err := plan.Decode([]byte(test.text)); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%.80s: got %v, want %s", test.text, err, test.want)
		}
	}
}

func TestDelay(t *testing.T) {
	tests := []struct {
		retry plan.Retry
		want  []int
	}{
		{plan.Retry{Limit: 3}, []int{0, 0, 0}},
		{plan.Retry{Limit: 3, Interval: 2}, []int{2, 2, 2}},
		{plan.Retry{Limit: 3, Interval: 1, Exponential: true}, []int{1, 2, 4}},
		{plan.Retry{Limit: 6, Interval: 1, Exponential: true, MaxInterval: 2}, []int{1, 2, 2, 2, 2, 2}},
		{plan.Retry{Limit: 3, Interval: 10, MaxInterval: 2}, []int{10, 10, 10}},
	}
	for _, test := range tests {
		for n, want := range test.want {
			if got := test.retry.Delay(n); got != want {
				t.Errorf("%+v: re-try %d waits %d s, want %d", test.retry, n, got, want)
			}
		}
	}
	if got := (&plan.Retry{Interval: 1, Exponential: true}).Delay(1_000_000); got < 1<<30 {
		t.Errorf("a late re-try waits %d s", got)
	}
}

// TestRounds compares names and variables with what Digdag generates.
func TestRounds(t *testing.T) {
	data, err := os.ReadFile("testdata/rounds.json")
	if err != nil {
		t.Fatal(err)
	}
	var rows []struct {
		Test   string
		Rounds plan.Rounds
		Want   []struct {
			Name   string
			Export *ordered.Object
		}
	}
	if err := json.Unmarshal(data, &rows); err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		if int(row.Rounds.Count) != len(row.Want) {
			t.Errorf("%s: %d rounds, want %d", row.Test, row.Rounds.Count, len(row.Want))
			continue
		}
		row.Rounds.Body = &plan.Task{Kind: plan.Operator, Export: ordered.Of("own", "kept")}
		for i, want := range row.Want {
			got := row.Rounds.Task(int64(i))
			export := ordered.Of("own", "kept").Merge(want.Export)
			if got.Name != want.Name || ordered.Text(got.Export) != ordered.Text(export) {
				t.Errorf("%s: got %s with %s, want %s with %s", row.Test, got.Name, ordered.Text(got.Export), want.Name, ordered.Text(export))
			}
		}
	}
}

func TestRoundNames(t *testing.T) {
	each := func(key string, value any) *plan.Rounds {
		return &plan.Rounds{Kind: "for_each", Count: 1, Lists: []plan.List{{Index: 2, Key: key, Values: plan.Values{value}}}}
	}
	tests := []struct {
		rounds *plan.Rounds
		want   string
	}{
		{&plan.Rounds{Kind: "loop", Count: 1}, "+loop-0"},
		{each("k", ""), "+for-2=k=0="},
		{each("k", nil), "+for-2=k=0=null"},
		{each("k", true), "+for-2=k=0=true"},
		{each("k", ordered.Of("a", ordered.Int(1))), "+for-2=k=0=%7B%22a%22%3A1%7D"},
		{each("a long key", "and a long value"), "+for-2=a%20long%20k=0=and%20a%20lo"},
		{each("k", "a*b"), "+for-2=k=0=a%2Ab"},
		{each("k", "~.-_"), "+for-2=k=0=%7E.-_"},
		{each("k", "東京"), "+for-2=k=0=%E6%9D%B1%E4%BA%AC"},
		{each("k", "1234567😀"), "+for-2=k=0=1234567%3F"},
		{each("k", "123456😀"), "+for-2=k=0=123456%F0%9F%98%80"},
	}
	for _, test := range tests {
		if got := test.rounds.Name(0); got != test.want {
			t.Errorf("got %s, want %s", got, test.want)
		}
	}
}

func TestLongRoundNames(t *testing.T) {
	name := func(last string) string {
		r := &plan.Rounds{Kind: "for_each", Count: 1}
		for i := range 6 {
			r.Lists = append(r.Lists, plan.List{Index: i, Key: "東京東京東京東京", Values: plan.Values{"大阪大阪" + last}})
		}
		return r.Name(0)
	}
	a, b := name("a"), name("b")
	if len(a) > 255 || len(b) > 255 || a == b {
		t.Errorf("got %s and %s", a, b)
	}
	if strings.ContainsAny(a, "~*") {
		t.Errorf("%s is no legal name", a)
	}
}

// TestBounds holds ranges at the ends of what 64 bits hold.
func TestBounds(t *testing.T) {
	r := &plan.Rounds{Kind: "for_range", Count: 2, From: 9223372036854775800, To: 9223372036854775807, Step: 5}
	if got := r.Name(1); got != "+range-from=9223372036854775805&to=9223372036854775807" {
		t.Errorf("got %s", got)
	}
	r = &plan.Rounds{Kind: "for_range", Count: 2, From: -9223372036854775808, To: 9223372036854775807, Step: 9223372036854775807}
	if got := r.Name(1); got != "+range-from=-1&to=9223372036854775806" {
		t.Errorf("got %s", got)
	}
}

// FuzzDecode looks for plans that are accepted but can't be used.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"version":1,"workflow":"w","root":{"name":"+w","kind":"group","tasks":[{"name":"+a","kind":"operator","config":{"echo>":1}},{"name":"+b","kind":"group","upstreams":[0]}]}}`))
	f.Add([]byte(`{"version":1,"root":{"name":"+a","kind":"group","rounds":{"kind":"for_each","count":2,"lists":[{"key":"k","values":[1,2]}],"body":{"kind":"group"}}}}`))
	f.Add([]byte(`{"version":1,"root":{"name":"+a","kind":"group","retry":{"limit":1,"interval":5},"export":null,"tasks":[null]}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := plan.Decode(text)
		if err != nil {
			return
		}
		p.Root.Count()
		walk(p.Root)
		again, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := plan.Decode(again); err != nil {
			t.Fatalf("%s became %s: %v", text, again, err)
		}
	})
}

func walk(task *plan.Task) {
	if r := task.Rounds; r != nil && r.Count > 0 {
		r.Task(0)
		r.Task(r.Count - 1)
	}
	if task.Retry != nil {
		task.Retry.Delay(3)
	}
	for _, child := range task.Tasks {
		walk(child)
	}
}
