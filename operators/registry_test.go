package operators

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/dig2temporal/dig2temporal/translate/compile"
	"github.com/dig2temporal/dig2temporal/translate/finding"
	"github.com/dig2temporal/dig2temporal/translate/project"
)

type named string

func (n named) Spec() *Spec { return &Spec{Name: string(n)} }

func (named) Run(context.Context, *Task) (*Result, error) { return nil, nil }

func TestRegistry(t *testing.T) {
	r, err := NewRegistry(named("b"), named("a_1"), named("ecs.run"))
	if err != nil {
		t.Fatal(err)
	}
	if got := r.Names(); !slices.Equal(got, []string{"a_1", "b", "ecs.run"}) {
		t.Errorf("names are %v", got)
	}
	if _, err := r.With(named("b")); err == nil || err.Error() != `operator "b" is registered twice` {
		t.Errorf("a duplicate gave %v", err)
	}
	for _, bad := range []named{"", "sh>", "Sh", "a b", "1a", ".a", "a."} {
		if _, err := r.With(bad); err == nil {
			t.Errorf("the name %q was taken", string(bad))
		}
	}
	less := r.Without("b", "unknown")
	if _, ok := less.Lookup("b"); ok {
		t.Error("b is still there")
	}
	if _, ok := r.Lookup("b"); !ok {
		t.Error("Without changed the registry itself")
	}
	if _, err := less.With(named("b")); err != nil {
		t.Error(err)
	}
}

// TestSpecs holds what every specification must say.
func TestSpecs(t *testing.T) {
	r := Default()
	for _, name := range r.Names() {
		o, _ := r.Lookup(name)
		s := o.Spec()
		t.Run(name, func(t *testing.T) {
			if s.Name != name || s.Since == "" || s.Command.Name != name+">" {
				t.Errorf("name %q, since %q, command %q", s.Name, s.Since, s.Command.Name)
			}
			if !strings.HasSuffix(s.Summary, ".") || strings.ContainsRune(s.Summary, '\n') {
				t.Errorf("the summary %q is no sentence", s.Summary)
			}
			if !strings.Contains(s.Description, "repeat") {
				t.Error("the description does not say what a repeat does")
			}
			seen := map[string]bool{}
			for _, o := range append([]Option{s.Command}, s.Options...) {
				if o.Description == "" || seen[o.Name] {
					t.Errorf("option %q has no description or is there twice", o.Name)
				}
				seen[o.Name] = true
				for _, kind := range strings.Split(o.Type, "|") {
					if !slices.Contains([]string{"string", "boolean", "integer", "list", "mapping", "duration", "any"}, kind) {
						t.Errorf("option %q has the type %q", o.Name, kind)
					}
				}
			}
			if len(s.Examples) == 0 {
				t.Error("there is no example")
			}
			for _, e := range s.Examples {
				compileExample(t, e)
			}
		})
	}
}

func compileExample(t *testing.T, e Example) {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, "example.dig", e.Dig)
	p, err := project.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	loaded, err := p.LoadOne("example")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range loaded.Findings {
		if f.Severity == finding.Error {
			t.Errorf("%s: %s", e.Title, f)
		}
	}
	if plan := loaded.Plans["example"]; plan == nil {
		t.Errorf("%s: no plan", e.Title)
	} else if err := compile.Startable(plan); err != nil {
		t.Errorf("%s: %v", e.Title, err)
	}
}
