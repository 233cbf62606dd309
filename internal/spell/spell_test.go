package spell_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/dig2temporal/dig2temporal/internal/spell"
)

func TestDistance(t *testing.T) {
	tests := []struct {
		a, b string
		want int
	}{
		{"a", "a", 0},
		{"", "", 0},
		{"", "a", 1},
		{"ab", "abc", 1},
		{"ab", "ac", 1},
		{"ab", "acd", 2},
		{"ab", "acb", 1},
		{"a", "cbda", 3},
		{"kitten", "sitting", 3},
		{"parallel", "_parallel", 1},
		{"é", "e", 1},
		{"😀", "a", 2}, // two UTF-16 units
	}
	for _, test := range tests {
		if got := spell.Distance(test.a, test.b); got != test.want {
			t.Errorf("%q, %q: got %d, want %d", test.a, test.b, got, test.want)
		}
		if got := spell.Distance(test.b, test.a); got != test.want {
			t.Errorf("%q, %q: got %d, want %d", test.b, test.a, got, test.want)
		}
	}
}

func TestSuggest(t *testing.T) {
	keys := []string{"schedule", "_parallel", "sla", "_error", "_check", "_retry", "_after"}
	tests := []struct {
		word    string
		want    []string
		nearest string
	}{
		{"parallel", []string{"_parallel"}, "_parallel"},
		{"retry", []string{"_retry"}, "_retry"},
		{"schedul", []string{"schedule"}, "schedule"},
		{"sl", []string{"sla"}, "sla"},
		{"xyz", nil, ""},
		{"", nil, ""},
		{strings.Repeat("x", 1<<20), nil, ""},
	}
	for _, test := range tests {
		if got := spell.Suggest(test.word, keys); len(test.word) < 100 && !slices.Equal(got, test.want) {
			t.Errorf("%q: got %q, want %q", test.word, got, test.want)
		}
		if got := spell.Nearest(test.word, keys); got != test.nearest {
			t.Errorf("%.20q: got %q, want %q", test.word, got, test.nearest)
		}
	}
}
