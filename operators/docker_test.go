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

	"github.com/docker/docker/api/types/image"

	"github.com/dig2temporal/dig2temporal/internal/container/enginetest"
	"github.com/dig2temporal/dig2temporal/internal/ordered"
)

// inContainer adds the param docker to a task of the test engine's image.
func inContainer(t *testing.T, kind, config, docker string) (*Task, *output) {
	t.Helper()
	o := parse(t, config)
	o.Set("docker", ordered.Of("image", enginetest.Image).Merge(parse(t, docker)))
	return newTask(t, kind, o)
}

func TestDockerOptions(t *testing.T) {
	for _, r := range []struct{ docker, err string }{
		{`{}`, "Parameter 'image' is required but not set"},
		{`{"image":null}`, "Parameter 'image' is required but null"},
		{`"python:3"`, "Parameter 'docker' must be an object"},
		{`{"image":"x","run_options":"-m 1G"}`, `Expected array type for key 'run_options' but got "-m 1G" (string)`},
		{`{"image":"x","run_options":["--memmory=1G"]}`, `docker: run_options: unknown flag: --memmory (did you mean "--memory"?)`},
		{`{"image":"x","run_options":["-m","lots"]}`, "docker: run_options: --memory lots: invalid size: 'lots'"},
		{`{"image":"x","build":["a"],"build_options":["--no-cash"]}`, `docker: build_options: unknown flag: --no-cash (did you mean "--no-cache"?)`},
		{`{"image":"x","build":"apt-get update"}`, `Expected array type for key 'build' but got "apt-get update" (string)`},
		{`{"image":"x","pull_always":"maybe"}`, `Expected 'true' or 'false' for key 'pull_always' but got "maybe" (string)`},
		{`{"image":"x","docker":"unix:///surely/none.sock"}`, "The Docker Engine at unix:///surely/none.sock can't be reached: no such file or directory. " +
			`Start it, or set DOCKER_HOST to the address of another one. Without "docker:" the command runs on this machine`},
		{`{"image":"x","docker":"/usr/local/bin/docker"}`, "The Docker Engine at unix:///surely/default.sock can't be reached: no such file or directory. " +
			`Start it, or set DOCKER_HOST to the address of another one. Without "docker:" the command runs on this machine`},
	} {
		task, _ := newTask(t, "sh", parse(t, `{"_command":"true","docker":`+r.docker+`}`))
		task.Environ = []string{"DOCKER_HOST=unix:///surely/default.sock"}
		if _, err := (Sh{}).Run(context.Background(), task); fmt.Sprint(err) != r.err {
			t.Errorf("%s: %v, want %s", r.docker, err, r.err)
		}
	}
	task, out := newTask(t, "sh", parse(t, `{"_command":"echo here","docker":null}`))
	if _, err := (Sh{}).Run(context.Background(), task); err != nil || out.String() != "here\n" {
		t.Errorf("without docker: %q, %v", out.String(), err)
	}
}

