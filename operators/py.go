package operators

import (
	"context"
	_ "embed"
	"fmt"
	"strings"
)

// Py is py>.
type Py struct{}

var (
	//go:embed runners/runner.py
	pythonRunner string
	//go:embed runners/rest.py
	pythonRest string
)

// Spec describes py>.
func (Py) Spec() *Spec {
	return &Spec{
		Name:    "py",
		Summary: "Runs a Python function or method.",
		Description: "Imports the module from the task's folder and calls the function with params as arguments, by name. Of a class, the constructor " +
			"gets its arguments the same way; a class without a method is run by its `run`. Params that the function does not name are left out, " +
			"unless it takes `**kwargs`.\n\n" +
			"The function may `import digdag`: `digdag.env.params` has all params; `digdag.env.store({...})` keeps params for later tasks; " +
			"`digdag.env.export({...})` gives params to the tasks that it generates; `digdag.env.add_subtask(function, **params)` and " +
			"`digdag.env.add_subtask({...})` generate them as `^sub+subtask0` and so on. Python 3.8 or newer is needed.\n\n" +
			"An exception fails the task with its message, class and traceback. When the attempt is killed, Python and all that it started " +
			"get SIGTERM, and SIGKILL 5 seconds later. A repeat calls the function anew.",
		Command: Option{Name: "py>", Type: "string",
			Description: "`module.function`, `module.Class` or `module.Class.method`. Without it, `script` is run."},
		Options: []Option{
			{Name: "python", Type: "string|list", Default: "python", Description: "The program, or a list of it and its options. " +
				"Where there is no `python`, the default is `python3`."},
			{Name: "script", Type: "string", Description: "The source of a whole program, when `py>` is empty. It is called with the path of a JSON file to read " +
				"(`{\"params\": …}`) and that of one to write (`{\"subtask_config\": …, \"export_params\": …, \"store_params\": …}`)."},
			{Name: "_env", Type: "mapping", Description: "Environment variables, which may have `${secret:…}`."},
			dockerOption(),
		},
		Namespaces: []string{"py"},
		FreeKeys:   true,
		Examples: []Example{{
			Title: "A function with arguments",
			Dig:   "+load:\n  py>: tasks.load\n  table: users\n  _env:\n    PASSWORD: ${secret:db.password}\n",
		}, {
			Title: "Another interpreter for all tasks",
			Dig:   "_export:\n  py:\n    python: [.venv/bin/python, -u]\n\n+report:\n  py>: reports.Daily.send\n",
		}},
		Since:     "0.1.0",
		Retryable: true,
	}
}

// Run calls the function.
func (Py) Run(ctx context.Context, t *Task) (*Result, error) {
	l := &language{
		name: "py", option: "python", title: "Python", programs: []string{"python", "python3"}, runner: pythonRunner,
		rest: map[string]string{"rest.py": pythonRest},
		failed: func(code int, e *scriptError) string {
			var b strings.Builder
			fmt.Fprintf(&b, "Python command failed with code %d\nError messages from python: %s", code, e.message)
			if e.class != "" {
				fmt.Fprintf(&b, " (%s)", e.class)
			}
			return b.String() + e.trace()
		},
	}
	params, err := namespaced(t.Config, "py")
	if err != nil {
		return nil, err
	}
	return l.run(ctx, t, params, nil, nil)
}
