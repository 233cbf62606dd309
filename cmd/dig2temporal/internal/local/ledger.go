package local

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"sync"
	"time"

	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/workflow"

	"github.com/dig2temporal/dig2temporal/worker"
)

// ledger is a file in the state folder that says how things stand on a server:
// which sessions are the newest, and that all attempts of the folder have ended
// well. A run there need not ask for that, which takes a good part of a short run,
// and more on a server that others use, too. The file is away while something runs, and stays away
// after anything but success: then the next run asks.
//
// Without a file it knows nothing and keeps nothing.
type ledger struct {
	interceptor.WorkerInterceptorBase
	file   string
	server string

	mu sync.Mutex
	// clean says that all attempts have ended.
	clean bool
	// known are the newest sessions of workflows, the zero time where there is none;
	// seen are those that this run has brought.
	known, seen map[string]time.Time
}

func newLedger() *ledger {
	return &ledger{known: map[string]time.Time{}, seen: map[string]time.Time{}}
}

// entries is the content of the file.
type entries struct {
	// Server is the one that they are about.
	Server string `json:"server"`
	// Sessions are the newest session times by workflow, as far as they are known.
	Sessions map[string]time.Time `json:"sessions"`
}

// readLedger reads the file. One that can't be read, or is about another server, is
// as good as none.
func readLedger(file, server string) *ledger {
	l := newLedger()
	l.file, l.server = file, server
	text, err := os.ReadFile(file)
	var e entries
	if err != nil || json.Unmarshal(text, &e) != nil || e.Server != server {
		return l
	}
	l.clean = true
	for name, t := range e.Sessions {
		l.known[name] = t
	}
	return l
}

// last returns the newest session time of a workflow as it was at the start, nil
// when there is none; ok is false when it is not known.
func (l *ledger) last(name string) (last *time.Time, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	t, ok := l.known[name]
	if t.IsZero() {
		return nil, ok
	}
	return &t, ok
}

// learn notes what last is to say.
func (l *ledger) learn(name string, last *time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.known[name] = time.Time{}
	if last != nil {
		l.known[name] = *last
	}
}

// see notes that a workflow has a session.
func (l *ledger) see(name string, t time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if t.After(l.seen[name]) {
		l.seen[name] = t
	}
}

// begin comes before an attempt starts.
func (l *ledger) begin() error {
	if err := os.Remove(l.file); l.file != "" && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// end comes after an attempt that left nothing.
func (l *ledger) end() error {
	if l.file == "" {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for name, t := range l.known {
		if seen := l.seen[name]; seen.After(t) {
			l.known[name] = seen
		}
	}
	text, err := json.Marshal(entries{l.server, l.known})
	if err != nil {
		return err
	}
	return os.WriteFile(l.file, text, 0o666)
}

// InterceptWorkflow sees the attempts that others start, too, with require>.
func (l *ledger) InterceptWorkflow(_ workflow.Context, next interceptor.WorkflowInboundInterceptor) interceptor.WorkflowInboundInterceptor {
	return &ledgerInbound{interceptor.WorkflowInboundInterceptorBase{Next: next}, l}
}

type ledgerInbound struct {
	interceptor.WorkflowInboundInterceptorBase
	ledger *ledger
}

func (i *ledgerInbound) ExecuteWorkflow(ctx workflow.Context, in *interceptor.ExecuteWorkflowInput) (any, error) {
	if len(in.Args) == 1 {
		if attempt, ok := in.Args[0].(*worker.Input); ok && !attempt.Session.DryRun {
			i.ledger.see(attempt.Session.Workflow, attempt.Session.Time)
		}
	}
	return i.Next.ExecuteWorkflow(ctx, in)
}
