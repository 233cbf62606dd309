package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"github.com/dig2temporal/dig2temporal/worker"
)

// tasksOfSmall is how many tasks the small workflows have.
const tasksOfSmall = 5

type attemptsReport struct {
	Attempts int             `json:"attempts"`
	Goal     float64         `json:"goal_share_of_sdk"`
	Variants []attemptsEntry `json:"variants"`
	Broken   []string        `json:"-"`
}

type attemptsEntry struct {
	Name string `json:"name"`
	// Ours and SDK are attempts a second, from the start of the first to the end of
	// the last, over all turns.
	Ours  float64 `json:"attempts_per_second"`
	SDK   float64 `json:"sdk_per_second"`
	Share float64 `json:"share_of_sdk"`
	// Each turn's share, in order.
	Shares []float64 `json:"shares_of_turns"`
	Lost   int       `json:"lost"`
	// CPU and SDKCPU are the milliseconds of CPU time that an attempt costs the
	// server and the worker. Unlike the rates they hardly depend on what else the
	// machine does.
	CPU    [2]float64 `json:"cpu_milliseconds"`
	SDKCPU [2]float64 `json:"sdk_cpu_milliseconds"`
	// Server and Worker are their memory in MiB at the start of our turns, after
	// each quarter of the attempts, and at the end.
	Server []float64 `json:"server_mib"`
	Worker []float64 `json:"worker_mib"`
}

func testAttempts(ctx context.Context, o *options, dir string) (*attemptsReport, error) {
	l, err := newLab(ctx, o.bin, dir, false)
	if err != nil {
		return nil, err
	}
	defer l.close()
	ours, err := l.addWorker(ctx)
	if err != nil {
		return nil, err
	}
	sdk, err := l.addRaw(ctx)
	if err != nil {
		return nil, err
	}
	r := &attemptsReport{Attempts: o.attempts, Goal: 0.9}
	for _, shell := range []bool{false, true} {
		name := "5 echo>, 5 local activities"
		project := "echoes"
		if shell {
			name, project = "5 sh>, 5 activities", "shells"
		}
		w, err := l.push(ctx, project, smallProject(tasksOfSmall, shell), nil)
		if err != nil {
			return r, err
		}
		e := attemptsEntry{Name: name}
		if err := l.measure(ctx, o, w, [2]*process{sdk, ours}, shell, r, &e); err != nil {
			return r, err
		}
		r.Variants = append(r.Variants, e)
		say("attempts: %s: %.1f/s, SDK %.1f/s, share %.2f", e.Name, e.Ours, e.SDK, e.Share)
	}
	return r, nil
}

// measure lets both sides take turns, so that both see the same of what else the
// machine does. Each is first as often as the other: what one leaves behind, such
// as timers of the server, is a burden to the next.
func (l *lab) measure(ctx context.Context, o *options, w *pushed, workers [2]*process, shell bool, r *attemptsReport, e *attemptsEntry) error {
	// What is loaded and compiled once belongs to no turn.
	for _, side := range l.sides(w, shell) {
		if _, _, err := l.turn(ctx, side, min(o.portion, 20), o.starters); err != nil {
			return err
		}
	}
	var time, sdkTime float64
	var server, own []float64
	cpu := [2]*[2]float64{&e.SDKCPU, &e.CPU}
	for done := 0; done < o.attempts; done += o.portion {
		n := min(o.portion, o.attempts-done)
		var seconds [2]float64
		sides := l.sides(w, shell)
		for k := range sides {
			i := (k + done/o.portion) % len(sides)
			side := sides[i]
			s := sample(timeBetweenSamples, l.server, workers[1])
			before := [2]float64{l.server.cpu(), workers[i].cpu()}
			took, bad, err := l.turn(ctx, side, n, o.starters)
			samples := s.end()
			if err != nil {
				return err
			}
			seconds[i] = took.Seconds()
			for j, p := range []*process{l.server, workers[i]} {
				cpu[i][j] += (p.cpu() - before[j]) * 1000 / float64(o.attempts)
			}
			if i == 0 {
				if bad > 0 {
					r.Broken = append(r.Broken, fmt.Sprintf("attempts: raw workflows failed: %d", bad))
				}
				continue
			}
			if e.Lost += bad; bad > 0 {
				r.Broken = append(r.Broken, fmt.Sprintf("attempts: %s: %d of %d attempts did not succeed", e.Name, bad, n))
			}
			server, own = append(server, samples[0]...), append(own, samples[1]...)
		}
		sdkTime, time = sdkTime+seconds[0], time+seconds[1]
		e.Shares = append(e.Shares, seconds[0]/seconds[1])
		say("attempts: %s: %d of %d done, share of this turn %.2f", e.Name, done+n, o.attempts, seconds[0]/seconds[1])
	}
	e.Ours, e.SDK = float64(o.attempts)/time, float64(o.attempts)/sdkTime
	e.Share = e.Ours / e.SDK
	e.Server, e.Worker = quarters(server), quarters(own)
	return nil
}

