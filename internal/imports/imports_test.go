// Package imports holds the rule of the one way that data flows, and with it
// the imports: translate, operators, activities, worker, cmd. Plumbing under
// internal imports none of them.
package imports

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/dig2temporal/dig2temporal/"

// stages in the order of the data; each may import itself and those before it.
var stages = []string{"translate", "operators", "activities", "worker", "cmd"}

func TestImportsNeverTurnBack(t *testing.T) {
	files := 0
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") {
			return err
		}
		// What a test needs beside the package is no part of the product.
		if strings.HasSuffix(path, "_test.go") {
			return nil
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		files++
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, spec := range file.Imports {
			target, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			if why := refused(filepath.ToSlash(rel), target); why != "" {
				t.Errorf("%s imports %s: %s", rel, target, why)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 50 {
		t.Errorf("only %d files were looked at", files)
	}
}

func refused(file, target string) string {
	from := stage(file)
	if strings.HasPrefix(target, "go.temporal.io/") && (from == stageOf("translate") || from == stageOf("operators")) {
		return "this stage knows nothing of Temporal"
	}
	own, ok := strings.CutPrefix(target, module)
	if !ok {
		return ""
	}
	to := stage(own + "/")
	switch {
	case to < 0:
		return ""
	case from < 0 && strings.HasPrefix(file, "internal/"):
		return "plumbing imports no stage"
	case from >= 0 && to > from:
		return "the import turns back"
	}
	return ""
}

func stage(path string) int {
	first, _, _ := strings.Cut(path, "/")
	return stageOf(first)
}

func stageOf(name string) int {
	for i, s := range stages {
		if s == name {
			return i
		}
	}
	return -1
}

func TestRefused(t *testing.T) {
	for _, c := range []struct {
		file, target string
		refused      bool
	}{
		{"translate/plan/plan.go", module + "operators", true},
		{"operators/sh.go", module + "translate/plan", false},
		{"activities/adaptor.go", module + "worker", true},
		{"internal/ordered/json.go", module + "translate/plan", true},
		{"translate/expr/expr.go", "go.temporal.io/sdk/workflow", true},
		{"worker/group.go", "go.temporal.io/sdk/workflow", false},
	} {
		if got := refused(c.file, c.target) != ""; got != c.refused {
			t.Errorf("%s imports %s: refused %v", c.file, c.target, got)
		}
	}
}
