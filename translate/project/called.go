package project

import (
	"path/filepath"
	"strings"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/translate/compile"
	"github.com/dig2temporal/dig2temporal/translate/config"
	"github.com/dig2temporal/dig2temporal/translate/finding"
	"github.com/dig2temporal/dig2temporal/translate/plan"
	"github.com/dig2temporal/dig2temporal/translate/syntax"
)

// Kinds of errors in Digdag's words.
const kindArgument = "illegal argument"

// Called loads the file that a call> task names. workdir is the absolute folder
// that the task runs in; name may lack ".dig" and may lead upwards, but not out
// of the project. It returns the config of the "^sub" with the places of its
// tasks (compile.Tasks with the path "") and the file, relative to the project.
//
// The tasks of a file in a subfolder run there: it becomes the _workdir of the
// file's _export. An error has the text that the task fails with.
func (p *Project) Called(workdir, name string) (*ordered.Object, map[string]*plan.Pos, string, error) {
	if !strings.HasSuffix(name, suffix) {
		name += suffix
	}
	file, err := p.resolve(workdir, name)
	if err != nil {
		return nil, nil, "", err
	}
	if _, err := p.files.Read(file); err != nil {
		return nil, nil, "", config.Errorf("File not found: %s", p.files.Path(file))
	}
	tree, findings := syntax.Load(p.files, file)
	if tree == nil {
		return nil, nil, "", loadError(findings)
	}
	def, findings := compile.Define(strings.TrimSuffix(file, suffix), tree)
	if finding.HasErrors(findings) {
		return nil, nil, "", findings[0].Err()
	}
	sub := def.Root.Object()
	if err := setWorkdir(sub, file); err != nil {
		return nil, nil, "", err
	}
	return sub, compile.Marks(def.Root), file, nil
}

func (p *Project) resolve(workdir, name string) (string, error) {
	abs := filepath.FromSlash(name)
	if !filepath.IsAbs(abs) {
		abs = filepath.Join(workdir, abs)
	}
	rel, err := filepath.Rel(p.files.dir, abs)
	if err != nil || rel == ".." || strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
		return "", &config.Error{
			Message: "File name must not be outside of project path (" + p.files.dir + "): " + name,
			Kind:    kindArgument,
		}
	}
	return filepath.ToSlash(rel), nil
}

// loadError is the first error of a file. A missing include reads like a missing
// file.
func loadError(findings []finding.Finding) error {
	for _, f := range findings {
		if f.Severity != finding.Error {
			continue
		}
		if f.Text != "" && (f.Kind == syntax.KindNoSuchFile || f.Kind == syntax.KindNotFound) {
			return config.Errorf("File not found: %s", f.Text)
		}
		return f.Err()
	}
	return config.Errorf("the file can't be loaded")
}

func setWorkdir(sub *ordered.Object, file string) error {
	slash := strings.LastIndexByte(file, '/')
	if slash < 0 {
		return nil
	}
	workdir := file[:slash]
	export := sub.Object("_export").Clone()
	if v, _ := export.Get("_workdir"); v != nil {
		own, err := config.Text("_workdir", v)
		if err != nil {
			return err
		}
		workdir += "/" + own
	}
	export.Set("_workdir", workdir)
	if sub.Has("_export") {
		sub.Set("_export", export)
		return nil
	}
	// A definition begins with its _export.
	rest := sub.Clone()
	for _, k := range rest.Keys() {
		sub.Delete(k)
	}
	sub.Set("_export", export)
	for _, k := range rest.Keys() {
		v, _ := rest.Get(k)
		sub.Set(k, v)
	}
	return nil
}
