package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestRun runs the scripts that need the embedded server.
func TestRun(t *testing.T) { scripts(t, "testdata/run") }

// syncBuffer can be read while it is written.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// started is a command that runs in the background.
type started struct {
	out, err   syncBuffer
	interrupts chan os.Signal
	code       chan int
}

func start(dir string, args ...string) *started {
	s := &started{interrupts: make(chan os.Signal, 2), code: make(chan int, 1)}
	c := &Command{
		In: strings.NewReader(""), Out: &s.out, Err: &s.err, Dir: dir, Now: time.Now, Zone: time.UTC,
		Env: []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir}, Interrupts: s.interrupts,
	}
	go func() { s.code <- c.Main(context.Background(), args) }()
	return s
}

// exit waits for the end and returns the exit code.
func (s *started) exit(t *testing.T, limit time.Duration) int {
	t.Helper()
	select {
	case code := <-s.code:
		return code
	case <-time.After(limit):
		t.Fatalf("no end within %s\n%s%s", limit, s.out.String(), s.err.String())
	}
	return 0
}

// await waits until a file has content and returns it.
func await(t *testing.T, file string) string {
	t.Helper()
	for range 1000 {
		if text, err := os.ReadFile(file); err == nil && strings.HasSuffix(string(text), "\n") {
			return strings.TrimSpace(string(text))
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatalf("%s does not appear", file)
	return ""
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

func TestTwoRunsInOneFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "long.dig", "+a:\n  sh>: echo x > pid; while ! test -f go; do sleep 0.05; done\n")
	first := start(dir, "run", "long.dig")
	await(t, filepath.Join(dir, "pid"))
	second := start(dir, "run", "long.dig")
	if code := second.exit(t, 20*time.Second); code != exitFailed {
		t.Errorf("the second run exits with %d", code)
	}
	if text := second.err.String(); !strings.Contains(text, "in use") || !strings.Contains(text, "--no-save") {
		t.Errorf("the second run says %q", text)
	}
	write(t, dir, "go", "")
	if code := first.exit(t, 20*time.Second); code != exitSuccess {
		t.Errorf("the first run exits with %d: %s", code, first.err.String())
	}
}

// TestDatabaseGone runs after somebody has deleted the database only: what else is
// in the folder must not know more than it.
func TestDatabaseGone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "a.dig", "+a:\n  echo>: a\n")
	run := func(want string, args ...string) {
		t.Helper()
		s := start(dir, append([]string{"run", "a.dig"}, args...)...)
		if code := s.exit(t, 20*time.Second); code != exitSuccess || !strings.Contains(s.out.String(), want) {
			t.Errorf("exit %d, want %q\n%s%s", code, want, s.out.String(), s.err.String())
		}
	}
	run("a\n", "--session", "2024-01-01")
	run("Reusing the last session time 2024-01-01T00:00:00+00:00")
	for _, name := range []string{"temporal.db", "temporal.db-wal"} {
		if err := os.Remove(filepath.Join(dir, ".dig2temporal", name)); err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
	}
	run("Using a new session time")
}

// asProgram makes the test binary behave as the program.
const asProgram = "DIG2TEMPORAL_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	os.Exit(m.Run())
}
