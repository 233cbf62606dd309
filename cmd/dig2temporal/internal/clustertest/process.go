package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// process is a server or a worker that may be killed and started again.
type process struct {
	name, log string
	path      string
	args, env []string
	// ready is what it says on standard error once it serves.
	ready string

	cmd   *exec.Cmd
	ended chan struct{}
}

// start starts the process and waits until it is ready.
func (p *process) start(ctx context.Context) error {
	log, err := os.OpenFile(p.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o666)
	if err != nil {
		return err
	}
	defer log.Close()
	begin, err := log.Seek(0, 2)
	if err != nil {
		return err
	}
	p.cmd = exec.Command(p.path, p.args...)
	p.cmd.Env, p.cmd.Stdout, p.cmd.Stderr, p.cmd.Dir = p.env, log, log, filepath.Dir(p.log)
	if err := p.cmd.Start(); err != nil {
		return err
	}
	p.ended = make(chan struct{})
	go func(cmd *exec.Cmd, ended chan struct{}) {
		_ = cmd.Wait()
		close(ended)
	}(p.cmd, p.ended)
	deadline := time.After(2 * time.Minute)
	for {
		said, err := os.ReadFile(p.log)
		if err != nil {
			return err
		}
		if bytes.Contains(said[min(int(begin), len(said)):], []byte(p.ready)) {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-p.ended:
			return fmt.Errorf("%s ended at its start:\n%s", p.name, said[min(int(begin), len(said)):])
		case <-deadline:
			return fmt.Errorf("%s is not ready after two minutes:\n%s", p.name, said)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// kill gives the process no time for anything.
func (p *process) kill() {
	if p.cmd != nil && p.cmd.Process != nil {
		_ = p.cmd.Process.Kill()
		<-p.ended
	}
}

func (p *process) stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.ended:
	case <-time.After(time.Minute):
		p.kill()
	}
}

// memory is what a process holds in RAM, in MiB; 0 when the system doesn't tell.
func (p *process) memory() float64 {
	pid := strconv.Itoa(p.cmd.Process.Pid)
	kib := ""
	if status, err := os.ReadFile(filepath.Join("/proc", pid, "status")); err == nil {
		for _, line := range strings.Split(string(status), "\n") {
			if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
				kib = strings.TrimSuffix(strings.TrimSpace(rest), " kB")
			}
		}
	} else if said, err := exec.Command("ps", "-o", "rss=", "-p", pid).Output(); err == nil {
		kib = strings.TrimSpace(string(said))
	}
	n, _ := strconv.ParseFloat(kib, 64)
	return n / 1024
}

// cpu is the CPU time that a process and its ended children have used, in
// seconds; 0 when the system doesn't tell.
func (p *process) cpu() float64 {
	stat, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(p.cmd.Process.Pid), "stat"))
	if err != nil {
		return 0
	}
	// The name before may hold blanks. The first field after it is the third.
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	var ticks float64
	for _, n := range []int{14, 15, 16, 17} {
		if n-3 < len(fields) {
			v, _ := strconv.ParseFloat(fields[n-3], 64)
			ticks += v
		}
	}
	const ticksPerSecond = 100
	return ticks / ticksPerSecond
}

func cpuOf(processes ...*process) float64 {
	var sum float64
	for _, p := range processes {
		sum += p.cpu()
	}
	return sum
}

// sampler notes the memory of processes while something runs.
type sampler struct {
	stop chan struct{}
	done sync.WaitGroup
	// Samples has one row for each process.
	samples [][]float64
}

func sample(every time.Duration, processes ...*process) *sampler {
	s := &sampler{stop: make(chan struct{}), samples: make([][]float64, len(processes))}
	s.done.Go(func() {
		for {
			for i, p := range processes {
				s.samples[i] = append(s.samples[i], p.memory())
			}
			select {
			case <-s.stop:
				return
			case <-time.After(every):
			}
		}
	})
	return s
}

func (s *sampler) end() [][]float64 {
	close(s.stop)
	s.done.Wait()
	return s.samples
}
