package local

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"
	"github.com/google/uuid"

	"github.com/dig2temporal/dig2temporal/internal/claimcheck"
	"github.com/dig2temporal/dig2temporal/internal/devserver"
)

// useServer takes a server that others use, too. What runs in this folder has a
// task queue of its own, which the next run in the folder serves again: so it can
// ask what an earlier run finished. Without a state folder nothing is resumed, and
// any number of runs may go on side by side.
func (e *Engine) useServer() error {
	o := e.options
	e.client = o.Server.Client
	if o.Folder == "" {
		e.queue = "dig2temporal-run-" + uuid.NewString()
		return nil
	}
	host, err := os.Hostname()
	if err != nil {
		return err
	}
	sum := sha256.Sum256([]byte(o.Folder))
	e.queue = fmt.Sprintf("dig2temporal-run-%s-%s", host, hex.EncodeToString(sum[:6]))
	path := filepath.Join(o.Folder, "run.lock")
	e.lock = flock.New(path)
	locked, err := e.lock.TryLock()
	if err != nil {
		return err
	}
	if !locked {
		e.lock = nil
		return &devserver.InUseError{File: path}
	}
	return nil
}

func (e *Engine) values() *claimcheck.Values {
	if e.options.Server != nil {
		return e.options.Server.Values
	}
	return e.payloads.values
}

// ID makes the Workflow ID of a session. On a server that others use it names the
// folder, too, so that sessions of equal names are kept apart.
func (e *Engine) ID(session string) string {
	if e.options.Server == nil {
		return session
	}
	return e.queue + "/" + session
}

// ours limits a query to executions of this engine.
func (e *Engine) ours() string {
	if e.options.Server == nil {
		return ""
	}
	return " AND TaskQueue = " + quote(e.queue)
}
