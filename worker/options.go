package worker

import (
	"time"

	"go.temporal.io/sdk/worker"
)

// BuildID names this program to the server. The SDK would take a checksum of the
// whole binary instead, which takes longer than a small workflow.
const BuildID = "dig2temporal"

// deadlock is how long workflow code may take without a yield. It never waits for
// anything, but to decode a payload of many megabytes takes seconds.
const deadlock = 8 * time.Second

// Options returns the options of a Temporal worker that runs attempts; tasks is
// how many operators it runs at a time, 0 for no limit worth speaking of.
func Options(tasks int) worker.Options {
	return worker.Options{
		MaxConcurrentActivityExecutionSize: tasks,
		DeadlockDetectionTimeout:           deadlock,
	}
}
