// Package templates holds the projects that init creates.
package templates

import (
	"embed"
	"io/fs"
	"path"
	"strings"
)

//go:embed all:files
var files embed.FS

// Workflow is the name of the workflow file in every template, to be replaced by
// the name of the project.
const Workflow = "workflow.dig"

// Types are the kinds of projects, the simplest first.
func Types() []string { return []string{"echo", "sh", "python", "ruby"} }

// File is one file of a project.
type File struct {
	// Name is relative to the project, with slashes.
	Name       string
	Text       []byte
	Executable bool
}

// Files returns the files of a type, folders and sorted names first to last.
func Files(kind string) ([]File, error) {
	var list []File
	root := path.Join("files", kind)
	err := fs.WalkDir(files, root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := files.ReadFile(name)
		if err != nil {
			return err
		}
		rel := strings.TrimPrefix(name, root+"/")
		list = append(list, File{Name: rel, Text: text, Executable: strings.HasSuffix(rel, ".sh")})
		return nil
	})
	if err != nil {
		return nil, err
	}
	ignore, err := files.ReadFile("files/gitignore")
	return append(list, File{Name: ".gitignore", Text: ignore}), err
}