const timeBetweenSamples = time.Second

// quarters is a curve at its start, its quarters and its end.
func quarters(samples []float64) []float64 {
	list := make([]float64, 5)
	for i := range list {
		list[i] = samples[i*(len(samples)-1)/4]
	}
	return list
}

// side is one of those who are compared.
type side struct {
	name  string
	start func(ctx context.Context) error
	// query finds what the side has started.
	query string
}

func (l *lab) sides(w *pushed, shell bool) []side {
	var mu sync.Mutex
	return []side{
		{"sdk", func(ctx context.Context) error {
			mu.Lock()
			l.sessions++
			id := fmt.Sprintf("raw-%d", l.sessions)
			mu.Unlock()
			_, err := l.cluster.Client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: id, TaskQueue: rawQueue},
				rawWorkflow, rawInput{Tasks: tasksOfSmall, Shell: shell})
			return err
		}, "WorkflowType = '" + rawWorkflow + "'"},
		{"ours", func(ctx context.Context) error {
			mu.Lock()
			s := l.session(w, nil)
			mu.Unlock()
			_, err := l.cluster.Start(ctx, s)
			return err
		}, "WorkflowType = '" + worker.AttemptWorkflow + "'"},
	}
}

// turn starts n executions and waits for their ends. It returns the time from
// the first start to the last end, by the server's clock, and how many did not
// succeed.
func (l *lab) turn(ctx context.Context, s side, n, starters int) (time.Duration, int, error) {
	begin := time.Now()
	if err := startAll(ctx, s, n, starters); err != nil {
		return 0, 0, err
	}
	since := fmt.Sprintf("%s AND StartTime >= '%s'", s.query, begin.UTC().Format(time.RFC3339Nano))
	changed, last := time.Now(), int64(-1)
	for {
		closed, err := l.cluster.Client.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{
			Query: since + " AND ExecutionStatus != 'Running'",
		})
		switch {
		case err != nil:
			return 0, 0, err
		case closed.GetCount() >= int64(n):
			return l.judge(ctx, since, n)
		case closed.GetCount() != last:
			changed, last = time.Now(), closed.GetCount()
		case time.Since(changed) > 2*time.Minute:
			_, bad, err := l.judge(ctx, since, n)
			if err == nil {
				err = fmt.Errorf("%w: %d of %d are left", errUnfinished, bad, n)
			}
			return 0, bad, err
		}
		select {
		case <-ctx.Done():
			return 0, 0, ctx.Err()
		case <-time.After(300 * time.Millisecond):
		}
	}
}

var errUnfinished = errors.New("no attempt has ended for two minutes")

func startAll(ctx context.Context, s side, n, starters int) error {
	turns := make(chan struct{}, n)
	for range n {
		turns <- struct{}{}
	}
	close(turns)
	errs := make([]error, starters)
	var group sync.WaitGroup
	for i := range starters {
		group.Go(func() {
			for range turns {
				if errs[i] = s.start(ctx); errs[i] != nil {
					return
				}
			}
		})
	}
	group.Wait()
	for _, err := range errs {
		if err != nil {
			return fmt.Errorf("%s: start: %w", s.name, err)
		}
	}
	return nil
}

// judge looks at each execution that was started.
func (l *lab) judge(ctx context.Context, query string, n int) (time.Duration, int, error) {
	var all []*workflowpb.WorkflowExecutionInfo
	request := &workflowservice.ListWorkflowExecutionsRequest{Query: query, PageSize: 1000}
	for {
		page, err := l.cluster.Client.ListWorkflow(ctx, request)
		if err != nil {
			return 0, 0, err
		}
		all = append(all, page.GetExecutions()...)
		if request.NextPageToken = page.GetNextPageToken(); len(request.NextPageToken) == 0 {
			break
		}
	}
	good := 0
	var first, last time.Time
	seen := map[string]bool{}
	for _, info := range all {
		id := info.GetExecution().GetWorkflowId()
		if info.GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED && !seen[id] {
			good++
		}
		seen[id] = true
		if t := info.GetStartTime().AsTime(); first.IsZero() || t.Before(first) {
			first = t
		}
		if t := info.GetCloseTime().AsTime(); t.After(last) {
			last = t
		}
	}
	return last.Sub(first), n - good, nil
}

// median is that of numbers, 0 of none.
func median(list []float64) float64 {
	if len(list) == 0 {
		return 0
	}
	list = slices.Sorted(slices.Values(list))
	return list[len(list)/2]
}

func joined(list []float64, format string) string {
	texts := make([]string, len(list))
	for i, v := range list {
		texts[i] = fmt.Sprintf(format, v)
	}
	return strings.Join(texts, " ")
}
