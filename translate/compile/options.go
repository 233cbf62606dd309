package compile

import (
	"encoding/json"
	"strings"

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
	v, _ := o.Get("_retry")
	r := &plan.Retry{}
	var err error
	switch v := v.(type) {
	case *ordered.Object:
		if r, err = retryMapping(v); err != nil {
			return nil
		}
	case string, json.Number:
		if r.Limit, err = config.Int32("_retry", v); err != nil {
			return nil
		}
	default:
		return nil
	}
	return r
}

func retryMapping(o *ordered.Object) (*plan.Retry, error) {
	r := &plan.Retry{}
	var err error
	if r.Limit, err = config.GetInt32(o, "limit"); err != nil {
		return nil, err
	}
	if r.Interval, err = config.GetInt32Default(o, "interval", 0); err != nil {
		return nil, err
	}
	kind, err := config.GetTextDefault(o, "interval_type", "constant")
	if err != nil {
		return nil, err
	}
	switch strings.ToLower(kind) {
	case "constant":
	case "exponential":
		r.Exponential = true
	default:
		return nil, config.Errorf("Invalid retry_interval_type: %s", kind)
	}
	if r.MaxInterval, err = config.GetInt32Default(o, "max_interval", 0); err != nil {
		return nil, err
	}
	if v, _ := o.Get("max_interval"); v != nil && r.MaxInterval <= 0 && r.Exponential {
		// The plan has no word for a maximum of 0, under which every interval is 0.
		r.Interval, r.MaxInterval = 0, 0
	}
	return r, nil
}

// boolDefault reads a boolean that is false when it is absent or null.
func boolDefault(o *ordered.Object, key string) (bool, error) {
	return config.GetBoolDefault(o, key, false)
}
