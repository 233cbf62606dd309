package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/dig2temporal/dig2temporal/cmd/dig2temporal/internal/conformance"
)

// TestConformanceServer takes cases of mode server through a server: push, start,
// retry and kill.
func TestConformanceServer(t *testing.T) { startServer(t).conform(t) }

// conform takes the cases of mode server through whatever serves at the address.
func (s *testServer) conform(t *testing.T) {
	cases, err := conformance.Load(filepath.Join(conformanceData, "cases"))
	if err != nil {
		t.Fatal(err)
	}
	known := knownDifferences(t)
	tally := newTally()
	t.Cleanup(func() { tally.report(t) })
	for i, c := range cases {
		// What needs no server is taken through run by TestConformance; a part of it
		// is enough here.
		if c.Mode != "server" || c.Skip("python", "ruby") == "" && i%5 != 0 {
			continue
		}
		t.Run(c.ID, func(t *testing.T) {
			t.Parallel()
			if missing := c.Missing(interpreters()...); missing != "" {
				tally.skip("needs " + missing)
				t.Skip("needs " + missing)
			}
			diff, err := c.Compare(s.observe(t, c))
			if err != nil {
				t.Fatal(err)
			}
			tally.add(diff)
			if reason, ok := known[c.ID+"@server"]; ok {
				if diff.Equal() {
					t.Errorf("differences.txt lists it, but it is equal")
				}
				t.Skipf("known difference: %s", reason)
			}
			for _, level := range conformance.Levels() {
				for _, d := range diff[level] {
					t.Errorf("[%s] %s", level, d)
				}
			}
		})
	}
}

// interpreters are those of python and ruby that this machine has.
func interpreters() []string {
	var have []string
	for need, program := range map[string]string{"python": "python3", "ruby": "ruby"} {
		if _, err := exec.LookPath(program); err == nil {
			have = append(have, need)
		}
	}
	return have
}

// testServer is a running server. Most are of this process.
type testServer struct {
	// base is the folder below which the workers have theirs.
	base, home string
	address    string
	// env is added to the environment of commands.
	env []string
}

func startServer(t *testing.T, args ...string) *testServer {
	t.Helper()
	s := &testServer{base: t.TempDir(), home: t.TempDir(), address: freeAddress(t)}
	_, port, _ := net.SplitHostPort(s.address)
	interrupts := make(chan os.Signal, 2)
	ended := make(chan int, 1)
	out := &lockedBuffer{}
	c := s.command(out)
	c.Interrupts = interrupts
	go func() {
		ended <- c.Main(context.Background(), append([]string{
			"server", "--data-dir", filepath.Join(s.base, "server"), "--port", port, "--ui-port", "0", "--grace", "1s",
		}, args...))
	}()
	t.Cleanup(func() {
		interrupts <- syscall.SIGTERM
		if code := <-ended; code != 0 {
			t.Errorf("the server ended with %d:\n%s", code, out)
		}
	})
	for !strings.Contains(out.String(), "ready\n") {
		select {
		case code := <-ended:
			ended <- code
			t.Fatalf("the server ended with %d:\n%s", code, out)
		case <-time.After(10 * time.Millisecond):
		}
	}
	return s
}

