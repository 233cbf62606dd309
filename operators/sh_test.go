package operators

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
)

func TestShScripts(t *testing.T) {
	for _, r := range []struct {
		name, config, out, err string
	}{
		{"output of both streams", `{"_command":"echo a; echo b >&2"}`, "a\nb\n", ""},
		{"code of the last command", `{"_command":"false\necho on"}`, "on\n", ""},
		{"exit code", `{"_command":"exit 77"}`, "", "Command failed with code 77"},
		{"signal", `{"_command":"kill -9 $$"}`, "", "Command failed with code 137"},
		{"unknown command", `{"_command":"surely_no_such_command 2>/dev/null"}`, "", "Command failed with code 127"},
		{"number as a script", `{"_command":5,"shell":["/bin/true"]}`, "", ""},
		{"no command", `{}`, "", "Parameter '_command' is required but not set"},
		{"mapping as a command", `{"_command":{"a":1}}`, "", `Expected string type for key '_command' but got {"a":1} (object)`},
		{"params in the environment",
			`{"text":"two  words","n":42,"f":1000.0,"small":1e-7,"flag":true,"list":[1,"y z",null],"map":{"k":null},"A_9":"x","dash-name":"no","9a":"no",
			"_command":"printf '%s|' \"$text\" $n $f $small $flag \"$list\" \"$map\" $A_9; env | grep -c -e '^dash-name' -e '^9a'; true"}`,
			"two  words|42|1000.0|1.0E-7|true|[1,\"y z\",null]|{\"k\":null}|x|0\n", ""},
		{"a null is not set", `{"gone":null,"_command":"echo ${gone-unset}"}`, "unset\n", ""},
		{"an empty text is set", `{"here":"","_command":"echo [${here-unset}]"}`, "[]\n", ""},
		{"multi-line values", `{"multi":"l1\nl2 \"q\" $HOME","_command":"printf '%s' \"$multi\""}`, "l1\nl2 \"q\" $HOME", ""},
		{"_env wins", `{"name":"param","_env":{"name":"env","N":3,"B":true},"_command":"echo $name $N $B"}`, "env 3 true\n", ""},
		{"_env name", `{"_env":{"bad-name":"x"},"_command":"echo"}`, "", "Invalid _env key name: bad-name"},
		{"_env list", `{"_env":{"LIST":[1,2]},"_command":"echo"}`, "", "Expected string type for key 'LIST' but got [1,2] (array)"},
		{"_env null", `{"_env":{"N":null},"_command":"echo"}`, "", "Parameter 'N' is required but null"},
		{"_env text", `{"_env":"x","_command":"echo"}`, "", "Parameter '_env' must be an object"},
		{"shell", `{"shell":["/bin/sh","-e"],"_command":"false\necho on"}`, "", "Command failed with code 1"},
		{"shell of the namespace", `{"sh":{"shell":["/bin/sh","-x"]},"_command":"true"}`, "+ true\n", ""},
		{"shell of the task wins", `{"shell":["/bin/sh"],"sh":{"shell":["/bin/false"]},"_command":"echo on"}`, "on\n", ""},
		{"shell as a text", `{"shell":"/bin/sh","_command":"true"}`, "", `Expected array type for key 'shell' but got "/bin/sh" (string)`},
		{"zero byte", `{"zero":"a\u0000b","_command":"true"}`, "", "Environment variable 'zero' can't hold a text with a zero byte"},
		{"secret", `{"_command":"echo ${secret:db.password}","_env":{"P":"x${secret:db.password}"}}`, "hush\n", ""},
		{"unknown secret", `{"_command":"echo ${secret:other}"}`, "", "Secret not found for key: 'other'"},
		{"no secret at all", `{"_command":"echo ${foo:bar}"}`, "", "Invalid parametrization: '${foo:bar}'"},
	} {
		t.Run(r.name, func(t *testing.T) {
			task, out := newTask(t, "sh", parse(t, r.config))
			task.Secrets = secretMap{"db.password": "hush"}
			_, err := Sh{}.Run(context.Background(), task)
			if got := fmt.Sprint(err); r.err == "" && err != nil || r.err != "" && got != r.err {
				t.Errorf("error %v, want %q", err, r.err)
			}
			if out.String() != r.out {
				t.Errorf("output %q, want %q", out.String(), r.out)
			}
			if left, _ := os.ReadDir(filepath.Join(task.ProjectDir, ".digdag", "tmp")); len(left) > 0 {
				t.Errorf("%v was left behind", left)
			}
		})
	}
}

