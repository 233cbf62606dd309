package project

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/dig2temporal/dig2temporal/translate/syntax"
)

// files reads below one folder and never outside of it, whatever a name or a
// symbolic link says.
type files struct {
	root *os.Root
	// dir is the absolute path of the folder.
	dir string
}

var errOutside = errors.New("it is a symbolic link that leads out of the project folder")

// Read reads a regular file that is not larger than a .dig file may be.
func (f *files) Read(name string) ([]byte, error) {
	// Looked at before it is opened: opening a named pipe waits for a writer.
	info, err := f.root.Stat(filepath.FromSlash(name))
	if err != nil {
		return nil, plain(err)
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("it is no regular file")
	}
	file, err := f.root.Open(filepath.FromSlash(name))
	if err != nil {
		return nil, plain(err)
	}
	defer file.Close()
	// One byte more than allowed shows the loader that the file is too large.
	text, err := io.ReadAll(io.LimitReader(file, syntax.MaxFile+1))
	if err != nil {
		return nil, plain(err)
	}
	return text, nil
}

// Path returns the absolute path of a file of the project.
func (f *files) Path(name string) string {
	return filepath.Join(f.dir, filepath.FromSlash(name))
}

// plain is the cause of an error without the path, which messages name
// themselves.
func plain(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fs.ErrNotExist
	}
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		if strings.Contains(pathErr.Err.Error(), "escapes") {
			return errOutside
		}
		return pathErr.Err
	}
	return err
}

func openFiles(dir string) (*files, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("project folder %q: %w", dir, err)
	}
	root, err := os.OpenRoot(abs)
	if err != nil {
		return nil, fmt.Errorf("project folder %q: %w", dir, plain(err))
	}
	return &files{root: root, dir: abs}, nil
}
