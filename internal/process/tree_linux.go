package process

import (
	"bytes"
	"crypto/rand"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func newGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// stat is what /proc tells about a process.
type stat struct {
	pid, group int
	name       string
	// gone tells that it has exited and only waits to be reaped. Where nobody
	// reaps, as in a container without an init, it does so for ever.
	gone bool
}

func readStat(pid int) (stat, bool) {
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return stat{}, false
	}
	// The name stands in brackets and may have any characters.
	open, end := bytes.IndexByte(text, '('), bytes.LastIndexByte(text, ')')
	if open < 0 || end < open {
		return stat{}, false
	}
	fields := strings.Fields(string(text[end+1:]))
	if len(fields) < 3 {
		return stat{}, false
	}
	group, err := strconv.Atoi(fields[2])
	return stat{pid: pid, group: group, name: string(text[open+1 : end]), gone: fields[0] == "Z" || fields[0] == "X"}, err == nil
}

// pids returns all processes, nil when they can't be listed.
func pids() []int {
	dir, err := os.Open("/proc")
	if err != nil {
		return nil
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return nil
	}
	var list []int
	for _, name := range names {
		if pid, err := strconv.Atoi(name); err == nil {
			list = append(list, pid)
		}
	}
	return list
}

// anyRuns tells whether the group, which has members, has one that still runs.
func (g group) anyRuns() bool {
	seen := false
	for _, pid := range pids() {
		s, ok := readStat(pid)
		if !ok || s.group != int(g) {
			continue
		}
		seen = true
		if !s.gone {
			return true
		}
	}
	// Members that /proc does not show are taken to run.
	return !seen && syscall.Kill(-int(g), 0) != syscall.ESRCH
}

func (g group) members() []string {
	var list []string
	for _, pid := range pids() {
		if s, ok := readStat(pid); ok && s.group == int(g) && !s.gone {
			list = append(list, s.name+" ("+strconv.Itoa(pid)+")")
		}
	}
	return list
}

// mark is a text in the environment of a command which all that it starts
// inherits, wherever it goes: another group, another session, another parent.
type mark string

func newMark() mark { return mark(rand.Text()) }

func (m mark) in(env []string) []string {
	if env == nil {
		env = os.Environ()
	}
	marked := make([]string, 0, len(env)+1)
	value := string(m)
	for _, entry := range env {
		if outer, ok := strings.CutPrefix(entry, Variable+"="); ok {
			value = outer + ":" + string(m)
			continue
		}
		marked = append(marked, entry)
	}
	return append(marked, Variable+"="+value)
}

// each calls use with every process that bears the mark and is no member of the
// group. A process is held by a handle before its mark is read, so that a signal
// can't reach another one that gets its number.
func (m mark) each(but group, use func(*os.Process)) {
	if m == "" {
		return
	}
	self := os.Getpid()
	for _, pid := range pids() {
		if s, ok := readStat(pid); !ok || s.gone || s.group == int(but) || pid == self {
			continue
		}
		p, err := os.FindProcess(pid)
		if err != nil {
			continue
		}
		environ, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "environ"))
		if err == nil && bytes.Contains(environ, []byte(m)) {
			use(p)
		}
		_ = p.Release()
	}
}

func (m mark) alive(but group) bool {
	alive := false
	m.each(but, func(*os.Process) { alive = true })
	return alive
}

func (m mark) terminate(but group) {
	m.each(but, func(p *os.Process) { _ = p.Signal(syscall.SIGTERM) })
}

// kill goes on until nothing is left: what is killed may have started more.
func (m mark) kill(but group) {
	for range 50 {
		found := false
		m.each(but, func(p *os.Process) {
			found = true
			_ = p.Signal(syscall.SIGKILL)
		})
		if !found {
			return
		}
		time.Sleep(minPoll)
	}
}
