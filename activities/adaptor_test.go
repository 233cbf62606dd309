package activities

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/operators"
	"github.com/dig2temporal/dig2temporal/translate/plan"
)

func registerAs(name string) activity.RegisterOptions { return activity.RegisterOptions{Name: name} }

func TestEcho(t *testing.T) {
	b := newBench(t, nil)
	r, err := b.run(b.request(`{"echo>":"hello ${name} ${session_date}"}`, `{"name":"x"}`))
	if err != nil || r.Subtasks != nil || r.RetryCount != 0 {
		t.Fatalf("%+v, %v", r, err)
	}
	if got, want := b.logged(), "[INFO] echo>: hello x 2024-02-29\nhello x 2024-02-29\n"; got != want {
		t.Errorf("log %q, want %q", got, want)
	}
}

func TestErrors(t *testing.T) {
	odd := fake{operators.Spec{Name: "odd", NoFiles: true}, func(_ context.Context, t *operators.Task) (*operators.Result, error) {
		switch t.Config.String("_command") {
		case "plain":
			return nil, errors.New("it broke")
		case "wrapped":
			return nil, &operators.Failure{Message: "it broke", Kind: "io", Cause: errors.New("disk full")}
		case "extra":
			return nil, &operators.Failure{Message: "it broke", Extra: ordered.Of("errors", []any{"a"})}
		case "store":
			return &operators.Result{Store: ordered.Of("n", 5)}, nil
		case "number":
			return &operators.Result{Store: ordered.Of("n", ordered.Number("NaN"))}, nil
		case "reset":
			return &operators.Result{Reset: []string{"a.b", "a..b"}}, nil
		case "long":
			return nil, errors.New(strings.Repeat("x", 100<<10) + "end")
		}
		var none *operators.Task
		return nil, errors.New(none.Name)
	}}
	for _, r := range []struct {
		config, params, kind, message, log string
	}{
		{config: `{"fail>":"no rows"}`, kind: ErrorFailure, message: "no rows",
			log: "[INFO] fail>: no rows\n[ERROR] Task +main+t failed.\nno rows\n> at main.dig:3:5\n"},
		{config: `{"fail>":null}`, kind: ErrorFailure, message: "", log: "[INFO] fail>: \n[ERROR] Task +main+t failed.\n\n> at main.dig:3:5\n"},
		{config: `{"odd>":"plain"}`, kind: ErrorFailure, message: "it broke (runtime)"},
		{config: `{"odd>":"wrapped"}`, kind: ErrorFailure, message: "it broke (io)",
			log: "[INFO] odd>: wrapped\n[ERROR] Task +main+t failed.\nit broke (io)\n> disk full\n> at main.dig:3:5\n"},
		{config: `{"odd>":"extra"}`, kind: ErrorFailure, message: "it broke (runtime)"},
		{config: `{"odd>":"store"}`, kind: ErrorFailure, message: "The operator's result is no JSON: a value of type int (runtime)"},
		{config: `{"odd>":"number"}`, kind: ErrorFailure, message: `The operator's result is no JSON: "NaN" is no number (runtime)`},
		{config: `{"odd>":"reset"}`, kind: ErrorFailure, message: `Invalid key to reset: "a..b" (runtime)`},
		{config: `{"odd>":"panic"}`, kind: ErrorFailure,
			message: "The operator odd> panicked: runtime error: invalid memory address or nil pointer dereference (runtime)"},
		{config: `{"unknown_op>":1}`, kind: ErrorConfig, message: "Unknown task type: unknown_op (config)",
			log: "[INFO] unknown_op>: 1\n[ERROR] Configuration error at task +main+t: Unknown task type: unknown_op (config)\n> at main.dig:3:5\n"},
		{config: `{"echo>":"${nothing}"}`, kind: ErrorConfig,
			message: "Failed to evaluate a variable ${nothing} (ReferenceError: nothing is not defined) (config)",
			log: "[ERROR] Configuration error at task +main+t: Failed to evaluate a variable ${nothing} " +
				"(ReferenceError: nothing is not defined) (config)\n> at main.dig:3:5\n"},
		{config: `{"sh>":"true","_retry":true}`, kind: ErrorConfig, message: "Invalid _retry format:true (config)",
			log: "[INFO] sh>: true\n[ERROR] Configuration error at task +main+t: Invalid _retry format:true (config)\n> at main.dig:3:5\n"},
		{config: `{"sh>":"true","_workdir":"../.."}`, kind: ErrorConfig, message: "Working directory must not be outside of project path ({dir}): ../.. (illegal argument)"},
		{config: `{"sh>":"exit 3"}`, kind: ErrorFailure, message: "Command failed with code 3 (runtime)"},
		{config: `{"if>":"1","_do":{"echo>":"x"}}`, kind: ErrorConfig, message: `Expected 'true' or 'false' for key '_command' but got "1" (string) (config)`},
		{config: `{"if>":null,"_do":{"echo>":"x"}}`, kind: ErrorConfig, message: "Parameter '_command' is required but not set (config)"},
		{config: `{"call>":"nowhere"}`, kind: ErrorConfig, message: "File not found: {dir}/nowhere.dig (config)"},
		{config: `{"call>":"../x"}`, kind: ErrorConfig, message: "File name must not be outside of project path ({dir}): ../x.dig (illegal argument)"},
		{config: `{"wait>":"soon"}`, kind: ErrorConfig, message: "Invalid configuration (config)",
			log: "[INFO] wait>: soon\n[ERROR] Configuration error at task +main+t: Invalid configuration (config)\n" +
				"> invalid duration \"soon\": expected one like \"1h 30m\" or \"10s\"\n> at main.dig:3:5\n"},
		{config: `{"require>":"nobody"}`, kind: ErrorFailure, message: "Dependent workflow does not exist. projectId: 1, workflowName:nobody"},
		{config: `{"loop>":1,"_do":{"sh>":"true","echo>":"hi"}}`, kind: ErrorConfig,
			message: `A task can't have more than one operator: {"sh>":"true","echo>":"hi","_export":{"i":0}} (config)`},
		{config: `{"odd>":"long"}`, kind: ErrorFailure, message: "{long}"},
	} {
		t.Run(r.config, func(t *testing.T) {
			b := newBench(t, nil, odd)
			b.env.RegisterActivityWithOptions(b.adaptor.run, registerAs("unknown_op"))
			req := b.request(r.config, r.params)
			req.Pos = &plan.Pos{File: "main.dig", Line: 3, Column: 5}
			_, err := b.run(req)
			kind, f, app := failed(t, err)
			message := f.Error.String("message")
			if r.message == "{long}" {
				if len(message) > maxMessage+20 || !strings.HasSuffix(message, "xend (runtime)") {
					t.Errorf("a message of %d bytes", len(message))
				}
				return
			}
			if kind != r.kind || message != strings.ReplaceAll(r.message, "{dir}", b.dir) || !app.NonRetryable() {
				t.Errorf("%s %q, want %s %q", kind, message, r.kind, r.message)
			}
			if r.log != "" && b.logged() != r.log {
				t.Errorf("log  %q\nwant %q", b.logged(), r.log)
			}
			if trace := f.Error.String("stacktrace"); trace != "+main+t(main.dig:3:5)" && !strings.Contains(r.config, "fail>") && !strings.Contains(r.config, "require>") {
				t.Errorf("stack trace %q", trace)
			}
		})
	}
}

