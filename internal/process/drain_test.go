//go:build unix

package process

import (
	"context"
	"errors"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// slow takes its time for every write.
type slow struct {
	output
	each time.Duration
}

func (s *slow) Write(p []byte) (int, error) {
	time.Sleep(s.each)
	return s.output.Write(p)
}

// TestSlowLogLosesNothing: what was written before the end is passed on, though
// the log is still busy with the beginning when all patience is over.
func TestSlowLogLosesNothing(t *testing.T) {
	for name, begin := range map[string]string{
		"command": "echo 0",
		"job":     "sleep 1000 & echo $!",
		"daemon":  "setsid sleep 1000 & echo $!",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := exec.LookPath("setsid"); name == "daemon" && err != nil {
				t.Skip("setsid is not installed")
			}
			c, _ := sh(begin + "; echo one; sleep 0.1; echo two")
			out := &slow{each: 600 * time.Millisecond}
			c.Output = out
			c.Linger, c.Patience, c.Grace = 50*time.Millisecond, 50*time.Millisecond, 50*time.Millisecond
			_, err := Run(context.Background(), c)
			number, rest, _ := strings.Cut(out.String(), "\n")
			if err != nil || rest != "one\ntwo\n" {
				t.Errorf("output %q, %v", out.String(), err)
			}
			if pid, err := strconv.Atoi(number); err == nil && pid > 1 {
				_ = syscall.Kill(pid, syscall.SIGKILL)
			}
		})
	}
}

// TestDaemonThatNeverStopsTalking: what a daemon writes faster than it can be
// taken does not keep the task.
func TestDaemonThatNeverStopsTalking(t *testing.T) {
	if _, err := exec.LookPath("setsid"); err != nil {
		t.Skip("setsid is not installed")
	}
	c, _ := sh("setsid sh -c 'while :; do echo noise; done' &")
	out := &slow{each: time.Millisecond}
	c.Output, c.Linger = out, 50*time.Millisecond
	begin := time.Now()
	if status, err := Run(context.Background(), c); err != nil || status.Code != 0 || time.Since(begin) > 10*time.Second {
		t.Errorf("%+v, %v after %v", status, err, time.Since(begin))
	}
	if !strings.Contains(out.String(), "noise\n") {
		t.Errorf("output %q", out.String())
	}
}

// TestCanceledWhileLeftoversAreStopped: a cancellation is one, however late it
// comes.
func TestCanceledWhileLeftoversAreStopped(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	c, out := sh("(trap '' TERM; echo $$; while :; do sleep 0.05; done) &")
	c.Patience, c.Grace = 50*time.Millisecond, time.Second
	c.Left = func(l Leftover) { t.Errorf("%+v is left", l) }
	done := make(chan error, 1)
	go func() {
		_, err := Run(ctx, c)
		done <- err
	}()
	waitFor(t, func() bool { return out.String() != "" })
	// The job ignores SIGTERM, so that it is being stopped for a second now.
	time.Sleep(400 * time.Millisecond)
	cancel()
	select {
	case err := <-done:
		if !errors.Is(err, context.Canceled) {
			t.Errorf("the error is %v", err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("still running")
	}
}
