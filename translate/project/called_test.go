package project_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/translate/compile"
	"github.com/dig2temporal/dig2temporal/translate/config"
)

func TestCalled(t *testing.T) {
	dir := folder(t, map[string]string{
		"common.dig":        "timezone: Asia/Tokyo\n+t: {echo>: t}\n_retry: 2\n_export: {a: 1}\n_parallel: true\n",
		"parts/load.dig":    "+t: {echo>: t}\n",
		"parts/export.dig":  "_export: {_workdir: store, b: 2}\n+t: {echo>: t}\n",
		"parts/deep/x.dig":  "_export: {b: 2}\n+t: {echo>: t}\n",
		"parts/no.dig.dig":  "+t: {echo>: t}\n",
		"parts/include.dig": "!include : part.yml\n",
		"parts/part.yml":    "+t: {echo>: t}\n",
	})
	p := open(t, dir)
	tests := []struct{ workdir, name, file, config string }{
		{"", "common", "common.dig", `{"_export":{"a":1},"_retry":2,"_parallel":true,"+t":{"echo>":"t"}}`},
		{"", "common.dig", "common.dig", `{"_export":{"a":1},"_retry":2,"_parallel":true,"+t":{"echo>":"t"}}`},
		{"", "./parts/../common", "common.dig", `{"_export":{"a":1},"_retry":2,"_parallel":true,"+t":{"echo>":"t"}}`},
		{"parts", "../common", "common.dig", `{"_export":{"a":1},"_retry":2,"_parallel":true,"+t":{"echo>":"t"}}`},
		{"", "parts/load", "parts/load.dig", `{"_export":{"_workdir":"parts"},"+t":{"echo>":"t"}}`},
		{"parts", "load", "parts/load.dig", `{"_export":{"_workdir":"parts"},"+t":{"echo>":"t"}}`},
		{"parts", "export", "parts/export.dig", `{"_export":{"_workdir":"parts/store","b":2},"+t":{"echo>":"t"}}`},
		{"", "parts/deep/x", "parts/deep/x.dig", `{"_export":{"b":2,"_workdir":"parts/deep"},"+t":{"echo>":"t"}}`},
		{"", "parts/include", "parts/include.dig", `{"_export":{"_workdir":"parts"},"+t":{"echo>":"t"}}`},
	}
	for _, test := range tests {
		sub, marks, file, err := p.Called(filepath.Join(dir, test.workdir), test.name)
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		if file != test.file || ordered.Text(sub) != test.config {
			t.Errorf("%s: got %s with %s", test.name, file, ordered.Text(sub))
		}
		task, err := compile.Tasks("+main+call", "^sub", sub, marks, "")
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		if pos := task.Tasks[0].Pos; pos == nil || filepath.Dir(pos.File) != filepath.Dir(test.file) {
			t.Errorf("%s: +t is at %v", test.name, pos)
		}
	}
}

func TestCalledErrors(t *testing.T) {
	dir := folder(t, map[string]string{
		"main.dig":              "+a: {call>: x}\n",
		"parts/unknown_key.dig": "colour: red\n\n+t:\n  echo>: never\n",
		"parts/bad_yaml.dig":    "+t:\n  echo>: [unclosed\n",
		"parts/empty.dig":       "# nothing here yet\n",
		"parts/list.dig":        "- a\n- 1\n",
		"parts/bad name.dig":    "+t: {echo>: x}\n",
		"parts/names.dig":       "+a^b: {echo>: x}\n+c d: {echo>: x}\n",
		"parts/zone.dig":        "timezone: Asia/Edo\n+t: {echo>: x}\n",
		"parts/missing.dig":     "!include : none.yml\n",
		"parts/outside.dig":     "!include : ../main.dig\n",
		"parts/null.dig":        "+t:\n",
		"parts/twice.dig":       "+t: {echo>: x}\n+t: {echo>: x}\n",
		"parts/workdir.dig":     "_export: {_workdir: [1]}\n+t: {echo>: x}\n",
		"1/first.dig":           "+t: {echo>: x}\n",
	})
	p := open(t, dir)
	tests := []struct{ name, message, kind string }{
		{"parts/nowhere", "File not found: {dir}/parts/nowhere.dig", ""},
		{"parts", "File not found: {dir}/parts.dig", ""},
		{"../elsewhere", "File name must not be outside of project path ({dir}): ../elsewhere.dig", "illegal argument"},
		{"/etc/passwd", "File name must not be outside of project path ({dir}): /etc/passwd.dig", "illegal argument"},
		{"parts/unknown_key", "Workflow 'parts/unknown_key' includes unknown keys: [colour]", ""},
		{"parts/bad_yaml", `parts/bad_yaml.dig:3:1: expected "," or "]" ("[" was opened at 2:10) but got the end of the file`, "parser"},
		{"parts/empty", "Expected object to load Config but got null", "runtime json mapping"},
		{"parts/list", `Expected object to load Config but got ["a",1]`, "runtime json mapping"},
		{"parts/names", "Validating workflow failed\ntask name must not contain ^ character: \"+a^b\"\ntask name must not contain character ' ': \"+c d\"", "model validation"},
		{"1/first", "Validating workflow failed\nname must not start with a numeric digit (0-9): \"1/first\"", "model validation"},
		{"parts/zone", `Expected [reference type, class com.google.common.base.Optional<java.time.ZoneId><[simple type, class java.time.ZoneId]>] for key 'timezone' but got "Asia/Edo" (string)`, ""},
		{"parts/missing", "File not found: {dir}/parts/none.yml", ""},
		{"parts/outside", "File not found: File name must not include ..: ../main.dig", ""},
		{"parts/null", "Parameter '+t' is required but null", ""},
		{"parts/twice", "Duplicated keys: [+t]", "parser"},
		{"parts/workdir", "Expected string type for key '_workdir' but got [1] (array)", ""},
	}
	for _, test := range tests {
		_, _, _, err := p.Called(dir, test.name)
		e, ok := err.(*config.Error)
		want := strings.ReplaceAll(test.message, "{dir}", dir)
		if !ok || e.Message != want || e.Kind != test.kind {
			t.Errorf("%s:\ngot  %v (%+v)\nwant %s (%s)", test.name, err, e, want, test.kind)
		}
	}
	if _, _, _, err := p.Called(dir, "parts/bad name"); err != nil {
		t.Errorf("a blank in the name of a called file: %v", err)
	}
}
