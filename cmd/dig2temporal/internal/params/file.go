package params

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/translate/finding"
	"github.com/dig2temporal/dig2temporal/translate/syntax"
)

// ReadFile reads params from a YAML or JSON file, by the rules of .dig files.
// Includes are relative to the file. Shown is the name of the file in messages.
func ReadFile(path, shown string) (*ordered.Object, error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s (no such file)", shown)
	}
	tree, findings := syntax.Load(folder(filepath.Dir(path)), filepath.Base(path))
	if tree != nil {
		return tree.Object(), nil
	}
	for _, f := range findings {
		if f.Severity == finding.Error {
			return nil, errors.New(f.String())
		}
	}
	return nil, fmt.Errorf("%s can't be read", shown)
}

// folder reads the files of one folder.
type folder string

var _ syntax.Files = folder("")

func (f folder) Read(name string) ([]byte, error) {
	file, err := os.Open(f.Path(name))
	if err != nil {
		return nil, plain(err)
	}
	defer file.Close()
	// One byte more than allowed shows the loader that the file is too large.
	text, err := io.ReadAll(io.LimitReader(file, syntax.MaxFile+1))
	return text, plain(err)
}

func (f folder) Path(name string) string {
	return filepath.Join(string(f), filepath.FromSlash(name))
}

// plain is an error without the path, which messages name themselves.
func plain(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fs.ErrNotExist
	}
	var e *fs.PathError
	if errors.As(err, &e) {
		return e.Err
	}
	return err
}
