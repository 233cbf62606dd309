package compile

import (
	"encoding/json"
	"strings"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/translate/config"
	"github.com/dig2temporal/dig2temporal/translate/plan"
)

// Retry reads the _retry of a config; nil when there is none. What runs it reads
// the evaluated one, a plan the raw one of a group. The error has Digdag's text; a
// null is one, too, but a group takes whatever is wrong for none.
func Retry(o *ordered.Object) (*plan.Retry, error) {
	v, ok := o.Get("_retry")
	if !ok {
		return nil, nil
	}
	r := &plan.Retry{}
	var err error
	switch v := v.(type) {
	case string, json.Number:
		r.Limit, err = config.Int32("_retry", v)
		return r, err
	case *ordered.Object:
		return r, retryMapping(v, r)
	}
	return nil, config.Errorf("Invalid _retry format:%s", ordered.Text(v))
}

func retryMapping(o *ordered.Object, r *plan.Retry) (err error) {
	if r.Limit, err = config.GetInt32(o, "limit"); err != nil {
		return err
	}
	if r.Interval, err = config.GetInt32Default(o, "interval", 0); err != nil {
		return err
	}
	if r.MaxInterval, err = config.GetInt32Default(o, "max_interval", 0); err != nil {
		return err
	}
	kind, err := config.GetTextDefault(o, "interval_type", "constant")
	if err != nil {
		return err
	}
	switch strings.ToLower(kind) {
	case "constant":
	case "exponential":
		r.Exponential = true
	default:
		return config.Errorf("Invalid retry_interval_type: %s", kind)
	}
	if v, _ := o.Get("max_interval"); v != nil && r.MaxInterval <= 0 {
		// In a plan 0 is no maximum; here it makes every interval 0.
		r.MaxInterval = 0
		if r.Exponential {
			r.Interval = 0
		}
	}
	r.Interval = max(r.Interval, 0)
	return nil
}
