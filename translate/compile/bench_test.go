package compile_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/dig2temporal/dig2temporal/translate/compile"
	"github.com/dig2temporal/dig2temporal/translate/syntax"
)

// BenchmarkWorkflow loads and compiles a workflow of 2,000 tasks.
func BenchmarkWorkflow(b *testing.B) {
	var text strings.Builder
	text.WriteString("timezone: UTC\n_export:\n  a: 1\n")
	for g := range 50 {
		fmt.Fprintf(&text, "+group%d:\n  _parallel: true\n", g)
		for i := range 40 {
			fmt.Fprintf(&text, "  +task%d:\n    sh>: echo ${a} %d\n    _export: {x: %d, y: \"z\"}\n    _retry: 3\n", i, i, i)
		}
	}
	src := []byte(text.String())
	for b.Loop() {
		tree, problems := syntax.Parse("main.dig", src)
		if tree == nil {
			b.Fatal(problems)
		}
		if p, findings := compile.Workflow("main", tree); p == nil {
			b.Fatal(findings)
		}
	}
}
