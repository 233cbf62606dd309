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

func (g group) members() []string { return nil }

func (g group) terminate() { _ = g.p.Kill() }

func (g group) kill() { _ = g.p.Kill() }

func statusOf(s *os.ProcessState) Status { return Status{Code: s.ExitCode()} }

// SignalOf is "": exit codes stand for no signals here.
func SignalOf(int) string { return "" }
