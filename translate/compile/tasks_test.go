package compile_test

import (
	"encoding/json"
	"testing"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/translate/compile"
	"github.com/dig2temporal/dig2temporal/translate/config"
	"github.com/dig2temporal/dig2temporal/translate/plan"
)

func object(t testing.TB, text string) *ordered.Object {
	t.Helper()
	o, err := ordered.ParseObject([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestGeneratedErrors(t *testing.T) {
	tests := []struct{ config, message, kind string }{
		{`{"sh>":"true","echo>":"hi","_export":{"i":0}}`, `A task can't have more than one operator: {"sh>":"true","echo>":"hi","_export":{"i":0}}`, ""},
		{`{"sh>":"true","+child":{"echo>":"hi"},"_export":{"i":0}}`, `A task can't have subtasks: {"sh>":"true","_export":{"i":0}}`, ""},
		{`{"parallel":true,"+child":{"echo>":"hi"},"_export":{"i":0}}`, "io.digdag.core.repository.ModelValidationException: Validating workflow failed\n" +
			`+wf+t^sub contains invalid keys: 'parallel' (did you mean [_parallel]?): "{"parallel":true,"_export":{"i":0}}"`, ""},
		{`{"x":1,"+a":{"y":2},"+b":{"schedule":1,"schedul":3}}`, "io.digdag.core.repository.ModelValidationException: Validating workflow failed\n" +
			`+wf+t^sub contains invalid keys: 'x': "{"x":1}"` + "\n" +
			`+wf+t^sub+a contains invalid keys: 'y': "{"y":2}"` + "\n" +
			`+wf+t^sub+b contains invalid keys: 'schedul' (did you mean [schedule]?): "{"schedule":1,"schedul":3}"`, ""},
		{`{"+a*b":{"echo>":"x"}}`, "io.digdag.core.repository.ModelValidationException: Validating workflow task failed\n" +
			`name must not contain character '*': "+a*b"`, ""},
		{`{"+a":["echo one"]}`, `Expected object but got "echo one"`, "runtime json mapping"},
		{`{"+a":{"_after":["+x"],"echo>":1}}`, `Setting "_after" option is invalid if its parent task doesn't have "_parallel: true" option`, ""},
		{`{"_parallel":4}`, "Invalid _parallel format: 4", ""},
		{`{"+a":{"+b":{"echo>":1,"_export":[1]}}}`, "Parameter '_export' must be an object", ""},
	}
	for _, test := range tests {
		_, err := compile.Tasks("+wf+t", "^sub", object(t, test.config), nil, "")
		got, ok := err.(*config.Error)
		if !ok || got.Message != test.message || got.Kind != test.kind {
			t.Errorf("%s:\ngot  %v (%+v)\nwant %s", test.config, err, got, test.message)
		}
	}
}

func TestGeneratedForms(t *testing.T) {
	if task, err := compile.Tasks("+wf+t", "^sub", ordered.New(), nil, ""); task != nil || err != nil {
		t.Errorf("an empty config: got %v, %v", task, err)
	}
	leaf, err := compile.Tasks("+wf+t", "^check", object(t, `{"echo>":"x"}`), nil, "_check")
	if err != nil || leaf.Name != "^check" || leaf.Kind != plan.Operator || leaf.Type != "echo" {
		t.Errorf("a leaf: got %+v, %v", leaf, err)
	}
	group, err := compile.Tasks("+wf+t", "^sub", object(t, `{"_parallel":true}`), nil, "_do")
	if err != nil || group == nil || group.Kind != plan.Group {
		t.Errorf("a group: got %+v, %v", group, err)
	}
}

// TestMarks follows the places of tasks through two generations.
func TestMarks(t *testing.T) {
	p, findings := compile.Workflow("main", parse(t, `+t:
  loop>: 2
  _do:
    +a:
      echo>: x
    +b:
      - if>: true
      - _do:
          +c: {echo>: x, _error: {+d: {echo>: x}}}
      - _check:
          echo>: x
`))
	if p == nil {
		t.Fatal(findings)
	}
	task := p.Root.Tasks[0]
	do := task.Config.Object("_do")
	sub, err := compile.Tasks("+main+t", "^sub", do, task.Marks, "_do")
	if err != nil {
		t.Fatal(err)
	}
	want(t, "^sub", sub.Pos, "main.dig:3:3")
	want(t, "+a", sub.Tasks[0].Pos, "main.dig:4:5")
	b := sub.Tasks[1]
	want(t, "+b", b.Pos, "main.dig:6:5")
	check, err := compile.Check("+main+t^sub+b", b.Config, b.Check, b.Marks)
	if err != nil {
		t.Fatal(err)
	}
	want(t, "^check", check.Pos, "main.dig:10:9")
	inner, err := compile.Tasks("+main+t^sub+b", "^sub", b.Config.Object("_do"), b.Marks, "_do")
	if err != nil {
		t.Fatal(err)
	}
	want(t, "^sub of +b", inner.Pos, "main.dig:8:9")
	want(t, "+c", inner.Tasks[0].Pos, "main.dig:9:11")
	want(t, "^error", inner.Tasks[0].Error.Pos, "main.dig:9:26")
	want(t, "+d", inner.Tasks[0].Error.Tasks[0].Pos, "main.dig:9:35")
}

func want(t *testing.T, what string, pos *plan.Pos, place string) {
	t.Helper()
	if pos.String() != place {
		t.Errorf("%s is at %s, want %s", what, pos, place)
	}
}

func TestCheckThatIsNoMapping(t *testing.T) {
	p, findings := compile.Workflow("main", parse(t, "+t: {echo>: x, _check: text}\n"))
	if p == nil {
		t.Fatal(findings)
	}
	task := p.Root.Tasks[0]
	_, err := compile.Check("+main+t", task.Config, task.Check, task.Marks)
	if err == nil || err.Error() != "Parameter '_check' must be an object" {
		t.Errorf("got %v", err)
	}
}

func TestStartable(t *testing.T) {
	p, findings := compile.Workflow("main", parse(t, "+a: {+b: {echo>: x, _export: [1]}}\n"))
	if p == nil {
		t.Fatal(findings)
	}
	if err := compile.Startable(p); err == nil || err.Error() != "Parameter '_export' must be an object" {
		t.Errorf("got %v", err)
	}
	p, _ = compile.Workflow("main", parse(t, "+a: {+b: {echo>: x, _export: {a: 1}}}\n"))
	if err := compile.Startable(p); err != nil {
		t.Errorf("got %v", err)
	}
}

// TestExportedDirectives holds what a task's own _export does to it.
func TestExportedDirectives(t *testing.T) {
	p, findings := compile.Workflow("main", parse(t, `
+g:
  _export: {_retry: 2, _error: {echo>: e}, _check: {echo>: c}}
  +a: {echo>: x}
+broken:
  _export: {_error: {echo>: e, sh>: f}}
  _error: {echo>: e}
  echo>: x
`))
	if p == nil {
		t.Fatal(findings)
	}
	g := p.Root.Tasks[0]
	if g.Retry == nil || g.Retry.Limit != 2 || g.Error == nil || g.Error.Type != "echo" || g.Check == nil {
		t.Errorf("got retry %+v, error %+v, check %v", g.Retry, g.Error, g.Check)
	}
	if a := g.Tasks[0]; a.Retry != nil || a.Error != nil || a.Check != nil {
		t.Errorf("they apply to the child: %+v", a)
	}
	// Both operators meet in one config, of which Digdag skips the handler.
	if broken := p.Root.Tasks[1]; broken.Error != nil {
		t.Errorf("got %+v", broken.Error)
	}
}

func TestRetry(t *testing.T) {
	tests := []struct {
		retry string
		want  string
	}{
		{`3`, `{"limit":3}`},
		{`"3"`, `{"limit":3}`},
		{`1.9`, `{"limit":1}`},
		{`""`, `{"limit":0}`},
		{`-1`, `{"limit":-1}`},
		{`true`, `null`},
		{`[1]`, `null`},
		{`"${n}"`, `null`},
		{`null`, `null`},
		{`3000000000`, `null`},
		{`{"limit":"3","interval":"2"}`, `{"limit":3,"interval":2}`},
		{`{"limit":3,"interval":1,"interval_type":"exponential"}`, `{"limit":3,"interval":1,"exponential":true}`},
		{`{"limit":6,"interval":1,"interval_type":"EXPONENTIAL","max_interval":2}`, `{"limit":6,"interval":1,"exponential":true,"max_interval":2}`},
		{`{"limit":6,"interval":1,"interval_type":"constant","max_interval":2}`, `{"limit":6,"interval":1,"max_interval":2}`},
		{`{"limit":6,"interval":1,"interval_type":"exponential","max_interval":0}`, `{"limit":6,"exponential":true}`},
		{`{"interval":2}`, `null`},
		{`{"limit":2,"interval":null}`, `{"limit":2}`},
		{`{"limit":2,"interval":"x"}`, `null`},
		{`{"limit":2,"interval_type":"linear"}`, `null`},
	}
	for _, test := range tests {
		p, findings := compile.Workflow("main", parse(t, `{"+t": {"echo>": "x", "_retry": `+test.retry+`}}`))
		if p == nil {
			t.Fatal(findings)
		}
		got, err := json.Marshal(p.Root.Tasks[0].Retry)
		if err != nil || string(got) != test.want {
			t.Errorf("%s: got %s, want %s", test.retry, got, test.want)
		}
	}
}
