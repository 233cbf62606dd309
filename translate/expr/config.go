package expr

import (
	"context"
	"slices"
	"time"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
)

// Config evaluates the config of a task: its merged parameters with its local
// keys merged over them, key by key in order. A top-level string sees the raw
// parameters, without the local keys, overlaid with the keys evaluated so far;
// so a later parameter is seen as it is written, and a later local key not at
// all. Each nested object starts anew: its strings see the raw parameters
// overlaid with the earlier keys of that object alone. What _do and _else_do
// hold is evaluated when it runs, and copied here. Neither argument is changed.
//
// The zone is that of Date and moment; nil is UTC.
func (e *Evaluator) Config(ctx context.Context, params, local *ordered.Object, zone *time.Location) (*ordered.Object, error) {
	return e.ConfigWithData(ctx, params, local, zone)
}

// ConfigWithData is Config for a task some of whose parameters are data that no
// author wrote as a template: the top-level keys named in data are copied as
// they are, unless local has them.
func (e *Evaluator) ConfigWithData(ctx context.Context, params, local *ordered.Object, zone *time.Location, data ...string) (*ordered.Object, error) {
	w := walk{e: e, ctx: ctx, params: params, zone: zone, budget: e.budget()}
	all := params.Merge(local)
	built := ordered.Sized(all.Len())
	for _, k := range all.Keys() {
		v, _ := all.Get(k)
		if !slices.Contains(data, k) || local.Has(k) {
			var err error
			if v, err = w.member(built, k, v); err != nil {
				return nil, err
			}
		}
		built.Set(k, v)
	}
	return built, nil
}

type walk struct {
	e      *Evaluator
	ctx    context.Context
	params *ordered.Object
	zone   *time.Location
	budget *budget
}

// member evaluates the value of a key of an object of which built is evaluated
// already.
func (w *walk) member(built *ordered.Object, key string, value any) (any, error) {
	if key == "_do" || key == "_else_do" {
		return value, nil
	}
	return w.value(built, value)
}

func (w *walk) value(built *ordered.Object, value any) (any, error) {
	switch v := value.(type) {
	case string:
		return w.e.text(w.ctx, v, scope{params: w.params, built: built}, w.zone, w.budget)
	case *ordered.Object:
		return w.object(v)
	case []any:
		return w.array(built, v)
	default:
		return value, nil
	}
}

func (w *walk) object(o *ordered.Object) (any, error) {
	built := ordered.Sized(o.Len())
	for _, k := range o.Keys() {
		v, _ := o.Get(k)
		v, err := w.member(built, k, v)
		if err != nil {
			return nil, err
		}
		built.Set(k, v)
	}
	return built, nil
}

func (w *walk) array(built *ordered.Object, list []any) (any, error) {
	out := make([]any, len(list))
	for i, v := range list {
		v, err := w.value(built, v)
		if err != nil {
			return nil, err
		}
		out[i] = v
	}
	return out, nil
}

// scope is what a text sees: built overlays params.
type scope struct {
	params, built *ordered.Object
}

func (s scope) get(name string) (any, bool) {
	if v, ok := s.built.Get(name); ok {
		return v, true
	}
	return s.params.Get(name)
}

// each calls f for every name in scope, in the order that a program sees.
func (s scope) each(f func(name string, value any)) {
	for _, k := range s.params.Keys() {
		v, _ := s.get(k)
		f(k, v)
	}
	for _, k := range s.built.Keys() {
		if !s.params.Has(k) {
			v, _ := s.built.Get(k)
			f(k, v)
		}
	}
}
