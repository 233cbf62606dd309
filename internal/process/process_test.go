//go:build unix

package process

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

func sh(script string) (*Command, *output) {
	out := &output{}
	return &Command{Args: []string{"/bin/sh", "-c", script}, Env: os.Environ(), Output: out}, out
}

func TestCodesAndOutput(t *testing.T) {
	for script, want := range map[string]struct {
		code int
		out  string
	}{
		"echo a; echo b >&2; echo c":       {0, "a\nb\nc\n"},
		"exit 77":                          {77, ""},
		"kill -9 $$":                       {137, ""},
		"kill -TERM $$":                    {143, ""},
		"printf 'no end'":                  {0, "no end"},
		`printf '\377\000\001'`:            {0, "\xff\x00\x01"},
		"surely_no_such_command 2>&-":      {127, ""},
		"read line; echo \"got $? $line\"": {0, "got 1 \n"},
	} {
		c, out := sh(script)
		code, err := Run(context.Background(), c)
		if err != nil || code != want.code || out.String() != want.out {
			t.Errorf("%s: code %d, output %q, %v", script, code, out.String(), err)
		}
	}
}

func TestStartErrors(t *testing.T) {
	plain := filepath.Join(t.TempDir(), "plain")
	if err := os.WriteFile(plain, []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, r := range []struct {
		args []string
		dir  string
		want string
	}{
		{nil, "", "the command is empty"},
		{[]string{"surely_no_such_command"}, "", "not found"},
		{[]string{"./nothing"}, "", "no such file"},
		{[]string{plain}, "", "permission denied"},
		{[]string{"/bin/sh"}, "/surely/no/folder", "working directory /surely/no/folder does not exist"},
	} {
		_, err := Run(context.Background(), &Command{Args: r.args, Dir: r.dir, Output: &output{}})
		var missing *NotFoundError
		if !errors.As(err, &missing) || !strings.Contains(err.Error(), r.want) {
			t.Errorf("%v: %v, want %s", r.args, err, r.want)
		}
	}
}

// TestWaitsForBackgroundJobs: jobs that hold the output belong to the command.
func TestWaitsForBackgroundJobs(t *testing.T) {
	c, out := sh("(sleep 0.3; echo late) & echo early")
	c.Linger = 50 * time.Millisecond
	told := 0
	c.Lingering = func() { told++ }
	if code, err := Run(context.Background(), c); err != nil || code != 0 || out.String() != "early\nlate\n" {
		t.Errorf("code %d, output %q, %v", code, out.String(), err)
	}
	if told != 1 {
		t.Errorf("the user was told %d times", told)
	}
}

// TestLeavesDetachedJobs: a job that does not hold the output goes on.
func TestLeavesDetachedJobs(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	c, _ := sh("(sleep 0.3; echo x > " + file + ") > /dev/null 2>&1 &")
	if _, err := Run(context.Background(), c); err != nil {
		t.Fatal(err)
	}
	waitFor(t, func() bool { _, err := os.Stat(file); return err == nil })
}

// TestDoesNotWaitForDaemons: one that has left the group but holds the output
// must not hang the task.
func TestDoesNotWaitForDaemons(t *testing.T) {
	if _, err := exec.LookPath("setsid"); err != nil {
		t.Skip("setsid is not installed")
	}
	c, out := sh("setsid sleep 20 & echo started $!")
	c.Linger = 100 * time.Millisecond
	begin := time.Now()
	code, err := Run(context.Background(), c)
	if err != nil || code != 0 || !strings.HasPrefix(out.String(), "started") {
		t.Errorf("code %d, output %q, %v", code, out.String(), err)
	}
	if took := time.Since(begin); took > 5*time.Second {
		t.Errorf("took %v", took)
	}
	if pid, err := strconv.Atoi(strings.Fields(out.String())[1]); err == nil {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
}

func TestCancelKillsTheGroup(t *testing.T) {
	for name, script := range map[string]string{
		"command":                   "echo $$; exec sleep 60",
		"children":                  "sleep 60 & echo $!; sleep 60",
		"ignores SIGTERM":           "trap '' TERM; echo $$; while :; do sleep 1; done",
		"child ignores SIGTERM":     "(trap '' TERM; while :; do sleep 1; done) & echo $!; wait",
		"parent is gone":            "(trap '' TERM; while :; do sleep 1; done) & echo $!; exit 3",
		"child that kills parent":   "(trap '' TERM; sleep 0.1; kill -9 $$; while :; do sleep 1; done) & echo $!; wait",
		"output without end":        "echo $$; while :; do echo noise; done",
		"handler of its own":        "trap 'sleep 0.1; exit 9' TERM; echo $$; while :; do sleep 0.05; done",
		"forks while it is killed":  "echo $$; while :; do sleep 1 & sleep 0.01; done",
		"jobs of a pipe":            "echo $$; sleep 60 | sleep 60",
		"stopped by its own signal": "echo $$; kill -STOP $$",
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(context.Background())
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
			case err := <-done:
				if !errors.Is(err, context.Canceled) {
					t.Errorf("the error is %v", err)
				}
			case <-time.After(5 * time.Second):
				t.Fatal("still running")
			}
			waitFor(t, func() bool { return !running(pid) })
		})
	}
}

