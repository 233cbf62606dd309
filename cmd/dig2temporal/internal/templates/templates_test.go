package templates

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/dig2temporal/dig2temporal/translate/compile"
	"github.com/dig2temporal/dig2temporal/translate/syntax"
)

func TestTemplatesCompile(t *testing.T) {
	for _, kind := range Types() {
		files, err := Files(kind)
		if err != nil {
			t.Fatal(err)
		}
		workflows := 0
		for _, f := range files {
			if filepath.Ext(f.Name) != ".dig" {
				continue
			}
			workflows++
			tree, findings := syntax.Parse(f.Name, f.Text)
			if tree == nil {
				t.Fatalf("%s: %v", kind, findings)
			}
			plan, findings := compile.Workflow("main", tree)
			if plan == nil || len(findings) > 0 {
				t.Errorf("%s: %v", kind, findings)
			}
		}
		if workflows != 1 {
			t.Errorf("%s has %d workflows", kind, workflows)
		}
		if last := files[len(files)-1]; last.Name != ".gitignore" || !strings.Contains(string(last.Text), ".dig2temporal") {
			t.Errorf("%s has no .gitignore", kind)
		}
	}
}
