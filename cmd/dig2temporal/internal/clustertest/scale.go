package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/dig2temporal/dig2temporal/worker"
)

type scaleReport struct {
	Tasks   int          `json:"tasks"`
	Threads int          `json:"max_task_threads"`
	Pause   float64      `json:"task_seconds"`
	Goal    float64      `json:"goal_share_of_linear"`
	Runs    []scaleEntry `json:"runs"`
	Broken  []string     `json:"-"`
}

type scaleEntry struct {
	Workers int     `json:"workers"`
	Seconds float64 `json:"seconds"`
	// Share is the rate divided by that of the first run times the number of
	// workers.
	Share float64 `json:"share_of_linear"`
	// OfIdeal is the time that full slots and nothing else would need, divided by
	// the real one.
	OfIdeal float64 `json:"share_of_ideal"`
	// Busy is the share of the time for which a slot had a task, Held how long a
	// task held one.
	Busy float64 `json:"slots_busy"`
	Held float64 `json:"seconds_in_slot"`
	// CPU are the milliseconds of CPU time that a task costs the server, and the
	// workers with their commands.
	CPU [2]float64 `json:"cpu_milliseconds"`
	// Tasks is how many each worker ran.
	Tasks []int `json:"tasks_of_workers"`
}

func testScale(ctx context.Context, o *options, dir string) (*scaleReport, error) {
	l, err := newLab(ctx, o.bin, dir, false)
	if err != nil {
		return nil, err
	}
	defer l.close()
	w, err := l.push(ctx, "scale", scaleProject(o.scaleTasks, o.pause), nil)
	if err != nil {
		return nil, err
	}
	r := &scaleReport{Tasks: o.scaleTasks, Threads: o.threads, Pause: o.pause.Seconds(), Goal: 0.9}
	for _, n := range o.workers {
		for range n {
			if _, err := l.addWorker(ctx, "--max-task-threads", strconv.Itoa(o.threads)); err != nil {
				return r, err
			}
		}
		entry, err := l.scale(ctx, o, w, r)
		if err != nil {
			return r, err
		}
		l.stopWorkers()
		entry.Workers = n
		ideal := o.pause.Seconds() * float64((o.scaleTasks+o.threads*n-1)/(o.threads*n))
		entry.OfIdeal = ideal / entry.Seconds
		entry.Share = 1
		if len(r.Runs) > 0 {
			first := r.Runs[0]
			entry.Share = first.Seconds * float64(first.Workers) / (entry.Seconds * float64(n))
		}
		r.Runs = append(r.Runs, entry)
		say("scale: %d workers: %.2f s, %.2f of linear", n, entry.Seconds, entry.Share)
	}
	return r, nil
}

// scaleProject has n tasks that sleep, all side by side.
func scaleProject(n int, pause time.Duration) string {
	var dig strings.Builder
	dig.WriteString("timezone: UTC\n+all:\n  _parallel: true\n")
	for i := range n {
		fmt.Fprintf(&dig, "  +t%d:\n    sh>: sleep %g\n", i, pause.Seconds())
	}
	return dig.String()
}

func (l *lab) scale(ctx context.Context, o *options, w *pushed, r *scaleReport) (scaleEntry, error) {
	var e scaleEntry
	before := [2]float64{l.server.cpu(), cpuOf(l.workers...)}
	a, err := l.cluster.Start(ctx, l.session(w, nil))
	if err != nil {
		return e, err
	}
	if a, err = l.wait(ctx, a); err != nil {
		return e, err
	}
	for i, now := range []float64{l.server.cpu(), cpuOf(l.workers...)} {
		e.CPU[i] = (now - before[i]) * 1000 / float64(o.scaleTasks)
	}
	if a.State != worker.Success {
		r.Broken = append(r.Broken, fmt.Sprintf("scale: attempt %d ended as %s", a.ID, a.State))
	}
	sum, err := l.read(ctx, a)
	if err != nil {
		return e, err
	}
	r.Broken = append(r.Broken, sum.broken()...)
	if n := len(sum.finished()); n != o.scaleTasks {
		r.Broken = append(r.Broken, fmt.Sprintf("scale: %d tasks were run, not %d", n, o.scaleTasks))
	}
	e.Seconds = a.Finished.Sub(a.Started).Seconds()
	shares := map[string]int{}
	for _, j := range sum.activities {
		shares[j.worker]++
		e.Held += j.finished.Sub(j.started).Seconds()
	}
	e.Busy = e.Held / (float64(len(l.workers)*o.threads) * e.Seconds)
	e.Held /= float64(len(sum.activities))
	for _, n := range shares {
		e.Tasks = append(e.Tasks, n)
	}
	return e, nil
}