func TestDynamicActivity(t *testing.T) {
	b := newBench(t, nil)
	b.env.RegisterDynamicActivity(b.adaptor.runUnknown, activity.DynamicRegisterOptions{})
	_, err := b.run(b.request(`{"slack>":"hi"}`, ""))
	if kind, f, _ := failed(t, err); kind != ErrorConfig || f.Error.String("message") != "Unknown task type: slack (config)" {
		t.Errorf("%s %s", kind, ordered.Text(f.Error))
	}
	req := b.request(`{"slack>":"hi"}`, `{"echo>":"exported"}`)
	req.Type = "slack"
	if _, err := b.run(req); err != nil || !strings.Contains(b.log.String(), "echo>: exported") {
		t.Errorf("%v, %s", err, b.log)
	}
}

func TestTypeOf(t *testing.T) {
	for _, r := range []struct {
		params, local, want string
		sure                bool
	}{
		{``, `{"echo>":1}`, "echo", true},
		{`{"sh>":"x"}`, `{"echo>":1}`, "sh", true},
		{`{"sh>":"x"}`, `{"_type":"echo"}`, "echo", true},
		{`{"_type":"py"}`, `{"echo>":1}`, "py", true},
		{``, `{"_type":"${x}"}`, "${x}", false},
		{``, `{"a":1}`, "", true},
	} {
		if got, sure := TypeOf(object(t, r.params), object(t, r.local)); got != r.want || sure != r.sure {
			t.Errorf("%+v: %s, %v", r, got, sure)
		}
	}
}

