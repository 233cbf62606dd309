package operators

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"github.com/dig2temporal/dig2temporal/internal/container"
	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/internal/process"
	"github.com/dig2temporal/dig2temporal/translate/config"
)

// docker is the param "docker": commands run in a container of an image, with
// the project at the same path as outside and the task's own variables only.
type docker struct {
	image      string
	host       string
	pullAlways bool
	selinux    bool
	run        *container.RunOptions
	// build is nil when the image is used as it is.
	build *container.Build
}

// dockerOption is the option for the specs of operators that run commands.
func dockerOption() Option {
	return Option{Name: "docker", Type: "mapping", Description: "Runs the command in a container instead, mostly for all tasks in `_export`. " +
		"`image` is the image, which is pulled when it is not there; `pull_always: true` pulls it every time. " +
		"`build` is a list of shell commands that make another image of it once, with `build_options` as of `docker build`. " +
		"`run_options` is a list of options as of `docker run` (`[-m, 1G, --network=host]`). `selinux: true` lets containers use the project where SELinux is on. " +
		"`docker` may be the address of the engine (`tcp://…`, `unix://…`); the default is `DOCKER_HOST` or the engine of this machine. " +
		"The container sees the project under the same path, but not the environment of this machine. Its first process is an init, as with " +
		"`docker run --init`; `run_options: [\"--init=false\"]` does without."}
}

// dockerOf reads the param; it returns nil when commands run on this machine.
func dockerOf(t *Task) (*docker, error) {
	options, err := body(t.Config, "docker")
	if err != nil || !isSet(t.Config, "docker") {
		return nil, err
	}
	d := &docker{}
	if d.image, err = config.GetText(options, "image"); err != nil {
		return nil, err
	}
	if d.pullAlways, err = config.GetBoolDefault(options, "pull_always", false); err != nil {
		return nil, err
	}
	if d.selinux, err = config.GetBoolDefault(options, "selinux", false); err != nil {
		return nil, err
	}
	if err := d.readHost(t, options); err != nil {
		return nil, err
	}
	args, err := texts(options, "run_options")
	if err != nil {
		return nil, err
	}
	if d.run, err = container.ParseRunOptions(args, t.Workdir, t.Environ); err != nil {
		return nil, config.Errorf("docker: run_options: %v", err)
	}
	return d, d.readBuild(t, options)
}

func (d *docker) readHost(t *Task, options *ordered.Object) error {
	command, err := config.GetTextDefault(options, "docker", "docker")
	switch {
	case err != nil:
		return err
	case strings.Contains(command, "://"):
		d.host = command
	case filepath.Base(command) != "docker":
		t.Log.Warnf("docker: the command %q is not run; the engine is used itself. Set DOCKER_HOST, or docker: to the address of another engine.", command)
	}
	return nil
}

func (d *docker) readBuild(t *Task, options *ordered.Object) error {
	if !isSet(options, "build") {
		return nil
	}
	commands, err := texts(options, "build")
	if err != nil {
		return err
	}
	args, err := texts(options, "build_options")
	if err != nil {
		return err
	}
	parsed, err := container.ParseBuildOptions(args, t.Environ)
	if err != nil {
		return config.Errorf("docker: build_options: %v", err)
	}
	d.build = &container.Build{From: d.image, Commands: commands, Options: parsed}
	return nil
}

func texts(o *ordered.Object, key string) ([]string, error) {
	items, err := config.GetArrayDefault(o, key)
	if err != nil {
		return nil, err
	}
	list := make([]string, len(items))
	for i, item := range items {
		if list[i], err = config.Text(key, item); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// runInside runs a command in a container.
func (d *docker) runInside(ctx context.Context, t *Task, l *launch) (int, error) {
	env, err := l.env.over(nil)
	if err != nil {
		return 0, err
	}
	// The engine would start a container that only says so in its output.
	if l.env.hasLarge() {
		return 0, &Failure{Message: "The container can't be started: " + l.env.tooLarge().Error(), Kind: "io"}
	}
	engine, err := container.Connect(ctx, t.Environ, d.host)
	if err != nil {
		return 0, d.failure(err)
	}
	defer engine.Close()
	image, err := d.prepare(ctx, t, engine)
	if err != nil {
		return 0, d.failure(err)
	}
	if err := d.open(ctx, engine, image, l.files); err != nil {
		return 0, d.failure(err)
	}
	var stdout io.Writer = t.Output
	if l.stdout != nil {
		stdout = io.MultiWriter(&together{w: t.Output}, l.stdout)
	}
	command := &container.Command{
		Image: image, Args: l.args, Env: env, Dir: t.Workdir, Folder: t.ProjectDir, Relabel: d.selinux,
		Options: d.run, Stdout: stdout, Stderr: t.Output, Kill: process.Killed(ctx),
	}
	code, err := engine.Run(ctx, command)
	for _, program := range l.instead {
		var missing *container.ProgramError
		if !errors.As(err, &missing) {
			break
		}
		command.Args = append([]string{program}, l.args[1:]...)
		var again error
		if code, again = engine.Run(ctx, command); !errors.As(again, &missing) {
			err = again
		}
	}
	return code, d.failure(err)
}

// prepare returns the name of the image, which is there then.
func (d *docker) prepare(ctx context.Context, t *Task, engine *container.Engine) (string, error) {
	progress := container.Progress{Output: t.Output, Begin: func(what, image string) {
		t.Log.Infof("%s docker image %s", what, image)
	}}
	if d.build != nil {
		return engine.Build(ctx, d.build, buildLock(ctx, t), progress)
	}
	pull := d.run.Pull
	if d.pullAlways {
		pull = container.PullAlways
	}
	_, err := engine.Ensure(ctx, d.image, d.run.Platform(), pull, progress)
	return d.image, err
}

// buildLock lets one task of the project build while others that need the same
// image wait for it.
func buildLock(ctx context.Context, t *Task) func(string) (func(), error) {
	return func(name string) (func(), error) {
		folder := filepath.Join(t.ProjectDir, ".digdag", "tmp", "docker")
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return nil, err
		}
		lock := flock.New(filepath.Join(folder, name+".lock"))
		if _, err := lock.TryLockContext(ctx, 100*time.Millisecond); err != nil {
			return nil, err
		}
		return func() { _ = lock.Unlock() }, nil
	}
}

// open lets another user, whom the container runs as, use the files of the task.
// The name of their folder can't be guessed and not be listed.
func (d *docker) open(ctx context.Context, engine *container.Engine, image string, files *scratch) error {
	user, err := engine.User(ctx, image, d.run)
	if err != nil {
		return err
	}
	name, _, _ := strings.Cut(user, ":")
	if name == "" || name == "root" || name == "0" || name == strconv.Itoa(os.Getuid()) {
		return nil
	}
	return files.open()
}

// failure makes an error of a container the task's.
func (d *docker) failure(err error) error {
	var unreachable *container.UnreachableError
	var image *container.ImageError
	var build *container.BuildError
	var program *container.ProgramError
	var start *container.StartError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &unreachable):
		return &Failure{Message: unreachable.Error() + `. Without "docker:" the command runs on this machine`, Kind: "io", Cause: err}
	case errors.As(err, &program):
		return &Failure{Message: program.Error(), Kind: "io", Cause: err}
	case errors.As(err, &image), errors.As(err, &build), errors.As(err, &start):
		return &Failure{Message: err.Error(), Cause: err}
	}
	return err
}
