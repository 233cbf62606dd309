package compile_test

import (
	"strings"
	"testing"

	"github.com/dig2temporal/dig2temporal/translate/compile"
)

func TestNameFaults(t *testing.T) {
	const symbols = `must not include special symbols (+ ^ @ / \ / : * ? " < > |)`
	tests := []struct{ name, want string }{
		{"main", ""},
		{"_v1.2", ""},
		{"[eu],50%", ""},
		{"my report", ""},
		{"é", ""},
		{"a+b", ""},
		{"", "must not be blank"},
		{"1st", "must not start with a numeric digit (0-9)"},
		{"+a", symbols},
		{"@a", symbols},
		{`\a`, symbols},
		{"a.dig", "must not end with .dig"},
		{strings.Repeat("a", 255), ""},
		{strings.Repeat("a", 256), "must not be longer than 255 characters"},
		{"/" + strings.Repeat("a", 255) + ".dig", symbols + "; must not end with .dig; must not be longer than 255 characters"},
	}
	for _, test := range tests {
		if got := strings.Join(compile.NameFaults(test.name), "; "); got != test.want {
			t.Errorf("%.20q: got %q, want %q", test.name, got, test.want)
		}
	}
}

// TestWorkflowNames holds names that pass the rule for workflows but not the one
// for the root task.
func TestWorkflowNames(t *testing.T) {
	for _, name := range []string{"my report", "é", "a(b)", "a+b", strings.Repeat("a", 255)} {
		p, findings := compile.Workflow(name, parse(t, "+a: {echo>: x}\n"))
		if p != nil || len(findings) != 1 || findings[0].Rule != "task-name" {
			t.Errorf("%.20q: got %v", name, findings)
		}
	}
	for _, name := range []string{"_v1.2", "daily-report", "[eu],50%", strings.Repeat("a", 254)} {
		if p, findings := compile.Workflow(name, parse(t, "+a: {echo>: x}\n")); p == nil {
			t.Errorf("%.20q: got %v", name, findings)
		}
	}
}