func TestShInContainer(t *testing.T) {
	engine := enginetest.Start(t)
	for _, r := range []struct {
		name, config, docker, out, err string
	}{
		{"params and _env", `{"text":"a  b","n":4,"_env":{"P":"x${secret:db.password}"},"_command":"echo \"$text|$n|$P|${OUTSIDE-unset}\""}`, `{}`, "a  b|4|xhush|unset\n", ""},
		{"both streams", `{"_command":"echo a; echo b >&2"}`, `{}`, "", ""},
		{"code", `{"_command":"exit 7"}`, `{}`, "", "Command failed with code 7"},
		{"the shell is not there", `{"_command":"echo","shell":["surely_none"]}`, `{}`, "", `Cannot run program "surely_none" in the image "dig2temporal-test:base": executable file not found in $PATH`},
		{"options", `{"_command":"echo $A; id -u"}`, `{"run_options":["-e A=1","-u","4321:4321"]}`, "1\n4321\n", ""},
		{"secrets are not among the arguments", `{"_command":"cat /proc/$$/cmdline | head -c 3; : ${secret:db.password}"}`, `{}`, "/bi", ""},
		{"an image that is not there", `{"_command":"echo"}`, `{"image":"registry.invalid/none:1"}`, "", `The image "registry.invalid/none:1" can't be pulled: `},
	} {
		t.Run(r.name, func(t *testing.T) {
			mark := fmt.Sprintf("test=sh%d", time.Now().UnixNano())
			task, out := inContainer(t, "sh", r.config, r.docker)
			options, _ := task.Config.Object("docker").Get("run_options")
			list, _ := options.([]any)
			task.Config.Object("docker").Set("run_options", append(list, "-l", mark))
			task.Environ = append(task.Environ, "OUTSIDE=x")
			task.Secrets = secretMap{"db.password": "hush"}
			_, err := Sh{}.Run(context.Background(), task)
			if r.err == "" && err != nil || r.err != "" && (err == nil || !strings.HasPrefix(err.Error(), r.err)) {
				t.Errorf("error %v, want %q", err, r.err)
			}
			if r.out != "" && out.String() != r.out || r.name == "both streams" && len(out.String()) != 4 {
				t.Errorf("output %q, want %q", out.String(), r.out)
			}
			if left, _ := os.ReadDir(filepath.Join(task.ProjectDir, ".digdag", "tmp")); len(left) > 0 {
				t.Errorf("%v was left behind", left)
			}
			engine.Gone(mark)
		})
	}
}

// TestShInContainerWorkdir: the project is where it is outside, in the folder of
// the task.
func TestShInContainerWorkdir(t *testing.T) {
	enginetest.Start(t)
	task, out := inContainer(t, "sh", `{"_command":"pwd; cat ../in.txt; echo made > out.txt"}`, `{}`)
	write(t, task.ProjectDir, "in.txt", "in\n")
	write(t, task.ProjectDir, "a/x", "")
	task.Workdir = filepath.Join(task.ProjectDir, "a")
	if _, err := (Sh{}).Run(context.Background(), task); err != nil || out.String() != task.Workdir+"\nin\n" {
		t.Errorf("output %q, %v", out.String(), err)
	}
	if text, err := os.ReadFile(filepath.Join(task.Workdir, "out.txt")); string(text) != "made\n" {
		t.Errorf("%q, %v", text, err)
	}
}

func TestShInContainerStoreStdout(t *testing.T) {
	enginetest.Start(t)
	task, out := inContainer(t, "sh", `{"_command":"echo noise >&2; echo '{\"a\":[1]}'","store_stdout":"x"}`, `{}`)
	result, err := Sh{}.Run(context.Background(), task)
	if err != nil || ordered.Text(result.Store) != `{"x":{"a":[1]}}` || !strings.Contains(out.String(), "noise\n") {
		t.Errorf("%v, output %q, %v", result, out.String(), err)
	}
}

func TestShInContainerCancel(t *testing.T) {
	engine := enginetest.Start(t)
	mark := fmt.Sprintf("test=cancel%d", time.Now().UnixNano())
	task, out := inContainer(t, "sh", `{"_command":"echo started; sleep 60"}`, `{"run_options":["-l","`+mark+`"]}`)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		for end := time.Now().Add(time.Minute); time.Now().Before(end) && !strings.Contains(out.String(), "started"); {
			time.Sleep(5 * time.Millisecond)
		}
		cancel()
	}()
	begin := time.Now()
	_, err := Sh{}.Run(ctx, task)
	if !errors.Is(err, context.Canceled) || out.String() != "started\n" || time.Since(begin) > 40*time.Second {
		t.Errorf("output %q, %v after %v", out.String(), err, time.Since(begin))
	}
	engine.Gone(mark)
}

func TestShInContainerLargeParam(t *testing.T) {
	enginetest.Start(t)
	task, _ := inContainer(t, "sh", `{"_command":"true"}`, `{}`)
	task.Config.Set("rows", strings.Repeat("x", 200<<10))
	_, err := Sh{}.Run(context.Background(), task)
	if err == nil || !strings.Contains(err.Error(), `param "rows" is too large for an environment variable`) {
		t.Errorf("%v", err)
	}
}

