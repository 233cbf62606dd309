package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/worker"
)

// quiet checks that an attempt which was left alone did what the others are
// compared with.
func (s *observation) quiet(stores []string) error {
	if s.attempt.State != worker.Success {
		return fmt.Errorf("attempt %d ended as %s", s.attempt.ID, s.attempt.State)
	}
	if broken := s.account.broken(); len(broken) > 0 || s.restarted() > 0 {
		return fmt.Errorf("attempt %d: %v, %d runs were repeated", s.attempt.ID, broken, s.restarted())
	}
	var final map[string]any
	if err := json.Unmarshal([]byte(s.params), &final); err != nil {
		return fmt.Errorf("attempt %d wrote no params: %w", s.attempt.ID, err)
	}
	if len(final) != len(stores)+1 {
		return fmt.Errorf("attempt %d has %d params, not %d", s.attempt.ID, len(final), len(stores)+1)
	}
	if len(s.log) != len(s.begun) {
		return fmt.Errorf("attempt %d: %d steps began, but %d are in the log", s.attempt.ID, len(s.begun), len(s.log))
	}
	return nil
}

// restarted counts the runs beyond the first of steps that don't fail by
// themselves, nor because of another one.
func (s *observation) restarted() int {
	n := 0
	for name, count := range s.begun {
		if !strings.Contains(name, "fails") && !strings.HasPrefix(name, "g") {
			n += count - 1
		}
	}
	return n
}

// differs tells what is not as in a quiet attempt but has to be.
func (s *observation) differs(calm *observation) []string {
	var list []string
	add := func(format string, args ...any) { list = append(list, fmt.Sprintf(format, args...)) }
	if s.attempt.State != worker.Success {
		add("ended as %s", s.attempt.State)
	}
	list = append(list, s.account.broken()...)
	got, want := s.account.finished(), calm.account.finished()
	for _, name := range slices.Sorted(maps.Keys(want)) {
		// What failed on purpose may have been killed right after, and then it
		// doesn't fail again: a group may have needed one generation less.
		if n := got[name]; n != want[name] && (n != 1 || !strings.HasPrefix(name, "+main+groups")) {
			add("task %s has finished well %d times, not %d", name, n, want[name])
		}
	}
	for name := range got {
		if _, ok := want[name]; !ok {
			add("unexpected task %s", name)
		}
	}
	if s.params != calm.params {
		add("final params:\n  %s\n  not\n  %s", s.params, calm.params)
	}
	list = append(list, rowsDiffer(last(s.rows), last(calm.rows))...)
	return append(list, s.missing(calm)...)
}

// last returns the last row of each task.
func last(rows []*worker.Row) map[string]*worker.Row {
	by := map[string]*worker.Row{}
	for _, r := range rows {
		by[r.Name] = r
	}
	return by
}

func rowsDiffer(got, want map[string]*worker.Row) []string {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(want)) {
		g, w := got[name], want[name]
		switch {
		case g == nil:
			list = append(list, "no row for task "+name)
		case g.State != w.State:
			list = append(list, fmt.Sprintf("task %s is %s, not %s", name, g.State, w.State))
		case ordered.Text(g.Store) != ordered.Text(w.Store):
			list = append(list, fmt.Sprintf("task %s stores %s, not %s", name, ordered.Text(g.Store), ordered.Text(w.Store)))
		}
	}
	for name := range got {
		if want[name] == nil {
			list = append(list, "a row too much, for task "+name)
		}
	}
	return list
}

// missing tells which steps have finished and are not in the log.
func (s *observation) missing(calm *observation) []string {
	var list []string
	for _, step := range slices.Sorted(maps.Keys(calm.log)) {
		if s.log[step] == 0 {
			list = append(list, fmt.Sprintf("the log lacks that step %q has ended", step))
		}
	}
	return list
}
