package devserver

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// A crash is a process of this test binary that is killed when it says that it has come far enough.

const (
	crashFile    = "DEVSERVER_CRASH_FILE"
	crashState   = "DEVSERVER_CRASH_STATE"
	crashID      = "crashed"
	crashMessage = "far enough"
)

func inCrash() bool { return os.Getenv(crashFile) != "" }

func farEnough() {
	fmt.Println(crashMessage)
	time.Sleep(time.Hour)
}

// hang never ends in the process that is killed.
func hang(context.Context) error {
	if inCrash() {
		farEnough()
	}
	return nil
}

// interrupted is killed in the given state. It is not deterministic in the process that is killed, and no one sees it.
func interrupted(ctx workflow.Context, state string) (string, error) {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: time.Hour,
		HeartbeatTimeout:    time.Minute,
		RetryPolicy:         &temporal.RetryPolicy{InitialInterval: 10 * time.Millisecond},
	})
	if err := workflow.ExecuteActivity(ctx, noop).Get(ctx, nil); err != nil {
		return "", err
	}
	switch state {
	case "in a timer":
		if inCrash() {
			workflow.Go(ctx, func(ctx workflow.Context) { time.AfterFunc(200*time.Millisecond, farEnough) })
		}
		if err := workflow.Sleep(ctx, time.Second); err != nil {
			return "", err
		}
	case "in an activity":
		if err := workflow.ExecuteActivity(ctx, hang).Get(ctx, nil); err != nil {
			return "", err
		}
	case "in a workflow task":
		if inCrash() {
			fmt.Println(crashMessage)
			time.Sleep(900 * time.Millisecond) // the SDK takes a second for a deadlock
		}
	}
	var out string
	err := workflow.ExecuteActivity(ctx, echo, state).Get(ctx, &out)
	return out, err
}

func TestCrashHelper(t *testing.T) {
	if !inCrash() {
		t.Skip("it is started by TestCrash")
	}
	c := mustDial(t, mustStart(t, Options{DatabaseFile: os.Getenv(crashFile), Private: true}))
	mustWork(t, c)
	opts := client.StartWorkflowOptions{ID: crashID, TaskQueue: taskQueue}
	r, err := c.ExecuteWorkflow(context.Background(), opts, interrupted, os.Getenv(crashState))
	if err != nil {
		t.Fatal(err)
	}
	_ = r.Get(context.Background(), nil)
	t.Fatal("the workflow ended before the process was killed")
}

func crash(t *testing.T, file, state string) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run", "^TestCrashHelper$", "-test.v")
	cmd.Env = append(os.Environ(), crashFile+"="+file, crashState+"="+state)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	reached := false
	lines := bufio.NewScanner(out)
	for !reached && lines.Scan() {
		reached = lines.Text() == crashMessage
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	if !reached {
		t.Fatal("the process ended before it was killed")
	}
}

func TestCrash(t *testing.T) {
	for _, state := range []string{"in a timer", "in an activity", "in a workflow task"} {
		t.Run(state, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "server.db")
			crash(t, file, state)

			ctx, cancel := context.WithTimeout(context.Background(), 9*time.Second) // a workflow task times out after 10 s
			defer cancel()
			began := time.Now()
			s := mustStart(t, Options{DatabaseFile: file, Private: true})
			released, err := s.ReleaseOrphans(ctx, "")
			if err != nil {
				t.Fatal(err)
			}
			want := map[string]Orphans{
				"in an activity":     {Activities: 1},
				"in a workflow task": {WorkflowTasks: 1},
			}[state]
			if released != want {
				t.Errorf("released %+v, want %+v", released, want)
			}
			c := mustDial(t, s)
			mustWork(t, c)
			var out string
			if err := c.GetWorkflow(ctx, crashID, "").Get(ctx, &out); err != nil {
				t.Fatalf("after %s: %v", time.Since(began), err)
			}
			if out != state {
				t.Errorf("result is %q, want %q", out, state)
			}
			t.Logf("%s after the new process began: the result", time.Since(began).Round(time.Millisecond))

			list, err := c.DescribeWorkflowExecution(ctx, crashID, "")
			if err != nil {
				t.Fatal(err)
			}
			if got := list.WorkflowExecutionInfo.Status; got != enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED {
				t.Errorf("status is %s", got)
			}
		})
	}
}
