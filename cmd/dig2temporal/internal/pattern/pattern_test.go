package pattern

import (
	"slices"
	"testing"

	"github.com/dig2temporal/dig2temporal/translate/plan"
)

func task(name string, children ...*plan.Task) *plan.Task {
	return &plan.Task{Name: name, Tasks: children}
}

var tree = &plan.Plan{Root: task("+main",
	task("+jp", task("+load"), task("+preload")),
	task("+jp2", task("+load")),
	task("+clean-up"),
)}

func TestNames(t *testing.T) {
	for _, c := range []struct {
		only string
		want []string
	}{
		{"", []string{"+main", "+main+jp", "+main+jp+load", "+main+jp+preload", "+main+jp2", "+main+jp2+load", "+main+clean-up"}},
		{"+main+jp", []string{"+main", "+main+jp", "+main+jp+load", "+main+jp+preload"}},
		{"+main+clean-up", []string{"+main", "+main+clean-up"}},
	} {
		if got := Names(tree, c.only); !slices.Equal(got, c.want) {
			t.Errorf("Names(%q) = %q, want %q", c.only, got, c.want)
		}
	}
}

func TestFind(t *testing.T) {
	for _, c := range []struct{ only, pattern, want, err string }{
		{"", "+main", "+main", ""},
		{"", "preload", "+main+jp+preload", ""},
		{"", "+jp+load", "+main+jp+load", ""},
		{"", "up", "+main+clean-up", ""},
		{"+main+jp2", "+load", "+main+jp2+load", ""},
		{"", "+load", "", "Task pattern '+load' is ambiguous. Matching candidates are [+main+jp+load, +main+jp2+load] (multiple task match)"},
		{"", "+lo", "", "Task pattern '+lo' doesn't match with any tasks. (no match)"},
		{"+main+jp2", "+jp+load", "", "Task pattern '+jp+load' doesn't match with any tasks. (no match)"},
		{"", "", "", "Task match pattern is invalid: "},
		{"", "+", "", "Match patterns excepting direct child (+name+name) is not supported: +"},
		{"", "p", "", "Match patterns excepting direct child (+name+name) is not supported: p"},
		{"", "++load", "", "Match patterns excepting direct child (+name+name) is not supported: ++load"},
		{"", "+jp+", "", "Match patterns excepting direct child (+name+name) is not supported: +jp+"},
	} {
		got, err := Find(Names(tree, c.only), c.pattern)
		if got != c.want || (err == nil) != (c.err == "") || err != nil && err.Error() != c.err {
			t.Errorf("Find(%q) below %q = %q, %v; want %q, %s", c.pattern, c.only, got, err, c.want, c.err)
		}
	}
}
