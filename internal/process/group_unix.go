//go:build unix

package process

import (
	"os"
	"syscall"
)

type group int

func newGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}

func groupOf(p *os.Process) group { return group(p.Pid) }

// alive tells whether the group has members. The number of a group is not given
// to a new process while it has any.
func (g group) alive() bool {
	err := syscall.Kill(-int(g), 0)
	return err == nil || err == syscall.EPERM
}

func (g group) terminate() { _ = syscall.Kill(-int(g), syscall.SIGTERM) }

func (g group) kill() { _ = syscall.Kill(-int(g), syscall.SIGKILL) }

func exitCode(s *os.ProcessState) int {
	if w, ok := s.Sys().(syscall.WaitStatus); ok && w.Signaled() {
		return 128 + int(w.Signal())
	}
	return s.ExitCode()
}
