package operators

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"syscall"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/internal/process"
	"github.com/dig2temporal/dig2temporal/translate/config"
)

// What sh>, py> and rb> have in common: a folder for files of ours below the
// project, and a command that runs in the task's folder.

// namespaced returns the params with those of a namespace ("py": {...}) below
// them.
func namespaced(params *ordered.Object, name string) (*ordered.Object, error) {
	defaults, err := body(params, name)
	if err != nil || defaults.Len() == 0 {
		return params, err
	}
	return params.MergeDefault(defaults), nil
}

// scratch is a folder for the files of one run of a task.
type scratch struct {
	dir, workdir string
}

// newScratch makes the folder. remove deletes it with the files named in it.
func newScratch(t *Task) (*scratch, error) {
	parent := filepath.Join(t.ProjectDir, ".digdag", "tmp")
	for {
		dir := filepath.Join(parent, "digdag-"+t.Type+"-"+strconv.FormatUint(rand.Uint64(), 36))
		err := os.Mkdir(dir, 0o700)
		switch {
		case err == nil:
			return &scratch{dir: dir, workdir: t.Workdir}, nil
		case errors.Is(err, fs.ErrNotExist):
			if err := os.MkdirAll(parent, 0o755); err != nil {
				return nil, err
			}
		case !errors.Is(err, fs.ErrExist):
			return nil, err
		}
	}
}

func (s *scratch) write(name, text string) error {
	return os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o600)
}

// path returns the file as the command sees it: relative to its folder.
func (s *scratch) path(name string) string {
	file := filepath.Join(s.dir, name)
	if relative, err := filepath.Rel(s.workdir, file); err == nil {
		return relative
	}
	return file
}

func (s *scratch) remove() { _ = os.RemoveAll(s.dir) }

// run runs a command in the task's folder and returns its exit code.
func run(ctx context.Context, t *Task, args []string, env *environment) (int, error) {
	if t.Config.Object("docker").Has("image") {
		return 0, &ConfigError{Message: "Running commands in a container (docker:) is not supported"}
	}
	all, err := env.over(t.Environ)
	if err != nil {
		return 0, err
	}
	code, err := process.Run(ctx, &process.Command{
		Args: args, Dir: t.Workdir, Env: all, Output: t.Output,
		Lingering: func() {
			t.Log.Warnf("The command has ended, but a background process keeps its output open. Waiting for it; redirect its output to let it go on alone.")
		},
	})
	var missing *process.NotFoundError
	if errors.As(err, &missing) {
		if errors.Is(err, syscall.E2BIG) {
			err = env.tooLarge()
		}
		return 0, &Failure{Message: fmt.Sprintf("Cannot run program %q (in directory %q): %v", missing.Program, t.Workdir, rootCause(err)), Kind: "io"}
	}
	return code, err
}

func rootCause(err error) error {
	var missing *process.NotFoundError
	if errors.As(err, &missing) {
		return missing.Err
	}
	return err
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
