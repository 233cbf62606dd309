package process

import (
	"context"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestCancelFindsDaemons: a cancellation also ends what has left the group, the
// session and the command that started it.
func TestCancelFindsDaemons(t *testing.T) {
	for name, script := range map[string]string{
		"session of its own":    "setsid sh -c 'echo $$; exec sleep 1000' & sleep 1000",
		"double fork":           "setsid sh -c 'setsid sh -c \"echo \\$\\$; exec sleep 1000\" &'; sleep 1000",
		"ignores SIGTERM":       "setsid sh -c 'trap \"\" TERM; echo $$; while :; do sleep 0.1; done' & sleep 1000",
		"without output":        "setsid sh -c 'echo $$; exec sleep 1000 > /dev/null 2>&1' & sleep 1000",
		"the command is gone":   "setsid sh -c 'echo $$; exec sleep 1000 > /dev/null 2>&1' & sleep 1000 & exit 0",
		"forks while it is hit": "setsid sh -c 'echo $$; trap \"\" TERM; while :; do setsid sleep 7.77 & sleep 0.01; done' & sleep 1000",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			c, out := sh(script)
			c.Grace = 300 * time.Millisecond
			done := make(chan error, 1)
			go func() {
				_, err := Run(ctx, c)
				done <- err
			}()
			waitFor(t, func() bool { return strings.Contains(out.String(), "\n") })
			pid, err := strconv.Atoi(strings.Fields(out.String())[0])
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(50 * time.Millisecond)
			cancel()
			select {
			case <-done:
			case <-time.After(10 * time.Second):
				t.Fatal("still running")
			}
			waitFor(t, func() bool { return !running(pid) })
		})
	}
}

// TestMarksNest: a cancellation reaches what a command of this program started
// by means of this program.
func TestMarksNest(t *testing.T) {
	outer, inner := newMark(), newMark()
	env := inner.in(outer.in([]string{"A=b"}))
	if want := Variable + "=" + string(outer) + ":" + string(inner); len(env) != 2 || env[0] != "A=b" || env[1] != want {
		t.Fatalf("%q", env)
	}
	c := exec.Command("sleep", "1000")
	c.Env = env
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Wait() }()
	waitFor(t, func() bool { return outer.alive(0) && inner.alive(0) })
	if newMark().alive(0) || outer.alive(group(syscall.Getpgrp())) {
		t.Error("a process that has not the mark was found")
	}
	outer.kill(0)
	if inner.alive(0) {
		t.Error("it is alive")
	}
}

// TestDiesWithItsParent: a command does not outlive the program that runs it.
func TestDiesWithItsParent(t *testing.T) {
	if os.Getenv("PROCESS_TEST_PARENT") != "" {
		_, _ = Run(context.Background(), &Command{Args: []string{"/bin/sh", "-c", "echo $$; while :; do sleep 0.1; done"}, Output: os.Stdout})
		return
	}
	parent := exec.Command(os.Args[0], "-test.run=TestDiesWithItsParent$")
	parent.Env = append(os.Environ(), "PROCESS_TEST_PARENT=1")
	out := &output{}
	parent.Stdout = out
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	waitFor(t, func() bool { return strings.Contains(out.String(), "\n") })
	_ = parent.Process.Kill()
	_ = parent.Wait()
	pid, err := strconv.Atoi(strings.Fields(out.String())[0])
	if err != nil {
		t.Fatal(err)
	}
	waitFor(t, func() bool { return !running(pid) })
}

func TestReadStat(t *testing.T) {
	c := exec.Command("/bin/sh", "-c", "exit 0")
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	waitFor(t, func() bool {
		s, ok := readStat(c.Process.Pid)
		return ok && s.gone && s.group == syscall.Getpgrp()
	})
	if err := c.Wait(); err != nil {
		t.Fatal(err)
	}
	if _, ok := readStat(c.Process.Pid); ok {
		t.Error("it is still there")
	}
	if s, ok := readStat(os.Getpid()); !ok || s.gone || s.name == "" {
		t.Errorf("%+v, %v", s, ok)
	}
}