// TestShInContainerBuild: two tasks that need the same image build it once.
func TestShInContainerBuild(t *testing.T) {
	engine := enginetest.Start(t)
	first, out := inContainer(t, "sh", `{"_command":"cat /made"}`, `{"build":["echo `+fmt.Sprint(time.Now().UnixNano())+` > /stamp","echo it > /made"]}`)
	second, other := newTask(t, "sh", first.Config)
	second.ProjectDir, second.Workdir = first.ProjectDir, first.Workdir
	done := make(chan error)
	for _, task := range []*Task{first, second} {
		go func() {
			_, err := Sh{}.Run(context.Background(), task)
			done <- err
		}()
	}
	for range 2 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	builds := strings.Count(out.String()+other.String(), "RUN echo it")
	if !strings.HasSuffix(out.String(), "it\n") || !strings.HasSuffix(other.String(), "it\n") || builds != 1 {
		t.Errorf("%d builds, output %q and %q", builds, out.String(), other.String())
	}
	list, err := engine.API.ImageList(context.Background(), image.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range list {
		for _, tag := range i.RepoTags {
			if strings.HasPrefix(tag, "dig2temporal-build:") {
				_, _ = engine.API.ImageRemove(context.Background(), tag, image.RemoveOptions{Force: true})
			}
		}
	}
}

// TestLanguagesInContainer: py> and rb> work in a container as they do outside,
// also for a user who is nobody here.
func TestLanguagesInContainer(t *testing.T) {
	enginetest.Start(t)
	options := enginetest.HostPrograms()
	for _, r := range []struct {
		op                         Operator
		kind, program, config, err string
		want                       string
	}{
		{Py{}, "py", "/usr/bin/python3", `{"_command":"tasks.run","n":2}`, "", `{"double":4,"env":"hush","outside":null}`},
		{Py{}, "py", "/usr/bin/python3", `{"_command":"tasks.fail"}`, "Python command failed with code 1\nError messages from python: no (ValueError)", ""},
		{Rb{}, "rb", "/usr/bin/ruby", `{"_command":"run","require":"tasks","n":2}`, "", `{"double":4,"env":"hush","outside":null}`},
	} {
		for _, user := range []string{"0", "4321"} {
			t.Run(r.kind+" "+user, func(t *testing.T) {
				if _, err := os.Stat(r.program); err != nil {
					t.Skipf("%s is not installed", r.program)
				}
				task, out := inContainer(t, r.kind, r.config, `{}`)
				list := []any{"-u", user}
				for _, o := range options {
					list = append(list, o)
				}
				task.Config.Object("docker").Set("run_options", list)
				task.Config.Set("_env", parse(t, `{"P":"${secret:db.password}","PYTHONDONTWRITEBYTECODE":"1"}`))
				task.Secrets = secretMap{"db.password": "hush"}
				task.Environ = append(task.Environ, "OUTSIDE=x")
				for folder := task.ProjectDir; folder != os.TempDir() && folder != "/"; folder = filepath.Dir(folder) {
					if err := os.Chmod(folder, 0o755); err != nil {
						break
					}
				}
				write(t, task.ProjectDir, "tasks.py", "import os, digdag\ndef run(n):\n    digdag.env.store({'double': n * 2, 'env': os.environ['P'], 'outside': os.environ.get('OUTSIDE')})\n"+
					"def fail():\n    raise ValueError('no')\n")
				write(t, task.ProjectDir, "tasks.rb", "def run(n)\n  Digdag.env.store(double: n * 2, env: ENV['P'], outside: ENV['OUTSIDE'])\nend\n")
				result, err := r.op.Run(context.Background(), task)
				if r.err != "" {
					if err == nil || !strings.HasPrefix(err.Error(), r.err) {
						t.Errorf("%v, want %s", err, r.err)
					}
					return
				}
				if err != nil {
					t.Fatalf("%v\n%s", err, out)
				}
				if got := ordered.Text(result.Store); got != r.want {
					t.Errorf("stored %s, want %s", got, r.want)
				}
				if left, _ := os.ReadDir(filepath.Join(task.ProjectDir, ".digdag", "tmp")); len(left) > 0 {
					t.Errorf("%v was left behind", left)
				}
			})
		}
	}
}
