package main

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/dig2temporal/dig2temporal/internal/devserver"
)

// attemptJSON is what commands print of an attempt.
type attemptJSON struct {
	Session, Attempt, Project, Workflow, Revision, State string
	Done, Success                                        bool
	SessionTime                                          string `json:"session_time"`
	RetryName                                            string `json:"retry_attempt_name"`
	CancelRequested                                      bool   `json:"cancel_requested"`
	Params                                               map[string]any
}

func projectFolder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// wait waits until an attempt has reached a state.
func (s *testServer) wait(t *testing.T, id, state string) attemptJSON {
	t.Helper()
	return s.waitFor(t, id, state, time.Minute)
}

func (s *testServer) waitFor(t *testing.T, id, state string, limit time.Duration) attemptJSON {
	t.Helper()
	name := id
	for end := time.Now().Add(limit); ; time.Sleep(20 * time.Millisecond) {
		var a attemptJSON
		if code, stderr := s.ask(t, &a, "attempt", name); code != 0 {
			t.Fatal(stderr)
		}
		// Servers limit searches, which numbers need and sessions don't.
		if name = id; a.Attempt == id {
			name = a.Session
		} else if a.Session != id {
			continue
		}
		if a.State == state {
			return a
		}
		if a.Done || time.Now().After(end) {
			_, tasks, _ := s.call("tasks", id)
			t.Fatalf("attempt %s is %s, not %s\n%s", id, a.State, state, tasks)
		}
	}
}

func (s *testServer) must(t *testing.T, args ...string) string {
	t.Helper()
	code, stdout, stderr := s.call(args...)
	if code != 0 {
		t.Fatalf("%v: exit %d\n%s", args, code, stderr)
	}
	return stdout
}

// refuse expects a command to fail with a text on stderr.
func (s *testServer) refuse(t *testing.T, code int, text string, args ...string) {
	t.Helper()
	got, _, stderr := s.call(args...)
	if got != code || !strings.Contains(stderr, text) {
		t.Errorf("%v: exit %d\n%s\nwant %d and %q", args, got, stderr, code, text)
	}
}

func TestProjects(t *testing.T) {
	s := startServer(t)
	dir := projectFolder(t, map[string]string{
		"daily.dig": "timezone: Asia/Tokyo\nschedule:\n  daily>: 01:00:00\n+a:\n  echo>: one\n", "hourly.dig": "+a:\n  echo>: two\n",
		"sql/x.sql": "select 1", ".hidden": "x", ".digdagignore": "*.log\n", "big.log": "noise",
	})
	s.must(t, "push", "sales", "--project", dir, "-r", "v1")
	s.refuse(t, 1, `already has a revision "v1"`, "push", "sales", "--project", dir, "-r", "v1")
	write(t, dir, "hourly.dig", "+a:\n  echo>: three\n")
	s.must(t, "push", "sales", "--project", dir, "-r", "v2")

	var projects struct {
		Projects []struct{ Project, Revision string }
	}
	s.ask(t, &projects, "projects")
	if len(projects.Projects) != 1 || projects.Projects[0].Revision != "v2" {
		t.Errorf("projects %+v", projects)
	}
	var revisions struct {
		Revisions []struct {
			Revision string
			Number   int
		}
	}
	s.ask(t, &revisions, "revisions", "sales")
	if r := revisions.Revisions; len(r) != 2 || r[0].Revision != "v1" || r[1].Number != 2 {
		t.Errorf("revisions %+v", revisions)
	}
	var workflows struct {
		Workflows []struct {
			Workflow, Timezone string
			Schedule           map[string]any
		}
	}
	s.ask(t, &workflows, "workflows", "sales")
	if w := workflows.Workflows; len(w) != 2 || w[0].Workflow != "daily" || w[0].Timezone != "Asia/Tokyo" || w[0].Schedule["daily>"] != "01:00:00" {
		t.Errorf("workflows %+v", workflows)
	}
	if plan := s.must(t, "workflows", "sales", "hourly", "-r", "v1"); !strings.Contains(plan, `"two"`) {
		t.Errorf("plan of v1: %s", plan)
	}
	into := filepath.Join(t.TempDir(), "copy")
	s.must(t, "download", "sales", "-r", "v1", "-o", into)
	if text, err := os.ReadFile(filepath.Join(into, "hourly.dig")); err != nil || !strings.Contains(string(text), "two") {
		t.Errorf("%q, %v", text, err)
	}
	for _, left := range []string{".hidden", "big.log"} {
		if _, err := os.Stat(filepath.Join(into, left)); err == nil {
			t.Errorf("%s was pushed", left)
		}
	}
	s.refuse(t, 1, "is no empty folder", "download", "sales", "-o", into)
	s.refuse(t, 1, `(did you mean "sales"?)`, "start", "salse", "daily", "--session", "now")
	s.refuse(t, 1, `workflow "dayly" does not exist`, "start", "sales", "dayly", "--session", "now")
	s.refuse(t, 2, "expected --session", "start", "sales", "daily")
	write(t, dir, "bad.dig", "+a:\n  echo>: x\n  sh>: y\n")
	s.refuse(t, 1, "nothing was pushed", "push", "sales", "--project", dir)
	s.must(t, "delete", "sales", "--force")
	s.refuse(t, 1, `there is no project "sales"`, "workflows", "sales")
}

