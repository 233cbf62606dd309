package check_test

import (
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/dig2temporal/dig2temporal/translate/check"
	"github.com/dig2temporal/dig2temporal/translate/syntax"
)

// Whatever a file says, the checks end, and each finding has a place in it.
func FuzzFindings(f *testing.F) {
	seeds, err := filepath.Glob("testdata/rules/*.dig")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range seeds {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	operators := catalog()
	f.Fuzz(func(t *testing.T, text string) {
		tree, _ := syntax.Parse("main.dig", []byte(text))
		if tree == nil {
			return
		}
		for _, found := range check.Findings(check.Input{
			Trees: map[string]*syntax.Node{"main": tree}, Workflows: []string{"main"}, Catalog: operators,
			Files: fstest.MapFS{"main.dig": {Data: []byte(text)}},
		}) {
			if found.Pos == nil || found.Pos.Line < 1 || found.Pos.Column < 1 || found.Message == "" || found.Rule == "" {
				t.Errorf("%+v", found)
			}
		}
	})
}
