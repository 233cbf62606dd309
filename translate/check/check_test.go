package check_test

import (
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/translate/check"
	"github.com/dig2temporal/dig2temporal/translate/finding"
	"github.com/dig2temporal/dig2temporal/translate/project"
)

var update = flag.Bool("update", false, "write the expectations anew")

// catalog has operators of all kinds, described as their specs describe them.
func catalog() check.Catalog {
	option := func(name, kind string) check.Option { return check.Option{Name: name, Type: kind} }
	required := func(name, kind string) check.Option { return check.Option{Name: name, Type: kind, Required: true} }
	parallel := option("_parallel", "boolean|mapping")
	return check.Catalog{
		"echo":   {Command: required("echo>", "string")},
		"fail":   {Command: option("fail>", "string")},
		"notify": {Command: required("notify>", "string")},
		"if":     {Command: required("if>", "boolean"), Options: []check.Option{option("_do", "mapping"), option("_else_do", "mapping")}},
		"loop":   {Command: required("loop>", "integer"), Options: []check.Option{required("_do", "mapping"), parallel, option("count", "integer")}},
		"for_each": {Command: required("for_each>", "mapping|string"),
			Options: []check.Option{required("_do", "mapping"), parallel}},
		"for_range": {Command: required("for_range>", "mapping|string"),
			Options: []check.Option{required("_do", "mapping"), parallel}},
		"call": {Command: required("call>", "string"), Retryable: true},
		"require": {Command: required("require>", "string"), Retryable: true, Options: []check.Option{
			option("session_time", "string"), option("project_name", "string"), option("project_id", "integer"),
			option("params", "mapping"), option("ignore_failure", "boolean"), option("rerun_on", "string"), option("retry_attempt_name", "string")}},
		"wait": {Command: required("wait>", "duration"), Options: []check.Option{option("blocking", "boolean"), option("poll_interval", "duration")}},
		"sh": {Command: required("sh>", "string"), FreeKeys: true, Retryable: true, Namespaces: []string{"sh"},
			Options: []check.Option{option("shell", "list"), option("_env", "mapping")}},
		"py": {Command: option("py>", "string"), FreeKeys: true, Retryable: true, Namespaces: []string{"py"},
			Options: []check.Option{option("python", "string|list"), option("_env", "mapping")}},
		"rb": {Command: option("rb>", "string"), FreeKeys: true, Retryable: true, Namespaces: []string{"rb"},
			Options: []check.Option{option("ruby", "string|list"), option("_env", "mapping")}},
		"pg": {Command: option("pg>", "file|mapping"), FreeKeys: true, Retryable: true, Namespaces: []string{"pg"}},
	}
}

// findings checks a project folder as the command does.
func findings(t *testing.T, dir string, only ...string) []finding.Finding {
	t.Helper()
	p, err := project.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	in := check.Input{Workflows: p.Workflows(), Files: os.DirFS(dir), Catalog: catalog()}
	if text, err := fs.ReadFile(in.Files, "params.json"); err == nil {
		if in.Params, err = ordered.ParseObject(text); err != nil {
			t.Fatal(err)
		}
	}
	loaded := p.Load()
	in.Trees = loaded.Trees
	for _, name := range only {
		one, err := p.LoadOne(name)
		if err != nil {
			t.Fatal(err)
		}
		loaded, in.Trees = one, one.Trees
	}
	all := append(loaded.Findings, check.Findings(in)...)
	finding.Sort(all)
	return all
}

// compare compares findings with a file that has one a line.
func compare(t *testing.T, file string, list []finding.Finding) {
	t.Helper()
	var b strings.Builder
	for _, f := range list {
		fmt.Fprintln(&b, f)
	}
	if *update {
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if b.String() != string(want) {
		t.Errorf("%s:\n--- got\n%s--- want\n%s", file, b.String(), want)
	}
}

// testdata/rules: a file a rule, with what is said about it in the .out file. A
// file without findings has an empty one.
func TestRules(t *testing.T) {
	files, err := filepath.Glob("testdata/rules/*.dig")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".dig")
		t.Run(name, func(t *testing.T) {
			list := findings(t, "testdata/rules", name)
			compare(t, strings.TrimSuffix(file, ".dig")+".out", list)
			for _, f := range list {
				seen[f.Rule] = true
			}
			if _, isRule := check.Rules()[name]; isRule && !seen[name] {
				t.Errorf("%s shows nothing of its rule", file)
			}
		})
	}
	for id := range check.Rules() {
		if _, err := os.Stat("testdata/rules/" + id + ".dig"); err != nil {
			if _, err := os.Stat("testdata/projects/" + id); err != nil {
				t.Errorf("rule %s has no testdata/rules/%s.dig and no testdata/projects/%s", id, id, id)
			}
		}
	}
}

// testdata/projects: folders with findings.out in them.
func TestProjects(t *testing.T) {
	dirs, err := filepath.Glob("testdata/projects/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range dirs {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			compare(t, filepath.Join(dir, "findings.out"), findings(t, dir))
		})
	}
}
