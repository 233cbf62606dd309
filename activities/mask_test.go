package activities

import (
	"context"
	"strings"
	"testing"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/operators"
)

// TestSecretInParams: a task may hand on a secret, but people are told.
func TestSecretInParams(t *testing.T) {
	for _, r := range []struct {
		store string
		warns bool
	}{
		{`{"a":"the s3cr3t-value"}`, true},
		{`{"a":[{"b":"s3cr3t-value"}]}`, true},
		{`{"s3cr3t-value":1}`, true},
		{`{"a":"s3cr3t","n":1,"l":[null,true]}`, false},
	} {
		for _, export := range []bool{false, true} {
			op := fake{operators.Spec{Name: "hands"}, func(_ context.Context, task *operators.Task) (*operators.Result, error) {
				if _, err := task.Secrets.Get("token"); err != nil {
					return nil, err
				}
				if export {
					return &operators.Result{Export: object(t, r.store)}, nil
				}
				return &operators.Result{Store: object(t, r.store)}, nil
			}}
			b := newBench(t, func(o *Options) { o.Secrets = fakeSecrets{"token": "s3cr3t-value"} }, op)
			result, err := b.run(b.request(`{"hands>":1}`, ``))
			if err != nil {
				t.Fatal(err)
			}
			got := result.Store
			if export {
				got = result.Export
			}
			if !ordered.Equal(got, object(t, r.store)) {
				t.Errorf("%s became %s", r.store, ordered.Text(got))
			}
			if strings.Contains(b.log.String(), "puts a secret into params") != r.warns {
				t.Errorf("%s: log %s", r.store, b.log)
			}
		}
	}
}
