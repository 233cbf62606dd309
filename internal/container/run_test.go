package container

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dig2temporal/dig2temporal/internal/container/enginetest"
)

// output can be read while it is written.
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

func connect(t *testing.T) (*Engine, *enginetest.Engine) {
	t.Helper()
	engine := enginetest.Start(t)
	e, err := Connect(context.Background(), os.Environ(), "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return e, engine
}

func runOptions(t *testing.T, args ...string) *RunOptions {
	t.Helper()
	o, err := ParseRunOptions(args, "", os.Environ())
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// label marks the containers of a test.
func label(t *testing.T) string {
	return "test=" + strings.ReplaceAll(t.Name(), "/", "-") + fmt.Sprint(time.Now().UnixNano())
}

func TestRunInContainer(t *testing.T) {
	e, engine := connect(t)
	for _, r := range []struct {
		name    string
		args    []string
		env     []string
		options []string
		code    int
		out     string
		errs    string
	}{
		{"streams", []string{"sh", "-c", "echo a; echo b >&2"}, nil, nil, 0, "a\n", "b\n"},
		{"code", []string{"sh", "-c", "exit 77"}, nil, nil, 77, "", ""},
		{"signal", []string{"sh", "-c", "kill -9 $$; echo alive"}, nil, nil, 137, "", ""},
		{"signal to the first process", []string{"sh", "-c", "kill -9 $$; echo alive"}, nil, []string{"--init=false"}, 0, "alive\n", ""},
		{"not the first process", []string{"sh", "-c", "test $$ -gt 1"}, nil, nil, 0, "", ""},
		{"processes of the machine", []string{"sh", "-c", "echo here"}, nil, []string{"--pid=host"}, 0, "here\n", ""},
		{"variables", []string{"sh", "-c", `echo "$A|$B|$C|${HOME_OF_TEST-unset}"`}, []string{"A=a b", "B="}, []string{"-e", "A=x", "-e", "C=c"}, 0, "a b||c|unset\n", ""},
		{"folder", []string{"sh", "-c", "pwd; cat ../file; echo new > made"}, nil, nil, 0, "{dir}/sub\ncontent", ""},
		{"no input", []string{"cat"}, nil, nil, 0, "", ""},
		{"entrypoint of the options", []string{"-c", "echo $0 $1", "x"}, nil, []string{"--entrypoint", "sh"}, 0, "x\n", ""},
		{"terminal", []string{"sh", "-c", "test -t 1 && echo yes"}, nil, []string{"-t"}, 0, "yes\r\n", ""},
		{"another user", []string{"id", "-u"}, nil, []string{"-u", "4321"}, 0, "4321\n", ""},
		{"binary", []string{"sh", "-c", `printf '\377\000\001'`}, nil, nil, 0, "\xff\x00\x01", ""},
	} {
		t.Run(r.name, func(t *testing.T) {
			dir, err := filepath.EvalSymlinks(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "file"), []byte("content"), 0o644); err != nil {
				t.Fatal(err)
			}
			if err := os.Mkdir(filepath.Join(dir, "sub"), 0o755); err != nil {
				t.Fatal(err)
			}
			mark := label(t)
			var out, errs output
			code, err := e.Run(context.Background(), &Command{
				Image: enginetest.Image, Args: r.args, Env: r.env, Dir: filepath.Join(dir, "sub"), Folder: dir,
				Options: runOptions(t, append(r.options, "-l", mark)...), Stdout: &out, Stderr: &errs,
			})
			if err != nil || code != r.code || out.String() != strings.ReplaceAll(r.out, "{dir}", dir) || errs.String() != r.errs {
				t.Errorf("code %d, output %q, errors %q, %v", code, out.String(), errs.String(), err)
			}
			engine.Gone(mark)
			if _, err := os.Stat(filepath.Join(dir, "sub", "made")); r.name == "folder" && err != nil {
				t.Error(err)
			}
		})
	}
}

func TestRunErrors(t *testing.T) {
	e, engine := connect(t)
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "script"), []byte("#!/bin/sh\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, r := range []struct {
		name    string
		command Command
		err     string
	}{
		{"program", Command{Args: []string{"surely_no_program", "a"}}, `Cannot run program "surely_no_program" in the image "` + enginetest.Image + `": executable file not found in $PATH`},
		{"program in a folder", Command{Args: []string{"./none"}}, `Cannot run program "./none" in the image "` + enginetest.Image + `": no such file or directory`},
		{"no program", Command{Args: []string{"./script"}}, `Cannot run program "./script" in the image "` + enginetest.Image + `": permission denied`},
		{"folder", Command{Args: []string{"sh"}, Folder: "/surely/no/folder"}, "The container can't be started: the engine does not see the folder /surely/no/folder. It must run on this machine, or share the folder with it"},
		{"option", Command{Args: []string{"sh"}, Options: runOptions(t, "--network=surely_none")}, "The container can't be started: "},
		{"image", Command{Image: "surely-none:1", Args: []string{"sh"}}, `The image "surely-none:1" is gone: `},
	} {
		t.Run(r.name, func(t *testing.T) {
			c := r.command
			mark := label(t)
			if c.Image == "" {
				c.Image = enginetest.Image
			}
			if c.Folder == "" {
				c.Folder = dir
			}
			if c.Options == nil {
				c.Options = runOptions(t, "-l", mark)
			} else {
				c.Options.config.Labels = runOptions(t, "-l", mark).config.Labels
			}
			c.Dir, c.Stdout, c.Stderr = dir, io.Discard, io.Discard
			_, err := e.Run(context.Background(), &c)
			if err == nil || !strings.HasPrefix(err.Error(), r.err) {
				t.Errorf("error %v, want %s", err, r.err)
			}
			engine.Gone(mark)
		})
	}
}

