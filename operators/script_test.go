//go:build unix

package operators

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/internal/process"
)

type warnings struct{ lines []string }

func (w *warnings) Infof(string, ...any)  {}
func (w *warnings) Errorf(string, ...any) {}
func (w *warnings) Warnf(format string, args ...any) {
	w.lines = append(w.lines, fmt.Sprintf(format, args...))
}

// TestStoppedJobs: jobs that were stopped fail the task when they had the output,
// and are a matter of the log otherwise.
func TestStoppedJobs(t *testing.T) {
	const advice = ". Let the script wait for what it starts, or start with setsid, and with its output redirected, what shall outlive the task."
	const begin = "The command has ended, but background processes of it were still running 10s later, and have been stopped"
	for _, r := range []struct {
		status    process.Status
		left      process.Leftover
		err, warn string
	}{
		{process.Status{}, process.Leftover{Processes: []string{"sleep (12)", "sh (13)"}, Output: true}, begin + ": sleep (12), sh (13)" + advice, ""},
		{process.Status{}, process.Leftover{Output: true}, begin + advice, ""},
		{process.Status{}, process.Leftover{Processes: []string{"sleep (12)"}}, "", begin + ": sleep (12)" + advice},
		// The failure of the command itself is the one to tell.
		{process.Status{Code: 3}, process.Leftover{Output: true}, "", begin + advice},
	} {
		log := &warnings{}
		r.left.After = 10 * time.Second
		got := ""
		if err := stopped(&Task{Log: log}, r.status, &r.left); err != nil {
			got = err.Error()
		}
		if got != r.err || strings.Join(log.lines, "|") != r.warn {
			t.Errorf("%+v: error %q, log %q", r.left, got, log.lines)
		}
	}
}

// TestSignals: the message of a command that a signal ended is Digdag's; its
// cause, which the log shows, names the signal.
func TestSignals(t *testing.T) {
	for script, want := range map[string]string{
		"kill -9 $$":            "Command failed with code 137, the signal SIGKILL ended it; the system sends it when memory runs out",
		"kill -SEGV $$":         "Command failed with code 139, the signal SIGSEGV ended it",
		"sh -c 'kill -SEGV $$'": "Command failed with code 139, code 139 mostly means that the signal SIGSEGV ended a command of it",
		"exit 3":                "Command failed with code 3, <nil>",
		"exit 255":              "Command failed with code 255, <nil>",
	} {
		task, _ := newTask(t, "sh", ordered.Of("_command", script))
		_, err := Sh{}.Run(context.Background(), task)
		if got := fmt.Sprintf("%v, %v", err, errors.Unwrap(err)); got != want {
			t.Errorf("%s: %s, want %s", script, got, want)
		}
	}
}

func TestLargeArguments(t *testing.T) {
	large := strings.Repeat("x", 200<<10)
	shell := []any{"/bin/sh", "-c", ": " + large}
	task, _ := newTask(t, "sh", ordered.Of("_command", "true", "shell", shell))
	_, err := Sh{}.Run(context.Background(), task)
	if want := `an argument of the command is too large (204802 bytes, 131071 are allowed): ": xxx`; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%.300v, want %s", err, want)
	}
	params := ordered.Of("_command", "true")
	for i := range 40 {
		params.Set(fmt.Sprintf("p%d", i), strings.Repeat("y", 100<<10))
	}
	task, _ = newTask(t, "sh", params)
	_, err = Sh{}.Run(context.Background(), task)
	if want := "the params are too large for the environment of a command (4096"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%.300v, want %s", err, want)
	}
}

