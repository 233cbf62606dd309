package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
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
	Repeated  int `json:"repeated_runs"`
	Restarted int `json:"restarted_runs"`
	// Waited counts the activities that had to wait for the heartbeat timeout of a
	// lost worker.
	Waited int      `json:"timed_out_runs"`
	Broken []string `json:"broken,omitempty"`
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
	// The shortest counts: the first has to fetch the project.
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
			Repeated: seen.account.repeated(calm.account), Restarted: seen.restarted(), Waited: seen.account.waited(), Broken: seen.differs(calm),
		}
		r.Rounds = append(r.Rounds, got)
		for _, b := range got.Broken {
			r.Broken = append(r.Broken, fmt.Sprintf("faults: round %d, %s killed, attempt %d: %s", n+1, kind, seen.attempt.ID, b))
		}
		say("faults: round %d of %d: %s killed, %s after %.1f s, %d runs repeated, %d after the heartbeat timeout, %d promises broken",
			n+1, o.rounds, kind, got.State, got.Seconds, got.Repeated, got.Waited, len(got.Broken))
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
	limited, cancel := context.WithTimeout(ctx, o.roundLimit)
	defer cancel()
	if err := disturb(limited); err != nil {
		return nil, err
	}
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
