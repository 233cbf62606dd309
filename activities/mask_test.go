package activities

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/dig2temporal/dig2temporal/operators"
)

// TestSecretInParams: no secret gets into a history by way of a param.
func TestSecretInParams(t *testing.T) {
	for _, r := range []struct{ given, key string }{
		{`{"ok":1,"a":"the s3cr3t-value"}`, "a"},
		{`{"a":[{},{"b":"s3cr3t-value"}]}`, "a[1].b"},
		{`{"a":{"the s3cr3t-value":1}}`, "a.the ***"},
		{`{"pin":"4711"}`, "pin"},
		{`{"pin":4711}`, "pin"},
		{`{"key":"-----BEGIN\nline of a key"}`, "key"},
		{`{"a":"s3cr3t","n":47112,"l":[null,true],"pin":"no 4711"}`, ""},
	} {
		for name, result := range map[string]*operators.Result{
			"export":   {Export: object(t, r.given)},
			"store":    {Store: object(t, r.given)},
			"subtasks": {Subtasks: object(t, `{"+t":{"echo>":1}}`).Merge(object(t, `{"+t":`+r.given+`}`))},
		} {
			op := fake{operators.Spec{Name: "hands", Retryable: true}, func(_ context.Context, task *operators.Task) (*operators.Result, error) {
				for _, key := range []string{"token", "pin", "key"} {
					if _, err := task.Secrets.Get(key); err != nil {
						return nil, err
					}
				}
				return result, nil
			}}
			b := newBench(t, func(o *Options) {
				o.Secrets = fakeSecrets{"token": "s3cr3t-value", "pin": "4711", "key": "head\nline of a key\n"}
			}, op)
			_, err := b.run(b.request(`{"hands>":1,"_retry":3}`, ``))
			key := r.key
			if name == "subtasks" && key != "" {
				key = "+t." + key
			}
			switch {
			case r.key == "" && err != nil:
				t.Errorf("%s %s: %v", name, r.given, err)
			case r.key != "" && (err == nil || !strings.Contains(err.Error(), "The task puts a secret into the param \""+key+"\"")):
				t.Errorf("%s %s: %v, want %s", name, r.given, err, key)
			}
			for _, secret := range []string{"s3cr3t-value", "line of a key"} {
				if strings.Contains(fmt.Sprint(err)+b.log.String(), secret) {
					t.Errorf("%s %s: a secret is shown: %v, log %s", name, r.given, err, b.log)
				}
			}
		}
	}
}