// TestPowerShell: the shell is a list, which the path of the script follows, for
// whatever shell it is.
func TestPowerShell(t *testing.T) {
	bin := t.TempDir()
	write(t, bin, "pwsh", "#!/bin/sh\nfor a; do printf '[%s]' \"$a\"; done\nfor file; do :; done\nprintf '\\n'; cat \"$file\"\n")
	t.Setenv("PATH", bin+string(filepath.ListSeparator)+os.Getenv("PATH"))
	for shell, want := range map[string]string{
		`["pwsh"]`: "[{runner}]\nWrite-Output hi",
		`["pwsh","-NoProfile","-ExecutionPolicy","Bypass","-File"]`: "[-NoProfile][-ExecutionPolicy][Bypass][-File][{runner}]\nWrite-Output hi",
		`["pwsh","-"]`: "[-][{runner}]\nWrite-Output hi",
	} {
		task, out := newTask(t, "sh", parse(t, `{"_command":"Write-Output hi","shell":`+shell+`}`))
		if _, err := (Sh{}).Run(context.Background(), task); err != nil {
			t.Fatal(err)
		}
		if got := runnerPath.ReplaceAllString(out.String(), "{runner}"); got != want {
			t.Errorf("%s: %q, want %q", shell, got, want)
		}
	}
}

// TestSweep: what a process that died has left is removed, what is in use is not.
func TestSweep(t *testing.T) {
	task, _ := newTask(t, "sh", ordered.Of("_command", "true"))
	inUse, err := newScratch(task)
	if err != nil {
		t.Fatal(err)
	}
	parent := filepath.Dir(inUse.dir)
	// The lock of a process that died is a file without a lock.
	write(t, parent, "digdag-sh-dead/"+lockFile, "")
	write(t, parent, "digdag-sh-dead/runner.sh", "echo secret")
	write(t, parent, "digdag-py-fresh/"+lockFile, "")
	write(t, parent, "other/file", "")
	old := time.Now().Add(-time.Hour)
	for _, name := range []string{inUse.dir, filepath.Join(parent, "digdag-sh-dead"), filepath.Join(parent, "other")} {
		if err := os.Chtimes(name, old, old); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := (Sh{}).Run(context.Background(), task); err != nil {
		t.Fatal(err)
	}
	var names []string
	entries, err := os.ReadDir(parent)
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if want := []string{"digdag-py-fresh", filepath.Base(inUse.dir), "other"}; err != nil || !slices.Equal(names, want) {
		t.Errorf("%q is left, want %q, %v", names, want, err)
	}
	inUse.remove()
	if _, err := os.Stat(inUse.dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("it is still there: %v", err)
	}
}

// TestScratchOfCopy: in a copy nothing has to be found again or removed, since all
// of it goes, and no other task looks for a name.
func TestScratchOfCopy(t *testing.T) {
	const script = `d=$(dirname "$0"); ls -A "$d"`
	for c, want := range map[bool]string{false: "lock\nrunner.sh\n", true: "runner.sh\n"} {
		task, out := newTask(t, "sh", ordered.Of("_command", script))
		task.Copy = c
		if _, err := (Sh{}).Run(context.Background(), task); err != nil || out.String() != want {
			t.Errorf("copy %t: %v, %q, want %q", c, err, out, want)
		}
		left, err := filepath.Glob(filepath.Join(task.ProjectDir, ".digdag", "*"))
		if err != nil || len(left) != 1 || filepath.Base(left[0]) != map[bool]string{false: "tmp", true: "runner.sh"}[c] {
			t.Errorf("copy %t: left %q, %v", c, left, err)
		}
	}
}

// TestScratchBesideTheirs: a project may bring a folder of our name.
func TestScratchBesideTheirs(t *testing.T) {
	task, out := newTask(t, "sh", ordered.Of("_command", `ls .digdag; cat .digdag/runner.sh`))
	task.Copy = true
	theirs := filepath.Join(task.ProjectDir, ".digdag")
	if err := errors.Join(os.Mkdir(theirs, 0o755), os.WriteFile(filepath.Join(theirs, "runner.sh"), []byte("theirs\n"), 0o600)); err != nil {
		t.Fatal(err)
	}
	if _, err := (Sh{}).Run(context.Background(), task); err != nil || out.String() != "runner.sh\ntmp\ntheirs\n" {
		t.Errorf("%v, %q", err, out)
	}
}
