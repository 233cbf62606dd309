package operators

import (
	"context"

	"github.com/dig2temporal/dig2temporal/translate/config"
)

// Fail is fail>.
type Fail struct{}

// Spec describes fail>.
func (Fail) Spec() *Spec {
	return &Spec{
		Name:    "fail",
		Summary: "Fails with a message.",
		Description: "The task fails, always, and so do the groups around it. `${error.message}` in `_error` is exactly the text. " +
			"The `_retry` of the task itself does not apply; that of a group around it does. A repeat fails again.",
		Command: Option{Name: "fail>", Type: "string", Default: `""`, Description: "The message."},
		Examples: []Example{{
			Title: "Stop when a condition does not hold",
			Dig:   "+check:\n  if>: ${typeof rows == 'undefined'}\n  _do:\n    fail>: no rows were loaded\n",
		}},
		Since:   "0.1.0",
		Local:   true,
		NoFiles: true,
	}
}

// Run fails.
func (Fail) Run(_ context.Context, t *Task) (*Result, error) {
	message, err := config.GetTextDefault(t.Config, "_command", "")
	if err != nil {
		return nil, err
	}
	return nil, &Failure{Message: message, NoKind: true}
}
