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
		content string
		last    entry
		known   bool
	}{
		"all":            {`{"server":"here","complete":true,` + sessions + `}`, leap, true},
		"killed":         {`{"server":"here","complete":false,` + sessions + `}`, leap, false},
		"another server": {`{"server":"there","complete":true,` + sessions + `}`, leap, false},
		"no sessions":    {`{"server":"here","complete":true}`, entry{}, false},
		"cut":            {`{"server":"here","complete":true,"sessions":{"p/a":`, entry{}, false},
		"empty":          {``, entry{}, false},
	}
	for name, test := range tests {
		file := filepath.Join(t.TempDir(), "run.json")
		if err := os.WriteFile(file, []byte(test.content), 0o666); err != nil {
			t.Fatal(err)
		}
		if last, known := readLedger(file, "here").last("p/a"); known != test.known || last != test.last {
			t.Errorf("%s: %v %t", name, last, known)
		}
	}
	if last, known := readLedger(filepath.Join(t.TempDir(), "none"), "here").last("p/a"); known || last.ID != "" {
		t.Errorf("without a file: %v %t", last, known)
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
	want := map[string]entry{"p/later": day(7), "p/earlier": fifth, "p/dry": fifth, "p/first": day(7), "p/unknown": day(7)}
	if err := l.save(false); err != nil {
		t.Fatal(err)
	}
	killed := readLedger(file, "here")
	if len(killed.known) > 0 || !maps.Equal(killed.old, want) {
		t.Errorf("after a kill: %v %v", killed.known, killed.old)
	}
	// What came before the sessions of "unknown" is not known, so neither is the last.
	delete(want, "p/unknown")
	if err := l.save(true); err != nil {
		t.Fatal(err)
	}
	if next := readLedger(file, "here"); !maps.Equal(next.known, want) {
		t.Errorf("after a success: %v", next.known)
	}
	// The next run of another workflow learns nothing about the rest.
	killed.learn("p/first", &fifth)
	if err := killed.save(true); err != nil {
		t.Fatal(err)
	}
	if next := readLedger(file, "here"); !maps.Equal(next.known, map[string]entry{"p/first": fifth}) {
		t.Errorf("after a kill and a success: %v", next.known)
	}
}

func TestLedgerWithoutFile(t *testing.T) {
	l := readLedger("", "")
	l.learn("p/a", nil)
	if err := l.save(true); err != nil {
		t.Error(err)
	}
}
