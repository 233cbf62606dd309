package operators

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/translate/compile"
)

// TestSubtasks runs the operators that generate tasks. A loop is compared by
// what its rounds are when they are written out.
func TestSubtasks(t *testing.T) {
	var rows []struct {
		Name, Operator string
		Config         *ordered.Object
		Subtasks       *ordered.Object
		Error          string
	}
	readRows(t, "testdata/subtasks.json", &rows)
	for _, r := range rows {
		t.Run(r.Name, func(t *testing.T) {
			op, ok := Default().Lookup(r.Operator)
			if !ok {
				t.Fatalf("no operator %q", r.Operator)
			}
			task, _ := newTask(t, r.Operator, r.Config)
			result, err := op.Run(context.Background(), task)
			var got *ordered.Object
			if err == nil {
				got, err = writtenOut(result)
			}
			if r.Error != "" {
				if err == nil || err.Error() != r.Error {
					t.Fatalf("error is %v, want %s", err, r.Error)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if want := ordered.Text(r.Subtasks); ordered.Text(got) != want {
				t.Errorf("got  %s\nwant %s", ordered.Text(got), want)
			}
		})
	}
}

func writtenOut(r *Result) (*ordered.Object, error) {
	if r.Rounds == nil {
		if r.Subtasks == nil {
			return ordered.New(), nil
		}
		return r.Subtasks, nil
	}
	sub, err := compile.Rounds("+main+t", r.Rounds.Shape, r.Rounds.Body, r.Rounds.Parallel, nil)
	if err != nil || sub == nil {
		return ordered.New(), err
	}
	all := ordered.New()
	if sub.Rounds != nil {
		for i := range sub.Rounds.Count {
			child := sub.Rounds.Task(i)
			config := child.Config.Clone()
			config.Set("_export", child.Export)
			all.Set(child.Name, config)
		}
	}
	if sub.Rounds != nil && sub.Rounds.Parallel {
		p := any(true)
		if sub.Rounds.Limit > 0 {
			p = ordered.Of("limit", ordered.Int(int64(sub.Rounds.Limit)))
		}
		all.Set("_parallel", p)
	}
	return all, nil
}

func TestMaxRounds(t *testing.T) {
	for config, want := range map[string]string{
		`{"_type":"loop","_command":11,"_do":{"echo>":"x"}}`:                             "Too many loop subtasks. Limit: 10",
		`{"_type":"for_each","_command":{"a":[1,2,3,4],"b":[1,2,3]},"_do":{"echo>":1}}`:  "Too many for_each subtasks. Limit: 10",
		`{"_type":"for_range","_command":{"from":0,"to":11,"step":1},"_do":{"echo>":1}}`: "Too many for_range subtasks (11). Limit: 10",
	} {
		o := parse(t, config)
		task, _ := newTask(t, o.String("_type"), o)
		task.MaxRounds = 10
		op, _ := Default().Lookup(task.Type)
		_, err := op.Run(context.Background(), task)
		if err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", config, err, want)
		}
	}
}

func TestWait(t *testing.T) {
	now := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	run := func(t *testing.T, config string, state *ordered.Object) (*Result, error) {
		task, _ := newTask(t, "wait", parse(t, config))
		task.Now = func() time.Time { return now }
		task.State = state
		return Wait{}.Run(context.Background(), task)
	}
	t.Run("waits once for the whole time", func(t *testing.T) {
		r, err := run(t, `{"_command":"1h 30m"}`, nil)
		if err != nil || r.Again == nil || r.Again.After != 90*time.Minute {
			t.Fatalf("%+v, %v", r, err)
		}
		if n, _ := r.Again.State.Get(waitStart); n != json.Number("1704067200000") {
			t.Errorf("state is %s", ordered.Text(r.Again.State))
		}
	})
	t.Run("goes on after a restart", func(t *testing.T) {
		r, err := run(t, `{"_command":"10m"}`, ordered.Of(waitStart, ordered.Int(now.Add(-9*time.Minute).UnixMilli())))
		if err != nil || r.Again == nil || r.Again.After != time.Minute {
			t.Fatalf("%+v, %v", r, err)
		}
	})
	t.Run("ends", func(t *testing.T) {
		r, err := run(t, `{"_command":"10m"}`, ordered.Of(waitStart, ordered.Int(now.Add(-10*time.Minute).UnixMilli())))
		if err != nil || r.Again != nil {
			t.Fatalf("%+v, %v", r, err)
		}
	})
	t.Run("polls", func(t *testing.T) {
		r, err := run(t, `{"_command":"10m","poll_interval":"5s"}`, nil)
		if err != nil || r.Again == nil || r.Again.After != 5*time.Second {
			t.Fatalf("%+v, %v", r, err)
		}
	})
	for config, want := range map[string]string{
		`{"_command":10}`:                        "Invalid configuration",
		`{"_command":"1x"}`:                      "Invalid configuration",
		`{}`:                                     "Invalid configuration",
		`{"_command":"1s","poll_interval":"no"}`: "Invalid configuration",
		`{"_command":"1s","poll_interval":"1s","blocking":true}`: "poll_interval can't be specified with blocking:true",
		`{"_command":"1s","blocking":"maybe"}`:                   `Expected 'true' or 'false' for key 'blocking' but got "maybe" (string)`,
	} {
		if _, err := run(t, config, nil); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", config, err, want)
		}
	}
}