func freeAddress(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func (s *testServer) command(errs *lockedBuffer) *Command {
	return &Command{
		In: strings.NewReader(""), Out: &bytes.Buffer{}, Err: errs, Dir: s.home, Now: time.Now, Zone: time.UTC,
		Env: append(append(os.Environ(), "TZ=Etc/UTC", "LC_ALL=C.UTF-8", "HOME="+s.home, "XDG_CONFIG_HOME=", "XDG_CACHE_HOME=", "DIGDAG_CONFIG=",
			"TEMPORAL_ADDRESS="+s.address, "TEMPORAL_NAMESPACE=", "TEMPORAL_CONFIG_FILE="), s.env...),
	}
}

// call runs a command line against the server.
func (s *testServer) call(args ...string) (code int, stdout, stderr string) {
	errs := &lockedBuffer{}
	c := s.command(errs)
	code = c.Main(context.Background(), args)
	return code, c.Out.(*bytes.Buffer).String(), errs.String()
}

// ask runs a command line and reads the JSON that it prints.
func (s *testServer) ask(t *testing.T, into any, args ...string) (code int, stderr string) {
	t.Helper()
	code, stdout, stderr := s.call(append(args, "--output", "json")...)
	if code == 0 && into != nil {
		if err := json.Unmarshal([]byte(stdout), into); err != nil {
			t.Fatalf("%v: %v\n%s", args, err, stdout)
		}
	}
	return code, stderr
}

func (s *testServer) observe(t *testing.T, c *conformance.Case) []conformance.Observation {
	base := t.TempDir()
	out := filepath.Join(base, "out")
	if err := os.Mkdir(out, 0o777); err != nil {
		t.Fatal(err)
	}
	place := strings.NewReplacer(out, "{out}", base, "{path}", s.base, "{path}")
	push := func(folder string) conformance.Observation {
		if code, stderr := s.ask(t, nil, "push", c.ID, "--project", absolute(t, filepath.Join(c.Dir, folder))); code != 0 {
			return conformance.Observation{PushError: stderr}
		}
		return conformance.Observation{Pushed: json.RawMessage("true")}
	}
	if first := push("project"); first.PushError != nil {
		return []conformance.Observation{first}
	}
	var seen []conformance.Observation
	attempts := make([]string, len(c.Steps))
	for n, step := range c.Steps {
		if step.Push != "" {
			seen = append(seen, push(step.Push))
			continue
		}
		params := filepath.Join(base, fmt.Sprintf("params%d.json", n))
		id, session, refused := s.begin(t, c, step, attempts, params, out)
		if refused != "" {
			seen = append(seen, conformance.Observation{RequestError: refused, Files: snapshot(t, out)}.Map(place.Replace))
			continue
		}
		attempts[n] = id
		// Servers limit searches, which numbers need and sessions don't.
		seen = append(seen, s.await(t, session, step, out).Map(place.Replace))
	}
	return seen
}

// begin starts or retries an attempt, and returns its number and its session, or
// why not.
func (s *testServer) begin(t *testing.T, c *conformance.Case, step conformance.Step, attempts []string, file, out string) (id, session, refused string) {
	var args []string
	given := step.Params
	if step.Start != "" {
		args = []string{"start", c.ID, step.Start, "--session", step.Session}
	} else {
		var r struct {
			Of         int
			Mode, From string
			Params     json.RawMessage
		}
		if err := json.Unmarshal(step.Retry, &r); err != nil {
			t.Fatal(err)
		}
		if attempts[r.Of] == "" {
			return "", "", "there is no attempt to retry"
		}
		given = r.Params
		args = []string{"retry", attempts[r.Of], "--latest-revision", "--" + r.Mode}
		if r.Mode == "resume-from" {
			args = append(args, r.From)
		}
	}
	params := map[string]any{}
	if given != nil {
		if err := json.Unmarshal(given, &params); err != nil {
			t.Fatal(err)
		}
	}
	if step.Start != "" {
		params["out"] = out
	}
	text, err := json.Marshal(params)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, text, 0o666); err != nil {
		t.Fatal(err)
	}
	var started struct{ Attempt, Session string }
	if code, stderr := s.ask(t, &started, append(args, "-P", file)...); code != 0 {
		return "", "", stderr
	}
	return started.Attempt, started.Session, ""
}

// await waits for the end of the last attempt of a session, kills it when the step
// wants it, and tells what it did.
func (s *testServer) await(t *testing.T, id string, step conformance.Step, out string) conformance.Observation {
	begun, killed := time.Now(), false
	var attempt struct {
		State string
		Done  bool
	}
	for pause := 20 * time.Millisecond; ; pause = min(pause*5/4, 250*time.Millisecond) {
		if code, stderr := s.ask(t, &attempt, "attempt", id); code != 0 {
			t.Fatal(stderr)
		}
		if attempt.Done {
			break
		}
		if step.Kill != nil && !killed && time.Since(begun).Seconds() >= *step.Kill {
			if code, stderr := s.ask(t, nil, "kill", id); code != 0 {
				t.Fatal(stderr)
			}
			killed = true
		}
		time.Sleep(pause)
	}
	code, stdout, stderr := s.call("tasks", id, "--output", "json")
	if code != 0 {
		t.Fatal(stderr)
	}
	o := conformance.Observation{Files: snapshot(t, out), HasTasks: true}
	if !o.ReadDocument(stdout) {
		t.Fatalf("no tasks: %s", stdout)
	}
	o.Success = attempt.State == "success"
	return o
}

// lockedBuffer may be read while others write.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func absolute(t *testing.T, path string) string {
	t.Helper()
	path, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	return path
}
