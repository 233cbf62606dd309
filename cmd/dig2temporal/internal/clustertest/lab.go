package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"go.temporal.io/sdk/log"

	"github.com/dig2temporal/dig2temporal/cmd/dig2temporal/internal/cluster"
	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/internal/projectstore"
	"github.com/dig2temporal/dig2temporal/translate/plan"
	"github.com/dig2temporal/dig2temporal/worker"
)

// lab is a server with workers in a folder of its own.
type lab struct {
	bin, dir string
	address  string
	env      []string
	server   *process
	workers  []*process
	others   []*process
	cluster  *cluster.Cluster
	sessions int
}

// newLab starts a server; withWorker gives it a worker in its own process.
func newLab(ctx context.Context, bin, dir string, withWorker bool) (*lab, error) {
	l := &lab{bin: bin, dir: dir}
	if err := os.MkdirAll(filepath.Join(dir, "home"), 0o777); err != nil {
		return nil, err
	}
	// The same port is needed again after a kill.
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	l.address = free.Addr().String()
	if err := free.Close(); err != nil {
		return nil, err
	}
	_, port, _ := net.SplitHostPort(l.address)
	for _, e := range os.Environ() {
		name, _, _ := strings.Cut(e, "=")
		if !strings.HasPrefix(name, "TEMPORAL_") && !strings.HasPrefix(name, "DIG2TEMPORAL_") && !strings.HasPrefix(name, "XDG_") && name != "HOME" {
			l.env = append(l.env, e)
		}
	}
	l.env = append(l.env, "HOME="+filepath.Join(dir, "home"), "TEMPORAL_ADDRESS="+l.address)
	args := []string{"server", "--data-dir", filepath.Join(dir, "server"), "--port", port, "--ui-port", "0"}
	ready := ": ready\n"
	if !withWorker {
		args, ready = append(args, "--no-worker"), "Temporal server: "
	}
	l.server = &process{name: "server", path: bin, args: args, env: l.env, ready: ready, log: filepath.Join(dir, "server.log")}
	if err := l.server.start(ctx); err != nil {
		l.close()
		return nil, err
	}
	l.cluster, err = cluster.Connect(ctx, cluster.Options{Env: cluster.Environ(l.env), Logger: quiet{}, Identity: "clustertest"})
	if err != nil {
		l.close()
		return nil, err
	}
	return l, nil
}

// addWorker starts one more worker.
func (l *lab) addWorker(ctx context.Context, args ...string) (*process, error) {
	name := fmt.Sprintf("worker-%d", len(l.workers)+1)
	p := &process{
		name: name, path: l.bin, args: append([]string{"worker"}, args...), env: l.env, ready: ": ready\n", log: filepath.Join(l.dir, name+".log"),
	}
	if err := p.start(ctx); err != nil {
		p.kill()
		return nil, err
	}
	l.workers = append(l.workers, p)
	return p, nil
}

func (l *lab) stopWorkers() {
	for _, w := range l.workers {
		w.stop()
	}
	l.workers = nil
}

func (l *lab) close() {
	if l.cluster != nil {
		l.cluster.Close()
	}
	for _, p := range append(append(l.workers, l.others...), l.server) {
		p.kill()
	}
}

// call runs a command line and returns what it prints.
func (l *lab) call(ctx context.Context, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, l.bin, args...)
	var errs bytes.Buffer
	cmd.Env, cmd.Stderr, cmd.Dir = l.env, &errs, l.dir
	out, err := cmd.Output()
	if err != nil {
		return out, fmt.Errorf("dig2temporal %s: %w\n%s", strings.Join(args, " "), err, errs.Bytes())
	}
	return out, nil
}

// pushed is a workflow of a pushed project.
type pushed struct {
	revision *projectstore.Revision
	plan     *plan.Plan
}

// push makes a project of one workflow, "main", and further files, and pushes it.
func (l *lab) push(ctx context.Context, project, dig string, files map[string]string) (*pushed, error) {
	dir := filepath.Join(l.dir, "projects", project)
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(dir, "main.dig"), []byte(dig), 0o666); err != nil {
		return nil, err
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			return nil, err
		}
	}
	if _, err := l.call(ctx, "push", project, "--project", dir); err != nil {
		return nil, err
	}
	w := &pushed{}
	var err error
	if w.revision, err = l.cluster.Projects.Latest(ctx, project); err != nil {
		return nil, err
	}
	w.plan, err = l.cluster.Plan(ctx, w.revision, "main")
	return w, err
}

// session returns what starts the next session of a workflow.
func (l *lab) session(w *pushed, params *ordered.Object) cluster.Start {
	l.sessions++
	return cluster.Start{
		Revision: w.revision, Plan: w.plan, Params: params, Queue: worker.TaskQueue, Now: time.Now,
		Time: time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(l.sessions) * time.Second),
	}
}

// wait waits for the end of an attempt, also while the server is away.
func (l *lab) wait(ctx context.Context, a *cluster.Attempt) (*cluster.Attempt, error) {
	for {
		ended, err := l.cluster.Wait(ctx, a)
		if err == nil {
			return ended, nil
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(ctx.Err(), err)
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// quiet drops what the SDK says about a server that is away.
type quiet struct{}

var _ log.Logger = quiet{}

func (quiet) Debug(string, ...any) {}

func (quiet) Info(string, ...any) {}

func (quiet) Warn(string, ...any) {}

func (quiet) Error(string, ...any) {}
