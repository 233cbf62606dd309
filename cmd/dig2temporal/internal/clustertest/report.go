package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
)

// report is what all tests found.
type report struct {
	Seed     uint64          `json:"seed"`
	Scale    *scaleReport    `json:"scale,omitempty"`
	Faults   *faultsReport   `json:"faults,omitempty"`
	Attempts *attemptsReport `json:"attempts,omitempty"`
	// Error is why a test could not be carried through.
	Error string `json:"error,omitempty"`
	// Broken are the promises that were not kept.
	Broken []string `json:"broken"`
}

func (r *report) write(w io.Writer, form string) error {
	r.Broken = []string{}
	if r.Scale != nil {
		r.Broken = append(r.Broken, r.Scale.Broken...)
	}
	if r.Faults != nil {
		r.Broken = append(r.Broken, r.Faults.Broken...)
	}
	if r.Attempts != nil {
		r.Broken = append(r.Broken, r.Attempts.Broken...)
	}
	if form == "json" {
		e := json.NewEncoder(w)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		return e.Encode(r)
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	r.Scale.table(t)
	r.Faults.table(t)
	r.Attempts.table(t)
	for _, b := range r.Broken {
		fmt.Fprintf(t, "BROKEN: %s\n", b)
	}
	if len(r.Broken) == 0 && r.Error == "" {
		fmt.Fprintln(t, "no promise is broken")
	}
	return t.Flush()
}

func (r *scaleReport) table(w io.Writer) {
	if r == nil {
		return
	}
	fmt.Fprintf(w, "scale: %d tasks of %g s, %d at a time in each worker; goal: %g of linear\n", r.Tasks, r.Pause, r.Threads, r.Goal)
	fmt.Fprintln(w, "workers\tseconds\tof linear\tof ideal\tslots busy\ts in slot\tCPU ms of a task (server, workers)\ttasks of workers")
	for _, e := range r.Runs {
		fmt.Fprintf(w, "%d\t%.2f\t%.2f\t%.2f\t%.2f\t%.3f\t%.1f\t%d\n", e.Workers, e.Seconds, e.Share, e.OfIdeal, e.Busy, e.Held, e.CPU, e.Tasks)
	}
	fmt.Fprintln(w)
}

func (r *faultsReport) table(w io.Writer) {
	if r == nil {
		return
	}
	fmt.Fprintf(w, "faults: attempts of %d tasks, %.1f s when left alone\n", r.Tasks, r.Quiet)
	fmt.Fprintln(w, "killed\trounds\tsuccess\tbroken\truns repeated\tafter timeout\tseconds lost: median\tmost")
	for _, kind := range []string{killWorker, killServer, killBoth} {
		var rounds, success, broken, repeated, waited int
		var lost []float64
		for _, n := range r.Rounds {
			if n.Killed != kind {
				continue
			}
			rounds++
			repeated += n.Repeated
			waited += n.Waited
			lost = append(lost, n.Lost)
			if n.State == "success" {
				success++
			}
			if len(n.Broken) > 0 {
				broken++
			}
		}
		if rounds > 0 {
			fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%d\t%.1f\t%.1f\n", kind, rounds, success, broken, repeated, waited, median(lost), slices.Max(lost))
		}
	}
	fmt.Fprintln(w)
}

func (r *attemptsReport) table(w io.Writer) {
	if r == nil {
		return
	}
	fmt.Fprintf(w, "attempts: %d of each; goal: %g of the SDK alone\n", r.Attempts, r.Goal)
	fmt.Fprintln(w, "workflow\tattempts/s\tSDK/s\tshare\tlost\tCPU ms (server, worker)\tSDK CPU ms\tMiB of server\tMiB of worker")
	for _, e := range r.Variants {
		fmt.Fprintf(w, "%s\t%.1f\t%.1f\t%.2f\t%d\t%.1f\t%.1f\t%s\t%s\n", e.Name, e.Ours, e.SDK, e.Share, e.Lost, e.CPU, e.SDKCPU, joined(e.Server, "%.0f"), joined(e.Worker, "%.0f"))
	}
	fmt.Fprintln(w)
}
