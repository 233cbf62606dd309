package local

import (
	"maps"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestReadLedger(t *testing.T) {
	day := time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC)
	tests := map[string]struct {
		content string
		clean   bool
		known   map[string]time.Time
	}{
		"all":            {`{"server":"here","sessions":{"a":"2024-02-29T00:00:00Z"}}`, true, map[string]time.Time{"a": day}},
		"no sessions":    {`{"server":"here"}`, true, nil},
		"another server": {`{"server":"there","sessions":{"a":"2024-02-29T00:00:00Z"}}`, false, nil},
		"cut":            {`{"server":"here","sessions":{"a":"2024-`, false, nil},
		"empty":          {``, false, nil},
	}
	for name, test := range tests {
		file := filepath.Join(t.TempDir(), "run.json")
		if err := os.WriteFile(file, []byte(test.content), 0o666); err != nil {
			t.Fatal(err)
		}
		l := readLedger(file, "here")
		if l.clean != test.clean || !maps.Equal(l.known, test.known) {
			t.Errorf("%s: %t %v", name, l.clean, l.known)
		}
	}
	if l := readLedger(filepath.Join(t.TempDir(), "none"), "here"); l.clean || len(l.known) > 0 {
		t.Errorf("without a file: %t %v", l.clean, l.known)
	}
}

func TestLedgerKeeps(t *testing.T) {
	day := func(n int) *time.Time {
		at := time.Date(2024, 1, n, 0, 0, 0, 0, time.UTC)
		return &at
	}
	file := filepath.Join(t.TempDir(), "run.json")
	l := readLedger(file, "here")
	l.learn("later", day(5))
	l.learn("earlier", day(5))
	l.learn("first", nil)
	if last, ok := l.last("first"); last != nil || !ok {
		t.Errorf("a workflow without a session: %v %t", last, ok)
	}
	for _, name := range []string{"later", "first", "unknown"} {
		l.see(name, *day(7))
		l.see(name, *day(6))
	}
	l.see("earlier", *day(1))
	if last, _ := l.last("later"); !last.Equal(*day(5)) {
		t.Errorf("the last session is %v, that of the start is meant", last)
	}
	if err := l.end(); err != nil {
		t.Fatal(err)
	}

	next := readLedger(file, "here")
	for name, want := range map[string]*time.Time{"later": day(7), "earlier": day(5), "first": day(7)} {
		if last, ok := next.last(name); !ok || !last.Equal(*want) {
			t.Errorf("%s: %v %t, want %v", name, last, ok, want)
		}
	}
	// What came before it is not known, so neither is the last one.
	if last, ok := next.last("unknown"); ok {
		t.Errorf("unknown: %v", last)
	}

	for range 2 {
		if err := next.begin(); err != nil {
			t.Fatal(err)
		}
	}
	if readLedger(file, "here").clean {
		t.Error("clean while an attempt runs")
	}
}

func TestLedgerWithoutFile(t *testing.T) {
	l := newLedger()
	if err := l.begin(); err != nil {
		t.Error(err)
	}
	if err := l.end(); err != nil {
		t.Error(err)
	}
}
