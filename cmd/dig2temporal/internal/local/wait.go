package local

import (
	"context"
	"errors"
	"fmt"

	"go.temporal.io/sdk/temporal"

	"github.com/dig2temporal/dig2temporal/worker"
)

// Wait waits until the attempt has ended and returns Success, Error or Canceled.
// The error tells of an end that no task brought about.
func (a *Attempt) Wait(ctx context.Context) (worker.State, error) {
	err := a.run.Get(ctx, nil)
	if err == nil {
		return worker.Success, nil
	}
	if ctx.Err() != nil {
		return worker.Error, ctx.Err()
	}
	var canceled *temporal.CanceledError
	if errors.As(err, &canceled) {
		return worker.Canceled, nil
	}
	var failed *temporal.ApplicationError
	if errors.As(err, &failed) {
		if failed.Type() == worker.ErrorTasks {
			return worker.Error, nil
		}
		return worker.Error, errors.New(failed.Message())
	}
	return worker.Error, fmt.Errorf("the attempt ended unexpectedly: %w", err)
}
