package check_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/translate/check"
	"github.com/dig2temporal/dig2temporal/translate/plan"
	"github.com/dig2temporal/dig2temporal/translate/project"
)

func plans(t *testing.T, dir string) map[string]*plan.Plan {
	t.Helper()
	p, err := project.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	return p.Load().Plans
}

// testdata/summaries: projects with what is printed about them on 2024-02-29 at
// noon, in Tokyo.
func TestSummary(t *testing.T) {
	dirs, err := filepath.Glob("testdata/summaries/*")
	if err != nil || len(dirs) == 0 {
		t.Fatal(dirs, err)
	}
	for _, dir := range dirs {
		var b strings.Builder
		s := check.Summary{Plans: plans(t, dir), Zone: time.FixedZone("Asia/Tokyo", 9*3600), Now: time.Date(2024, 2, 29, 3, 0, 0, 500, time.UTC)}
		if text, err := os.ReadFile(filepath.Join(dir, "params.json")); err == nil {
			if s.Params, err = ordered.ParseObject(text); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Write(&b); err != nil {
			b.WriteString("error: " + err.Error() + "\n")
		}
		file := filepath.Join(dir, "summary.txt")
		if *update {
			if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if b.String() != string(want) {
			t.Errorf("%s:\n--- got\n%s--- want\n%s", file, b.String(), want)
		}
	}
}

func TestReachable(t *testing.T) {
	all := plans(t, "testdata/summaries/several")
	for from, want := range map[string]string{
		"alone":     "alone",
		"required":  "required",
		"scheduled": "alone called handler looped required scheduled",
		"nobody":    "",
	} {
		var names []string
		for name := range check.Reachable(all, from) {
			names = append(names, name)
		}
		slices.Sort(names)
		if got := strings.Join(names, " "); got != want {
			t.Errorf("%s leads to %q, want %q", from, got, want)
		}
	}
}

func BenchmarkFindings(b *testing.B) {
	dir := b.TempDir()
	var text strings.Builder
	for range 2000 {
		text.WriteString("+task" + strings.Repeat("x", text.Len()%7) + "_" + ordered.Text(ordered.Int(int64(text.Len()))) + ":\n")
		text.WriteString("  sh>: ./run.sh ${session_date} ${moment(session_time).add(1, 'days').format('YYYY')}\n  _retry: 3\n")
	}
	if err := os.WriteFile(filepath.Join(dir, "main.dig"), []byte(text.String()), 0o644); err != nil {
		b.Fatal(err)
	}
	p, err := project.Open(dir)
	if err != nil {
		b.Fatal(err)
	}
	defer p.Close()
	loaded := p.Load()
	in := check.Input{Trees: loaded.Trees, Workflows: p.Workflows(), Files: os.DirFS(dir), Catalog: catalog()}
	for b.Loop() {
		if list := check.Findings(in); len(list) != 2000 {
			b.Fatalf("%d findings", len(list))
		}
	}
}
