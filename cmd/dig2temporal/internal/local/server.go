package local

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"
	"github.com/google/uuid"

	"go.temporal.io/sdk/converter"

	"github.com/dig2temporal/dig2temporal/cmd/dig2temporal/internal/cluster"
	"github.com/dig2temporal/dig2temporal/internal/claimcheck"
	"github.com/dig2temporal/dig2temporal/internal/codec"
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
	path := filepath.Join(o.Folder, "run.lock")
	lock := flock.New(path)
	locked, err := lock.TryLock()
	if err != nil {
		return err
	}
	if !locked {
		return &devserver.InUseError{File: path}
	}
	e.lock = lock
	id, err := folderID(o.Folder)
	e.queue = "dig2temporal-run-" + id
	return err
}

// folderID names a state folder: by what was made up at its first use, which no
// other machine has, and by its path, which a copy of it has not.
func folderID(folder string) (string, error) {
	file := filepath.Join(folder, "run.id")
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		text = []byte(uuid.NewString())
		err = os.WriteFile(file, text, 0o666)
	}
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(append(append(text, 0), folder...))
	return hex.EncodeToString(sum[:10]), nil
}

func (e *Engine) converter() converter.DataConverter {
	if e.options.Server != nil {
		return e.options.Server.Converter
	}
	return codec.DataConverter()
}

func (e *Engine) values() *claimcheck.Values {
	if e.options.Server != nil {
		return e.options.Server.Values
	}
	return e.payloads.values
}

// Prefix begins the Workflow IDs of sessions. On a server that others use it names
// the folder, so that sessions of equal names are kept apart.
func (e *Engine) Prefix() string {
	if e.options.Server == nil {
		return ""
	}
	return e.queue + "/"
}

// ours limits a query to executions of this engine.
func (e *Engine) ours() string {
	if e.options.Server == nil {
		return ""
	}
	return " AND TaskQueue = " + cluster.Quote(e.queue)
}
