package operators

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
)

// languageCase is one row of a cases.json. Error is what comes after the first
// words of a failure, Message the whole failure.
type languageCase struct {
	Name                          string
	Config, Result                *ordered.Object
	Output, Error, Message, Trace string
}

// interpreter returns a program for the tests, or skips them. A variable names
// another one than the usual, to try several versions.
func interpreter(t testing.TB, variable string, names ...string) string {
	t.Helper()
	if p := os.Getenv(variable); p != "" {
		return p
	}
	for _, n := range names {
		if p, err := exec.LookPath(n); err == nil {
			return p
		}
	}
	t.Skipf("none of %v is installed", names)
	return ""
}

func languageTask(t *testing.T, kind, option, program string, config *ordered.Object) (*Task, *output) {
	t.Helper()
	text := strings.ReplaceAll(ordered.Text(config), "{"+option+"}", program)
	config = parse(t, text)
	if !config.Has(option) && config.Object(kind) == nil {
		config.Set(option, program)
	}
	task, out := newTask(t, kind, config)
	task.ProjectDir = filepath.Join(task.ProjectDir, "project")
	task.Workdir = task.ProjectDir
	task.Secrets = secretMap{"db.password": "hush"}
	if err := os.CopyFS(task.ProjectDir, os.DirFS(filepath.Join("testdata", kind))); err != nil {
		t.Fatal(err)
	}
	return task, out
}

func testLanguage(t *testing.T, op Operator, kind, option, program, prefix string) {
	var cases []languageCase
	readRows(t, filepath.Join("testdata", kind, "cases.json"), &cases)
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			task, out := languageTask(t, kind, option, program, c.Config)
			ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
			defer cancel()
			result, err := op.Run(ctx, task)
			if left, _ := os.ReadDir(filepath.Join(task.ProjectDir, ".digdag", "tmp")); len(left) > 0 {
				t.Errorf("%v was left behind", left)
			}
			message := ""
			if err != nil {
				message = err.Error()
			}
			switch {
			case c.Message != "":
				if want := strings.ReplaceAll(c.Message, "{dir}", task.Workdir); message != want {
					t.Fatalf("error %q, want %q", message, want)
				}
			case c.Error != "":
				head := message
				if rest, ok := strings.CutPrefix(message, prefix); ok {
					head = rest
				}
				if !strings.Contains(head, c.Error) || !strings.HasPrefix(message, prefix) || !strings.Contains(message, c.Trace) {
					t.Fatalf("error %q, want %q and %q", message, c.Error, c.Trace)
				}
				if strings.Contains(message, "digdag-"+kind) {
					t.Errorf("the error shows our runner: %q", message)
				}
			case err != nil:
				t.Fatalf("%v, output %s", err, out)
			}
			if err == nil && out.String() != c.Output {
				t.Errorf("output %q, want %q", out.String(), c.Output)
			}
			if err == nil {
				got := ordered.New()
				for _, part := range []struct {
					name string
					o    *ordered.Object
				}{{"subtasks", result.Subtasks}, {"export", result.Export}, {"store", result.Store}} {
					if part.o.Len() > 0 {
						got.Set(part.name, part.o)
					}
				}
				if want := ordered.Text(orEmpty(c.Result)); ordered.Text(got) != want {
					t.Errorf("result %s\nwant   %s", ordered.Text(got), want)
				}
			}
		})
	}
}

func orEmpty(o *ordered.Object) *ordered.Object {
	if o == nil {
		return ordered.New()
	}
	return o
}

func TestPy(t *testing.T) {
	testLanguage(t, Py{}, "py", "python", interpreter(t, "DIG2TEMPORAL_TEST_PYTHON", "python3", "python"), "Python command failed with code 1\nError messages from python: ")
}

func TestRb(t *testing.T) {
	testLanguage(t, Rb{}, "rb", "ruby", interpreter(t, "DIG2TEMPORAL_TEST_RUBY", "ruby"), "Ruby command failed with code 1: ")
}

// TestLanguageStreams: output comes while the script runs, and a cancelled
// script is stopped.
func TestLanguageStreams(t *testing.T) {
	python := interpreter(t, "DIG2TEMPORAL_TEST_PYTHON", "python3", "python")
	task, out := languageTask(t, "py", "python", python, parse(t, `{"_command":"jobs.streams"}`))
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		_, err := Py{}.Run(ctx, task)
		done <- err
	}()
	for end := time.Now().Add(20 * time.Second); out.String() != "first\n"; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("there is no output")
		}
	}
	cancel()
	select {
	case err := <-done:
		if !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("still running")
	}
}
