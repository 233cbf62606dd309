// Package process runs commands in process groups of their own, streams what
// they print, and leaves nothing running when they are cancelled.
//
// What happens at the end of a command is the hard part, since "the end" has
// three meanings: the command itself has exited, everything that it started has
// exited, and its output has been closed.
//
//   - A command that exits while its background children still hold its output
//     is waited for, as Digdag does: scripts that start jobs with "&" and forget
//     "wait" depend on it. Lingering tells the user after a while what is being
//     waited for.
//   - A daemon, which has left the process group but holds the output, is not
//     waited for: the output is closed after Linger and the daemon goes on.
//   - Children that hold neither are none of our business and go on.
//   - On cancellation the whole group gets SIGTERM, and SIGKILL after Grace,
//     also when the command itself is gone already.
package process

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// Command is a command line to run.
type Command struct {
	// Args are the program and its arguments. A program without a slash is looked
	// up in PATH, one with a slash is relative to Dir.
	Args []string
	Dir  string
	// Env holds "NAME=value" entries and is the whole environment.
	Env []string
	// Output takes stdout and stderr, merged in the order of writing. Its errors
	// are ignored: the command never blocks on a broken log.
	Output io.Writer
	// Grace is the time between SIGTERM and SIGKILL, 5 seconds when 0.
	Grace time.Duration
	// Linger is how long after the exit of the command output that is still open
	// is waited for silently, 3 seconds when 0.
	Linger time.Duration
	// Lingering is called once when Linger is over and members of the group still
	// hold the output.
	Lingering func()
}

// NotFoundError tells that a command could not be started at all.
type NotFoundError struct {
	Program string
	Err     error
}

func (e *NotFoundError) Error() string {
	return fmt.Sprintf("cannot run %q: %v", e.Program, e.Err)
}

func (e *NotFoundError) Unwrap() error { return e.Err }

const pollInterval = 20 * time.Millisecond

// Run starts the command and waits for its end. The code is that of the
// command, 128 plus the signal when a signal ended it. The error is a
// *NotFoundError when it could not be started and that of the context when it
// was cancelled.
func Run(ctx context.Context, c *Command) (code int, err error) {
	if err := context.Cause(ctx); err != nil {
		return 0, err
	}
	p, err := start(c)
	if err != nil {
		return 0, err
	}
	r := &run{c: c, p: p}
	if r.untilExit(ctx) && r.untilClosed(ctx) {
		return p.code, nil
	}
	r.stop(killed(ctx))
	return p.code, context.Cause(ctx)
}

// proc is a started command. exited and drained are closed when it has exited
// and when nobody holds its output any more.
type proc struct {
	group   group
	output  *os.File
	exited  chan struct{}
	drained chan struct{}
	code    int
}

func start(c *Command) (*proc, error) {
	if len(c.Args) == 0 || c.Args[0] == "" {
		return nil, &NotFoundError{Err: errors.New("the command is empty")}
	}
	path, err := find(c.Args[0])
	if err != nil {
		return nil, &NotFoundError{Program: c.Args[0], Err: err}
	}
	null, err := os.Open(os.DevNull)
	if err != nil {
		return nil, err
	}
	defer null.Close()
	reader, writer, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	attr := &os.ProcAttr{Dir: c.Dir, Env: c.Env, Files: []*os.File{null, writer, writer}, Sys: newGroup()}
	process, err := os.StartProcess(path, c.Args, attr)
	writer.Close()
	if err != nil {
		reader.Close()
		return nil, startError(c, err)
	}
	p := &proc{group: groupOf(process), output: reader, exited: make(chan struct{}), drained: make(chan struct{})}
	go func() {
		defer close(p.drained)
		drain(c.Output, reader)
	}()
	go func() {
		defer close(p.exited)
		state, err := process.Wait()
		if err != nil {
			p.code = 255
			return
		}
		p.code = exitCode(state)
	}()
	return p, nil
}

func find(program string) (string, error) {
	if strings.ContainsRune(program, '/') {
		return program, nil
	}
	path, err := exec.LookPath(program)
	var e *exec.Error
	if errors.As(err, &e) {
		return path, e.Err
	}
	return path, err
}

func startError(c *Command, err error) error {
	var e *os.PathError
	if errors.As(err, &e) {
		err = e.Err
	}
	if info, statErr := os.Stat(c.Dir); c.Dir != "" && (statErr != nil || !info.IsDir()) {
		err = fmt.Errorf("the working directory %s does not exist", c.Dir)
	}
	return &NotFoundError{Program: c.Args[0], Err: err}
}

// buffers are shared: a command that prints little should not cost 32 KiB.
var buffers = sync.Pool{New: func() any { b := make([]byte, 32<<10); return &b }}

func drain(w io.Writer, r io.Reader) {
	b := buffers.Get().(*[]byte)
	defer buffers.Put(b)
	for {
		n, err := r.Read(*b)
		if n > 0 {
			// An error of the log must not stop the command.
			_, _ = w.Write((*b)[:n])
		}
		if err != nil {
			return
		}
	}
}

type run struct {
	c *Command
	p *proc
}

func (r *run) untilExit(ctx context.Context) bool {
	select {
	case <-r.p.exited:
		return true
	case <-ctx.Done():
		return false
	}
}

func (r *run) untilClosed(ctx context.Context) bool {
	linger := r.c.Linger
	if linger == 0 {
		linger = 3 * time.Second
	}
	timer := time.NewTimer(linger)
	defer timer.Stop()
	told := false
	for {
		select {
		case <-r.p.drained:
			r.p.output.Close()
			return true
		case <-ctx.Done():
			return false
		case <-timer.C:
		}
		if !r.p.group.alive() {
			r.closeOutput()
			return true
		}
		if !told && r.c.Lingering != nil {
			r.c.Lingering()
		}
		told = true
		timer.Reset(10 * pollInterval)
	}
}

// closeOutput ends the reading; what still writes gets SIGPIPE.
func (r *run) closeOutput() {
	r.p.output.Close()
	<-r.p.drained
}

func (r *run) stop(kill <-chan struct{}) {
	grace := r.c.Grace
	if grace == 0 {
		grace = 5 * time.Second
	}
	deadline := time.NewTimer(grace)
	defer deadline.Stop()
	r.p.group.terminate()
	if !r.gone(deadline.C, kill) {
		r.p.group.kill()
		<-r.p.exited
	}
	select {
	case <-r.p.drained:
		r.p.output.Close()
	case <-time.After(10 * pollInterval):
		r.closeOutput()
	}
}

// gone waits until the command and all of its group have exited.
func (r *run) gone(deadline <-chan time.Time, kill <-chan struct{}) bool {
	select {
	case <-r.p.exited:
	case <-deadline:
		return false
	case <-kill:
		return false
	}
	for r.p.group.alive() {
		select {
		case <-time.After(pollInterval):
		case <-deadline:
			return false
		case <-kill:
			return false
		}
	}
	return true
}
