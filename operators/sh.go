package operators

import (
	"context"
	"fmt"

	"github.com/dig2temporal/dig2temporal/translate/config"
)

// Sh is sh>.
type Sh struct{}

// Spec describes sh>.
func (Sh) Spec() *Spec {
	return &Spec{
		Name:    "sh",
		Summary: "Runs a shell script.",
		Description: "Runs the text as a script of `/bin/sh` in the task's folder. Every param whose name is a shell name is an environment " +
			"variable: texts as they are, everything else as JSON; a null is not set. What the script prints goes to the task's log as it comes. " +
			"The task fails when the script ends with another code than 0.\n\n" +
			"The task ends when the script and its background jobs have ended. Jobs that go on 10 seconds after the script are stopped, and fail the task " +
			"when they still have its output open. When the attempt is killed, the script and all that it started get SIGTERM, and SIGKILL 5 seconds later. " +
			"A repeat runs the script anew from its beginning.",
		Command: Option{Name: "sh>", Type: "string", Required: true,
			Description: "The script. `${…}` and `${secret:…}` in it are replaced before the shell sees it."},
		Options: []Option{
			{Name: "shell", Type: "list", Default: `["/bin/sh"]`, Description: "The shell and its options; the script is added as a file."},
			{Name: "store_stdout", Type: "string", Since: "0.1.0", Description: "The name of a param that the script's standard output becomes, for later tasks: " +
				"without its last line end, or as a JSON value when it is a JSON object or array. It still goes to the log. " +
				"At most 1 MiB of UTF-8 text without secrets can be stored. What was in the param before is replaced."},
			{Name: "_env", Type: "mapping", Description: "Further environment variables, which may have `${secret:…}`."},
			dockerOption(),
		},
		Outputs: []Option{
			{Name: "the name in store_stdout", Type: "any", Description: "The output of the script. Nothing is stored without the option."},
		},
		Namespaces: []string{"sh"},
		FreeKeys:   true,
		Examples: []Example{{
			Title: "A script with an option and a secret",
			Dig: "+load:\n  sh>: ./load.sh --day ${session_date}\n  _env:\n    PASSWORD: ${secret:db.password}\n" +
				"  _retry: 2\n",
		}, {
			Title: "The output as a param of later tasks",
			Dig: "+count:\n  sh>: wc -l < names.txt\n  store_stdout: names\n\n+look_up:\n  sh>: printf '{\"host\":\"db%d\"}' 3\n  store_stdout: target\n\n" +
				"+show:\n  echo>: ${names} names go to ${target.host}\n",
		}, {
			Title: "Another shell for all tasks",
			Dig:   "_export:\n  sh:\n    shell: [bash, -euo, pipefail]\n\n+count:\n  sh>: sort names.txt | uniq | wc -l\n",
		}},
		Since:     "0.1.0",
		Retryable: true,
	}
}

// Run runs the script.
func (Sh) Run(ctx context.Context, t *Task) (*Result, error) {
	params, err := namespaced(t.Config, "sh")
	if err != nil {
		return nil, err
	}
	args, err := commandLine(params, "shell", false, "/bin/sh")
	if err != nil {
		return nil, err
	}
	stored, err := newCapture(params)
	if err != nil {
		return nil, err
	}
	text, err := config.GetText(params, "_command")
	if err != nil {
		return nil, err
	}
	script, err := ResolveSecrets(text, t.Secrets)
	if err != nil {
		return nil, err
	}
	env := newEnvironment()
	env.addParams(params)
	if err := env.addTask(t); err != nil {
		return nil, err
	}
	files, err := newScratch(t)
	if err != nil {
		return nil, err
	}
	defer files.remove()
	if err := files.write("runner.sh", script); err != nil {
		return nil, err
	}
	l := &launch{args: append(args[:len(args):len(args)], files.path("runner.sh")), env: env, files: files}
	if stored != nil {
		l.stdout = stored
	}
	status, err := run(ctx, t, l)
	switch {
	case err != nil:
		return nil, err
	case status.Code != 0:
		return nil, codeFailure(fmt.Sprintf("Command failed with code %d", status.Code), status)
	case stored != nil:
		return stored.result()
	}
	return &Result{}, nil
}
