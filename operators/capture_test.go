//go:build unix

package operators

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
)

var runnerPath = regexp.MustCompile(`\.digdag/tmp/digdag-sh-[0-9a-z]+/runner\.sh`)

func TestStoreStdout(t *testing.T) {
	for _, r := range []struct {
		name, config, store, out, err string
	}{
		{"text", `{"_command":"echo hello","store_stdout":"x"}`, `{"x":"hello"}`, "hello\n", ""},
		{"several lines", `{"_command":"printf 'a\nb\n\n'","store_stdout":"x"}`, `{"x":"a\nb\n"}`, "a\nb\n\n", ""},
		{"line end of Windows", `{"_command":"printf 'a\\r\\n'","store_stdout":"x"}`, `{"x":"a"}`, "a\r\n", ""},
		{"no line end", `{"_command":"printf ' a '","store_stdout":"x"}`, `{"x":" a "}`, " a ", ""},
		{"nothing", `{"_command":":","store_stdout":"x"}`, `{"x":""}`, "", ""},
		{"object", `{"_command":"echo '{\"b\":1.0,\"a\":[null]}'","store_stdout":"x"}`, `{"x":{"b":1.0,"a":[null]}}`, "{\"b\":1.0,\"a\":[null]}\n", ""},
		{"array over lines", `{"_command":"printf ' [1,\n2 ]\n\n'","store_stdout":"x"}`, `{"x":[1,2]}`, " [1,\n2 ]\n\n", ""},
		{"a number stays a text", `{"_command":"echo 0042","store_stdout":"x"}`, `{"x":"0042"}`, "0042\n", ""},
		{"nearly JSON", `{"_command":"echo '[info] {'","store_stdout":"x"}`, `{"x":"[info] {"}`, "[info] {\n", ""},
		{"errors are not stored", `{"_command":"echo bad >&2; echo good","store_stdout":"x"}`, `{"x":"good"}`, "*bad\n", ""},
		{"the namespace", `{"_command":"echo a","sh":{"store_stdout":"x"}}`, `{"x":"a"}`, "a\n", ""},
		{"a null is none", `{"_command":"echo a","store_stdout":null}`, `{}`, "a\n", ""},
		{"failure", `{"_command":"echo a; exit 3","store_stdout":"x"}`, "", "a\n", "Command failed with code 3"},
		{"quotes in the shell's options", `{"_command":"echo $0","shell":["/bin/sh","-c","printf '%s' \"$0$1\"","a b"],"store_stdout":"x"}`, `{"x":"a b{runner}"}`, "*a b", ""},
		{"program is missing", `{"_command":":","shell":["surely_no_shell"],"store_stdout":"x"}`, "", "",
			`Cannot run program "surely_no_shell" (in directory "{dir}"): executable file not found in $PATH`},
		{"program in a folder is missing", `{"_command":":","shell":["./none"],"store_stdout":"x"}`, "", "",
			`Cannot run program "./none" (in directory "{dir}"): no such file or directory`},
		{"name", `{"_command":"echo a","store_stdout":"a-b"}`, "", "", `store_stdout must be the name of a param (letters, digits and _) but got "a-b"`},
		{"name of another type", `{"_command":"echo a","store_stdout":["a"]}`, "", "", `Expected string type for key 'store_stdout' but got ["a"] (array)`},
		{"binary", `{"_command":"printf '\\377\\376'","store_stdout":"x"}`, "", "\xff\xfe",
			`The output of the command can't be stored as "x": it is no UTF-8 text. Write it to a file, and store the name of the file`},
	} {
		t.Run(r.name, func(t *testing.T) {
			task, out := newTask(t, "sh", parse(t, r.config))
			result, err := Sh{}.Run(context.Background(), task)
			if want := strings.ReplaceAll(r.err, "{dir}", task.Workdir); want == "" && err != nil || want != "" && fmt.Sprint(err) != want {
				t.Errorf("error %v, want %q", err, want)
			}
			if begin, ok := strings.CutPrefix(r.out, "*"); ok && !strings.Contains(out.String(), begin) || !ok && out.String() != r.out {
				t.Errorf("output %q, want %q", out.String(), r.out)
			}
			if err == nil {
				got := runnerPath.ReplaceAllString(ordered.Text(orEmpty(result.Store)), "{runner}")
				if got != r.store {
					t.Errorf("stored %s, want %s", got, r.store)
				}
				if result.Store.Len() > 0 && fmt.Sprint(result.Reset) != "[x]" {
					t.Errorf("reset %v", result.Reset)
				}
			}
			if left, _ := os.ReadDir(filepath.Join(task.ProjectDir, ".digdag", "tmp")); len(left) > 0 {
				t.Errorf("%v was left behind", left)
			}
		})
	}
}

