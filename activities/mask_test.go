package activities

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/operators"
)

// TestSecretInParams: no secret gets into a history by way of a param.
func TestSecretInParams(t *testing.T) {
	const (
		stored = "The result of the task can't be stored as %q: it shows the secret %q, "
		named  = "The result of the task can't be stored as %q: a key of it shows the secret %q, "
	)
	for _, r := range []struct{ given, said, at, secret string }{
		{`{"ok":1,"a":"the s3cr3t-value"}`, stored, "a", "token"},
		{`{"a":[{},{"b":"s3cr3t-value"}]}`, stored, "a[1].b", "token"},
		{`{"a":{"the s3cr3t-value":1}}`, named, "a", "token"},
		{`{"":"s3cr3t-value"}`, stored, "", "token"},
		{`{"":["s3cr3t-value"]}`, stored, "[0]", "token"},
		{`{"a":{"":"s3cr3t-value"}}`, stored, "a.", "token"},
		{`{"a":{"":{"s3cr3t-value":1}}}`, named, "a.", "token"},
		{`{"s3cr3t":{"dotted":4711}}`, stored, "***", "pin"},
		{`{"pin":"4711"}`, stored, "pin", "pin"},
		{`{"pin":4711}`, stored, "pin", "pin"},
		{`{"key":"-----BEGIN\nline of a key"}`, stored, "key", "key"},
		{`{"a":"the report."}`, stored, "a", "word"},
		{`{"a":"s3cr3t","n":47112,"l":[null,true],"pin":"no 4711","w":"reports"}`, "", "", ""},
	} {
		for name, result := range map[string]*operators.Result{
			"export":   {Export: object(t, r.given)},
			"store":    {Store: object(t, r.given)},
			"subtasks": {Subtasks: object(t, `{"+t":{"echo>":1}}`).Merge(object(t, `{"+t":`+r.given+`}`))},
		} {
			op := fake{operators.Spec{Name: "hands", Retryable: true}, func(_ context.Context, task *operators.Task) (*operators.Result, error) {
				for _, key := range []string{"token", "pin", "key", "word", "dotted"} {
					if _, err := task.Secrets.Get(key); err != nil {
						return nil, err
					}
				}
				return result, nil
			}}
			b := newBench(t, func(o *Options) {
				o.Secrets = fakeSecrets{"token": "s3cr3t-value", "pin": "4711", "key": "head\nline of a key\n", "word": "report", "dotted": "s3cr3t.dotted"}
			}, op)
			_, err := b.run(b.request(`{"hands>":1,"_retry":3}`, ``))
			at := r.at
			if name == "subtasks" {
				at = "+t." + at
			}
			switch want := fmt.Sprintf(r.said, at, r.secret); {
			case r.said == "" && err != nil:
				t.Errorf("%s %s: %v", name, r.given, err)
			case r.said != "" && (err == nil || !strings.Contains(err.Error(), want)):
				t.Errorf("%s %s: %v, want %s", name, r.given, err, want)
			}
			for _, secret := range []string{"s3cr3t-value", "line of a key"} {
				if strings.Contains(fmt.Sprint(err)+b.log.String(), secret) {
					t.Errorf("%s %s: a secret is shown: %v, log %s", name, r.given, err, b.log)
				}
			}
		}
	}
}

// TestSecretAsNameOfParam: the name is not shown.
func TestSecretAsNameOfParam(t *testing.T) {
	m := &mask{}
	m.add("token", "s3cr3t-value")
	d := m.found(object(t, `{"ok":1,"s3cr3t-value":1}`))
	if d == nil || !strings.HasPrefix(d.String(), `The result of the task can't be stored: the name of a param shows the secret "token", `) {
		t.Errorf("%v", d)
	}
}

// TestSecretInOutput: what a command prints is searched as every param is.
func TestSecretInOutput(t *testing.T) {
	const refused = `The result of the task can't be stored as "x": it shows the secret "db.password", which would be readable in the history. ` +
		`Get the secret where it is used instead (config)`
	for _, r := range []struct{ name, config, store, out, err string }{
		{"secret of the script", `{"sh>":"echo the ${secret:db.password}","store_stdout":"x"}`, "", "the ***\n", refused},
		{"secret of the environment", `{"sh>":"echo $P","_env":{"P":"${secret:db.password}"},"store_stdout":"x"}`, "", "***\n", refused},
		{"secret in JSON", `{"sh>":"echo '[\"${secret:db.password}\"]'","store_stdout":"x"}`, "", `["***"]`, strings.Replace(refused, `"x"`, `"x[0]"`, 1)},
		{"a secret that is not shown", `{"sh>":": ${secret:db.password}; echo done","store_stdout":"x"}`, `{"x":"done"}`, "done\n", ""},
		{"a short secret", `{"sh>":"echo ${secret:digit}1","store_stdout":"x"}`, `{"x":"11"}`, "11\n", ""},
	} {
		t.Run(r.name, func(t *testing.T) {
			b := newBench(t, func(o *Options) { o.Secrets = fakeSecrets{"db.password": "hush-hush", "digit": "1"} })
			result, err := b.run(b.request(r.config, ``))
			if r.err != "" {
				if _, f, _ := failed(t, err); f.Error.String("message") != r.err {
					t.Errorf("%s", ordered.Text(f.Error))
				}
			} else if err != nil || ordered.Text(result.Store) != r.store {
				t.Errorf("%+v, %v", result, err)
			}
			if !strings.Contains(b.log.String(), r.out) || strings.Contains(b.log.String(), "hush-hush") {
				t.Errorf("log:\n%s", b.log)
			}
		})
	}
}

func TestDiscloses(t *testing.T) {
	for _, r := range []struct {
		secret, text string
		want         bool
	}{
		{"abc", "abc", false},
		{"root", "root", true},
		{"root", " root\n", true},
		{"root", "the root", false},
		{"admin", "an admin", false},
		{"report", "report", true},
		{"report", "the report.", true},
		{"report", "reports, a report", true},
		{"report", "reports", false},
		{"report", "the2report", false},
		{"report", "éreport reporté", false},
		{"report", "url?pass=report&x", true},
		{"-repor-", "a-repor-b", true},
		{"-report", "a-reports", false},
		{"aaaaaa", "aaaaaaa aaaaaa", true},
		{"aaaaaa", "aaaaaaa", false},
		{"reports1", "allreports12", true},
		{"reports1", "allreports 1", false},
		{"éàü", "an éàü", true},
		{"éàü", "éàüé", false},
	} {
		if got := discloses(r.text, r.secret); got != r.want {
			t.Errorf("%q in %q: %v", r.secret, r.text, got)
		}
	}
}

// TestMaskOfLongSecret: one that is too long for a stream is hidden in texts.
func TestMaskOfLongSecret(t *testing.T) {
	m := &mask{}
	long := strings.Repeat("long ", maxSecret)
	m.add("long", long)
	m.add("short", "short one")
	if got := m.text("a " + long + "b short one"); got != "a ***b ***" && got != "a *** b ***" {
		t.Errorf("%.100q", got)
	}
	if d := m.found(object(t, `{"a":"`+strings.TrimSpace(long)+`"}`)); d == nil || d.secret != "long" {
		t.Errorf("%v", d)
	}
	var out strings.Builder
	w := m.writer(&out)
	if _, err := w.Write([]byte("a short one")); err != nil {
		t.Fatal(err)
	}
	w.flush()
	if out.String() != "a ***" {
		t.Errorf("%q", out.String())
	}
}