func TestShProgramMissing(t *testing.T) {
	task, _ := newTask(t, "sh", parse(t, `{"shell":["surely_no_shell"],"_command":"true"}`))
	_, err := Sh{}.Run(context.Background(), task)
	want := fmt.Sprintf(`Cannot run program "surely_no_shell" (in directory %q): executable file not found in $PATH`, task.Workdir)
	if err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

func TestShExportedEnvDoesNotCount(t *testing.T) {
	task, out := newTask(t, "sh", parse(t, `{"_env":{"EXPORTED":"yes"},"_command":"echo [$EXPORTED]"}`))
	task.Local = parse(t, `{"_command":""}`)
	if _, err := (Sh{}).Run(context.Background(), task); err != nil || out.String() != "[]\n" {
		t.Errorf("output %q, %v", out.String(), err)
	}
}

func TestShWorkdir(t *testing.T) {
	task, out := newTask(t, "sh", parse(t, `{"_command":"sh ./run.sh; basename $(pwd); echo $0"}`))
	write(t, task.ProjectDir, "a/b/run.sh", "echo not ${evaluated:-templated}\n")
	task.Workdir = filepath.Join(task.ProjectDir, "a", "b")
	if _, err := (Sh{}).Run(context.Background(), task); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(out.String(), "\n")
	if lines[0] != "not templated" || lines[1] != "b" || !strings.HasPrefix(lines[2], "../../.digdag/tmp/digdag-sh-") || filepath.Base(lines[2]) != "runner.sh" {
		t.Errorf("output %q", out.String())
	}
}

// TestShSecretsStayOut: a secret of the script must not be in the arguments of
// the process.
func TestShSecretsStayOut(t *testing.T) {
	task, out := newTask(t, "sh", parse(t, `{"_command":"tr '\\0' ' ' < /proc/$$/cmdline; : ${secret:key}"}`))
	task.Secrets = secretMap{"key": "very_secret"}
	if _, err := (Sh{}).Run(context.Background(), task); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), "very_secret") || !strings.Contains(out.String(), "runner.sh") {
		t.Errorf("the arguments are %q", out.String())
	}
}

func TestShLargeParam(t *testing.T) {
	o := parse(t, `{"small":"x","_command":"true"}`)
	o.Set("rows", strings.Repeat("x", 200<<10))
	task, _ := newTask(t, "sh", o)
	_, err := Sh{}.Run(context.Background(), task)
	if err == nil || !strings.Contains(err.Error(), `param "rows" is too large for an environment variable (204800 bytes, 131071 are allowed)`) {
		t.Errorf("%v", err)
	}
}

func TestShCancel(t *testing.T) {
	task, out := newTask(t, "sh", parse(t, `{"_command":"echo started; sleep 60"}`))
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		for !strings.Contains(out.String(), "started") {
			time.Sleep(5 * time.Millisecond)
		}
		cancel()
	}()
	begin := time.Now()
	_, err := Sh{}.Run(ctx, task)
	if !errors.Is(err, context.Canceled) || time.Since(begin) > 4*time.Second {
		t.Errorf("%v after %v", err, time.Since(begin))
	}
	if left, _ := os.ReadDir(filepath.Join(task.ProjectDir, ".digdag", "tmp")); len(left) > 0 {
		t.Errorf("%v was left behind", left)
	}
}

func TestPaths(t *testing.T) {
	for _, r := range []struct{ project, workdir, want, err string }{
		{"/p", "", "/p", ""},
		{"/p", "a/../b", "/p/b", ""},
		{"/p", "/p/c", "/p/c", ""},
		{"/p", "../..", "", "Working directory must not be outside of project path (/p): ../.."},
		{"/p", "../p2", "", "Working directory must not be outside of project path (/p): ../p2"},
		{"/p", "/tmp", "", "Working directory must not be outside of project path (/p): /tmp"},
		{"/", "tmp", "/tmp", ""},
	} {
		got, err := WorkingDir(r.project, r.workdir)
		if got != r.want || r.err != "" && (err == nil || err.Error() != r.err) || r.err == "" && err != nil {
			t.Errorf("%+v: %q, %v", r, got, err)
		}
	}
	task := &Task{ProjectDir: "/p", Workdir: "/p/a"}
	if got, err := task.Path("../x.sql"); got != "/p/x.sql" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := task.Path("../../x.sql"); err == nil || err.Error() != "File name must not be outside of project path (/p): ../../x.sql" {
		t.Errorf("%v", err)
	}
}

func BenchmarkSh(b *testing.B) {
	dir := b.TempDir()
	config := ordered.Of("_command", ":", "session_time", "2024-01-01T00:00:00+00:00")
	env := os.Environ()
	for b.Loop() {
		t := &Task{Type: "sh", Config: config, ProjectDir: dir, Workdir: dir, Environ: env, Output: &output{}}
		if _, err := (Sh{}).Run(context.Background(), t); err != nil {
			b.Fatal(err)
		}
	}
}
