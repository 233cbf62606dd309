package operators

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/internal/process"
	"github.com/dig2temporal/dig2temporal/translate/config"
)

// language is what py> and rb> have in common: a runner of ours that calls a
// method of the user's with arguments from the params, and hands back what the
// method stored, exported and generated.
type language struct {
	// name is the operator and its namespace, option the one with the program,
	// title what messages call it.
	name, option, title string
	// programs are tried in turn when the task names none.
	programs []string
	runner   string
	// rest are further files that the runner may load, by their names.
	rest map[string]string
	// failed words the failure of a command that left an error.
	failed func(code int, e *scriptError) string
}

// scriptError is what the runner says about an exception.
type scriptError struct {
	class, message string
	backtrace      []string
}

// maxResult bounds what a script may give back. Large values leave the history, so
// what counts is the memory of the worker, several times this size for a moment.
const maxResult = 256 << 20

// run runs the task. The options stand between the program and its script, extra
// arguments of our runner at the end.
func (l *language) run(ctx context.Context, t *Task, params *ordered.Object, options, extra []string) (*Result, error) {
	program, err := commandLine(params, l.option, true, l.program(t))
	if err != nil {
		return nil, err
	}
	var instead []string
	if !isSet(params, l.option) {
		instead = l.programs[1:]
	}
	script := l.runner
	var method []string
	if isSet(params, "_command") {
		name, err := config.GetText(params, "_command")
		if err != nil {
			return nil, err
		}
		method = []string{name}
	} else if script, err = config.GetText(params, "script"); err != nil {
		return nil, err
	}
	env := newEnvironment()
	if err := env.addTask(t); err != nil {
		return nil, err
	}
	files, err := newScratch(t)
	if err != nil {
		return nil, err
	}
	defer files.remove()
	runner := "runner." + l.name
	if err := files.write("input.json", ordered.Text(ordered.Of("params", params))); err != nil {
		return nil, err
	}
	if err := files.write(runner, script); err != nil {
		return nil, err
	}
	if method != nil {
		for name, text := range l.rest {
			if err := files.write(name, text); err != nil {
				return nil, err
			}
		}
	}
	args := append(append([]string{}, program...), options...)
	args = append(args, files.path(runner))
	args = append(args, method...)
	args = append(args, files.path("input.json"), files.path("output.json"))
	if method != nil {
		args = append(args, extra...)
	}
	status, err := run(ctx, t, &launch{args: args, instead: instead, env: env, files: files})
	if err != nil {
		return nil, err
	}
	output, err := readOutput(filepath.Join(files.dir, "output.json"))
	if status.Code != 0 {
		if _, gone := os.Stat(files.dir); errors.Is(gone, fs.ErrNotExist) && status.Signal == "" {
			return nil, &Failure{Message: fmt.Sprintf("%s command failed with code %d\nThe script has deleted the folder .digdag, which its result belongs to", l.title, status.Code)}
		}
		return nil, l.failure(status, output, err)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &Failure{Message: "output.json does not exist. Something unexpected error happened. Please check logs."}
	}
	if err != nil {
		return nil, &Failure{Message: "The result of the script can't be read: " + err.Error()}
	}
	return resultOf(output)
}

func (l *language) program(t *Task) string {
	if isSet(t.Config, "docker") {
		return l.programs[0]
	}
	for _, name := range l.programs {
		if _, err := exec.LookPath(name); err == nil {
			return name
		}
	}
	return l.programs[0]
}

func (l *language) failure(status process.Status, output *ordered.Object, err error) error {
	var e *scriptError
	switch {
	case err == nil:
		e = errorOf(output)
	case !errors.Is(err, fs.ErrNotExist):
		e = &scriptError{message: "output.json can't be read: " + err.Error()}
	}
	if e == nil {
		return codeFailure(fmt.Sprintf("%s command failed with code %d", l.title, status.Code), status)
	}
	return &Failure{Message: l.failed(status.Code, e)}
}

func errorOf(output *ordered.Object) *scriptError {
	o := output.Object("error")
	if o == nil {
		return nil
	}
	e := &scriptError{class: o.String("class"), message: o.String("message")}
	items, _ := o.Get("backtrace")
	list, _ := items.([]any)
	for _, item := range list {
		if line, ok := item.(string); ok {
			e.backtrace = append(e.backtrace, line)
		}
	}
	return e
}

func (e *scriptError) trace() string {
	if len(e.backtrace) == 0 {
		return ""
	}
	return "\n\tfrom " + strings.Join(e.backtrace, "\n\tfrom ")
}

func readOutput(file string) (*ordered.Object, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxResult {
		return nil, fmt.Errorf("it has %d bytes, %d are allowed", info.Size(), maxResult)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	return ordered.ParseObject(text)
}

func resultOf(output *ordered.Object) (*Result, error) {
	r := &Result{}
	for _, part := range []struct {
		key string
		to  **ordered.Object
	}{{"subtask_config", &r.Subtasks}, {"export_params", &r.Export}, {"store_params", &r.Store}} {
		o, err := body(output, part.key)
		if err != nil {
			return nil, &Failure{Message: err.Error(), Kind: "config"}
		}
		*part.to = o
	}
	return r, nil
}
