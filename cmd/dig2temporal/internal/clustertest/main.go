// Command clustertest measures what a cluster of dig2temporal promises: it builds
// the command, or takes one, starts a server and workers of it in a temporary
// folder, and runs attempts on them.
//
//	go run ./cmd/dig2temporal/internal/clustertest [options]
//
// Three tests, all by default, chosen with --only:
//
//   - scale: how the time of many tasks that run side by side shrinks with the
//     number of worker processes, as a share of linear.
//   - faults: rounds of an attempt during which a worker, the server or both are
//     killed with SIGKILL and started again at once. The attempt has to succeed,
//     each task to finish once in the history, the stores and params to be those
//     of an attempt that was left alone, and no line of a log to be missing.
//     What is told beside: how many task runs were repeated, and the time lost.
//   - attempts: many small attempts, started as fast as they are taken, beside a
//     workflow of the same shape written with Temporal's SDK, on the same server,
//     and the memory of the processes on the way.
//
// The tables go to standard output, or JSON with --output json; what is being
// done goes to standard error. It ends with 1 when a promise is broken. Numbers
// of seconds break none: they depend on what else the machine does, so goals are
// shown beside them. So are CPU times where the system tells them (Linux): they
// say what a task costs when the machine is too busy for rates to mean much.
//
// Everything lies in the folder for temporary files; TMPDIR=/dev/shm takes the
// disk out of the numbers.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

type options struct {
	bin, output string
	only        []string
	keep        bool
	seed        uint64

	scaleTasks, threads int
	workers             []int
	pause               time.Duration

	rounds, faultTasks int
	faults             []string
	roundLimit         time.Duration

	attempts, starters, portion int
}

var tests = []string{"scale", "faults", "attempts"}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if len(os.Args) > 1 && os.Args[1] == rawCommand {
		if err := serveRaw(ctx, os.Args[2:]); err != nil {
			fmt.Fprintln(os.Stderr, "clustertest:", err)
			os.Exit(1)
		}
		return
	}
	code, err := run(ctx, os.Args[1:])
	switch {
	case errors.Is(err, flag.ErrHelp):
		code = 0
	case err != nil:
		fmt.Fprintln(os.Stderr, "clustertest:", err)
		code = max(code, 2)
	}
	stop()
	os.Exit(code)
}

func parse(args []string) (*options, error) {
	o := &options{}
	f := flag.NewFlagSet("clustertest", flag.ContinueOnError)
	f.StringVar(&o.bin, "bin", "", "the dig2temporal `FILE` to test; built from the current module by default")
	f.StringVar(&o.output, "output", "text", "text or json")
	only := f.String("only", strings.Join(tests, ","), "`TESTS` to run")
	f.BoolVar(&o.keep, "keep", false, "leave the temporary folder, with the logs of all processes")
	f.Uint64Var(&o.seed, "seed", uint64(time.Now().UnixNano()), "of the random choice of whom to kill and when")

	f.IntVar(&o.scaleTasks, "scale-tasks", 400, "scale: `N` tasks")
	f.IntVar(&o.threads, "max-task-threads", 8, "scale: `N` tasks at a time in each worker")
	workers := f.String("workers", "1,2,4", "scale: `NUMBERS` of workers")
	f.DurationVar(&o.pause, "pause", 500*time.Millisecond, "scale: how long each task sleeps")

	f.IntVar(&o.rounds, "rounds", 50, "faults: `N` attempts")
	f.IntVar(&o.faultTasks, "fault-tasks", 200, "faults: about `N` tasks in each")
	faults := f.String("kill", "worker,server,both", "faults: what to kill, in turn")
	f.DurationVar(&o.roundLimit, "round-limit", 10*time.Minute, "faults: an attempt that takes longer counts as stuck")

	f.IntVar(&o.attempts, "attempts", 2000, "attempts: `N` attempts on each side")
	f.IntVar(&o.starters, "starters", 16, "attempts: `N` clients that start them")
	f.IntVar(&o.portion, "portion", 250, "attempts: the sides take turns after `N` attempts")
	if err := f.Parse(args); err != nil {
		return nil, err
	}
	o.only, o.faults = strings.Split(*only, ","), strings.Split(*faults, ",")
	for _, name := range o.only {
		if !slices.Contains(tests, name) {
			return nil, fmt.Errorf("--only: unknown test %q, expected some of %s", name, strings.Join(tests, ","))
		}
	}
	for _, name := range o.faults {
		if !slices.Contains([]string{killWorker, killServer, killBoth}, name) {
			return nil, fmt.Errorf("--kill: unknown choice %q, expected some of worker,server,both", name)
		}
	}
	for _, text := range strings.Split(*workers, ",") {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return nil, fmt.Errorf("--workers: %q is not a number of workers", text)
		}
		o.workers = append(o.workers, n)
	}
	if o.output != "text" && o.output != "json" {
		return nil, fmt.Errorf("--output: expected text or json but got %q", o.output)
	}
	if f.NArg() > 0 {
		return nil, fmt.Errorf("unexpected argument %q", f.Arg(0))
	}
	if min(o.scaleTasks, o.threads, o.rounds, o.faultTasks, o.attempts, o.starters, o.portion) < 1 || o.pause < 0 {
		return nil, errors.New("numbers must be positive")
	}
	return o, nil
}

func run(ctx context.Context, args []string) (code int, err error) {
	o, err := parse(args)
	if err != nil {
		return 2, err
	}
	dir, err := os.MkdirTemp("", "clustertest-")
	if err != nil {
		return 2, err
	}
	defer func() {
		if o.keep {
			say("kept: %s", dir)
		} else {
			_ = os.RemoveAll(dir)
		}
	}()
	if o.bin, err = binary(ctx, o.bin, dir); err != nil {
		return 2, err
	}
	r := &report{Seed: o.seed}
	random := rand.New(rand.NewPCG(o.seed, 0))
	for _, name := range o.only {
		place := filepath.Join(dir, name)
		switch name {
		case "scale":
			r.Scale, err = testScale(ctx, o, place)
		case "faults":
			r.Faults, err = testFaults(ctx, o, place, random)
		case "attempts":
			r.Attempts, err = testAttempts(ctx, o, place)
		}
		if err != nil {
			err = fmt.Errorf("%s: %w", name, err)
			r.Error = err.Error()
			break
		}
	}
	if written := r.write(os.Stdout, o.output); written != nil {
		return 2, written
	}
	if len(r.Broken) > 0 {
		code = 1
	}
	return code, err
}

// binary returns the absolute path of the command, which it builds if need be.
func binary(ctx context.Context, given, dir string) (string, error) {
	if given != "" {
		return filepath.Abs(given)
	}
	path := filepath.Join(dir, "dig2temporal")
	say("building dig2temporal")
	cmd := exec.CommandContext(ctx, "go", "build", "-o", path, "github.com/dig2temporal/dig2temporal/cmd/dig2temporal")
	cmd.Stderr = os.Stderr
	return path, cmd.Run()
}

func say(format string, args ...any) {
	fmt.Fprintf(os.Stderr, time.Now().Format("15:04:05 ")+format+"\n", args...)
}
