package report

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/dig2temporal/dig2temporal/translate/finding"
	"github.com/dig2temporal/dig2temporal/translate/plan"
)

var update = flag.Bool("update", false, "write the expected files anew")

var list = []finding.Finding{
	{Pos: &plan.Pos{File: "daily.dig", Line: 17, Column: 5}, Message: `unknown operator "shh>" in task "+load" (did you mean "sh>"?)`, Rule: "operator", Severity: finding.Warning},
	{Pos: &plan.Pos{File: "lib/a b,c.dig", Line: 1, Column: 2, Included: []*plan.Pos{{File: "daily.dig", Line: 3, Column: 1}}}, Message: "100 % wrong\nreally", Rule: "yaml", Severity: finding.Error},
	{Message: "no workflow", Rule: "project", Severity: finding.Error},
}

func TestWrite(t *testing.T) {
	for _, format := range Formats() {
		var b bytes.Buffer
		if err := Write(&b, format, "apps", "1.2.3", list); err != nil {
			t.Fatal(err)
		}
		compare(t, "findings."+format, b.Bytes())
		b.Reset()
		if err := Write(&b, format, "", "1.2.3", nil); err != nil {
			t.Fatal(err)
		}
		compare(t, "none."+format, b.Bytes())
	}
	if list[0].Pos.File != "daily.dig" || list[1].Pos.Included[0].File != "daily.dig" {
		t.Error("the findings were changed")
	}
}

func compare(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
	}
}