func TestStoreStdoutLimit(t *testing.T) {
	for size, want := range map[int]string{
		maxCaptured:     "<nil>",
		maxCaptured + 1: `The output of the command can't be stored as "x": it has 1048577 bytes, 1048576 are allowed. Write it to a file, and store the name of the file`,
	} {
		task, out := newTask(t, "sh", parse(t, fmt.Sprintf(`{"_command":"head -c %d /dev/zero | tr '\\0' a","store_stdout":"x"}`, size)))
		result, err := Sh{}.Run(context.Background(), task)
		if fmt.Sprint(err) != want || len(out.String()) != size {
			t.Errorf("%d bytes: %d in the log, %v", size, len(out.String()), err)
		}
		if err == nil && len(result.Store.String("x")) != size {
			t.Errorf("%d bytes: %d stored", size, len(result.Store.String("x")))
		}
	}
}

// TestStoreStdoutStreams: both streams reach the log while the command runs.
func TestStoreStdoutStreams(t *testing.T) {
	task, out := newTask(t, "sh", parse(t, `{"_command":"echo one; echo two >&2; sleep 60","store_stdout":"x"}`))
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		for end := time.Now().Add(20 * time.Second); time.Now().Before(end) && len(out.String()) < len("one\ntwo\n"); {
			time.Sleep(5 * time.Millisecond)
		}
		cancel()
	}()
	begin := time.Now()
	_, err := Sh{}.Run(ctx, task)
	if err != context.Canceled || time.Since(begin) > 10*time.Second || len(out.String()) != len("one\ntwo\n") {
		t.Errorf("output %q after %v, %v", out.String(), time.Since(begin), err)
	}
}

// TestStoreStdoutErrorsLeftOpen: a background process that holds the standard
// error only does not keep the task for long.
func TestStoreStdoutErrorsLeftOpen(t *testing.T) {
	task, out := newTask(t, "sh", parse(t, `{"_command":"echo e >&2; sleep 60 > /dev/null & echo $!","store_stdout":"pid"}`))
	begin := time.Now()
	result, err := Sh{}.Run(context.Background(), task)
	if err != nil || time.Since(begin) > 20*time.Second || !strings.Contains(out.String(), "e\n") {
		t.Fatalf("output %q after %v, %v", out.String(), time.Since(begin), err)
	}
	kill, _ := newTask(t, "sh", parse(t, `{"_command":"kill `+result.Store.String("pid")+`"}`))
	if _, err := (Sh{}).Run(context.Background(), kill); err != nil {
		t.Error(err)
	}
}

// slowOutput takes its time for every write.
type slowOutput struct {
	output
	each time.Duration
}

func (s *slowOutput) Write(p []byte) (int, error) {
	time.Sleep(s.each)
	return s.output.Write(p)
}

// TestStoreStdoutSlowLog: errors are in the log, however slow that is.
func TestStoreStdoutSlowLog(t *testing.T) {
	t.Parallel()
	task, _ := newTask(t, "sh", parse(t, `{"_command":"echo one >&2; sleep 0.2; echo two >&2; echo three >&2","store_stdout":"x"}`))
	out := &slowOutput{each: patience + time.Second}
	task.Output = out
	_, err := Sh{}.Run(context.Background(), task)
	if err != nil || out.String() != "one\ntwo\nthree\n" {
		t.Errorf("output %q, %v", out.String(), err)
	}
}
