package operators

import (
	"context"
	_ "embed"
	"fmt"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/translate/config"
)

// Rb is rb>.
type Rb struct{}

//go:embed runners/runner.rb
var rubyRunner string

// Spec describes rb>.
func (Rb) Spec() *Spec {
	return &Spec{
		Name:    "rb",
		Summary: "Runs a Ruby method.",
		Description: "Calls a method with params as arguments, by name; of an instance method, the constructor gets its arguments the same way. " +
			"`require` names the file that defines it, mostly for all tasks in `_export: {rb: {require: …}}`.\n\n" +
			"`Digdag.env.params` has all params; `Digdag.env.store(key: value)` keeps params for later tasks; `Digdag.env.export(key: value)` gives params " +
			"to the tasks that it generates; `Digdag.env.add_subtask(Class, :method, key: value)`, `add_subtask(:method, …)` and `add_subtask({...})` generate them.\n\n" +
			"An exception fails the task with its message, class and backtrace. When the attempt is killed, Ruby and all that it started get SIGTERM, and SIGKILL " +
			"5 seconds later. A repeat calls the method anew.",
		Command: Option{Name: "rb>", Type: "string",
			Description: "`method` or `Module::Class.method`. Without it, `script` is run."},
		Options: []Option{
			{Name: "require", Type: "string", Description: "The file to require, relative to the task's folder."},
			{Name: "ruby", Type: "string|list", Default: "ruby", Description: "The program, or a list of it and its options."},
			{Name: "script", Type: "string", Description: "The source of a whole program, when `rb>` is empty. It is called with the path of a JSON file to read " +
				"and that of one to write, as for `py>`."},
			{Name: "_env", Type: "mapping", Description: "Environment variables, which may have `${secret:…}`."},
			dockerOption(),
		},
		Namespaces: []string{"rb"},
		FreeKeys:   true,
		Examples: []Example{{
			Title: "A method of a class",
			Dig:   "_export:\n  rb:\n    require: tasks/report\n\n+send:\n  rb>: Report::Daily.send_mail\n  to: team@example.com\n",
		}},
		Since:     "0.1.0",
		Retryable: true,
	}
}

// Run calls the method.
func (Rb) Run(ctx context.Context, t *Task) (*Result, error) {
	l := &language{
		name: "rb", option: "ruby", title: "Ruby", programs: []string{"ruby"}, runner: rubyRunner,
		failed: func(code int, e *scriptError) string {
			text := fmt.Sprintf("Ruby command failed with code %d: %s", code, e.message)
			if e.class != "" {
				text += " (" + e.class + ")"
			}
			return text + e.trace()
		},
	}
	params, err := namespaced(t.Config, "rb")
	if err != nil {
		return nil, err
	}
	options, extra, err := rubyArguments(t, params)
	if err != nil {
		return nil, err
	}
	return l.run(ctx, t, params, options, extra)
}

// rubyArguments: our runner requires the file itself, so that its errors can be
// told; a script of the task's own has it required by Ruby.
func rubyArguments(t *Task, params *ordered.Object) (options, extra []string, err error) {
	options = []string{"-I", t.Workdir}
	feature, err := config.GetTextDefault(params, "require", "")
	if err != nil {
		return nil, nil, err
	}
	if feature != "" {
		if isSet(params, "_command") {
			extra = []string{feature}
		} else {
			options = append(options, "-r", feature)
		}
	}
	return append(options, "--"), extra, nil
}
