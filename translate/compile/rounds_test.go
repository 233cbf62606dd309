package compile_test

import (
	"testing"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/translate/compile"
	"github.com/dig2temporal/dig2temporal/translate/plan"
)

func TestRounds(t *testing.T) {
	marks := map[string]*plan.Pos{"_do": {File: "main.dig", Line: 3, Column: 3}, "_do/+a": {File: "main.dig", Line: 4, Column: 5}}
	body := object(t, `{"_export":{"i":"own","b":1},"+a":{"echo>":"${i}"}}`)
	sub, err := compile.Rounds("+wf+t", plan.Rounds{Kind: "loop", Count: 3}, body, nil, marks)
	if err != nil {
		t.Fatal(err)
	}
	if sub.Name != "^sub" || sub.Kind != plan.Group || sub.Config.Len() != 0 || sub.Rounds.Parallel {
		t.Errorf("got %+v", sub)
	}
	want(t, "^sub", sub.Pos, "main.dig:3:3")
	round := sub.Rounds.Task(2)
	if round.Name != "+loop-2" || ordered.Text(round.Export) != `{"i":2,"b":1}` {
		t.Errorf("got %s with %s", round.Name, ordered.Text(round.Export))
	}
	want(t, "+a", round.Tasks[0].Pos, "main.dig:4:5")
	if got := ordered.Text(body); got != `{"_export":{"i":"own","b":1},"+a":{"echo>":"${i}"}}` {
		t.Errorf("the body was changed to %s", got)
	}
}

func TestRoundsWithoutAny(t *testing.T) {
	body := object(t, `{"echo>":"x","sh>":"never looked at"}`)
	sub, err := compile.Rounds("+wf+t", plan.Rounds{Kind: "loop"}, body, nil, nil)
	if sub != nil || err != nil {
		t.Errorf("got %+v, %v", sub, err)
	}
	sub, err = compile.Rounds("+wf+t", plan.Rounds{Kind: "loop", Count: -1}, body, true, nil)
	if err != nil || sub == nil || sub.Rounds != nil || ordered.Text(sub.Config) != `{"_parallel":true}` {
		t.Errorf("got %+v, %v", sub, err)
	}
}

func TestRoundsParallel(t *testing.T) {
	tests := []struct {
		parallel any
		on       bool
		limit    int
		message  string
	}{
		{nil, false, 0, ""},
		{true, true, 0, ""},
		{false, false, 0, ""},
		{"true", true, 0, ""},
		{"false", false, 0, ""},
		{ordered.Of("limit", ordered.Int(3)), true, 3, ""},
		{ordered.Of("limit", "3"), true, 3, ""},
		{"tru", false, 0, "Expected 'true' or 'false' for key '_parallel' but got \"tru\" (string)"},
		{ordered.Of("limit", "test"), false, 0, `Expected integer (int) type for key 'limit' but got "test" (string)`},
		{ordered.New(), false, 0, "Parameter 'limit' is required but not set"},
		{ordered.Int(4), false, 0, "Invalid _parallel format: 4"},
	}
	body := object(t, `{"echo>":"x"}`)
	for _, test := range tests {
		sub, err := compile.Rounds("+wf+t", plan.Rounds{Kind: "loop", Count: 5}, body, test.parallel, nil)
		if test.message != "" {
			if err == nil || err.Error() != test.message {
				t.Errorf("%v: got %v, want %s", test.parallel, err, test.message)
			}
			continue
		}
		if err != nil || sub.Rounds.Parallel != test.on || sub.Rounds.Limit != test.limit || sub.Config.Has("_parallel") != test.on {
			t.Errorf("%v: got %+v, %v", test.parallel, sub, err)
		}
	}
}

func TestRoundsErrors(t *testing.T) {
	tests := []struct{ body, message string }{
		{`{"sh>":"true","echo>":"hi"}`, `A task can't have more than one operator: {"sh>":"true","echo>":"hi","_export":{"i":0}}`},
		{`{"sh>":"true","+child":{"echo>":"hi"}}`, `A task can't have subtasks: {"sh>":"true","_export":{"i":0}}`},
		{`{"parallel":true,"+child":{"echo>":"hi"}}`, "io.digdag.core.repository.ModelValidationException: Validating workflow failed\n" +
			`+broken+tries+unknown_key^sub+loop-0 contains invalid keys: 'parallel' (did you mean [_parallel]?): "{"parallel":true,"_export":{"i":0}}"`},
		{`{"_export":"text","echo>":"hi"}`, `Parameter '_export' must be an object`},
	}
	for _, test := range tests {
		_, err := compile.Rounds("+broken+tries+unknown_key", plan.Rounds{Kind: "loop", Count: 2}, object(t, test.body), nil, nil)
		if err == nil || err.Error() != test.message {
			t.Errorf("%s:\ngot  %v\nwant %s", test.body, err, test.message)
		}
	}
}

// TestRoundsOrder has what _background and _after in a _do mean.
func TestRoundsOrder(t *testing.T) {
	limit := ordered.Of("limit", ordered.Int(2))
	tests := []struct {
		parallel any
		body     string
		together bool
		message  string
	}{
		{nil, `{"echo>":1}`, false, ""},
		{nil, `{"_background":true,"echo>":1}`, true, ""},
		{nil, `{"_background":"true","+a":{"echo>":1}}`, true, ""},
		{nil, `{"_background":false,"echo>":1}`, false, ""},
		{nil, `{"+a":{"_background":true,"echo>":1}}`, false, ""},
		{true, `{"_background":false,"_after":[],"echo>":1}`, true, ""},
		{true, `{"_after":null,"echo>":1}`, true, ""},
		{true, `{"_background":true,"echo>":1}`, false, `Setting "_background: true" option is invalid (unnecessary) if its parent task has "_parallel: true" option`},
		{limit, `{"_background":true,"echo>":1}`, false, `Setting "_background: true" option is invalid (unnecessary) if its parent task has "_parallel: true" option`},
		{nil, `{"_background":"5x","echo>":1}`, false, `Expected 'true' or 'false' for key '_background' but got "5x" (string)`},
		{nil, `{"_after":["+x"],"echo>":1}`, false, `Setting "_after" option is invalid if its parent task doesn't have "_parallel: true" option`},
		{nil, `{"_after":null,"echo>":1}`, false, `Setting "_after" option is invalid if its parent task doesn't have "_parallel: true" option`},
		{true, `{"_after":["+x"],"echo>":1}`, false, `Dependency task '+x' does not exist`},
		{limit, `{"_after":["+loop-0"],"echo>":1}`, false, `Dependency task '+loop-0' does not exist`},
		{true, `{"_after":"+x","echo>":1}`, false, `Expected array type for key '_after' but got "+x" (string)`},
	}
	for _, test := range tests {
		sub, err := compile.Rounds("+wf+t", plan.Rounds{Kind: "loop", Count: 3}, object(t, test.body), test.parallel, nil)
		if test.message != "" {
			if sub != nil || err == nil || err.Error() != test.message {
				t.Errorf("%v %s: got %v, %v", test.parallel, test.body, sub, err)
			}
			continue
		}
		if err != nil || sub.Rounds.Parallel != test.together {
			t.Errorf("%v %s: got %+v, %v", test.parallel, test.body, sub, err)
			continue
		}
		if task := sub.Rounds.Task(1); task.Config.Has("_after") || !sub.Rounds.Parallel && task.Config.Has("_background") {
			t.Errorf("%s: the round keeps %s", test.body, ordered.Text(task.Config))
		}
	}
}
