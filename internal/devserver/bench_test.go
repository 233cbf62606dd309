//go:build unix

package devserver

import (
	"context"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

func cpuTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func databases(b *testing.B, run func(b *testing.B, opts func() Options)) {
	b.Run("memory", func(b *testing.B) { run(b, func() Options { return Options{Private: true} }) })
	b.Run("file", func(b *testing.B) {
		run(b, func() Options {
			return Options{Private: true, DatabaseFile: filepath.Join(b.TempDir(), "server.db")}
		})
	})
}

// BenchmarkWork runs one workflow with as many steps as there are iterations. Use -benchtime 1000x: a history is limited.
func BenchmarkWork(b *testing.B) {
	for _, work := range []struct {
		name     string
		workflow any
	}{
		{"sequence", sequence},
		{"parallel", parallel},
		{"local", locals},
		{"children", children},
		{"timers", timers},
	} {
		b.Run(work.name, func(b *testing.B) {
			databases(b, func(b *testing.B, opts func() Options) {
				c := mustDial(b, mustStart(b, opts()))
				mustWork(b, c)
				mustRun(b, c, nil, sequence, 3)
				b.ResetTimer()
				cpu := cpuTime()
				mustRun(b, c, nil, work.workflow, b.N)
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "steps/s")
				b.ReportMetric((cpuTime()-cpu).Seconds()*1000/float64(b.N), "cpu-ms/op")
			})
		})
	}
}

// BenchmarkLife measures what a short run is made of.
func BenchmarkLife(b *testing.B) {
	databases(b, func(b *testing.B, opts func() Options) {
		var parts [4]time.Duration
		for b.Loop() {
			clock := time.Now()
			lap := func(i int) {
				now := time.Now()
				parts[i] += now.Sub(clock)
				clock = now
			}
			s, err := Start(context.Background(), opts())
			if err != nil {
				b.Fatal(err)
			}
			lap(0)
			c := mustDial(b, s)
			w := mustWork(b, c)
			lap(1)
			mustRun(b, c, nil, sequence, 1)
			lap(2)
			w.Stop()
			c.Close()
			s.Stop()
			lap(3)
		}
		for i, name := range []string{"start-ms", "worker-ms", "first-ms", "stop-ms"} {
			b.ReportMetric(parts[i].Seconds()*1000/float64(b.N), name)
		}
	})
}
