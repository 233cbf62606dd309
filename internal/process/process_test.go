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
		status Status
		out    string
	}{
		"echo a; echo b >&2; echo c":       {Status{}, "a\nb\nc\n"},
		"exit 77":                          {Status{Code: 77}, ""},
		"exit 137":                         {Status{Code: 137}, ""},
		"kill -9 $$":                       {Status{137, "SIGKILL"}, ""},
		"kill -TERM $$":                    {Status{143, "SIGTERM"}, ""},
		"printf 'no end'":                  {Status{}, "no end"},
		`printf '\377\000\001'`:            {Status{}, "\xff\x00\x01"},
		"surely_no_such_command 2>&-":      {Status{Code: 127}, ""},
		"read line; echo \"got $? $line\"": {Status{}, "got 1 \n"},
		"exec >&- 2>&-; exit 3":            {Status{Code: 3}, ""},
	} {
		c, out := sh(script)
		status, err := Run(context.Background(), c)
		if err != nil || status != want.status || out.String() != want.out {
			t.Errorf("%s: %+v, output %q, %v", script, status, out.String(), err)
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

// TestWaitsForBackgroundJobs: jobs of the group belong to the command, whether
// they hold its output or not.
func TestWaitsForBackgroundJobs(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	for script, want := range map[string]string{
		"(sleep 0.3; echo late) & echo early":                               "early\nlate\n",
		"(sleep 0.3; echo x > " + file + ") > /dev/null 2>&1 & echo early":  "early\n",
		"nohup sh -c 'sleep 0.3; echo x > " + file + "' > /dev/null 2>&1 &": "",
	} {
		_ = os.Remove(file)
		c, out := sh(script)
		c.Linger = 50 * time.Millisecond
		c.Left = func(l Leftover) { t.Errorf("%s: %+v is left", script, l) }
		if status, err := Run(context.Background(), c); err != nil || status.Code != 0 || out.String() != want {
			t.Errorf("%s: %+v, output %q, %v", script, status, out.String(), err)
		}
		if _, err := os.Stat(file); err != nil && strings.Contains(script, file) {
			t.Errorf("%s: %v", script, err)
		}
	}
}

// TestStopsBackgroundJobs: jobs that go on for ever neither hang the task nor
// outlive it.
func TestStopsBackgroundJobs(t *testing.T) {
	for _, r := range []struct {
		script, out string
		output      bool
		code        int
	}{
		{"sleep 1000 & echo $!", "", true, 0},
		{"sleep 1000 & echo $!; exit 4", "", true, 4},
		{"sleep 1000 > /dev/null 2>&1 & echo $!", "", false, 0},
		{"nohup sleep 1000 > /dev/null 2>&1 & echo $!", "", false, 0},
		{"(sleep 1000 & echo $!) & wait", "", true, 0},
		{"(trap '' TERM; exec sleep 1000) & echo $!", "", true, 0},
	} {
		t.Run(r.script, func(t *testing.T) {
			t.Parallel()
			c, out := sh(r.script)
			c.Patience, c.Grace = 100*time.Millisecond, 100*time.Millisecond
			var left []Leftover
			c.Left = func(l Leftover) { left = append(left, l) }
			begin := time.Now()
			status, err := Run(context.Background(), c)
			if err != nil || status.Code != r.code || time.Since(begin) > 10*time.Second {
				t.Errorf("%+v, %v after %v", status, err, time.Since(begin))
			}
			pid, err := strconv.Atoi(strings.TrimSpace(out.String()))
			if err != nil {
				t.Fatal(err)
			}
			if len(left) != 1 || left[0].Output != r.output || left[0].After != c.Patience {
				t.Fatalf("left %+v", left)
			}
			if names := left[0].Processes; runtime.GOOS == "linux" && (len(names) != 1 || names[0] != "sleep ("+strconv.Itoa(pid)+")") {
				t.Errorf("left %q", names)
			}
			if running(pid) {
				t.Errorf("%d still runs", pid)
			}
		})
	}
}

// TestLeavesDaemons: what has left the group goes on, and must not hang the task
// when it holds the output.
func TestLeavesDaemons(t *testing.T) {
	if _, err := exec.LookPath("setsid"); err != nil {
		t.Skip("setsid is not installed")
	}
	for _, to := range []string{"", " > /dev/null 2>&1"} {
		c, out := sh("setsid sh -c 'echo $$; exec sleep 1000" + to + "' &")
		c.Linger, c.Patience = 100*time.Millisecond, 500*time.Millisecond
		c.Left = func(l Leftover) { t.Errorf("%q: %+v is left", to, l) }
		begin := time.Now()
		status, err := Run(context.Background(), c)
		if err != nil || status.Code != 0 || time.Since(begin) > 5*time.Second {
			t.Errorf("%q: %+v, %v after %v", to, status, err, time.Since(begin))
		}
		pid, err := strconv.Atoi(strings.TrimSpace(out.String()))
		if err != nil {
			t.Fatal(err)
		}
		if !running(pid) {
			t.Errorf("%q: the daemon is gone", to)
		}
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
	if status, err := Run(context.Background(), c); status.Code != 5 || err != nil {
		t.Errorf("%+v, %v", status, err)
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
