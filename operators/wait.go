package operators

import (
	"context"
	"time"

	"github.com/dig2temporal/dig2temporal/internal/duration"
	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/translate/config"
)

// Wait is wait>.
type Wait struct{}

// waitStart is the key of the state, in milliseconds since 1970.
const waitStart = "wait_start_time_millis"

// Spec describes wait>.
func (Wait) Spec() *Spec {
	return &Spec{
		Name:    "wait",
		Summary: "Waits for a time.",
		Description: "Waits without holding a worker: the time is kept by the server, so a wait of a month costs nothing and survives " +
			"every restart. A repeat after a crash goes on waiting for the rest of the time.",
		Command: Option{Name: "wait>", Type: "duration", Required: true, Description: "How long, like `1h 30m` or `10s`."},
		Options: []Option{
			{Name: "blocking", Type: "boolean", Default: "false",
				Description: "Kept for files that have it; no worker is blocked either way. It excludes `poll_interval`."},
			{Name: "poll_interval", Type: "duration", Description: "How often to look at the clock; by default once, at the end."},
		},
		Examples: []Example{{
			Title: "Give a service time to settle",
			Dig:   "+settle:\n  wait>: 2m 30s\n",
		}},
		Since:   "0.1.0",
		Local:   true,
		NoFiles: true,
	}
}

// Run looks at the clock.
func (Wait) Run(_ context.Context, t *Task) (*Result, error) {
	text, err := config.GetText(t.Config, "_command")
	if err != nil {
		return nil, invalidWait(err)
	}
	length, err := duration.Parse(text)
	if err != nil {
		return nil, invalidWait(err)
	}
	blocking, err := config.GetBoolDefault(t.Config, "blocking", false)
	if err != nil {
		return nil, err
	}
	interval, hasInterval, err := pollInterval(t.Config)
	if err != nil {
		return nil, err
	}
	if blocking && hasInterval {
		return nil, config.Errorf("poll_interval can't be specified with blocking:true")
	}
	now := t.Now()
	start := now
	if v, ok := t.State.Get(waitStart); ok {
		millis, err := config.Int(waitStart, v)
		if err != nil {
			return nil, err
		}
		start = time.UnixMilli(millis)
	}
	left := length - now.Sub(start)
	if left <= 0 {
		return &Result{}, nil
	}
	if !hasInterval {
		interval = left
	}
	state := t.State.Clone()
	state.Set(waitStart, ordered.Int(start.UnixMilli()))
	return &Result{Again: &Again{After: max(interval, time.Second), State: state}}, nil
}

func pollInterval(o *ordered.Object) (d time.Duration, ok bool, err error) {
	v, _ := o.Get("poll_interval")
	if v == nil {
		return 0, false, nil
	}
	text, err := config.Text("poll_interval", v)
	if err != nil {
		return 0, false, invalidWait(err)
	}
	if d, err = duration.Parse(text); err != nil {
		return 0, false, invalidWait(err)
	}
	return d, true, nil
}

func invalidWait(cause error) error {
	return &ConfigError{Message: "Invalid configuration", Cause: cause}
}
