package compile

import (
	"strings"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/translate/config"
	"github.com/dig2temporal/dig2temporal/translate/plan"
)

// checkReferences refuses a task that holds what stands for a large value in
// histories: the worker would fetch it, be it another project's. Only results are
// taken apart and referred to, so nothing that is compiled has a genuine one.
func checkReferences(t *plan.Task) error {
	for _, o := range []*ordered.Object{t.Config, t.Export, t.Check} {
		if o != nil && refers(o) {
			return errReserved
		}
	}
	if t.Rounds != nil {
		for _, list := range t.Rounds.Lists {
			if refers([]any(list.Values)) {
				return errReserved
			}
		}
		if err := checkReferences(t.Rounds.Body); err != nil {
			return err
		}
	}
	if t.Error != nil {
		if err := checkReferences(t.Error); err != nil {
			return err
		}
	}
	for _, child := range t.Tasks {
		if err := checkReferences(child); err != nil {
			return err
		}
	}
	return nil
}

var errReserved = config.Errorf("texts that begin with %q and the key %q are reserved", ordered.ReferenceMark, ordered.DeferredKey)

func refers(v any) bool {
	switch v := v.(type) {
	case string:
		return strings.HasPrefix(v, ordered.ReferenceMark)
	case []any:
		for _, e := range v {
			if refers(e) {
				return true
			}
		}
	case *ordered.Object:
		for _, k := range v.Keys() {
			e, _ := v.Get(k)
			if k == ordered.DeferredKey || refers(e) {
				return true
			}
		}
	}
	return false
}
