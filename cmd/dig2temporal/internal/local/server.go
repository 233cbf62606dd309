package local

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"
	"github.com/google/uuid"

	"go.temporal.io/sdk/converter"
	"google.golang.org/grpc"

	"github.com/dig2temporal/dig2temporal/cmd/dig2temporal/internal/cluster"
	"github.com/dig2temporal/dig2temporal/internal/claimcheck"
	"github.com/dig2temporal/dig2temporal/internal/codec"
	"github.com/dig2temporal/dig2temporal/internal/devserver"
)

// useServer takes a server that others use, too. What runs in this folder has a
// task queue of its own, which the next run in the folder serves again: so it can
// ask what an earlier run finished. Without a state folder nothing is resumed, and
// any number of runs may go on side by side.
func (e *Engine) useServer(ctx context.Context) error {
	o := *e.options.Server
	o.DialOptions = []grpc.DialOption{e.ending.dialOption()}
	connection, err := cluster.Dial(ctx, o)
	if err != nil {
		return err
	}
	e.client = connection.Client
	// A server that can't be used leaves no folder behind.
	_, err = os.Stat(e.options.Folder)
	created := errors.Is(err, fs.ErrNotExist)
	if err := e.reserveQueue(); err != nil {
		return err
	}
	e.lookUp(ctx, e.client, connection.String())
	if e.cluster, err = connection.Open(ctx); err != nil {
		e.client = nil
		if created {
			discard(e.options.Folder)
		}
		return err
	}
	e.client = e.cluster.Client
	return nil
}

// discard removes a state folder that was made for nothing, unless something else
// is in it by now.
func discard(folder string) {
	for _, name := range []string{lockFile, idFile} {
		_ = os.Remove(filepath.Join(folder, name))
	}
	if left, err := os.ReadDir(folder); err == nil && len(left) == 1 {
		_ = os.Remove(filepath.Join(folder, ignoreFile))
		_ = os.Remove(folder)
	}
}

// reserveQueue finds the task queue, and keeps other runs in the folder off it.
func (e *Engine) reserveQueue() error {
	o := e.options
	if o.Folder == "" {
		e.queue = "dig2temporal-run-" + uuid.NewString()
		return nil
	}
	if err := prepare(o.Folder); err != nil {
		return err
	}
	path := filepath.Join(o.Folder, lockFile)
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
	file := filepath.Join(folder, idFile)
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
	if e.cluster != nil {
		return e.cluster.Converter
	}
	return codec.DataConverter()
}

func (e *Engine) values() *claimcheck.Values {
	if e.cluster != nil {
		return e.cluster.Values
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
