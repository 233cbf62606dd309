package devserver

import (
	"context"
	"fmt"
	"testing"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

// The workflows and activities of the tests and benchmarks.

const taskQueue = "tests"

func noop(context.Context) error { return nil }

func echo(_ context.Context, text string) (string, error) { return text, nil }

func withActivities(ctx workflow.Context) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: time.Minute})
}

func echoOnce(ctx workflow.Context, text string) (string, error) {
	var out string
	err := workflow.ExecuteActivity(withActivities(ctx), echo, text).Get(ctx, &out)
	return out, err
}

// carry hands bytes to an activity and back. They are not JSON, because workflow code that is busy with 10 MiB of it
// for a second, as it can be on a slow machine, is a deadlock to the SDK.
func carry(ctx workflow.Context, load []byte) ([]byte, error) {
	var out []byte
	err := workflow.ExecuteActivity(withActivities(ctx), unload, load).Get(ctx, &out)
	return out, err
}

func unload(_ context.Context, load []byte) ([]byte, error) { return load, nil }

func sequence(ctx workflow.Context, n int) error {
	ctx = withActivities(ctx)
	for range n {
		if err := workflow.ExecuteActivity(ctx, noop).Get(ctx, nil); err != nil {
			return err
		}
	}
	return nil
}

func parallel(ctx workflow.Context, n int) error {
	ctx = withActivities(ctx)
	running := make([]workflow.Future, n)
	for i := range running {
		running[i] = workflow.ExecuteActivity(ctx, noop)
	}
	for _, f := range running {
		if err := f.Get(ctx, nil); err != nil {
			return err
		}
	}
	return nil
}

func locals(ctx workflow.Context, n int) error {
	ctx = workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{StartToCloseTimeout: time.Minute})
	for range n {
		if err := workflow.ExecuteLocalActivity(ctx, noop).Get(ctx, nil); err != nil {
			return err
		}
	}
	return nil
}

func empty(workflow.Context) error { return nil }

func children(ctx workflow.Context, n int) error {
	for range n {
		if err := workflow.ExecuteChildWorkflow(ctx, empty).Get(ctx, nil); err != nil {
			return err
		}
	}
	return nil
}

func timers(ctx workflow.Context, n int) error {
	for range n {
		if err := workflow.Sleep(ctx, time.Millisecond); err != nil {
			return err
		}
	}
	return nil
}

// blocked waits for the signal "go" and then does an activity.
func blocked(ctx workflow.Context) (string, error) {
	workflow.GetSignalChannel(ctx, "go").Receive(ctx, nil)
	return echoOnce(ctx, "done")
}

type quietLogger struct{}

func (quietLogger) Debug(string, ...any) {}
func (quietLogger) Info(string, ...any)  {}
func (quietLogger) Warn(string, ...any)  {}
func (quietLogger) Error(string, ...any) {}

var _ log.Logger = quietLogger{}

func mustStart(tb testing.TB, opts Options) *Server {
	tb.Helper()
	s, err := Start(context.Background(), opts)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(s.Stop)
	return s
}

func mustDial(tb testing.TB, s *Server) client.Client {
	tb.Helper()
	c, err := s.Dial(context.Background(), client.Options{Logger: quietLogger{}})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(c.Close)
	return c
}

func mustWork(tb testing.TB, c client.Client) worker.Worker {
	tb.Helper()
	// Or else the SDK reads the whole binary to name this build.
	worker.SetBinaryChecksum("test")
	w := worker.New(c, taskQueue, worker.Options{})
	for _, f := range []any{sequence, parallel, locals, empty, children, timers, blocked, echoOnce, carry, interrupted} {
		w.RegisterWorkflow(f)
	}
	for _, f := range []any{noop, echo, unload, hang} {
		w.RegisterActivity(f)
	}
	if err := w.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(w.Stop)
	return w
}

func mustRun(tb testing.TB, c client.Client, result any, workflow any, args ...any) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	r, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{TaskQueue: taskQueue}, workflow, args...)
	if err == nil {
		err = r.Get(ctx, result)
	}
	if err != nil {
		tb.Fatal(fmt.Errorf("run: %w", err))
	}
}
