package main

import (
	"strings"
	"testing"
	"time"

	"github.com/dig2temporal/dig2temporal/cmd/dig2temporal/internal/cluster"
	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/worker"
)

func calmObservation() *observation {
	return &observation{
		attempt: &cluster.Attempt{State: worker.Success},
		account: &account{
			activities: []*job{
				{task: "+main+a", attempts: 1, ends: 1, completions: 1},
				{task: "+main+fails", attempts: 2, ends: 1, completions: 1},
			},
			locals: map[string]int{"run 1": 1},
		},
		rows:   []*worker.Row{{Name: "+main+a", State: worker.Success, Store: ordered.Of("x", "1")}},
		params: `{"x":"1"}`,
		begun:  map[string]int{"a": 1, "fails": 2},
		log:    map[string]int{"a": 1, "fails": 1},
	}
}

func TestDiffersFindsBrokenPromises(t *testing.T) {
	for _, c := range []struct {
		name, want string
		spoil      func(s *observation)
	}{
		{"nothing", "", func(*observation) {}},
		{"a run that was repeated breaks none", "", func(s *observation) { s.account.activities[0].attempts = 2 }},
		{"failed", "ended as error", func(s *observation) { s.attempt.State = worker.Error }},
		{"finished twice", "2 times", func(s *observation) {
			s.account.activities[0].completions, s.account.activities[0].ends = 2, 2
		}},
		{"run again after its end", "finished well 2 times, not 1", func(s *observation) {
			s.account.activities = append(s.account.activities, s.account.activities[0])
		}},
		{"never finished", "task +main+a has finished well 0 times", func(s *observation) {
			s.account.activities = s.account.activities[1:]
		}},
		{"a local activity twice", "local activity run 1", func(s *observation) { s.account.locals["run 1"] = 2 }},
		{"params", "final params", func(s *observation) { s.params = `{"x":"2"}` }},
		{"no params", "final params", func(s *observation) { s.params = "" }},
		{"a store", `stores {"x":"2"}`, func(s *observation) { s.rows[0].Store = ordered.Of("x", "2") }},
		{"no row", "no row for task +main+a", func(s *observation) { s.rows = nil }},
		{"a row too much", "a row too much", func(s *observation) { s.rows = append(s.rows, &worker.Row{Name: "+main+b"}) }},
		{"log", `step "a"`, func(s *observation) { delete(s.log, "a") }},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := calmObservation()
			c.spoil(s)
			got := strings.Join(s.differs(calmObservation()), "\n")
			if c.want == "" && got != "" || !strings.Contains(got, c.want) {
				t.Errorf("differs: %q, want %q", got, c.want)
			}
		})
	}
}

func TestRepeatedRuns(t *testing.T) {
	s := calmObservation()
	s.account.activities[0].attempts, s.account.activities[1].attempts = 3, 3
	s.begun["a"] = 3
	if got := s.account.repeated(calmObservation().account); got != 3 {
		t.Errorf("%d runs were repeated, want 3", got)
	}
	if got := s.restarted(); got != 2 {
		t.Errorf("%d runs began again, want 2", got)
	}
}

func TestSmallestOptions(t *testing.T) {
	if _, err := parse([]string{"--only", "scale,nothing"}); err == nil {
		t.Error("an unknown test is accepted")
	}
	if _, err := parse([]string{"--workers", "1,0"}); err == nil {
		t.Error("no worker is accepted")
	}
	o, err := parse([]string{"--workers", "1,3", "--pause", "2s"})
	if err != nil || o.pause != 2*time.Second || len(o.workers) != 2 {
		t.Errorf("%+v, %v", o, err)
	}
}
