package operators

import (
	"fmt"
	"path/filepath"
	"strings"
)

// Path returns the absolute path of a file that a task names relative to its
// working directory. A file outside of the project is an error.
func (t *Task) Path(name string) (string, error) {
	file := name
	if !filepath.IsAbs(file) {
		file = filepath.Join(t.Workdir, file)
	}
	file = filepath.Clean(file)
	if !within(t.ProjectDir, file) {
		return "", &ConfigError{
			Message: fmt.Sprintf("File name must not be outside of project path (%s): %s", t.ProjectDir, name),
			Kind:    "illegal argument",
		}
	}
	return file, nil
}

// WorkingDir returns the absolute folder that a task runs in, given the one of
// the project and its _workdir.
func WorkingDir(projectDir, workdir string) (string, error) {
	dir := workdir
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(projectDir, dir)
	}
	dir = filepath.Clean(dir)
	if !within(projectDir, dir) {
		return "", &ConfigError{
			Message: fmt.Sprintf("Working directory must not be outside of project path (%s): %s", projectDir, workdir),
			Kind:    "illegal argument",
		}
	}
	return dir, nil
}

// within tells whether a clean path is the folder or lies below it.
func within(folder, path string) bool {
	rest, ok := strings.CutPrefix(path, strings.TrimSuffix(folder, string(filepath.Separator)))
	return ok && (rest == "" || rest[0] == filepath.Separator)
}
