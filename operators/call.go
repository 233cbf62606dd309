package operators

import (
	"context"

	"github.com/dig2temporal/dig2temporal/translate/config"
)

// Call is call>.
type Call struct{}

// Spec describes call>.
func (Call) Spec() *Spec {
	return &Spec{
		Name:    "call",
		Summary: "Runs another workflow file in place.",
		Description: "Loads the file when the task runs and runs its tasks as `^sub`, in this session and with all params that the task sees. " +
			"What they store is visible after the call. `_export`, `_error`, `_retry` and `_parallel` of the file apply; its `timezone`, `schedule` and `sla` don't. " +
			"The tasks of a file in a folder run in that folder. A repeat loads the file anew and changes nothing outside.",
		Command: Option{Name: "call>", Type: "string", Required: true,
			Description: "The file, with or without `.dig`, relative to the folder that the task runs in. It must lie in the project."},
		Examples: []Example{{
			Title: "Share steps between workflows",
			Dig:   "+prepare:\n  call>: common/prepare\n",
		}},
		Since:     "0.1.0",
		Retryable: true,
		ReadsAll:  true,
		Local:     true,
	}
}

// Run loads the file.
func (Call) Run(_ context.Context, t *Task) (*Result, error) {
	name, err := config.GetText(t.Config, "_command")
	if err != nil {
		return nil, err
	}
	called, err := t.Load(name)
	if err != nil {
		return nil, err
	}
	return &Result{Subtasks: called.Config, Marks: called.Marks}, nil
}