func TestOperatorOfMergedConfig(t *testing.T) {
	b := newBench(t, nil)
	// An exported "echo>" comes first in the merged config.
	if _, err := b.run(b.request(`{"sh>":"echo local"}`, `{"echo>":"exported"}`)); err != nil || b.logged() != "[INFO] echo>: exported\nexported\n"+
		"[ERROR] Parameter 'sh>' is not used at task +main+t.\n" {
		t.Errorf("%v, log %q", err, b.logged())
	}
	b = newBench(t, nil)
	if _, err := b.run(b.request(`{"_type":"echo","_command":"typed"}`, ``)); err != nil || b.logged() != "[INFO] type: echo\ntyped\n" {
		t.Errorf("%v, log %q", err, b.logged())
	}
	b = newBench(t, nil)
	if _, err := b.run(b.request(`{"for_each>":{"area":["north","west"],"n":[1,null]},"_do":{"echo>":1}}`, ``)); err != nil ||
		b.logged() != "[INFO] for_each>: {area=[north, west], n=[1, null]}\n" {
		t.Errorf("%v, log %q", err, b.logged())
	}
}

func TestUnusedKeys(t *testing.T) {
	b := newBench(t, nil)
	if _, err := b.run(b.request(`{"wait>":"0s","poll_intervall":"1s","colour":1,"_retry":1}`, ``)); err != nil {
		t.Fatal(err)
	}
	want := "[INFO] wait>: 0s\n[ERROR] Parameter 'poll_intervall' is not used at task +main+t.\n[ERROR]   > Did you mean [poll_interval]?\n" +
		"[ERROR] Parameter 'colour' is not used at task +main+t.\n"
	if b.logged() != want {
		t.Errorf("log %q, want %q", b.logged(), want)
	}
	b = newBench(t, nil)
	if _, err := b.run(b.request(`{"loop>":1,"colour":1,"_do":{"echo>":1}}`, ``)); err != nil || b.logged() != "[INFO] loop>: 1\n" {
		t.Errorf("%v, log %q", err, b.logged())
	}
	b = newBench(t, nil)
	if _, err := b.run(b.request(`{"sh>":"true","anything":1}`, ``)); err != nil || b.logged() != "[INFO] sh>: true\n" {
		t.Errorf("%v, log %q", err, b.logged())
	}
}

func TestSubtasksAndCheck(t *testing.T) {
	b := newBench(t, nil)
	req := b.request(`{"if>":true,"_do":{"+a":{"echo>":"x"},"_export":{"k":1}}}`, ``)
	req.Check = object(t, `{"sh>":"true"}`)
	r, err := b.run(req)
	if err != nil || r.Subtasks == nil || r.Check == nil {
		t.Fatalf("%+v, %v", r, err)
	}
	if s := r.Subtasks; s.Name != "^sub" || s.Kind != plan.Group || len(s.Tasks) != 1 || s.Tasks[0].Type != "echo" || ordered.Text(s.Export) != `{"k":1}` {
		t.Errorf("^sub is %+v", s)
	}
	if c := r.Check; c.Name != "^check" || c.Type != "sh" {
		t.Errorf("^check is %+v", c)
	}
	req.Check = object(t, `{"sh>":"true","echo>":"x"}`)
	_, err = b.run(req)
	if kind, f, _ := failed(t, err); kind != ErrorConfig || f.Error.String("message") != `A task can't have more than one operator: {"sh>":"true","echo>":"x"} (config)` {
		t.Errorf("%s %s", kind, ordered.Text(f.Error))
	}
	out, err := b.adaptor.Check(context.Background(), &Request{Task: "+main+g", Config: ordered.New(), Check: object(t, `{"sh>":"true"}`)})
	if err != nil || out.Check == nil || out.Check.Name != "^check" {
		t.Errorf("%+v, %v", out, err)
	}
}