// TestCancel: output comes at once, and a container whose command does not heed
// SIGTERM is killed.
func TestCancel(t *testing.T) {
	e, engine := connect(t)
	mark := label(t)
	out := &output{}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		for end := time.Now().Add(30 * time.Second); time.Now().Before(end) && out.String() == ""; {
			time.Sleep(5 * time.Millisecond)
		}
		cancel()
	}()
	begin := time.Now()
	_, err := e.Run(ctx, &Command{
		Image: enginetest.Image, Args: []string{"sh", "-c", "trap 'echo term' TERM; echo started; while :; do sleep 1; done"},
		Dir: "/", Folder: t.TempDir(), Options: runOptions(t, "-l", mark), Stdout: out, Stderr: out, Grace: 2 * time.Second,
	})
	if !errors.Is(err, context.Canceled) || out.String() != "started\nterm\n" || time.Since(begin) > 30*time.Second {
		t.Errorf("output %q, %v after %v", out.String(), err, time.Since(begin))
	}
	engine.Gone(mark)
	if _, err := e.Run(ctx, &Command{}); !errors.Is(err, context.Canceled) {
		t.Errorf("a canceled run gave %v", err)
	}
}

// TestCancelIsFast: a command that does not care about SIGTERM ends at once, with
// its children, and one that refuses it when its time is over or it is killed.
func TestCancelIsFast(t *testing.T) {
	e, engine := connect(t)
	for _, r := range []struct {
		name, script string
		kill         bool
		within       time.Duration
	}{
		{"no handler", "echo started; sleep 1000 & sleep 1000", false, 3 * time.Second},
		{"ignores it", "trap '' TERM; echo started; while :; do sleep 1; done", false, 5 * time.Second},
		{"is killed", "trap '' TERM; echo started; while :; do sleep 1; done", true, 3 * time.Second},
	} {
		t.Run(r.name, func(t *testing.T) {
			mark := label(t)
			out := &output{}
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			kill := make(chan struct{})
			done := make(chan error, 1)
			go func() {
				_, err := e.Run(ctx, &Command{
					Image: enginetest.Image, Args: []string{"sh", "-c", r.script}, Dir: "/", Folder: t.TempDir(),
					Options: runOptions(t, "-l", mark), Stdout: out, Stderr: out, Kill: kill,
				})
				done <- err
			}()
			for end := time.Now().Add(30 * time.Second); time.Now().Before(end) && out.String() == ""; {
				time.Sleep(5 * time.Millisecond)
			}
			begin := time.Now()
			cancel()
			if r.kill {
				close(kill)
			}
			err := <-done
			engine.Gone(mark)
			if took := time.Since(begin); !errors.Is(err, context.Canceled) || took > r.within {
				t.Errorf("%v after %v", err, took)
			}
		})
	}
}

// TestInit: images that have an init of their own are left alone.
func TestInit(t *testing.T) {
	e, _ := connect(t)
	for entrypoint, want := range map[string]bool{"": false, "/bin/sh": false, "/init": true, "/usr/bin/tini": true, "dumb-init": true} {
		c := &Command{Image: enginetest.Image, Options: runOptions(t)}
		if entrypoint != "" {
			c.Options = runOptions(t, "--entrypoint", entrypoint)
		}
		if got, err := e.hasInit(context.Background(), c); got != want || err != nil {
			t.Errorf("%q: %v, %v", entrypoint, got, err)
		}
	}
}

// TestLargeOutput: a container that prints without end is no trouble.
func TestLargeOutput(t *testing.T) {
	e, _ := connect(t)
	count := &counter{}
	const size = 50 << 20
	code, err := e.Run(context.Background(), &Command{
		Image: enginetest.Image, Args: []string{"head", "-c", fmt.Sprint(size), "/dev/zero"},
		Dir: "/", Folder: t.TempDir(), Options: runOptions(t, "--log-driver=none"), Stdout: count, Stderr: count,
	})
	if code != 0 || err != nil || count.n != size {
		t.Errorf("%d bytes, code %d, %v", count.n, code, err)
	}
}

type counter struct{ n int64 }

// Write fails, which must not stop the command.
func (c *counter) Write(p []byte) (int, error) {
	c.n += int64(len(p))
	return 0, errors.New("broken")
}
