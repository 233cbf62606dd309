package syntax

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/translate/finding"
)

// row is a text with what Digdag's loader makes of it, as recorded from its YAML
// reader with its own rules for scalars and keys.
type row struct {
	YAML    string `json:"yaml"`
	Value   string `json:"value"`
	Refused bool   `json:"refused"`
}

func rows(t testing.TB) []row {
	text, err := os.ReadFile("testdata/yaml.json")
	if err != nil {
		t.Fatal(err)
	}
	var list []row
	if err := json.Unmarshal(text, &list); err != nil {
		t.Fatal(err)
	}
	return list
}

// parseAny is Parse for texts that need not be mappings.
func parseAny(text string) (*Node, []finding.Finding) {
	l := &loader{any: true}
	return l.result(l.text("x.dig", []byte(text), nil, nil, 0))
}

func TestSameAsDigdag(t *testing.T) {
	for _, r := range rows(t) {
		n, problems := parseAny(r.YAML)
		switch {
		case r.Refused:
			if n != nil {
				t.Errorf("%q: got %s, but it is refused", r.YAML, ordered.Text(n.Value()))
			}
		case n == nil:
			t.Errorf("%q: got %v, want %s", r.YAML, problems, r.Value)
		default:
			want, err := ordered.Parse([]byte(r.Value))
			if err != nil {
				t.Fatal(err)
			}
			// The texts tell the order of keys, too.
			if got := ordered.Text(n.Value()); got != ordered.Text(want) {
				t.Errorf("%q: got %s, want %s", r.YAML, got, ordered.Text(want))
			}
		}
	}
}

func TestProblemsHavePlaces(t *testing.T) {
	for _, r := range rows(t) {
		_, problems := parseAny(r.YAML)
		lines := 1 + strings.Count(r.YAML, "\n") + strings.Count(r.YAML, "\r") + strings.Count(r.YAML, "\u0085") + strings.Count(r.YAML, "\u2028") + strings.Count(r.YAML, "\u2029")
		for _, p := range problems {
			if p.Pos == nil || p.Pos.File != "x.dig" || p.Pos.Line < 1 || p.Pos.Line > lines || p.Pos.Column < 1 {
				t.Errorf("%q: %v is at %+v", r.YAML, p, p.Pos)
			}
		}
	}
}

// FuzzParse looks for texts that make the reader panic, hang, or return values
// without places or that can't be written as JSON.
func FuzzParse(f *testing.F) {
	for _, r := range rows(f)[:300] {
		f.Add(r.YAML)
	}
	f.Fuzz(func(t *testing.T, text string) {
		n, problems := parseAny(text)
		if n == nil {
			if len(problems) == 0 {
				t.Fatalf("%q: neither a tree nor a problem", text)
			}
			return
		}
		checkPlaces(t, n)
		json := ordered.Text(n.Value())
		back, err := ordered.Parse([]byte(json))
		if err != nil {
			t.Fatalf("%q became %s: %v", text, json, err)
		}
		if !ordered.Equal(n.Value(), back) {
			t.Fatalf("%q became %s, which reads as %s", text, json, ordered.Text(back))
		}
	})
}

func checkPlaces(t *testing.T, n *Node) {
	if n.Pos == nil || n.Pos.Line < 1 || n.Pos.Column < 1 {
		t.Fatalf("no place: %+v", n)
	}
	for _, e := range n.Entries {
		if e.Pos == nil {
			t.Fatalf("key %q has no place", e.Key)
		}
		checkPlaces(t, e.Value)
	}
	for _, item := range n.Items {
		checkPlaces(t, item)
	}
}
