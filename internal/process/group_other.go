//go:build !unix

package process

import (
	"os"
	"syscall"
)

// Where there are no process groups, only the command itself can be stopped.
type group struct{ p *os.Process }

func newGroup() *syscall.SysProcAttr { return nil }

func groupOf(p *os.Process) group { return group{p} }

func (g group) alive() bool { return false }

func (g group) terminate() { _ = g.p.Kill() }

func (g group) kill() { _ = g.p.Kill() }

func exitCode(s *os.ProcessState) int { return s.ExitCode() }
