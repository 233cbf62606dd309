//go:build unix

package process

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

type group int

func groupOf(p *os.Process) group { return group(p.Pid) }

// alive tells whether the group has members. The number of a group is not given
// to a new process while it has any.
func (g group) alive() bool {
	if err := syscall.Kill(-int(g), 0); err != nil && err != syscall.EPERM {
		return false
	}
	return g.anyRuns()
}

func (g group) terminate() { _ = syscall.Kill(-int(g), syscall.SIGTERM) }

func (g group) kill() { _ = syscall.Kill(-int(g), syscall.SIGKILL) }

func statusOf(s *os.ProcessState) Status {
	if w, ok := s.Sys().(syscall.WaitStatus); ok && w.Signaled() {
		return Status{Code: 128 + int(w.Signal()), Signal: unix.SignalName(w.Signal())}
	}
	return Status{Code: s.ExitCode()}
}

// SignalOf names the signal that an exit code stands for by the convention of
// shells and container engines, "" when it stands for none.
func SignalOf(code int) string {
	if code <= 128 {
		return ""
	}
	return unix.SignalName(syscall.Signal(code - 128))
}