func TestCanceledBeforeStart(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	c, out := sh("echo ran")
	if _, err := Run(ctx, c); !errors.Is(err, context.Canceled) || out.String() != "" {
		t.Errorf("%v, output %q", err, out.String())
	}
}

// TestMemoryStaysFlat: output is passed on, never collected.
func TestMemoryStaysFlat(t *testing.T) {
	n := int64(0)
	c, _ := sh("head -c 200000000 /dev/zero")
	c.Output = writerFunc(func(p []byte) (int, error) { n += int64(len(p)); return len(p), nil })
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := Run(context.Background(), c); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if n != 200000000 {
		t.Errorf("got %d bytes", n)
	}
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 4<<20 {
		t.Errorf("%d bytes were allocated", grown)
	}
}

// TestBrokenLog: a command does not notice a log that fails.
func TestBrokenLog(t *testing.T) {
	c, _ := sh("head -c 1000000 /dev/zero; exit 5")
	c.Output = writerFunc(func([]byte) (int, error) { return 0, errors.New("full") })
	if code, err := Run(context.Background(), c); code != 5 || err != nil {
		t.Errorf("code %d, %v", code, err)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func waitFor(t *testing.T, done func() bool) {
	t.Helper()
	for end := time.Now().Add(5 * time.Second); !done(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("timed out")
		}
	}
}

// running tells whether a process runs; one that waits to be reaped does not.
func running(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return false
	}
	_, state, _ := strings.Cut(string(stat), ") ")
	return !strings.HasPrefix(state, "Z")
}

func BenchmarkRun(b *testing.B) {
	env := os.Environ()
	for b.Loop() {
		if _, err := Run(context.Background(), &Command{Args: []string{"/bin/sh", "-c", ":"}, Env: env, Output: &output{}}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkExecCommand(b *testing.B) {
	for b.Loop() {
		if err := exec.Command("/bin/sh", "-c", ":").Run(); err != nil {
			b.Fatal(err)
		}
	}
}

func TestKillIsNotPatient(t *testing.T) {
	kill := make(chan struct{})
	ctx, cancel := context.WithCancel(WithKill(context.Background(), kill))
	defer cancel()
	c, out := sh("trap '' TERM; echo up; while true; do sleep 0.05; done")
	c.Grace = time.Minute
	ended := make(chan error, 1)
	go func() {
		_, err := Run(ctx, c)
		ended <- err
	}()
	for out.String() == "" {
		time.Sleep(5 * time.Millisecond)
	}
	cancel()
	select {
	case err := <-ended:
		t.Fatalf("it ended before it was killed: %v", err)
	case <-time.After(200 * time.Millisecond):
	}
	close(kill)
	select {
	case err := <-ended:
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%v", err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("it is still running")
	}
}
