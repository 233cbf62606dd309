package operators

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os/exec"
	"strings"
	"syscall"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/internal/process"
	"github.com/dig2temporal/dig2temporal/translate/config"
)

// What sh>, py> and rb> have in common: a command that runs in the task's folder,
// here or in a container.

// namespaced returns the params with those of a namespace ("py": {...}) below
// them.
func namespaced(params *ordered.Object, name string) (*ordered.Object, error) {
	defaults, err := body(params, name)
	if err != nil || defaults.Len() == 0 {
		return params, err
	}
	return params.MergeDefault(defaults), nil
}

// launch is a command line to run in the task's folder.
type launch struct {
	args []string
	// instead are programs to try when a container has not the one of args.
	instead []string
	env     *environment
	files   *scratch
	// stdout takes a copy of the standard output; nil leaves both streams together.
	stdout io.Writer
}

// run runs a command and returns how it ended.
func run(ctx context.Context, t *Task, l *launch) (process.Status, error) {
	d, err := dockerOf(t)
	if err != nil {
		return process.Status{}, err
	}
	if d != nil {
		code, err := d.runInside(ctx, t, l)
		return process.Status{Code: code}, err
	}
	return runHere(ctx, t, l)
}

func runHere(ctx context.Context, t *Task, l *launch) (process.Status, error) {
	none := process.Status{}
	env, err := l.env.over(t.Environ)
	if err != nil {
		return none, err
	}
	args, output := l.args, t.Output
	if l.stdout != nil {
		log := &together{w: t.Output}
		errs, err := readApart(l.files, log)
		if err != nil {
			return none, err
		}
		defer errs.close()
		if args, err = errs.command(t.Workdir, args); err != nil {
			return none, cannotRun(t, l.args[0], err)
		}
		output = io.MultiWriter(log, l.stdout)
	}
	var left *process.Leftover
	status, err := process.Run(ctx, &process.Command{
		Args: args, Dir: t.Workdir, Env: env, Output: output,
		Left: func(l process.Leftover) { left = &l },
	})
	var missing *process.NotFoundError
	switch {
	case errors.As(err, &missing) && errors.Is(err, syscall.E2BIG):
		return none, cannotRun(t, l.args[0], tooLarge(l))
	case errors.As(err, &missing):
		return none, cannotRun(t, missing.Program, missing.Err)
	case err == nil && left != nil:
		return status, stopped(t, status, left)
	}
	return status, err
}

// stopped tells of background jobs that went on for too long. Those that had the
// output open were not through with the task's work, as far as one can see, so
// that it has not succeeded.
func stopped(t *Task, status process.Status, left *process.Leftover) error {
	text := fmt.Sprintf("The command has ended, but background processes of it were still running %s later, and have been stopped", left.After)
	if len(left.Processes) > 0 {
		text += ": " + strings.Join(left.Processes, ", ")
	}
	text += ". Let the script wait for what it starts, or start with setsid, and with its output redirected, what shall outlive the task."
	if left.Output && status.Code == 0 {
		return &Failure{Message: text}
	}
	t.Log.Warnf("%s", text)
	return nil
}

// maxArgument is what Linux allows for one argument.
const maxArgument = 128 << 10

func tooLarge(l *launch) error {
	for _, arg := range l.args {
		if len(arg) >= maxArgument {
			return fmt.Errorf("an argument of the command is too large (%d bytes, %d are allowed): %.40q…", len(arg), maxArgument-1, arg)
		}
	}
	return l.env.tooLarge()
}

// codeFailure is the failure of a command that has ended with another code than
// 0. What a signal means goes to the log only: the message is Digdag's.
func codeFailure(message string, status process.Status) error {
	f := &Failure{Message: message}
	name := status.Signal
	if name == "" {
		name = process.SignalOf(status.Code)
	}
	if name == "" {
		return f
	}
	text := "the signal " + name + " ended it"
	if status.Signal == "" {
		text = fmt.Sprintf("code %d mostly means that the signal %s ended a command of it", status.Code, name)
	}
	if name == "SIGKILL" {
		text += "; the system sends it when memory runs out"
	}
	f.Cause = errors.New(text)
	return f
}

func cannotRun(t *Task, program string, err error) error {
	var lookup *exec.Error
	if errors.As(err, &lookup) {
		err = lookup.Err
	}
	var path *fs.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	return &Failure{Message: fmt.Sprintf("Cannot run program %q (in directory %q): %v", program, t.Workdir, err), Kind: "io"}
}

// commandLine reads a program with its options: a list, or a text where that is
// allowed.
func commandLine(params *ordered.Object, key string, textAllowed bool, byDefault ...string) ([]string, error) {
	v, _ := params.Get(key)
	if v == nil {
		return byDefault, nil
	}
	if text, ok := v.(string); ok && textAllowed {
		return []string{text}, nil
	}
	items, err := config.Array(key, v)
	if err != nil {
		if textAllowed {
			return nil, config.Errorf("Invalid %s: %s", key, ordered.Text(v))
		}
		return nil, err
	}
	args := make([]string, len(items))
	for i, item := range items {
		if args[i], err = config.Text(key, item); err != nil {
			return nil, err
		}
	}
	if len(args) == 0 {
		return byDefault, nil
	}
	return args, nil
}
