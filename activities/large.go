package activities

import (
	"context"
	"time"

	"github.com/dig2temporal/dig2temporal/internal/claimcheck"
	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/operators"
)

// expand returns the request with the large values that its params refer to. What
// stands in the task itself never refers to one.
func (r *run) expand(req *Request) (*Request, error) {
	ctx, cancel := r.patiently(r.ctx)
	defer cancel()
	full, params := *req, req.Params
	// Nor does what went wrong, which may be any text.
	names := data(req, params)
	for _, name := range names {
		params = params.Without(name)
	}
	params, err := r.a.opts.Values.Expand(ctx, params)
	if err != nil {
		return nil, valueError(err)
	}
	for _, name := range names {
		value, _ := req.Params.Get(name)
		params = params.With(name, value)
	}
	full.Params = params
	return &full, nil
}

// storePatience is how long an unreachable store is asked again before the task is
// given back: then all of it runs again. A local activity has less time for all that
// it needs of its surroundings, and loses nothing by a repeat.
const (
	storePatience = 10 * time.Minute
	localPatience = 40 * time.Second
)

// patiently bounds how long a local activity waits for its surroundings, so that it
// can still ask to be run again.
func (r *run) patiently(ctx context.Context) (context.Context, context.CancelFunc) {
	if !r.local {
		return ctx, func() {}
	}
	return context.WithDeadline(ctx, r.began.Add(r.a.patience))
}

// shrink takes the large values out of what goes into the history. The task is
// done by now and must not run again for a store that is away for a moment.
func (r *run) shrink(out *Result) error {
	parts := []**ordered.Object{&out.Export, &out.Store}
	if out.Require != nil {
		parts = append(parts, &out.Require.Params)
	}
	for _, o := range parts {
		if (*o).Len() == 0 {
			continue
		}
		small, err := r.shrunk(*o)
		if err != nil {
			return valueError(err)
		}
		*o = small
	}
	return nil
}

func (r *run) shrunk(o *ordered.Object) (*ordered.Object, error) {
	ctx, cancel := context.WithTimeout(r.ctx, storePatience)
	defer cancel()
	ctx, done := r.patiently(ctx)
	defer done()
	for wait := 100 * time.Millisecond; ; wait = min(2*wait, 30*time.Second) {
		small, err := r.a.opts.Values.Shrink(ctx, o)
		if err == nil || claimcheck.Permanent(err) {
			return small, err
		}
		r.say(LevelWarn, "The result can't be stored, trying again: %v", err)
		select {
		case <-ctx.Done():
			return nil, err
		case <-time.After(wait):
		}
	}
}

func valueError(err error) error {
	if claimcheck.Permanent(err) {
		return &operators.Failure{Message: err.Error()}
	}
	return &temporary{err}
}

// Touch keeps the large values that the objects refer to from growing old, as
// claimcheck.Values does. It waits for a store that is away as long as it may.
func (a *Adaptor) Touch(ctx context.Context, list ...*ordered.Object) error {
	for wait := 100 * time.Millisecond; ; wait = min(2*wait, 30*time.Second) {
		err := a.opts.Values.Touch(ctx, list...)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(wait):
		}
	}
}
