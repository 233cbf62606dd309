//go:build unix && !linux

package process

import "syscall"

func newGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

func (group) anyRuns() bool { return true }

func (group) members() []string { return nil }
