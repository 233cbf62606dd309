package local

import (
	"maps"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/dig2temporal/dig2temporal/activities"
	"github.com/dig2temporal/dig2temporal/worker"
)

func TestReadLedger(t *testing.T) {
	leap := entry{time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC), "p/a/2024-02-29"}
	sessions := `"sessions":{"p/a":{"time":"2024-02-29T00:00:00Z","id":"p/a/2024-02-29"}}`
	tests := map[string]struct {
		content  string
		complete bool
		known    map[string]entry
	}{
		"all":            {`{"server":"here","complete":true,` + sessions + `}`, true, map[string]entry{"p/a": leap}},
		"killed":         {`{"server":"here","complete":false,` + sessions + `}`, false, map[string]entry{"p/a": leap}},
		"another server": {`{"server":"there","complete":true,` + sessions + `}`, false, map[string]entry{"p/a": leap}},
		"no sessions":    {`{"server":"here","complete":true}`, true, nil},
		"cut":            {`{"server":"here","complete":true,"sessions":{"p/a":`, false, nil},
		"empty":          {``, false, nil},
	}
	for name, test := range tests {
		file := filepath.Join(t.TempDir(), "run.json")
		if err := os.WriteFile(file, []byte(test.content), 0o666); err != nil {
			t.Fatal(err)
		}
		if l := readLedger(file, "here"); l.complete != test.complete || !maps.Equal(l.known, test.known) {
			t.Errorf("%s: %t %v", name, l.complete, l.known)
		}
	}
	if l := readLedger(filepath.Join(t.TempDir(), "none"), "here"); l.complete || len(l.known) > 0 {
		t.Errorf("without a file: %t %v", l.complete, l.known)
	}
}

func TestLedgerSaves(t *testing.T) {
	day := func(n int) entry {
		at := time.Date(2024, 1, n, 0, 0, 0, 0, time.UTC)
		return entry{at, at.Format(time.DateOnly)}
	}
	attempt := func(l *ledger, workflow string, n int, dry bool) {
		s := &activities.Session{Project: "p", Workflow: workflow, Time: day(n).Time, DryRun: dry}
		l.attempt(day(n).ID, &worker.Input{Session: s})
	}
	file := filepath.Join(t.TempDir(), "run.json")
	l := readLedger(file, "here")
	fifth := day(5)
	l.learn("p/later", &fifth)
	l.learn("p/earlier", &fifth)
	l.learn("p/dry", &fifth)
	l.learn("p/first", nil)
	l.learn("p/none", nil)
	for _, workflow := range []string{"later", "first", "unknown"} {
		attempt(l, workflow, 7, false)
		attempt(l, workflow, 6, false)
	}
	attempt(l, "earlier", 1, false)
	attempt(l, "dry", 9, true)
	if last, _ := l.last("p/later"); last != fifth {
		t.Errorf("the last session is %v, that of the start is meant", last)
	}
	for _, complete := range []bool{false, true} {
		if err := l.save(complete); err != nil {
			t.Fatal(err)
		}
		next := readLedger(file, "here")
		// What came before the sessions of "unknown" is not known, so neither is the last.
		want := map[string]entry{"p/later": day(7), "p/earlier": fifth, "p/dry": fifth, "p/first": day(7)}
		if next.complete != complete || !maps.Equal(next.known, want) {
			t.Errorf("%t %v", next.complete, next.known)
		}
	}
}

func TestLedgerWithoutFile(t *testing.T) {
	l := readLedger("", "")
	l.learn("p/a", nil)
	if err := l.save(true); err != nil {
		t.Error(err)
	}
}