func TestAttempts(t *testing.T) {
	s := startServer(t)
	dir := projectFolder(t, map[string]string{"wf.dig": `+a:
  sh>: echo a >> ${out}
  store_stdout: said
+b:
  sh>: test -e ${flag} && echo b$who >> ${out}
+c:
  sh>: sleep ${pause}; echo c >> ${out}
`})
	out, flag := filepath.Join(t.TempDir(), "out"), filepath.Join(t.TempDir(), "flag")
	s.must(t, "push", "p", "--project", dir)
	var a, b, c attemptJSON
	s.ask(t, &a, "start", "p", "wf", "--session", "2024-02-29T00:00:00+09:00", "-p", "out="+out, "-p", "flag="+flag, "-p", "pause=0", "-p", "who=1")
	if a.Session != "p/wf/2024-02-28T15:00:00+00:00" || a.State != "running" {
		t.Errorf("%+v", a)
	}
	s.wait(t, a.Attempt, "error")
	s.refuse(t, 1, "attempt_id="+a.Attempt, "start", "p", "wf", "--session", "2024-02-28 15:00:00")
	s.refuse(t, 1, "Resuming non-successful tasks is not allowed", "retry", a.Attempt, "--keep-revision", "--resume-from", "+c")
	s.refuse(t, 2, "expected one of --all", "retry", a.Attempt, "--keep-revision")
	write(t, filepath.Dir(flag), "flag", "")
	if code, stderr := s.ask(t, &b, "retry", a.Attempt, "--keep-revision", "--resume", "-p", "pause=30", "-p", "who=2"); code != 0 {
		t.Fatal(stderr)
	}
	if b.Session != a.Session || b.RetryName == "" {
		t.Errorf("%+v", b)
	}
	s.refuse(t, 1, "attempt "+b.Attempt+" of session", "retry", a.Attempt, "--latest-revision", "--all")
	for end := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		if text, _ := os.ReadFile(out); strings.Contains(string(text), "b2") && strings.Contains(s.must(t, "tasks", b.Attempt), "running             +wf+c") {
			break
		}
		if time.Now().After(end) {
			t.Fatal(s.must(t, "tasks", b.Attempt))
		}
	}
	s.must(t, "kill", b.Session)
	if killed := s.wait(t, b.Attempt, "canceled"); !killed.CancelRequested || killed.Params["pause"] != "30" || killed.Params["who"] != "2" {
		t.Errorf("%+v", killed)
	}
	s.refuse(t, 1, "already killed or finished", "kill", b.Attempt)
	s.ask(t, &c, "retry", b.Attempt, "--latest-revision", "--resume-from", "+c", "-p", "pause=0")
	s.wait(t, c.Attempt, "success")
	s.refuse(t, 1, "Resuming successfully completed attempts is not supported", "retry", c.Attempt, "--latest-revision", "--resume")
	if text, _ := os.ReadFile(out); string(text) != "a\nb2\nc\n" {
		t.Errorf("%q", text)
	}
	var list struct{ Attempts []attemptJSON }
	s.ask(t, &list, "attempts", a.Session)
	if n := len(list.Attempts); n != 3 || list.Attempts[2].Attempt != c.Attempt {
		t.Errorf("%+v", list)
	}
	var sessions struct{ Sessions []attemptJSON }
	s.ask(t, &sessions, "sessions", "p")
	if n := len(sessions.Sessions); n != 1 || sessions.Sessions[0].Attempt != c.Attempt {
		t.Errorf("%+v", sessions)
	}
	s.refuse(t, 1, `attempt "12345" does not exist`, "attempt", "12345")
	s.refuse(t, 1, `session "p/no" does not exist`, "tasks", "p/no")
}