func TestCall(t *testing.T) {
	b := newBench(t, nil)
	if err := os.MkdirAll(filepath.Join(b.dir, "parts"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(b.dir, "parts", "a.dig"), []byte("_export:\n  k: 1\n\n+step:\n  echo>: x\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	r, err := b.run(b.request(`{"call>":"parts/a"}`, ``))
	if err != nil {
		t.Fatal(err)
	}
	if got := ordered.Text(r.Subtasks.Export); got != `{"k":1,"_workdir":"parts"}` {
		t.Errorf("exports %s", got)
	}
	if p := r.Subtasks.Tasks[0].Pos; p.String() != "parts/a.dig:4:1" {
		t.Errorf("the task is at %s", p)
	}
}

func TestGeneratingTasksEndsSomewhere(t *testing.T) {
	b := newBench(t, nil)
	req := b.request(`{"loop>":"2","_do":{"echo>":"x"}}`, ``)
	req.Task = "+main+a" + strings.Repeat("^sub+a", maxNesting)
	_, err := b.run(req)
	if kind, f, _ := failed(t, err); kind != ErrorConfig || !strings.Contains(f.Error.String("message"), "nest deeper than 100 levels") {
		t.Errorf("%s %s", kind, ordered.Text(f.Error))
	}
}

func TestRequireResult(t *testing.T) {
	b := newBench(t, nil)
	if err := os.WriteFile(filepath.Join(b.dir, "daily.dig"), []byte("timezone: Asia/Tokyo\n+step:\n  echo>: x\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	r, err := b.run(b.request(`{"require>":"daily","session_time":"2024-02-28T00:00:00+00:00","params":{"asked_by":"${session_time}"},"_retry":"2"}`, ``))
	if err != nil || r.Require == nil {
		t.Fatalf("%+v, %v", r, err)
	}
	q := r.Require
	if q.Workflow != "daily" || q.Plan.Timezone != "Asia/Tokyo" || q.RerunOn != "none" || q.Retry.Limit != 2 ||
		ordered.Text(q.Params) != `{"asked_by":"2024-02-29T00:00:00+00:00"}` || !q.SessionTime.Equal(time.Date(2024, 2, 28, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("%+v", q)
	}
}

func TestParams(t *testing.T) {
	b := newBench(t, nil)
	b.session.Timezone = "America/New_York"
	b.session.Time = time.Date(2024, 3, 10, 5, 0, 0, 0, time.UTC)
	b.session.Schedule = object(t, `{"daily>":"07:00:00"}`)
	b.session.RetryAttemptName = "again"
	_, err := b.run(b.request(`{"echo>":"${last_session_time} ${next_session_unixtime} ${session_time} ${retry_attempt_name} ${task_name} ${timezone} [${last_executed_session_time}]"}`,
		`{"session_time":"overridden","timezone":"UTC"}`))
	want := "2024-03-09T00:00:00-05:00 1710129600 2024-03-10T00:00:00-05:00 again +main+t America/New_York []\n"
	if err != nil || !strings.HasSuffix(b.log.String(), want) {
		t.Errorf("%v, %s", err, b.log)
	}
	b.log.Reset()
	if _, err := b.run(b.request(`{"session_time":"local","echo>":"${session_time}"}`, ``)); err != nil || !strings.HasSuffix(b.log.String(), "> 2024-03-10T00:00:00-05:00\n") &&
		!strings.HasSuffix(b.log.String(), "local\n[ERROR] Parameter 'session_time' is not used at task +main+t.\n") && !strings.Contains(b.log.String(), "echo>: local") {
		t.Errorf("%v, %s", err, b.log)
	}
}

func TestErrorIsData(t *testing.T) {
	b := newBench(t, nil)
	req := b.request(`{"echo>":"${error.message}"}`, `{"error":{"message":"Failed ${gone} $$"}}`)
	if _, err := b.run(req); err == nil {
		t.Error("outside of a handler it is a template")
	}
	b.log.Reset()
	req.Task = "+main+t^error"
	if _, err := b.run(req); err != nil || !strings.HasSuffix(b.log.String(), "\nFailed ${gone} $$\n") {
		t.Errorf("%v, %s", err, b.log)
	}
}

func TestShowParamsAndDryRun(t *testing.T) {
	b := newBench(t, nil)
	b.session.ShowParams = true
	b.session.DryRun = true
	_, err := b.run(b.request(`{"nobody_knows>":"a ${x}"}`, `{"x":{"y":[1,{"z":"1:2"}],"e":{}}}`))
	var dynamic string
	if err == nil {
		dynamic = b.logged()
	} else {
		b.env.RegisterActivityWithOptions(b.adaptor.run, registerAs("nobody_knows"))
		if _, err := b.run(b.request(`{"nobody_knows>":"a ${x.e}"}`, `{"x":{"y":[1,{"z":"1:2"}],"e":{}}}`)); err != nil {
			t.Fatal(err)
		}
		dynamic = b.logged()
	}
	if !strings.HasPrefix(dynamic, "[INFO] nobody_knows>: a {}\n[WARN] \n  x:\n    y:\n    - 1\n    -\n        z: \"1:2\"\n    e: {}\n  timezone: \"UTC\"\n") ||
		!strings.HasSuffix(dynamic, "  nobody_knows>: \"a {}\"\n  _type: \"nobody_knows\"\n  _command: \"a {}\"\n\n") {
		t.Errorf("log:\n%s", dynamic)
	}
	if _, err := b.run(b.request(`{"echo>":"${gone}"}`, ``)); err == nil {
		t.Error("a dry run must evaluate")
	}
}

func TestLocalActivity(t *testing.T) {
	b := newBench(t, nil)
	if r, err := b.runLocal(b.request(`{"loop>":2,"_do":{"echo>":"${i}"}}`, ``)); err != nil || r.Subtasks.Rounds.Count != 2 {
		t.Errorf("%+v, %v", r, err)
	}
	r, err := b.runLocal(b.request(`{"wait>":"1h"}`, ``))
	if err != nil || r.Again == nil || r.Again.AfterMillis != 3600000 {
		t.Fatalf("%+v, %v", r, err)
	}
	req := b.request(`{"wait>":"1h"}`, ``)
	req.State = r.Again.State
	b.log.Reset()
	if r, err = b.runLocal(req); err != nil || r.Again == nil || r.Again.AfterMillis > 3600000 || b.log.Len() > 0 {
		t.Errorf("%+v, %v, log %q", r, err, b.log)
	}
	polls, since, state := fromState(r.Again.State)
	if polls != 2 || since == 0 || !state.Has("wait_start_time_millis") {
		t.Errorf("state %s", ordered.Text(r.Again.State))
	}
}

func TestRetryOfLocalActivity(t *testing.T) {
	b := newBench(t, nil)
	req := b.request(`{"require>":"nobody","_retry":{"limit":2,"interval":3,"interval_type":"exponential"}}`, ``)
	for i, want := range []int{3, 6} {
		req.RetryCount = i
		_, err := b.runLocal(req)
		kind, f, app := failed(t, err)
		if kind != ErrorRetry || f.RetryCount != i+1 || f.RetryAfter != want || !app.NonRetryable() {
			t.Errorf("re-try %d: %s %+v", i, kind, f)
		}
	}
	req.RetryCount = 2
	_, err := b.runLocal(req)
	if kind, f, _ := failed(t, err); kind != ErrorFailure || f.RetryCount != 2 {
		t.Errorf("%s %+v", kind, f)
	}
}

func TestRetryOfOrdinaryActivity(t *testing.T) {
	b := newBench(t, nil)
	req := b.request(`{"sh>":"exit 1","_retry":{"limit":2,"interval":3}}`, ``)
	req.RetryCount = 1
	_, err := b.run(req)
	kind, f, app := failed(t, err)
	if kind != ErrorFailure || app.NonRetryable() || app.NextRetryDelay() != 3*time.Second || f.RetryCount != 2 || b.last().Retries != 2 {
		t.Errorf("%s, again after %v, %+v, heartbeat %+v", kind, app.NextRetryDelay(), f, b.last())
	}
	if !strings.Contains(b.log.String(), "Task failed, retrying\nCommand failed with code 1 (runtime)") {
		t.Errorf("log %s", b.log)
	}
	b.log.Reset()
	b.env.SetHeartbeatDetails(b.last())
	_, err = b.run(req)
	if kind, f, app := failed(t, err); kind != ErrorFailure || !app.NonRetryable() || f.RetryCount != 2 {
		t.Errorf("%s %+v", kind, f)
	}
	if strings.Contains(b.log.String(), "sh>:") {
		t.Errorf("the re-try was announced: %s", b.log)
	}
	req = b.request(`{"sh>":"true","_retry":2}`, ``)
	if r, err := b.run(req); err != nil || r.RetryCount != 2 {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestNotRetried(t *testing.T) {
	for _, config := range []string{`{"fail>":"x","_retry":5}`, `{"echo>":"${gone}","_retry":5}`, `{"unknown_op>":1,"_retry":5}`, `{"sh>":1,"_workdir":"/","_retry":5}`, `{"if>":"x","_retry":5}`} {
		b := newBench(t, nil)
		b.env.RegisterActivityWithOptions(b.adaptor.run, registerAs("unknown_op"))
		_, err := b.run(b.request(config, ``))
		if _, f, app := failed(t, err); !app.NonRetryable() || f.RetryCount != 0 {
			t.Errorf("%s is retried", config)
		}
	}
}

func TestAgainOfOrdinaryActivity(t *testing.T) {
	polls := 0
	op := fake{operators.Spec{Name: "poll", NoFiles: true}, func(_ context.Context, t *operators.Task) (*operators.Result, error) {
		polls++
		if t.State.String("seen") == "twice" {
			return &operators.Result{Store: ordered.Of("ok", true)}, nil
		}
		state := ordered.Of("seen", "once")
		if t.State.String("seen") == "once" {
			state = ordered.Of("seen", "twice")
		}
		return &operators.Result{Again: &operators.Again{After: 10 * time.Second, State: state}}, nil
	}}
	b := newBench(t, nil, op)
	req := b.request(`{"poll>":1}`, ``)
	for range 2 {
		_, err := b.run(req)
		var app *temporal.ApplicationError
		if !errors.As(err, &app) || app.NonRetryable() || app.NextRetryDelay() != 10*time.Second {
			t.Fatalf("%v", err)
		}
		b.env.SetHeartbeatDetails(b.last())
	}
	if r, err := b.run(req); err != nil || ordered.Text(r.Store) != `{"ok":true}` || r.RetryCount != 0 || b.last().Polls != 2 {
		t.Errorf("%+v, %v, %+v", r, err, b.last())
	}
	if strings.Count(b.log.String(), "poll>: 1") != 1 {
		t.Errorf("log %s", b.log)
	}
}

func TestSavedState(t *testing.T) {
	op := fake{operators.Spec{Name: "slow", NoFiles: true}, func(_ context.Context, t *operators.Task) (*operators.Result, error) {
		t.Save(ordered.Of("job", "j1"))
		return nil, nil
	}}
	b := newBench(t, nil, op)
	if _, err := b.run(b.request(`{"slow>":1}`, ``)); err != nil || b.last().State.String("job") != "j1" {
		t.Errorf("%v, %+v", err, b.last())
	}
}

// TestStopped: what the server answers to a heartbeat decides on the task.
func TestStopped(t *testing.T) {
	for name, r := range map[string]struct {
		answer   error
		canceled bool
		text     string
	}{
		"canceled": {temporal.NewCanceledError(), true, "Task +main+t is canceled."},
		"gone":     {serviceerror.NewNotFound("no such activity"), false, "Task +main+t is interrupted: no such activity"},
		"reset":    {activity.ErrActivityReset, false, "Task +main+t is interrupted: activity reset"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, func(o *Options) { o.Heartbeat = 50 * time.Millisecond })
			b.answer = r.answer
			begin := time.Now()
			_, err := b.run(b.request(`{"sh>":"sleep 60; echo never","_retry":3}`, ``))
			if err == nil || time.Since(begin) > 5*time.Second {
				t.Fatalf("%v after %v", err, time.Since(begin))
			}
			if !strings.Contains(b.log.String(), r.text) {
				t.Errorf("log %s", b.log)
			}
			var app *temporal.ApplicationError
			if temporary := errors.As(err, &app) && app.Type() == errorTemporary && !app.NonRetryable(); temporary == r.canceled {
				t.Errorf("error %v", err)
			}
		})
	}
}

// TestServerAway: a server that does not answer stops a task only when it must
// have given the task up.
func TestServerAway(t *testing.T) {
	b := newBench(t, func(o *Options) { o.Heartbeat = 10 * time.Millisecond })
	b.answer = serviceerror.NewUnavailable("busy")
	if _, err := b.run(b.request(`{"sh>":"sleep 0.2; echo done"}`, ``)); err != nil || !strings.Contains(b.log.String(), "done") {
		t.Errorf("%v, log %s", err, b.log)
	}
	ctx, stop := context.WithCancelCause(context.Background())
	h := &heart{adaptor: b.adaptor, stop: stop, patience: time.Minute, last: time.Now(), record: func(progress) error { return b.answer }}
	if h.save(func(*progress) {}); ctx.Err() != nil {
		t.Error("stopped too early")
	}
	h.last = time.Now().Add(-2 * time.Minute)
	if h.save(func(*progress) {}); !errors.Is(context.Cause(ctx), errLost) {
		t.Errorf("stopped by %v", context.Cause(ctx))
	}
}

func TestHurry(t *testing.T) {
	b := newBench(t, func(o *Options) { o.Heartbeat = time.Hour })
	b.answer = temporal.NewCanceledError()
	done := make(chan error, 1)
	go func() {
		_, err := b.run(b.request(`{"sh>":"sleep 60"}`, ``))
		done <- err
	}()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		b.adaptor.Hurry()
		select {
		case err := <-done:
			if err == nil {
				t.Error("the task succeeded")
			}
			return
		default:
		}
	}
	t.Fatal("still running")
}

func TestHeartIntervals(t *testing.T) {
	a := &Adaptor{opts: Options{Heartbeat: time.Second}}
	h := &heart{adaptor: a}
	for running, want := range map[int]time.Duration{1: time.Second, 25: time.Second, 100: 4 * time.Second, 5000: maxInterval} {
		for a.hearts = (hearts{}); a.hearts.count() < running; {
			a.hearts.add(&heart{})
		}
		if got := h.interval(); got != want {
			t.Errorf("%d running: %v, want %v", running, got, want)
		}
	}
}

func TestWorkspaceTrouble(t *testing.T) {
	b := newBench(t, func(o *Options) { o.Workspaces = brokenSpaces{errors.New("store is down")} })
	_, err := b.run(b.request(`{"sh>":"true","_retry":1}`, ``))
	if kind, _, app := failed(t, err); kind != errorTemporary || app.NonRetryable() || app.NextRetryDelay() != 0 {
		t.Errorf("%v", err)
	}
	if _, err := b.run(b.request(`{"echo>":"needs no files"}`, ``)); err != nil {
		t.Error(err)
	}
	b = newBench(t, func(o *Options) { o.Workspaces = brokenSpaces{&operators.ConfigError{Message: "no such revision"}} })
	_, err = b.run(b.request(`{"sh>":"true"}`, ``))
	if kind, _, app := failed(t, err); kind != ErrorConfig || !app.NonRetryable() {
		t.Errorf("%v", err)
	}
}

// TestHangingSurroundings: who waits in vain as a local activity asks to be run
// again before its time is up, since then it would have failed.
func TestHangingSurroundings(t *testing.T) {
	b := newBench(t, func(o *Options) {
		o.Workspaces = hangingSpaces{}
		o.Find = func(ctx context.Context, _ *Session, _ operators.ProjectRef, _ string) (*operators.Workflow, error) {
			<-ctx.Done()
			return nil, unlessLasting(ctx.Err())
		}
	})
	b.adaptor.patience = 50 * time.Millisecond
	for _, task := range []string{`{"call>":"other"}`, `{"require>":"other"}`} {
		result, err := b.runLocal(b.request(task, ``))
		if err != nil || result.Again == nil {
			t.Errorf("%s: %+v, %v", task, result, err)
		}
	}
}

type hangingSpaces struct{}

func (hangingSpaces) Open(ctx context.Context, _ *Session) (*Workspace, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

type brokenSpaces struct{ err error }

func (b brokenSpaces) Open(context.Context, *Session) (*Workspace, error) { return nil, b.err }
