package worker

import (
	"strings"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
)

// Delta is what a task, or all tasks below one, change in the params of the
// tasks after it: Reset paths are deleted, then Store is merged. A nil Delta
// changes nothing.
type Delta struct {
	Reset [][]string      `json:"reset,omitempty"`
	Store *ordered.Object `json:"store,omitempty"`
}

// newDelta returns the delta of one operator's result; reset keys are dotted.
func newDelta(reset []string, store *ordered.Object) *Delta {
	if len(reset) == 0 && store.Len() == 0 {
		return nil
	}
	d := &Delta{Store: store}
	for _, key := range reset {
		d.Reset = append(d.Reset, strings.Split(key, "."))
	}
	return d
}

func (d *Delta) apply(params *ordered.Object) *ordered.Object {
	if d == nil {
		return params
	}
	for _, path := range d.Reset {
		params = params.DeletePath(path...)
	}
	return params.Merge(d.Store)
}

// then returns the delta that does what d does and then what next does.
//
// Merging is not associative where next puts an object over a scalar of d: an
// object of the params below d would shine through. Such a path is reset first.
func (d *Delta) then(next *Delta) *Delta {
	if d == nil {
		return next
	}
	if next == nil {
		return d
	}
	sum := &Delta{Store: d.Store}
	sum.Reset = append(append([][]string{}, d.Reset...), next.Reset...)
	for _, path := range next.Reset {
		sum.Store = sum.Store.DeletePath(path...)
	}
	sum.Reset = append(sum.Reset, covered(nil, sum.Store, next.Store)...)
	sum.Store = sum.Store.Merge(next.Store)
	return sum
}

func covered(at []string, under, over *ordered.Object) [][]string {
	var paths [][]string
	for _, k := range over.Keys() {
		below, ok := under.Get(k)
		above := over.Object(k)
		if !ok || above == nil {
			continue
		}
		path := append(append([]string{}, at...), k)
		if o, isObject := below.(*ordered.Object); isObject {
			paths = append(paths, covered(path, o, above)...)
		} else {
			paths = append(paths, path)
		}
	}
	return paths
}
