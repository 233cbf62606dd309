//go:build !noserver

package main

import (
	"context"
	"os"

	"github.com/dig2temporal/dig2temporal/activities"
	"github.com/dig2temporal/dig2temporal/cmd/dig2temporal/internal/local"
	"github.com/dig2temporal/dig2temporal/worker"
)

// wait waits for the end of an attempt. The first interrupt cancels it, the
// second one ends everything at once.
func (r *runner) wait(ctx context.Context, a *local.Attempt) (worker.State, error) {
	type end struct {
		state worker.State
		err   error
	}
	ended := make(chan end, 1)
	go func() {
		state, err := a.Wait(ctx)
		ended <- end{state, err}
	}()
	interrupted := false
	for {
		select {
		case e := <-ended:
			return e.state, e.err
		case signal := <-r.command.Interrupts:
			if interrupted {
				_ = a.Kill(ctx)
				return worker.Canceled, &exitError{exitInterrupted}
			}
			interrupted = true
			r.screen.line(activities.LevelWarn, "%s: the tasks are being canceled; once more ends them without waiting", nameOf(signal))
			if err := a.Cancel(ctx); err != nil {
				return worker.Canceled, err
			}
		}
	}
}

func nameOf(signal os.Signal) string {
	if signal == os.Interrupt {
		return "Interrupted"
	}
	return "Asked to end"
}
