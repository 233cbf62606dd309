//go:build unix

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// alive tells whether a process exists and is no zombie.
func alive(t *testing.T, pid string) bool {
	t.Helper()
	n, err := strconv.Atoi(pid)
	if err != nil {
		t.Fatal(err)
	}
	if syscall.Kill(n, 0) != nil {
		return false
	}
	stat, err := os.ReadFile("/proc/" + pid + "/stat")
	return err != nil || !strings.Contains(string(stat), ") Z ")
}

func TestInterruptCancels(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "long.sh", "echo $$ > pid\nsleep 60\n")
	write(t, dir, "long.dig", "+done:\n  sh>: echo done >> log\n+long:\n  sh>: sh long.sh\n+after:\n  sh>: echo after >> log\n")
	s := start(dir, "run", "long.dig", "--output", "json")
	pid := await(t, filepath.Join(dir, "pid"))
	s.interrupts <- os.Interrupt
	if code := s.exit(t, 20*time.Second); code != exitInterrupted {
		t.Errorf("exit code %d\n%s", code, s.err.String())
	}
	if alive(t, pid) {
		t.Error("the command is still running")
	}
	out := s.out.String()
	for _, want := range []string{`"state": "canceled"`, `"name": "+long+after"`} {
		if !strings.Contains(out, want) {
			t.Errorf("no %s in %s", want, out)
		}
	}
	if !strings.Contains(s.err.String(), "error: interrupted\n") {
		t.Errorf("stderr: %s", s.err.String())
	}

	write(t, dir, "long.dig", "+done:\n  sh>: echo done >> log\n+long:\n  sh>: echo long >> log\n+after:\n  sh>: echo after >> log\n")
	s = start(dir, "run", "long.dig")
	if code := s.exit(t, 20*time.Second); code != exitSuccess {
		t.Errorf("the next run exits with %d: %s", code, s.err.String())
	}
	log, _ := os.ReadFile(filepath.Join(dir, "log"))
	if string(log) != "done\nlong\nafter\n" {
		t.Errorf("log %q", log)
	}
}

func TestSecondInterruptDoesNotWait(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "stubborn.sh", "trap '' TERM INT\necho $$ > pid\nwhile true; do sleep 0.1; done\n")
	write(t, dir, "stubborn.dig", "+a:\n  sh>: sh stubborn.sh\n")
	s := start(dir, "run", "stubborn.dig")
	pid := await(t, filepath.Join(dir, "pid"))
	s.interrupts <- syscall.SIGTERM
	for !strings.Contains(s.out.String(), "being canceled") {
		time.Sleep(10 * time.Millisecond)
	}
	begin := time.Now()
	s.interrupts <- syscall.SIGTERM
	if code := s.exit(t, 20*time.Second); code != exitInterrupted {
		t.Errorf("exit code %d\n%s", code, s.err.String())
	}
	if d := time.Since(begin); d > 2*time.Second {
		t.Errorf("it took %s", d)
	}
	for range 50 {
		if !alive(t, pid) {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Error("the command is still running")
}

func TestKilledRunIsContinued(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "wf.dig", `+first:
  sh>: echo first >> log
+loop:
  loop>: 3
  _do:
    sh>: "echo round ${i} >> log; test ${i} -lt 1 || test -f go || { echo x > waiting; while ! test -f go; do sleep 0.05; done; }"
+last:
  sh>: echo last >> log
`)
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	killed := exec.Command(program, "run", "wf.dig")
	killed.Dir = dir
	killed.Env = append(os.Environ(), asProgram+"=1")
	if err := killed.Start(); err != nil {
		t.Fatal(err)
	}
	await(t, filepath.Join(dir, "waiting"))
	if err := killed.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = killed.Wait()
	write(t, dir, "go", "")
	s := start(dir, "run", "wf.dig")
	if code := s.exit(t, 30*time.Second); code != exitSuccess {
		t.Fatalf("exit code %d: %s", code, s.err.String())
	}
	log, err := os.ReadFile(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	// The round that was running runs again, what was done does not.
	if want := "first\nround 0\nround 1\nround 1\nround 2\nlast\n"; string(log) != want {
		t.Errorf("log %q, want %q", log, want)
	}
}
