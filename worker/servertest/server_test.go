// Package servertest runs the interpreter against a real Temporal server.
package servertest

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	sdklog "go.temporal.io/sdk/log"
	sdk "go.temporal.io/sdk/worker"

	"github.com/dig2temporal/dig2temporal/activities"
	"github.com/dig2temporal/dig2temporal/internal/claimcheck"
	"github.com/dig2temporal/dig2temporal/internal/codec"
	"github.com/dig2temporal/dig2temporal/internal/devserver"
	"github.com/dig2temporal/dig2temporal/operators"
	"github.com/dig2temporal/dig2temporal/translate/plan"
	"github.com/dig2temporal/dig2temporal/translate/project"
	"github.com/dig2temporal/dig2temporal/worker"
)

var record = flag.Bool("record", false, "write the histories of the feature projects into the replay corpus")

// server is shared by all tests of the package: one start is enough.
var server = sync.OnceValues(func() (*devserver.Server, error) {
	return devserver.Start(context.Background(), devserver.Options{Private: true, SearchAttributes: worker.AttributeTypes()})
})

func TestMain(m *testing.M) {
	flag.Parse()
	code := m.Run()
	if s, err := server(); err == nil {
		s.Stop()
	}
	os.Exit(code)
}

// rig is a worker for one project folder on a task queue of its own.
type rig struct {
	t       testing.TB
	client  client.Client
	project *project.Project
	queue   string
	log     *lockedBuffer
	// stop ends the worker; the end of the test does, too.
	stop func()
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func silent() sdklog.Logger {
	return sdklog.NewStructuredLogger(slog.New(slog.NewTextHandler(io.Discard, nil)))
}

// registry has the default operators and one that does nothing.
func registry(t testing.TB) *operators.Registry {
	t.Helper()
	r, err := operators.Default().With(nothing{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

var queues int

func newRig(t testing.TB, dir string) *rig {
	t.Helper()
	return newRigWith(t, dir, converter.ExternalStorage{}, nil)
}

// newRigWith is newRig with places for large payloads and large values.
func newRigWith(t testing.TB, dir string, payloads converter.ExternalStorage, values *claimcheck.Values) *rig {
	t.Helper()
	s, err := server()
	if err != nil {
		t.Fatal(err)
	}
	c, err := s.Dial(context.Background(), client.Options{
		DataConverter:   codec.DataConverter(),
		ExternalStorage: payloads,
		Logger:          silent(),
	})
	if err != nil {
		t.Fatal(err)
	}
	p, err := project.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	queues++
	r := &rig{t: t, client: c, project: p, queue: fmt.Sprintf("queue-%d", queues), log: &lockedBuffer{}}
	workspaces, err := activities.LocalFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	w := sdk.New(c, r.queue, worker.Options(0))
	worker.Register(w, c, activities.New(activities.Options{
		Registry: registry(t), Workspaces: workspaces, Logs: activities.NewLineLogs(r.log, activities.LineLogOptions{}),
		Values: values,
	}))
	if err := w.Start(); err != nil {
		t.Fatal(err)
	}
	r.stop = sync.OnceFunc(func() {
		w.Stop()
		c.Close()
	})
	t.Cleanup(r.stop)
	return r
}

// copied copies a project of testdata, so that its tasks may write beside it.
func copied(t testing.TB, name string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("testdata", "projects", name))); err != nil {
		t.Fatal(err)
	}
	return dir
}

// written makes a project with one workflow, "main".
func written(t testing.TB, dig string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "main.dig"), []byte(dig), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

func (r *rig) plan(workflow string) *plan.Plan {
	r.t.Helper()
	loaded := r.project.Load()
	for _, f := range loaded.Findings {
		r.t.Fatalf("%s", f)
	}
	return loaded.Plans[workflow]
}

func (r *rig) input(workflow string) *worker.Input {
	p := r.plan(workflow)
	at := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	sla, err := worker.NewSLA(p, time.Now())
	if err != nil {
		r.t.Fatal(err)
	}
	return &worker.Input{Plan: p, SLA: sla, Session: &activities.Session{
		Project: r.queue, ProjectID: 1, Workflow: workflow, Timezone: p.Timezone, Time: at,
		UUID: fmt.Sprintf("uuid-%s", r.queue), SessionID: 1, AttemptID: worker.NewAttemptID(time.Now()), Schedule: p.Schedule,
	}}
}

func (r *rig) start(in *worker.Input) client.WorkflowRun {
	r.t.Helper()
	run, err := r.client.ExecuteWorkflow(context.Background(), client.StartWorkflowOptions{
		ID:        worker.SessionWorkflowID(in.Session.Project, in.Session.Workflow, in.Session.Time),
		TaskQueue: r.queue, TypedSearchAttributes: worker.SearchAttributes(in.Session), EnableEagerStart: true,
	}, worker.AttemptWorkflow, in)
	if err != nil {
		r.t.Fatal(err)
	}
	return run
}

// run runs a workflow to its end and returns its tasks as "name state".
func (r *rig) run(in *worker.Input) (rows []string, e worker.Execution, err error) {
	r.t.Helper()
	run := r.start(in)
	err = run.Get(context.Background(), nil)
	e = worker.Execution{WorkflowID: run.GetID(), RunID: run.GetRunID()}
	return r.rows(e), e, err
}

func (r *rig) rows(e worker.Execution) []string {
	r.t.Helper()
	list, err := worker.TaskRows(context.Background(), r.client, e)
	if err != nil {
		r.t.Fatal(err)
	}
	var rows []string
	for _, row := range list {
		rows = append(rows, row.Name+" "+string(row.State))
	}
	return rows
}

func expectRows(t testing.TB, got []string, want string) {
	t.Helper()
	var lines []string
	for _, l := range strings.Split(want, "\n") {
		if l = strings.TrimSpace(l); l != "" {
			lines = append(lines, l)
		}
	}
	if strings.Join(got, "\n") != strings.Join(lines, "\n") {
		t.Errorf("tasks:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(lines, "\n"))
	}
}
