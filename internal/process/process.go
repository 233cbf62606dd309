// Package process runs commands in process groups of their own, streams what
// they print, and leaves nothing running when they are cancelled.
//
// What happens at the end of a command is the hard part, since "the end" has
// three meanings: the command itself has exited, everything that it started has
// exited, and its output has been closed.
//
//   - Background jobs, which are the members of the command's process group, are
//     waited for as long as Patience: scripts that start short jobs with "&" and
//     forget "wait" depend on it. What goes on longer is stopped, and the caller
//     is told: nobody would ever stop it, and its output has nowhere to go.
//   - A daemon has left the group ("setsid"), which says that it shall outlive
//     the command. It goes on. When it holds the output, that is closed after
//     Linger; what was written before is still passed on, however slowly it is
//     taken.
//   - On cancellation the whole group gets SIGTERM, and SIGKILL after Grace,
//     also when the command itself is gone already. On Linux daemons get both,
//     too: a mark in their environment tells whose they are.
//   - On Linux the command is killed when this process dies, however that
//     happens. What the command has started does not notice.
package process

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// Command is a command line to run.
type Command struct {
	// Args are the program and its arguments. A program without a slash is looked
	// up in PATH, one with a slash is relative to Dir.
	Args []string
	Dir  string
	// Env holds "NAME=value" entries and is the whole environment, but for the
	// mark. Nil is that of this process.
	Env []string
	// Output takes stdout and stderr, merged in the order of writing. Its errors
	// are ignored: the command never blocks on a broken log.
	Output io.Writer
	// Grace is the time between SIGTERM and SIGKILL, 5 seconds when 0.
	Grace time.Duration
	// Linger is how long after the exit of the command output that only a daemon
	// holds is read, 3 seconds when 0.
	Linger time.Duration
	// Patience is how long after the exit of the command its background jobs are
	// waited for, 10 seconds when 0.
	Patience time.Duration
	// Left is called when background jobs had to be stopped.
	Left func(Leftover)
}

// Leftover is what a command has left running and was stopped.
type Leftover struct {
	// Processes describes them, as "sleep (4711)". It is empty where the system
	// does not tell.
	Processes []string
	// Output tells that they held the output of the command, so that they may
	// have had more to say.
	Output bool
	// After is how long they were waited for.
	After time.Duration
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

// Run starts the command and waits for its end. The status is that of the
// command. The error is a *NotFoundError when it could not be started and that
// of the context when it was cancelled.
func Run(ctx context.Context, c *Command) (Status, error) {
	if err := context.Cause(ctx); err != nil {
		return Status{}, err
	}
	p, err := start(c)
	if err != nil {
		return Status{}, err
	}
	r := &run{c: c, p: p}
	if r.untilExit(ctx) && r.untilClosed(ctx) {
		return p.status, nil
	}
	r.stop(Killed(ctx), p.mark)
	return p.status, context.Cause(ctx)
}

// Status is how a command has ended.
type Status struct {
	// Code is the exit code, 128 plus the signal when a signal ended it.
	Code int
	// Signal names the signal that ended the command ("SIGKILL"), "" for none.
	Signal string
}

// proc is a started command. exited is closed when it has exited.
type proc struct {
	group  group
	mark   mark
	output *Drain
	exited chan struct{}
	status Status
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
	p := &proc{mark: newMark(), exited: make(chan struct{})}
	attr := &os.ProcAttr{Dir: c.Dir, Env: p.mark.in(c.Env), Files: []*os.File{null, writer, writer}, Sys: newGroup()}
	started := make(chan error)
	go p.live(path, c.Args, attr, started)
	err = <-started
	writer.Close()
	if err != nil {
		reader.Close()
		return nil, startError(c, err)
	}
	p.output = StartDrain(c.Output, reader)
	return p, nil
}

// live starts the process and waits for its exit, on one thread: the system
// takes the end of the thread that has started a process for the death of its
// parent.
func (p *proc) live(path string, args []string, attr *os.ProcAttr, started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	process, err := os.StartProcess(path, args, attr)
	if err != nil {
		started <- err
		return
	}
	p.group = groupOf(process)
	started <- nil
	defer close(p.exited)
	state, err := process.Wait()
	if err != nil {
		p.status.Code = 255
		return
	}
	p.status = statusOf(state)
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

// untilClosed waits until all members of the group are gone and the output is
// read, as long as there is hope. It is false when the context is done.
func (r *run) untilClosed(ctx context.Context) bool {
	linger, patience := orElse(r.c.Linger, 3*time.Second), orElse(r.c.Patience, 10*time.Second)
	begin := time.Now()
	wait := minPoll
	drained := r.p.output.Done
	for {
		alive := true
		select {
		case <-ctx.Done():
			return false
		case <-drained:
			drained = nil
			alive = r.p.group.alive()
		case <-time.After(wait):
			alive = r.p.group.alive()
			wait = min(2*wait, maxPoll)
		}
		took := time.Since(begin)
		switch {
		case !alive && drained == nil:
			r.p.output.Close()
			return true
		case !alive && took > linger:
			r.p.output.Finish()
		case alive && took > patience:
			left := Leftover{Processes: r.p.group.members(), Output: drained != nil, After: patience}
			r.stop(Killed(ctx), "")
			if ctx.Err() != nil {
				return false
			}
			if r.c.Left != nil {
				r.c.Left(left)
			}
			return true
		}
	}
}

// Polling begins fast: most jobs that outlive their command do so by no more
// than a moment.
const (
	minPoll = 5 * time.Millisecond
	maxPoll = 200 * time.Millisecond
	// dying is how long what was killed may take to go.
	dying = time.Second
)

func orElse(d, byDefault time.Duration) time.Duration {
	if d == 0 {
		return byDefault
	}
	return d
}

// stop ends the group, and with it all that bears the mark. No mark spares the
// daemons.
func (r *run) stop(kill <-chan struct{}, m mark) {
	deadline := time.NewTimer(orElse(r.c.Grace, 5*time.Second))
	defer deadline.Stop()
	r.p.group.terminate()
	m.terminate(r.p.group)
	if !r.gone(deadline.C, kill, m) {
		r.p.group.kill()
		m.kill(r.p.group)
		<-r.p.exited
		r.gone(time.After(dying), nil, "")
	}
	select {
	case <-r.p.output.Done:
	case <-time.After(maxPoll):
		r.p.output.Finish()
		<-r.p.output.Done
	}
	r.p.output.Close()
}

// gone waits until the command, its group and all that bears the mark have
// exited.
func (r *run) gone(deadline <-chan time.Time, kill <-chan struct{}, m mark) bool {
	select {
	case <-r.p.exited:
	case <-deadline:
		return false
	case <-kill:
		return false
	}
	for wait := minPoll; r.p.group.alive() || m.alive(r.p.group); wait = min(2*wait, maxPoll) {
		select {
		case <-time.After(wait):
		case <-deadline:
			return false
		case <-kill:
			return false
		}
	}
	return true
}
