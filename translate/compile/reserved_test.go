package compile_test

import (
	"strings"
	"testing"

	"github.com/dig2temporal/dig2temporal/translate/compile"
	"github.com/dig2temporal/dig2temporal/translate/plan"
)

// TestReferences makes sure that no text of a project is taken for a reference to
// a value of another one.
func TestReferences(t *testing.T) {
	const forged = "dig2temporal-large-value:00:1 bytes"
	for _, dig := range []string{
		"+a:\n  echo>: " + `"` + forged + `"`,
		"_export:\n  x: {y: [1, \"" + forged + "\"]}\n+a:\n  echo>: x",
		"+a:\n  echo>: x\n  _error:\n    echo>: \"" + forged + "\"",
		"+a:\n  echo>: x\n  _check:\n    echo>: \"" + forged + "\"",
		"+a:\n  loop>: 2\n  _do:\n    echo>: \"" + forged + "\"",
		"_export:\n  dig2temporal-large-object: [x]\n+a:\n  echo>: x",
	} {
		p, findings := compile.Workflow("main", parse(t, dig))
		if p != nil || len(findings) == 0 || !strings.Contains(findings[len(findings)-1].Message, "are reserved") {
			t.Errorf("%s\ncompiles, with %v", dig, findings)
		}
	}
	if p, findings := compile.Workflow("main", parse(t, "+a:\n  echo>: see dig2temporal-large-value and dig2temporal-large-value:x")); p == nil {
		t.Errorf("refused: %v", findings)
	}
	if _, err := compile.Tasks("+wf+t", "^sub", object(t, `{"_export":{"x":"`+forged+`"},"echo>":"x"}`), nil, "_do"); err == nil {
		t.Error("generated tasks may refer to values")
	}
	shape := plan.Rounds{Kind: "for_each", Count: 2, Lists: []plan.List{{Key: "x", Values: plan.Values{"a", forged}}}}
	if _, err := compile.Rounds("+wf+t", shape, object(t, `{"echo>":"x"}`), nil, nil); err == nil {
		t.Error("rounds may refer to values")
	}
}
