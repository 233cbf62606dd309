package compile

import (
	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/translate/config"
	"github.com/dig2temporal/dig2temporal/translate/plan"
)

// parseParallel reads _parallel. A limit of 0 means that there is none.
func parseParallel(own *ordered.Object) (parallel bool, limit int, err error) {
	v, ok := own.Get("_parallel")
	if !ok {
		return false, 0, nil
	}
	switch v := v.(type) {
	case bool, string:
		parallel, err = config.Bool("_parallel", v)
		return parallel, 0, err
	case *ordered.Object:
		limit, err = config.GetInt32(v, "limit")
		return true, max(limit, 0), err
	}
	return false, 0, config.Errorf("Invalid _parallel format: %s", ordered.Text(v))
}

// parseRetry reads _retry; nil when there is none or when it is not valid.
func parseRetry(o *ordered.Object) *plan.Retry {
	r, err := Retry(o)
	if err != nil {
		return nil
	}
	return r
}

// boolDefault reads a boolean that is false when it is absent or null.
func boolDefault(o *ordered.Object, key string) (bool, error) {
	return config.GetBoolDefault(o, key, false)
}
