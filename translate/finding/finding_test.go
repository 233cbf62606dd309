package finding_test

import (
	"testing"

	"github.com/dig2temporal/dig2temporal/translate/config"
	"github.com/dig2temporal/dig2temporal/translate/finding"
	"github.com/dig2temporal/dig2temporal/translate/plan"
)

func at(file string, line, column int) *plan.Pos {
	return &plan.Pos{File: file, Line: line, Column: column}
}

func TestString(t *testing.T) {
	included := at("b.yml", 3, 1)
	included.Included = []*plan.Pos{at("c.yml", 2, 1), at("a.dig", 1, 1)}
	tests := []struct {
		finding finding.Finding
		want    string
	}{
		{finding.Finding{Pos: at("a.dig", 17, 5), Message: "no", Rule: "yaml", Severity: finding.Error}, "a.dig:17:5: no [yaml]"},
		{finding.Finding{Pos: at("a.dig", 1, 1), Message: "hm", Rule: "x", Severity: finding.Warning}, "a.dig:1:1: warning: hm [x]"},
		{finding.Finding{Message: "no place", Severity: finding.Error}, "no place"},
		{finding.Finding{Pos: included, Message: "no", Severity: finding.Error}, "b.yml:3:1: no (included at c.yml:2:1) (included at a.dig:1:1)"},
	}
	for _, test := range tests {
		if got := test.finding.String(); got != test.want {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
}

func TestSort(t *testing.T) {
	list := []finding.Finding{
		{Pos: at("b", 1, 1), Message: "6"},
		{Pos: at("a", 10, 1), Message: "5"},
		{Pos: at("a", 2, 3), Message: "4"},
		{Pos: at("a", 2, 1), Message: "3"},
		{Pos: at("a", 2, 1), Message: "2"},
		{Message: "1"},
	}
	finding.Sort(list)
	for i, f := range list {
		if f.Message != string(rune('1'+i)) {
			t.Fatalf("got %v", list)
		}
	}
}

func TestErr(t *testing.T) {
	err := finding.Finding{Pos: at("a.dig", 2, 3), Message: "ours"}.Err()
	if e, ok := err.(*config.Error); !ok || e.Message != "a.dig:2:3: ours" || e.Kind != "" {
		t.Errorf("got %#v", err)
	}
	err = finding.Finding{Pos: at("a.dig", 2, 3), Message: "ours", Text: "Digdag's", Kind: "parser"}.Err()
	if e, ok := err.(*config.Error); !ok || e.Message != "Digdag's" || e.Kind != "parser" {
		t.Errorf("got %#v", err)
	}
}

func TestHasErrors(t *testing.T) {
	warning, mistake := finding.Finding{Severity: finding.Warning}, finding.Finding{Severity: finding.Error}
	if finding.HasErrors(nil) || finding.HasErrors([]finding.Finding{warning}) || !finding.HasErrors([]finding.Finding{warning, mistake}) {
		t.Error("wrong")
	}
}
