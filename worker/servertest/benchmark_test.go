package servertest

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	sdk "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/dig2temporal/dig2temporal/operators"
	"github.com/dig2temporal/dig2temporal/worker"
)

// nothing is an operator that does nothing, as an ordinary activity.
type nothing struct{}

func (nothing) Spec() *operators.Spec {
	return &operators.Spec{Name: "nothing", Summary: "does nothing", FreeKeys: true}
}

func (nothing) Run(context.Context, *operators.Task) (*operators.Result, error) {
	return &operators.Result{}, nil
}

// raw runs n no-op activities straight on the SDK. Its timeouts are those of the
// interpreter, since the server has a timer to look after for each.
func raw(ctx workflow.Context, n int, parallel bool) error {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: time.Hour, HeartbeatTimeout: 30 * time.Second})
	var open []workflow.Future
	for range n {
		f := workflow.ExecuteActivity(ctx, "noop")
		if parallel {
			open = append(open, f)
			continue
		}
		if err := f.Get(ctx, nil); err != nil {
			return err
		}
	}
	for _, f := range open {
		if err := f.Get(ctx, nil); err != nil {
			return err
		}
	}
	return nil
}

func noop(context.Context) error { return nil }

// rounds is how often each side runs. Single ratios of a busy machine lie 10 %
// apart; the median of so many is good to 1 or 2 %.
const rounds = 11

// BenchmarkAgainstSDK runs the same number of no-op activities with plain SDK
// code and with a workflow file, in turn, on one server, and prints the medians of
// the rates and of their ratios.
func BenchmarkAgainstSDK(b *testing.B) {
	for _, c := range []struct {
		name     string
		n        int
		parallel bool
	}{{"sequential", 200, false}, {"parallel", 1000, true}} {
		b.Run(c.name, func(b *testing.B) {
			for range b.N {
				// What is loaded once belongs to no round.
				timeRaw(b, 1, false)
				timeDig(b, noops(1, false))
				var plain, ours, ratios []float64
				for i := range rounds {
					var seconds [2]float64
					for turn := range seconds {
						side := (i + turn) % 2
						runtime.GC()
						if side == 0 {
							seconds[side] = timeRaw(b, c.n, c.parallel).Seconds()
						} else {
							seconds[side] = timeDig(b, noops(c.n, c.parallel)).Seconds()
						}
					}
					plain = append(plain, float64(c.n)/seconds[0])
					ours = append(ours, float64(c.n)/seconds[1])
					ratios = append(ratios, seconds[0]/seconds[1])
				}
				b.ReportMetric(median(plain), "sdk/s")
				b.ReportMetric(median(ours), "ours/s")
				b.ReportMetric(median(ratios), "ratio")
			}
		})
	}
}

func median(list []float64) float64 {
	slices.Sort(list)
	return list[len(list)/2]
}

func noops(n int, parallel bool) string {
	var dig strings.Builder
	dig.WriteString("+all:\n")
	if parallel {
		dig.WriteString("  _parallel: true\n")
	}
	for i := range n {
		fmt.Fprintf(&dig, "  +t%d:\n    nothing>:\n", i)
	}
	return dig.String()
}

func timeRaw(b *testing.B, n int, parallel bool) time.Duration {
	s, err := server()
	if err != nil {
		b.Fatal(err)
	}
	c, err := s.Dial(context.Background(), client.Options{Logger: silent()})
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	queues++
	queue := fmt.Sprintf("raw-%d", queues)
	w := sdk.New(c, queue, worker.Options(0))
	w.RegisterWorkflow(raw)
	w.RegisterActivityWithOptions(noop, activity.RegisterOptions{Name: "noop"})
	if err := w.Start(); err != nil {
		b.Fatal(err)
	}
	defer w.Stop()
	begin := time.Now()
	run, err := c.ExecuteWorkflow(context.Background(), client.StartWorkflowOptions{ID: queue, TaskQueue: queue, EnableEagerStart: true}, raw, n, parallel)
	if err == nil {
		err = run.Get(context.Background(), nil)
	}
	if err != nil {
		b.Fatal(err)
	}
	return time.Since(begin)
}

func timeDig(b *testing.B, dig string) time.Duration {
	// As the command "run" has it.
	storage := converter.ExternalStorage{}
	storage.Concurrency.MaxOperationsPerMessage = 1
	r := newRigWith(b, written(b, dig), storage, nil)
	// A worker that is left polls on and slows down what is measured next.
	defer r.stop()
	in := r.input("main")
	begin := time.Now()
	if err := r.start(in).Get(context.Background(), nil); err != nil {
		b.Fatal(err)
	}
	return time.Since(begin)
}

// BenchmarkLoop runs a long loop and prints the history events a round over all
// executions, and the most that one execution needs.
func BenchmarkLoop(b *testing.B) {
	for _, n := range []int{1000, 100000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for range b.N {
				r := newRig(b, written(b, fmt.Sprintf("+loop:\n  loop>: %d\n  _do:\n    echo>: ${i}\n", n)))
				run := r.start(r.input("main"))
				if err := run.Get(context.Background(), nil); err != nil {
					b.Fatal(err)
				}
				sum, most := 0, 0
				for _, h := range r.all(worker.Execution{WorkflowID: run.GetID(), RunID: run.GetRunID()}) {
					sum += len(h.Events)
					most = max(most, len(h.Events))
				}
				b.ReportMetric(float64(sum)/float64(n), "events/round")
				b.ReportMetric(float64(most), "events/execution")
			}
		})
	}
}