func TestProjectSecrets(t *testing.T) {
	s := startServer(t)
	const hush = "s3cr3t-of-the-project"
	dir := projectFolder(t, map[string]string{
		"wf.dig":    "+a:\n  _env:\n    TOKEN: ${secret:api.token}\n  sh>: test $(printf %s \"$TOKEN\" | wc -c) = " + strconv.Itoa(len(hush)) + " && echo told $TOKEN\n",
		"other.dig": "+a:\n  sh>: echo ${secret:none}\n",
	})
	s.must(t, "push", "p", "--project", dir)
	s.must(t, "push", "q", "--project", dir)
	file := filepath.Join(t.TempDir(), "value")
	write(t, filepath.Dir(file), "value", hush)
	s.must(t, "secrets", "--project", "p", "--set", "api.token=@"+file)
	if keys := s.must(t, "secrets", "--project", "p"); keys != "api.token\n" {
		t.Errorf("%q", keys)
	}
	code, stdout, stderr := s.call("submit", filepath.Join(dir, "wf.dig"), "--name", "p", "--follow")
	if code != 0 || !strings.Contains(stdout, "told ") {
		t.Errorf("exit %d\n%s%s", code, stdout, stderr)
	}
	if code, _, _ := s.call("submit", filepath.Join(dir, "wf.dig"), "--name", "q", "--follow"); code != 1 {
		t.Errorf("another project has the secret: exit %d", code)
	}
	s.must(t, "log", "p/"+strings.SplitN(stderr[strings.Index(stderr, "p/")+2:], "\n", 2)[0])
	var found []string
	err := filepath.WalkDir(s.base, func(path string, entry os.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return nil
		}
		if text, err := os.ReadFile(path); err == nil && strings.Contains(string(text), hush) {
			found = append(found, path)
		}
		return nil
	})
	if err != nil || len(found) > 0 || strings.Contains(stdout+stderr, hush) {
		t.Errorf("the secret is in clear in %v (%v)\n%s%s", found, err, stdout, stderr)
	}
	s.must(t, "secrets", "--project", "p", "--delete", "api.token")
	s.refuse(t, 1, `there is no project "none"`, "secrets", "--project", "none")
}

func TestSetup(t *testing.T) {
	server, err := devserver.Start(t.Context(), devserver.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Stop()
	s := &testServer{base: t.TempDir(), home: t.TempDir(), address: server.HostPort()}
	dir := t.TempDir()
	key, store := filepath.Join(dir, "key"), filepath.Join(dir, "store")
	setup := []string{"setup", "--store", "file://" + store, "--keeper", "keyfile://" + key}
	code, _, stderr := s.call(setup...)
	if info, err := os.Stat(key); code != 0 || err != nil || info.Mode().Perm() != 0o600 || !strings.Contains(stderr, "Wrote a new key to "+key) {
		t.Fatalf("exit %d, %v\n%s", code, err, stderr)
	}
	if code, _, stderr := s.call(setup...); code != 0 || strings.Contains(stderr, "Wrote") {
		t.Errorf("again: exit %d\n%s", code, stderr)
	}
	// The key that the namespace uses is somewhere else: another one would be wrong.
	if err := os.Remove(key); err != nil {
		t.Fatal(err)
	}
	s.refuse(t, 1, "doesn't exist", setup...)
	if _, err := os.Stat(key); err == nil {
		t.Error("a second key was made")
	}
	s.refuse(t, 2, "must not hold a key", "setup", "--keeper", "base64key://AAAA")
	s.refuse(t, 1, "expected an absolute path", "setup", "--keeper", "keyfile://here")
	s.refuse(t, 2, "can't be sent elsewhere", "setup", "--route", "echo=q")
	s.refuse(t, 2, `(did you mean "sh"?)`, "setup", "--route", "shh=q")
	if shown := s.must(t, "setup", "--route", "py=scripts"); !strings.Contains(shown, `"py":"scripts"`) {
		t.Error(shown)
	}
	startServer(t).refuse(t, 1, `belongs to a "dig2temporal server"`, append(setup[:1:1], "--store", "file://"+store)...)
}

// TestRetryLargeParams makes sure that what is kept outside of histories is handed
// on as it was.
func TestRetryLargeParams(t *testing.T) {
	s := startServer(t)
	dir := projectFolder(t, map[string]string{"wf.dig": "+a:\n  echo>: ${big.length} ${wide.key.length}\n+b:\n  fail>: ${'x' + big.length}\n"})
	params := filepath.Join(t.TempDir(), "params.yml")
	long := strings.Repeat("long ", 20_000)
	write(t, filepath.Dir(params), "params.yml", "big: \""+long+"\"\nwide:\n  key: \""+long+"\"\n")
	s.must(t, "push", "p", "--project", dir)
	var a attemptJSON
	if code, stderr := s.ask(t, &a, "start", "p", "wf", "--session", "now", "-P", params); code != 0 {
		t.Fatal(stderr)
	}
	for range 2 {
		a = s.wait(t, a.Attempt, "error")
		if text, _ := a.Params["big"].(string); text != long {
			t.Errorf("the param has %d bytes", len(text))
		}
		if tasks := s.must(t, "tasks", a.Attempt); !strings.Contains(tasks, "x100000") {
			t.Error(tasks)
		}
		if log := s.must(t, "log", a.Attempt); !strings.Contains(log, "100000 100000") {
			t.Error(log)
		}
		if code, stderr := s.ask(t, &a, "retry", a.Attempt, "--latest-revision", "--all", "-p", "more=1"); code != 0 {
			t.Fatal(stderr)
		}
	}
	s.wait(t, a.Attempt, "error")
}
