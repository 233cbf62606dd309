package operators

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
)

// Each round of these benchmarks runs 40 tasks that work for 10 ms, and between
// them as many plain processes that do the same and as many that do nothing, so
// that a busy machine slows all three down. The metrics are the time of the tasks
// over that of the plain processes, the time that a task costs more, and the
// share of the interpreter's own start in the time of the tasks.

func BenchmarkPyTasks(b *testing.B) {
	python := interpreter(b, "DIG2TEMPORAL_TEST_PYTHON", "/usr/bin/python3", "python3")
	const work = "import time\nend = time.perf_counter() + 0.01\nwhile time.perf_counter() < end:\n    pass\n"
	module := "def work(a):\n    import time\n    end = time.perf_counter() + 0.01\n    while time.perf_counter() < end:\n        pass\n"
	benchmarkTasks(b, Py{}, ordered.Of("_command", "m.work", "python", python, "a", "x"), "m.py", module,
		[]string{python, "-c", work}, []string{python, "-c", "pass"})
}

func BenchmarkRbTasks(b *testing.B) {
	ruby := interpreter(b, "DIG2TEMPORAL_TEST_RUBY", "ruby")
	const clock = "Process.clock_gettime(Process::CLOCK_MONOTONIC)"
	const work = "t = " + clock + " + 0.01\nnil while " + clock + " < t\n"
	benchmarkTasks(b, Rb{}, ordered.Of("_command", "work", "ruby", ruby, "require", "m", "a", "x"), "m.rb", "def work(a)\n"+work+"end\n",
		[]string{ruby, "-e", work}, []string{ruby, "-e", ""})
}

func benchmarkTasks(b *testing.B, op Operator, config *ordered.Object, file, text string, plain, nothing []string) {
	dir := b.TempDir()
	if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o644); err != nil {
		b.Fatal(err)
	}
	env := os.Environ()
	task := func() {
		t := &Task{Type: op.Spec().Name, Config: config, Local: config, ProjectDir: dir, Workdir: dir, Environ: env, Output: &output{}}
		if _, err := op.Run(context.Background(), t); err != nil {
			b.Fatal(err)
		}
	}
	process := func(args []string) {
		c := exec.Command(args[0], args[1:]...)
		c.Stdout, c.Stderr = &output{}, &output{}
		if err := c.Run(); err != nil {
			b.Fatal(err)
		}
	}
	timed := func(f func()) time.Duration {
		begin := time.Now()
		f()
		return time.Since(begin)
	}
	// The first run compiles what later ones find compiled.
	task()
	process(plain)
	const tasks = 40
	var ours, theirs, start time.Duration
	for b.Loop() {
		for range tasks {
			ours += timed(task)
			theirs += timed(func() { process(plain) })
			start += timed(func() { process(nothing) })
		}
	}
	b.ReportMetric(float64(ours)/float64(theirs), "ratio")
	b.ReportMetric(float64(ours-theirs)/1e6/float64(b.N*tasks), "ms-more/task")
	b.ReportMetric(100*float64(start)/float64(ours), "%-start")
}
