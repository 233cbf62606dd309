//go:build unix

package operators

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/dig2temporal/dig2temporal/internal/process"
)

// A command whose standard output is stored must have its errors elsewhere. They
// go through a named pipe that the command opens itself, so that the process
// that runs it needs to know of one stream only.

const (
	// redirect runs its arguments with the standard error in the file $0.
	redirect = `exec "$@" 2>"$0"`
	// patience is how long a background process that has only the pipe of errors
	// is waited for.
	patience = 3 * time.Second
)

// apart is a standard error that is read apart.
type apart struct {
	pipe string
	// hold keeps the pipe open until the command is over.
	hold  *os.File
	drain *process.Drain
}

// readApart makes the pipe and copies what comes through it.
func readApart(files *scratch, to io.Writer) (*apart, error) {
	a := &apart{pipe: filepath.Join(files.dir, "stderr")}
	err := syscall.Mkfifo(a.pipe, 0o600)
	if err != nil {
		return nil, &os.PathError{Op: "mkfifo", Path: a.pipe, Err: err}
	}
	// A pipe without a writer can be opened for reading only when that does not
	// block, and only then it can be opened for writing. The reads wait and have a
	// deadline on every system when the descriptor is opened here; os.OpenFile
	// leaves named pipes out on some.
	fd, err := syscall.Open(a.pipe, syscall.O_RDONLY|syscall.O_NONBLOCK|syscall.O_CLOEXEC, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: a.pipe, Err: err}
	}
	reader := os.NewFile(uintptr(fd), a.pipe)
	if a.hold, err = os.OpenFile(a.pipe, os.O_WRONLY|syscall.O_NONBLOCK, 0); err != nil {
		reader.Close()
		return nil, err
	}
	a.drain = process.StartDrain(to, reader)
	return a, nil
}

// command returns the command line that writes its errors to the pipe.
func (a *apart) command(dir string, args []string) ([]string, error) {
	program := args[0]
	if strings.ContainsRune(program, '/') && !filepath.IsAbs(program) {
		program = filepath.Join(dir, program)
	}
	if _, err := exec.LookPath(program); err != nil {
		return nil, err
	}
	return append([]string{"/bin/sh", "-c", redirect, a.pipe}, args...), nil
}

// close waits for the rest of what was written, and until it is passed on.
func (a *apart) close() {
	a.hold.Close()
	select {
	case <-a.drain.Done:
	case <-time.After(patience):
		a.drain.Finish()
		<-a.drain.Done
	}
	a.drain.Close()
}
