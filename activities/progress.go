package activities

import (
	"time"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
)

// progress is what a task must remember between its runs. For an ordinary
// activity it rides in the details of heartbeats, which the server keeps over
// retries; for a local one in the State that the interpreter hands back.
//
// The number of an activity's attempt is of no use here: it counts crashed
// workers, too, and those must not use up _retry.
type progress struct {
	// Retries is how often the task was re-tried, including before this activity.
	Retries int `json:"retries,omitempty"`
	// Polls counts the runs that asked to be run again.
	Polls int `json:"polls,omitempty"`
	// Since is when the first run began, in milliseconds since 1970.
	Since int64 `json:"since,omitempty"`
	// State is the operator's own.
	State *ordered.Object `json:"state,omitempty"`
}

func (p progress) asState() *ordered.Object {
	o := ordered.Of("polls", ordered.Int(int64(p.Polls)), "since", ordered.Int(p.Since))
	if p.State != nil {
		o.Set("state", p.State)
	}
	return o
}

// printable tells whether a run is announced in the log: the first one, and
// after half an hour every tenth.
func printable(retries, polls int, elapsed time.Duration) bool {
	n := retries + polls
	return n == 0 || n%10 == 0 && elapsed > 30*time.Minute
}
