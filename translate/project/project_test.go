package project_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dig2temporal/dig2temporal/translate/project"
)

// folder makes a project folder of files by path; a path that ends in a slash is
// a folder.
func folder(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if strings.HasSuffix(name, "/") {
			if err := os.MkdirAll(path, 0o755); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func open(t testing.TB, dir string) *project.Project {
	t.Helper()
	p, err := project.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

const task = "+a: {echo>: a}\n"

func TestWorkflows(t *testing.T) {
	tests := []struct {
		name  string
		files map[string]string
		want  []string
	}{
		{"one", map[string]string{"example.dig": task}, []string{"example"}},
		{"sorted", map[string]string{"b.dig": task, "a.dig": task, "B.dig": task}, []string{"B", "a", "b"}},
		{"subfolders", map[string]string{"d1/sub1.dig": task, "d1/d2/sub2.dig": task}, nil},
		{"a folder", map[string]string{"example.dig/": "", "example.dig/x.txt": ""}, nil},
		{"dot files and other endings", map[string]string{".hidden.dig": "x", "UPPER.DIG": "x", "a.dig.bak": "x", "dig": "x", "a.dig": task}, []string{"a"}},
		{"ignored", map[string]string{".digdagignore": "draft_*.dig\n", "draft_one.dig": "x", "main.dig": task}, []string{"main"}},
		{"nothing", map[string]string{}, nil},
	}
	for _, test := range tests {
		p := open(t, folder(t, test.files))
		if got := p.Workflows(); !slices.Equal(got, test.want) {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
		if l := p.Load(); len(l.Findings) != 0 || len(l.Plans) != len(test.want) {
			t.Errorf("%s: got %v", test.name, l.Findings)
		}
	}
}

func TestFindingsOfAllFiles(t *testing.T) {
	p := open(t, folder(t, map[string]string{
		"c.dig": "+a: {echo>: a, sh>: b}\n",
		"a.dig": "+a: [\n",
		"b.dig": "nonsense: 1\n+a:\n",
		"d.dig": task,
	}))
	l := p.Load()
	var got []string
	for _, f := range l.Findings {
		got = append(got, f.String())
	}
	want := []string{
		`a.dig:2:1: expected "," or "]" ("[" was opened at 1:5) but got the end of the file [yaml]`,
		`b.dig:1:1: unknown key "nonsense" at the root of workflow "b" (tasks begin with "+": "+nonsense") [root-key]`,
		`b.dig:2:1: "+a" is empty: expected an operator or subtasks [empty]`,
		`c.dig:1:16: task "+a" has more than one operator: "echo>", "sh>" [operator]`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if len(l.Plans) != 1 || l.Plans["d"] == nil || l.Plans["d"].Workflow != "d" {
		t.Errorf("got the plans %v", l.Plans)
	}
	if len(l.Trees) != 3 {
		t.Errorf("got %d trees", len(l.Trees))
	}
}

func TestLoadOne(t *testing.T) {
	p := open(t, folder(t, map[string]string{"a.dig": task, "b.dig": "+a:\n", "sub/c.dig": task}))
	if l, err := p.LoadOne("a"); err != nil || l.Plans["a"] == nil || len(l.Findings) != 0 {
		t.Errorf("a: got %+v, %v", l, err)
	}
	if l, err := p.LoadOne("b"); err != nil || l.Plans["b"] != nil || len(l.Findings) != 1 {
		t.Errorf("b: got %+v, %v", l, err)
	}
	for _, name := range []string{"c", "sub/c", "", "../a", "A"} {
		if _, err := p.LoadOne(name); err == nil {
			t.Errorf("%q was found", name)
		}
	}
}

func TestOpenNothing(t *testing.T) {
	dir := folder(t, map[string]string{"file": "x"})
	for _, name := range []string{filepath.Join(dir, "none"), filepath.Join(dir, "file")} {
		if _, err := project.Open(name); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// TestNothingOutside holds the ways in which a project may try to read what is
// not in it.
func TestNothingOutside(t *testing.T) {
	outside := folder(t, map[string]string{"secret.dig": task, "secret.yml": "password: 1\n", "sub/secret.yml": "password: 1\n"})
	dir := folder(t, map[string]string{
		"inside.yml":   "+b: {echo>: b}\n",
		"absolute.dig": "!include : " + outside + "/secret.yml\n",
		"upwards.dig":  "!include : ../" + filepath.Base(outside) + "/secret.yml\n",
		"through.dig":  "!include : link.yml\n",
		"folder.dig":   "!include : dir/secret.yml\n",
		"fine.dig":     "!include : alias.yml\n",
	})
	link := func(target, name string) {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Skip("symbolic links can't be made here:", err)
		}
	}
	link(filepath.Join(outside, "secret.dig"), "linked.dig")
	link(filepath.Join(outside, "secret.yml"), "link.yml")
	link(filepath.Join(outside, "sub"), "dir")
	link("inside.yml", "alias.yml")
	link("fine.dig", "also_fine.dig")
	link("nowhere.dig", "dangling.dig")

	p := open(t, dir)
	l := p.Load()
	if len(l.Plans) != 2 || l.Plans["fine"] == nil || l.Plans["also_fine"] == nil {
		t.Errorf("got the plans %v", l.Plans)
	}
	bad := map[string]bool{}
	for _, f := range l.Findings {
		bad[f.Pos.File] = true
		if strings.Contains(f.String(), "password") {
			t.Errorf("it was read: %s", f)
		}
	}
	for _, file := range []string{"absolute.dig", "upwards.dig", "through.dig", "folder.dig", "linked.dig"} {
		if !bad[file] {
			t.Errorf("%s is no finding: %v", file, l.Findings)
		}
	}
	for _, name := range []string{"linked", "link.yml", "dir/secret", "../x", outside + "/secret.dig"} {
		if sub, _, _, err := p.Called(dir, name); err == nil {
			t.Errorf("call>: %s gave %v", name, sub)
		}
	}
}

func TestIgnore(t *testing.T) {
	tests := []struct {
		ignore, path string
		dir, want    bool
	}{
		{"", "a", false, false},
		{"# comment\n\n", "# comment", false, false},
		{"f2", "f2", false, true},
		{"f2", "d/f2", false, true},
		{"f2", "f2/x", false, true},
		{"f2", "f22", false, false},
		{"/f2", "f2", false, true},
		{"/f2", "d/f2", false, false},
		{"d1/d2", "d1/d2", true, true},
		{"d1/d2", "x/d1/d2", true, false},
		{"/d1/d2/d3", "d1/d2/d3/f5", false, true},
		{"d2/", "d2", false, false},
		{"d2/", "d2", true, true},
		{"d2/", "a/d2/f", false, true},
		{"*.pyc", "a/b.pyc", false, true},
		{"*.pyc", "a/b.py", false, false},
		{"*", "a", false, true},
		{"a*c", "a/c", false, false},
		{"**/logs", "logs", true, true},
		{"**/logs", "a/b/logs", true, true},
		{"a/**", "a", true, false},
		{"a/**", "a/b", false, true},
		{"a/**", "a/b/c", false, true},
		{"a/**/z", "a/z", false, true},
		{"a/**/z", "a/b/c/z", false, true},
		{"*.dig\n!main.dig", "main.dig", false, false},
		{"*.dig\n!main.dig", "other.dig", false, true},
		{"!main.dig\n*.dig", "main.dig", false, true},
		{"d\n!d/keep", "d/keep", false, true},
		{"d/*\n!d/keep", "d/keep", false, false},
		{`\#x`, "#x", false, true},
		{`\!x`, "!x", false, true},
		{"a  ", "a", false, true},
		{`a\ `, "a ", false, true},
		{"a\r\nb\r\n", "a", false, true},
		{"x?z", "xyz", false, true},
		{"x[a-c]z", "xbz", false, true},
		{"x[!a-c]z", "xbz", false, false},
		{"x[!a-c]z", "xdz", false, true},
		{"{a,b}", "a", false, false},
		{"{a,b}", "{a,b}", false, true},
		{"[", "[", false, false},
		{"/", "a", false, false},
	}
	for _, test := range tests {
		p := open(t, folder(t, map[string]string{".digdagignore": test.ignore}))
		i, err := p.Ignore()
		if err != nil {
			t.Fatal(err)
		}
		if got := i.Ignores(test.path, test.dir); got != test.want {
			t.Errorf("%q, %q: got %v", test.ignore, test.path, got)
		}
	}
}
