package activities

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.temporal.io/sdk/converter"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/operators"
)

// bench runs tasks through an adaptor that is registered with the SDK's test
// environment.
type bench struct {
	t       *testing.T
	env     *testsuite.TestActivityEnvironment
	adaptor *Adaptor
	log     *bytes.Buffer
	dir     string
	session *Session

	mu    sync.Mutex
	beats []progress
	// answer is what the server says to a heartbeat.
	answer error
}

// last returns what the server keeps of the task.
func (b *bench) last() progress {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.beats) == 0 {
		b.t.Fatal("there was no heartbeat")
	}
	return b.beats[len(b.beats)-1]
}

type fakeSecrets map[string]string

func (f fakeSecrets) Get(_ context.Context, _ *Session, key string) (string, bool, error) {
	v, ok := f[key]
	return v, ok, nil
}

// fake is an operator made of a function.
type fake struct {
	spec operators.Spec
	run  func(ctx context.Context, t *operators.Task) (*operators.Result, error)
}

func (f fake) Spec() *operators.Spec { return &f.spec }

func (f fake) Run(ctx context.Context, t *operators.Task) (*operators.Result, error) {
	return f.run(ctx, t)
}

func newBench(t *testing.T, change func(*Options), fakes ...operators.Operator) *bench {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	spaces, err := LocalFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	registry, err := operators.Default().With(fakes...)
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{t: t, log: &bytes.Buffer{}, dir: dir}
	at := time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC)
	opts := Options{
		Registry: registry, Workspaces: spaces,
		Logs: NewLineLogs(b.log, LineLogOptions{Zone: time.UTC, Now: func() time.Time { return at }}),
	}
	if change != nil {
		change(&opts)
	}
	b.adaptor = New(opts)
	b.adaptor.beat = func(ctx context.Context, _ []byte, p progress) error {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.beats = append(b.beats, p)
		return b.answer
	}
	b.session = &Session{
		Project: "default", ProjectID: 1, Workflow: "main", Timezone: "UTC", Time: time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC),
		UUID: "5058cce5-f13c-4cd3-bc0c-1604f27dbb4b", SessionID: 1, AttemptID: 1,
	}
	suite := &testsuite.WorkflowTestSuite{}
	suite.SetLogger(sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	b.env = suite.NewTestActivityEnvironment()
	for _, name := range registry.Names() {
		b.env.RegisterActivityWithOptions(b.adaptor.run, registerAs(name))
	}
	return b
}

func (b *bench) request(config, params string) *Request {
	b.t.Helper()
	r := &Request{Session: b.session, Task: "+main+t", Config: object(b.t, config), Params: object(b.t, params)}
	r.Type, _ = TypeOf(r.Params, r.Config)
	return r
}

// run runs a request as an ordinary activity.
func (b *bench) run(r *Request) (*Result, error) {
	b.t.Helper()
	out, err := b.env.ExecuteActivity(r.Type, r)
	if err != nil {
		return nil, err
	}
	return resultOf(out)
}

// resultOf decodes a result as the interpreter does: none is an empty one.
func resultOf(out converter.EncodedValue) (*Result, error) {
	result := &Result{}
	if !out.HasValue() {
		return result, nil
	}
	return result, out.Get(result)
}

func (b *bench) runLocal(r *Request) (*Result, error) {
	b.t.Helper()
	out, err := b.env.ExecuteLocalActivity(b.adaptor.run, r)
	if err != nil {
		return nil, err
	}
	return resultOf(out)
}

// logged returns the log without times, thread and session.
func (b *bench) logged() string {
	text := strings.ReplaceAll(b.log.String(), "2024-01-02 03:04:05 +0000 ", "")
	return strings.ReplaceAll(text, "(0001@[0:default:1:1]+main+t): ", "")
}

// failed returns the parts of an application error.
func failed(t *testing.T, err error) (kind string, f *Failure, app *temporal.ApplicationError) {
	t.Helper()
	if !errors.As(err, &app) {
		t.Fatalf("no application error: %v", err)
	}
	f = &Failure{}
	if app.HasDetails() {
		if err := app.Details(f); err != nil {
			t.Fatal(err)
		}
	}
	return app.Type(), f, app
}

func object(t *testing.T, text string) *ordered.Object {
	t.Helper()
	if text == "" {
		return ordered.New()
	}
	o, err := ordered.ParseObject([]byte(text))
	if err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return o
}

func readRows(t *testing.T, file string, rows any) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, rows); err != nil {
		t.Fatal(err)
	}
}
