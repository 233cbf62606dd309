package local

import (
	"encoding/json"
	"errors"
	"maps"
	"os"
	"sync"
	"time"

	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/workflow"

	"github.com/dig2temporal/dig2temporal/worker"
)

// ledger is a file in the state folder that knows the newest session of each
// workflow that ran here. To find it on a server takes a good part of a short run.
// What the ledger says is a guess: the server is asked whether it has that session,
// which is quick. While an attempt runs the file says so, since a process that is
// killed can't add the sessions that require> has brought; then the server is asked
// for newer ones, too.
//
// Without a file it knows nothing and keeps nothing.
type ledger struct {
	interceptor.WorkerInterceptorBase
	file, server string

	mu sync.Mutex
	// Sessions of workflows by ledgerKey. Those that are known were the newest when
	// this run began, the old ones may not have been; seen are those that it brings.
	known, old, seen map[string]entry
}

// entry is a session: its time and its Workflow ID.
type entry struct {
	Time time.Time `json:"time"`
	ID   string    `json:"id"`
}

// entries is the content of the file.
type entries struct {
	// Server is the one that has the sessions. Complete says that it has no newer ones
	// of these workflows.
	Server   string           `json:"server"`
	Complete bool             `json:"complete"`
	Sessions map[string]entry `json:"sessions"`
}

func ledgerKey(project, workflow string) string { return project + "/" + workflow }

// readLedger reads the file. One that can't be read is as good as none.
func readLedger(file, server string) *ledger {
	l := &ledger{file: file, server: server, known: map[string]entry{}, old: map[string]entry{}, seen: map[string]entry{}}
	text, err := os.ReadFile(file)
	var e entries
	if err != nil || json.Unmarshal(text, &e) != nil {
		return l
	}
	sessions := l.old
	if e.Complete && e.Server == server {
		sessions = l.known
	}
	for key, session := range e.Sessions {
		sessions[key] = session
	}
	return l
}

// last returns the newest session of a workflow as it was at the start. When it is
// not known, it is one that may have been the newest, or none.
func (l *ledger) last(key string) (session entry, known bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if session, known = l.known[key]; known {
		return session, true
	}
	return l.old[key], false
}

// learn notes what the server says about a workflow; nil is no session.
func (l *ledger) learn(key string, last *entry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.known[key] = entry{}
	if last != nil {
		l.known[key] = *last
	}
}

// see notes that a workflow has a session.
func (l *ledger) see(key string, session entry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if session.Time.After(l.seen[key].Time) {
		l.seen[key] = session
	}
}

// save writes the file. A workflow of which only this run's sessions are known may
// have newer ones, so it is left out of a complete one.
func (l *ledger) save(complete bool) error {
	if l.file == "" {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	e := entries{l.server, complete, map[string]entry{}}
	add := func(sessions map[string]entry) {
		for key, session := range sessions {
			if session.ID != "" && session.Time.After(e.Sessions[key].Time) {
				e.Sessions[key] = session
			}
		}
	}
	add(l.known)
	add(l.seen)
	if complete {
		maps.DeleteFunc(e.Sessions, func(key string, _ entry) bool {
			_, known := l.known[key]
			return !known
		})
	} else {
		add(l.old)
	}
	text, err := json.Marshal(e)
	if err != nil {
		return err
	}
	return overwrite(l.file, text)
}

// overwrite writes a file that is emptied at the end only: ext4 writes one out at
// once that was emptied before, and that takes longer than all else here.
func overwrite(file string, text []byte) error {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE, 0o666)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Truncate(int64(len(text))), f.Close())
}

// InterceptWorkflow sees the attempts that require> starts, too.
func (l *ledger) InterceptWorkflow(_ workflow.Context, next interceptor.WorkflowInboundInterceptor) interceptor.WorkflowInboundInterceptor {
	return &ledgerInbound{interceptor.WorkflowInboundInterceptorBase{Next: next}, l}
}

type ledgerInbound struct {
	interceptor.WorkflowInboundInterceptorBase
	ledger *ledger
}

func (i *ledgerInbound) ExecuteWorkflow(ctx workflow.Context, in *interceptor.ExecuteWorkflowInput) (any, error) {
	if len(in.Args) == 1 {
		if attempt, ok := in.Args[0].(*worker.Input); ok {
			i.ledger.attempt(workflow.GetInfo(ctx).WorkflowExecution.ID, attempt)
		}
	}
	return i.Next.ExecuteWorkflow(ctx, in)
}

// attempt notes the session of an attempt. Dry runs have none.
func (l *ledger) attempt(id string, in *worker.Input) {
	if s := in.Session; !s.DryRun {
		l.see(ledgerKey(s.Project, s.Workflow), entry{s.Time, id})
	}
}
