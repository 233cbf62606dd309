package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	sdk "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/dig2temporal/dig2temporal/worker"
)

// The workflow that attempts are compared with: the same shape, written with the
// SDK. Its worker is a process of its own, as the one of attempts is.
const (
	rawCommand  = "raw-worker"
	rawQueue    = "raw"
	rawWorkflow = "raw"
)

// rawInput says what a raw workflow does.
type rawInput struct {
	Tasks int
	// Shell runs a command in an ordinary activity; else activities are local and
	// do nothing.
	Shell bool
}

func raw(ctx workflow.Context, in rawInput) error {
	for i := range in.Tasks {
		var f workflow.Future
		if in.Shell {
			f = workflow.ExecuteActivity(workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
				StartToCloseTimeout: time.Hour, HeartbeatTimeout: 30 * time.Second,
			}), "shell", shellText(i))
		} else {
			f = workflow.ExecuteLocalActivity(workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{
				StartToCloseTimeout: time.Minute,
			}), "nothing")
		}
		if err := f.Get(ctx, nil); err != nil {
			return err
		}
	}
	return nil
}

func nothing(context.Context) error { return nil }

func shell(ctx context.Context, text string) (string, error) {
	out, err := exec.CommandContext(ctx, "/bin/sh", "-c", text).Output()
	return string(out), err
}

// serveRaw is the worker process.
func serveRaw(ctx context.Context, args []string) error {
	f := flag.NewFlagSet(rawCommand, flag.ContinueOnError)
	address := f.String("address", "", "of the server")
	if err := f.Parse(args); err != nil {
		return err
	}
	c, err := client.DialContext(ctx, client.Options{HostPort: *address, Logger: quiet{}})
	if err != nil {
		return err
	}
	defer c.Close()
	sdk.SetBinaryChecksum("raw")
	w := sdk.New(c, rawQueue, worker.Options(0))
	w.RegisterWorkflowWithOptions(raw, workflow.RegisterOptions{Name: rawWorkflow})
	w.RegisterActivityWithOptions(nothing, activity.RegisterOptions{Name: "nothing"})
	w.RegisterActivityWithOptions(shell, activity.RegisterOptions{Name: "shell"})
	if err := w.Start(); err != nil {
		return err
	}
	fmt.Fprintln(os.Stderr, "raw worker: ready")
	<-ctx.Done()
	w.Stop()
	return nil
}

// addRaw starts the worker of raw workflows.
func (l *lab) addRaw(ctx context.Context) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p := &process{
		name: rawCommand, path: self, args: []string{rawCommand, "--address", l.address}, env: l.env, ready: ": ready\n",
		log: filepath.Join(l.dir, rawCommand+".log"),
	}
	l.others = append(l.others, p)
	return p, p.start(ctx)
}

func shellText(i int) string { return fmt.Sprintf("echo task %d", i) }

// smallProject has n tasks one after the other, of the shape of the raw workflow.
func smallProject(n int, shell bool) string {
	var dig strings.Builder
	dig.WriteString("timezone: UTC\n")
	for i := range n {
		if shell {
			fmt.Fprintf(&dig, "+t%d:\n  sh>: %s\n", i, shellText(i))
		} else {
			fmt.Fprintf(&dig, "+t%d:\n  echo>: task %d\n", i, i)
		}
	}
	return dig.String()
}
