package compile_test

import (
	"encoding/json"
	"flag"
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/dig2temporal/dig2temporal/internal/golden"
	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/translate/compile"
	"github.com/dig2temporal/dig2temporal/translate/finding"
	"github.com/dig2temporal/dig2temporal/translate/plan"
	"github.com/dig2temporal/dig2temporal/translate/syntax"
)

var update = flag.Bool("update", false, "write the expectations of golden files")

// recorded is a workflow file with what Digdag's compiler made of it.
type recorded struct {
	Dig      string
	Error    string
	Timezone string
	Tasks    []struct {
		Name   string
		Group  bool
		Up     []int
		Config string
	}
}

func recordings(t testing.TB) []recorded {
	text, err := os.ReadFile("testdata/compiled.json")
	if err != nil {
		t.Fatal(err)
	}
	var list []recorded
	if err := json.Unmarshal(text, &list); err != nil {
		t.Fatal(err)
	}
	return list
}

func parse(t testing.TB, dig string) *syntax.Node {
	t.Helper()
	tree, problems := syntax.Parse("main.dig", []byte(dig))
	if tree == nil {
		t.Fatalf("%s\n%v", dig, problems)
	}
	return tree
}

func TestSameAsDigdag(t *testing.T) {
	for _, r := range recordings(t) {
		tree := parse(t, r.Dig)
		p, findings := compile.Workflow("main", tree)
		if r.Error != "" {
			if p != nil {
				t.Errorf("%s\nwas accepted, but Digdag says %s", r.Dig, r.Error)
			}
			if got := firstError(tree); got != r.Error {
				t.Errorf("%s\ngot  %s\nwant %s", r.Dig, got, r.Error)
			}
			continue
		}
		if p == nil {
			t.Errorf("%s\nwas refused: %v", r.Dig, findings)
			continue
		}
		if p.Timezone != r.Timezone {
			t.Errorf("%s\ngot the time zone %s, want %s", r.Dig, p.Timezone, r.Timezone)
		}
		compareTasks(t, r, flatten(nil, "", p.Root))
	}
}

// firstError is what a task says that calls the file.
func firstError(tree *syntax.Node) string {
	def, findings := compile.Define("main", tree)
	if finding.HasErrors(findings) {
		return findings[0].Err().Error()
	}
	if _, err := compile.Tasks("", "+main", def.Root.Object(), compile.Marks(def.Root), ""); err != nil {
		return err.Error()
	}
	return ""
}

type flat struct {
	name string
	task *plan.Task
	up   []int
}

// flatten lists tasks as Digdag does: in definition order, with the indexes of
// upstreams in the whole list.
func flatten(list []flat, parent string, t *plan.Task) []flat {
	list = append(list, flat{name: parent + t.Name, task: t})
	var at []int
	for _, child := range t.Tasks {
		at = append(at, len(list))
		list = flatten(list, parent+t.Name, child)
		for _, u := range child.Upstreams {
			list[at[len(at)-1]].up = append(list[at[len(at)-1]].up, at[u])
		}
	}
	return list
}

func compareTasks(t *testing.T, r recorded, got []flat) {
	if len(got) != len(r.Tasks) {
		t.Errorf("%s\ngot %d tasks, want %d", r.Dig, len(got), len(r.Tasks))
		return
	}
	for i, want := range r.Tasks {
		task := got[i].task
		if got[i].name != want.Name || (task.Kind == plan.Group) != want.Group {
			t.Errorf("%s\ngot the %s %s, want %+v", r.Dig, task.Kind, got[i].name, want)
		}
		if !sameIndexes(got[i].up, want.Up) {
			t.Errorf("%s\n%s: got the upstreams %v, want %v", r.Dig, want.Name, got[i].up, want.Up)
		}
		config, err := ordered.ParseObject([]byte(want.Config))
		if err != nil {
			t.Fatal(err)
		}
		rest, export := config.Without("_error"), config.Object("_export")
		if v, _ := config.Get("_export"); v == nil || export != nil {
			rest = rest.Without("_export")
		}
		if v, _ := config.Get("_check"); v == nil || config.Object("_check") != nil {
			rest = rest.Without("_check")
		}
		if ordered.Text(task.Config) != ordered.Text(rest) || ordered.Text(task.Export) != ordered.Text(export) {
			t.Errorf("%s\n%s: got the config %s and the export %s, want %s", r.Dig, want.Name, ordered.Text(task.Config), ordered.Text(task.Export), want.Config)
		}
	}
}

// sameIndexes compares edges; Digdag may name one twice.
func sameIndexes(got, want []int) bool {
	set := map[int]bool{}
	for _, i := range want {
		set[i] = true
	}
	for _, i := range got {
		if !set[i] {
			return false
		}
	}
	return len(got) == len(set)
}

// memory is a project in memory.
type memory map[string]string

func (m memory) Read(name string) ([]byte, error) {
	text, ok := m[name]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return []byte(text), nil
}

func (m memory) Path(name string) string { return "/project/" + name }

// TestPlan shows for each file of testdata/plan the plan or what is wrong.
func TestPlan(t *testing.T) {
	golden.Run(t, "testdata/plan/*.dig.txt", "main.dig", *update, func(t *testing.T, files map[string]string) string {
		tree, findings := syntax.Load(memory(files), "main.dig")
		if tree == nil {
			return lines(findings)
		}
		p, findings := compile.Workflow("main", tree)
		if p == nil {
			return lines(findings)
		}
		text := planText(t, p)
		back, err := plan.Decode([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if again := planText(t, back); again != text {
			t.Errorf("the plan changes when it is read again:\n%s", again)
		}
		return lines(findings) + text
	})
}

func planText(t *testing.T, p *plan.Plan) string {
	t.Helper()
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(p); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func lines(findings []finding.Finding) string {
	var b strings.Builder
	for _, f := range findings {
		b.WriteString(f.String() + "\n")
	}
	return b.String()
}

// FuzzWorkflow looks for files that make the compiler panic, or that are refused
// when they are compiled as a called file but not when they are checked.
func FuzzWorkflow(f *testing.F) {
	for i, r := range recordings(f) {
		if i%4 == 0 {
			f.Add(r.Dig)
		}
	}
	f.Fuzz(func(t *testing.T, dig string) {
		tree, _ := syntax.Parse("main.dig", []byte(dig))
		if tree == nil {
			return
		}
		p, findings := compile.Workflow("main", tree)
		if (p == nil) != finding.HasErrors(findings) {
			t.Fatalf("plan %v with %v", p, findings)
		}
		first := firstError(tree)
		if first == "Parameter '_export' must be an object" {
			return
		}
		if (p == nil) != (first != "") {
			t.Fatalf("checked: %v, called: %s", findings, first)
		}
		if p == nil {
			return
		}
		text, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := plan.Decode(text); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	})
}
