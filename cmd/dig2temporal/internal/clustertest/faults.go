package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/dig2temporal/dig2temporal/cmd/dig2temporal/internal/cluster"
	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/worker"
)

const (
	killWorker = "worker"
	killServer = "server"
	killBoth   = "both"
)

const (
	faultWorkers = 2
	// stepPause is how long each step sleeps, in seconds.
	stepPause = "0.2"
)

type faultsReport struct {
	Tasks  int      `json:"tasks"`
	Quiet  float64  `json:"seconds_of_quiet_attempt"`
	Rounds []round  `json:"rounds"`
	Broken []string `json:"-"`
}

// round is an attempt with a kill.
type round struct {
	Killed  string  `json:"killed"`
	State   string  `json:"state"`
	Seconds float64 `json:"seconds"`
	// Lost is how much longer than a quiet one the attempt took.
	Lost float64 `json:"seconds_lost"`
	// Repeated counts the task runs that a lost worker made necessary, as
	// Temporal tells it; Restarted those that began once more in fact.
	Repeated  int      `json:"repeated_runs"`
	Restarted int      `json:"restarted_runs"`
	Broken    []string `json:"broken,omitempty"`
}

// observation is what an attempt leaves.
type observation struct {
	attempt *cluster.Attempt
	took    time.Duration
	account *account
	rows    []*worker.Row
	params  string
	// begun counts how often each step began, log how often it has ended by the
	// log.
	begun, log map[string]int
}

func testFaults(ctx context.Context, o *options, dir string, random *rand.Rand) (*faultsReport, error) {
	l, err := newLab(ctx, o.bin, dir, true)
	if err != nil {
		return nil, err
	}
	defer l.close()
	for range faultWorkers {
		if _, err := l.addWorker(ctx); err != nil {
			return nil, err
		}
	}
	dig, stores := faultsProject(o.faultTasks)
	w, err := l.push(ctx, "faults", dig, map[string]string{"step.sh": stepScript})
	if err != nil {
		return nil, err
	}
	r := &faultsReport{}
	// The first attempt fetches the project and is not counted.
	var calm *observation
	for range 3 {
		seen, err := l.observe(ctx, o, w, func(context.Context) error { return nil })
		if err != nil {
			return r, err
		}
		if err := seen.quiet(stores); err != nil {
			r.Broken = append(r.Broken, "faults: a quiet attempt: "+err.Error())
			return r, nil
		}
		if calm == nil || seen.took < calm.took {
			calm = seen
		}
	}
	r.Quiet, r.Tasks = calm.took.Seconds(), len(calm.rows)
	say("faults: a quiet attempt of %d tasks takes %.1f s", r.Tasks, r.Quiet)
	for n := range o.rounds {
		kind := o.faults[n%len(o.faults)]
		seen, err := l.observe(ctx, o, w, l.faults(kind, calm.took, random))
		if err != nil {
			return r, err
		}
		got := round{
			Killed: kind, State: string(seen.attempt.State), Seconds: seen.took.Seconds(), Lost: (seen.took - calm.took).Seconds(),
			Repeated: seen.account.repeated(calm.account), Restarted: seen.restarted(), Broken: seen.differs(calm),
		}
		r.Rounds = append(r.Rounds, got)
		for _, b := range got.Broken {
			r.Broken = append(r.Broken, fmt.Sprintf("faults: round %d, %s killed, attempt %d: %s", n+1, kind, seen.attempt.ID, b))
		}
		say("faults: round %d of %d: %s killed, %s after %.1f s, %d runs repeated, %d promises broken",
			n+1, o.rounds, kind, got.State, got.Seconds, got.Repeated, len(got.Broken))
	}
	return r, nil
}

// faults kills and starts again, each at a random moment of an attempt that
// would take so long.
func (l *lab) faults(kind string, length time.Duration, random *rand.Rand) func(context.Context) error {
	var victims []*process
	if kind != killServer {
		victims = append(victims, l.workers[random.IntN(len(l.workers))])
	}
	if kind != killWorker {
		victims = append(victims, l.server)
	}
	moments := make([]time.Duration, len(victims))
	for i := range moments {
		moments[i] = time.Duration((0.05 + 0.85*random.Float64()) * float64(length))
	}
	return func(ctx context.Context) error {
		errs := make([]error, len(victims))
		var group sync.WaitGroup
		for i, p := range victims {
			group.Go(func() {
				select {
				case <-ctx.Done():
					return
				case <-time.After(moments[i]):
				}
				p.kill()
				errs[i] = l.revive(ctx, p)
			})
		}
		group.Wait()
		return errors.Join(errs...)
	}
}

// revive starts a process again. A worker may need more than one try while the
// server is away, as under any supervisor.
func (l *lab) revive(ctx context.Context, p *process) error {
	for {
		err := p.start(ctx)
		if err == nil || ctx.Err() != nil || p == l.server {
			return err
		}
		p.kill()
		if !strings.Contains(err.Error(), "can't be reached") {
			say("%s: %v", p.name, err)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

func (l *lab) observe(ctx context.Context, o *options, w *pushed, disturb func(context.Context) error) (*observation, error) {
	out := filepath.Join(l.dir, fmt.Sprintf("out-%d", l.sessions+1))
	if err := os.MkdirAll(out, 0o777); err != nil {
		return nil, err
	}
	s := &observation{}
	a, err := l.cluster.Start(ctx, l.session(w, ordered.Of("out", out, "pause", json.Number(stepPause))))
	if err != nil {
		return nil, err
	}
	if err := disturb(ctx); err != nil {
		return nil, err
	}
	limited, cancel := context.WithTimeout(ctx, o.roundLimit)
	defer cancel()
	s.attempt, err = l.wait(limited, a)
	if err != nil {
		return nil, fmt.Errorf("attempt %d is stuck: %w", a.ID, err)
	}
	s.took = s.attempt.Finished.Sub(s.attempt.Started)
	if s.account, err = l.read(ctx, s.attempt); err != nil {
		return nil, err
	}
	if s.rows, err = l.cluster.Tasks(ctx, s.attempt); err != nil {
		return nil, err
	}
	final, err := os.ReadFile(filepath.Join(out, "final.json"))
	if err != nil && !os.IsNotExist(err) {
		return nil, err
	}
	s.params = string(final)
	runs, err := os.ReadFile(filepath.Join(out, "runs"))
	if err != nil {
		return nil, err
	}
	s.begun = steps(string(runs), "begin ")
	printed, err := l.call(ctx, "log", strconv.FormatInt(s.attempt.ID, 10))
	s.log = steps(string(printed), "did ")
	return s, err
}

// steps counts the lines of each step that begin with a word.
func steps(text, word string) map[string]int {
	count := map[string]int{}
	for line := range strings.Lines(text) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), word); ok {
			count[name]++
		}
	}
	return count
}

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