func TestEchoAndFail(t *testing.T) {
	task, out := newTask(t, "echo", parse(t, `{"_command":1.50}`))
	if _, err := (Echo{}).Run(context.Background(), task); err != nil || out.String() != "1.5\n" {
		t.Errorf("echo printed %q, %v", out.String(), err)
	}
	task, _ = newTask(t, "fail", parse(t, `{"_command":"no rows"}`))
	_, err := Fail{}.Run(context.Background(), task)
	var f *Failure
	if !errors.As(err, &f) || f.Message != "no rows" || !f.NoKind {
		t.Errorf("fail gave %#v", err)
	}
}

func TestRequire(t *testing.T) {
	found := &Workflow{Project: "p"}
	for _, r := range []struct {
		local, others, want string
		in                  ProjectRef
	}{
		{local: `{"_command":"w"}`},
		{local: `{"_command":"w","session_time":"2024-02-28T00:00:00+09:00"}`},
		{local: `{"_command":"w","session_time":"2024-02-28T00:00Z[UTC]"}`},
		{local: `{"_command":"w","project_name":"q"}`, in: ProjectRef{Name: "q"}},
		{local: `{"_command":"w","project_id":"7"}`, in: ProjectRef{ID: 7}},
		{local: `{"_command":"w"}`, others: `{"project_name":"exported","retry_attempt_name":"exported"}`},
		{local: `{"_command":"gone"}`, want: "Dependent workflow does not exist. projectId: 3, workflowName:gone"},
		{local: `{"_command":"gone","project_name":"q"}`, in: ProjectRef{Name: "q"}, want: "Dependent workflow does not exist. projectName: q, workflowName:gone"},
		{local: `{"_command":"w","project_id":1,"project_name":"q"}`, want: "Both project_id and project_name can't be set"},
		{local: `{"_command":"w","rerun_on":"sometimes"}`, want: "invalid rerun_on option:sometimes"},
		{local: `{"_command":"w","params":"x"}`, want: "Parameter 'params' must be an object"},
		{local: `{"_command":"w","session_time":"2024-02-28"}`,
			want: `Expected ISO time with an offset (like 2024-01-31T00:00:00+00:00) for key 'session_time' but got "2024-02-28" (string)`},
	} {
		local := parse(t, r.local)
		base := parse(t, `{"session_time":"2024-03-01T00:00:00+00:00","project_id":3}`)
		if r.others != "" {
			base = base.Merge(parse(t, r.others))
		}
		task, _ := newTask(t, "require", base.Merge(local))
		task.Local = local
		task.Find = func(_ context.Context, in ProjectRef, name string) (*Workflow, error) {
			if in != r.in {
				t.Errorf("%s: looked in %+v, want %+v", r.local, in, r.in)
			}
			if name == "gone" {
				return nil, nil
			}
			return found, nil
		}
		result, err := RequireOperator{}.Run(context.Background(), task)
		if r.want != "" {
			if err == nil || err.Error() != r.want {
				t.Errorf("%s: %v, want %s", r.local, err, r.want)
			}
			continue
		}
		if err != nil || result.Require.Workflow != found || result.Require.RetryName != "" || result.Require.SessionTime.IsZero() {
			t.Errorf("%s: %+v, %v", r.local, result, err)
		}
	}
}

func TestResolveSecrets(t *testing.T) {
	var rows []struct {
		Template, Out, Error string
		Secrets              secretMap
	}
	readRows(t, "testdata/secret_templates.json", &rows)
	for _, r := range rows {
		out, err := ResolveSecrets(r.Template, r.Secrets)
		if r.Error != "" {
			if err == nil || err.Error() != r.Error {
				t.Errorf("%q: %v, want %s", r.Template, err, r.Error)
			}
			continue
		}
		if err != nil || out != r.Out {
			t.Errorf("%q: %q, %v, want %q", r.Template, out, err, r.Out)
		}
	}
}

func FuzzResolveSecrets(f *testing.F) {
	for _, s := range []string{"a ${secret:k} b", "${secret:k", "${${secret:k}}", "${x:y}", "${:}", "$${secret:k}${secret:k}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		out, err := ResolveSecrets(text, secretMap{"k": "<value>"})
		if err == nil && len(out) > len(text) {
			t.Errorf("%q became longer: %q", text, out)
		}
	})
}

func FuzzInstant(f *testing.F) {
	for _, s := range []string{"2024-02-28T00:00:00+09:00", "2024-02-28T00:00Z[Europe/Berlin]", "2024-02-28T00:00:00.123-00:30", "["} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		at, err := instant(ordered.Of("t", text), "t")
		if err == nil && (at.Year() < 0 || at.Year() > 9999) {
			t.Errorf("%q is %v", text, at)
		}
	})
}
