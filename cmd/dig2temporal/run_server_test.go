package main

import (
	"bytes"
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gofrs/flock"
)

func TestRunServer(t *testing.T) {
	s := startServer(t)
	files := map[string]string{"wf.dig": "+a:\n  sh>: echo a >> ${out}\n+b:\n  sh>: test -e ${flag} && echo b >> ${out}; test -z \"$TEMPORAL_ADDRESS\"\n"}
	one, two := filepath.Join(projectFolder(t, nil), "p"), filepath.Join(projectFolder(t, nil), "p")
	for _, dir := range []string{one, two} {
		if err := os.Mkdir(dir, 0o777); err != nil {
			t.Fatal(err)
		}
		write(t, dir, "wf.dig", strings.ReplaceAll(files["wf.dig"], "&&", "&& true &&"))
	}
	run := func(dir string, args ...string) (int, string) {
		code, stdout, stderr := s.call(append([]string{
			"run", "wf.dig", "--server", "--project", dir, "--session", "2024-01-01", "-p", "out=" + filepath.Join(dir, "out"), "-p", "flag=" + filepath.Join(dir, "flag"),
		}, args...)...)
		return code, stdout + stderr
	}
	// An attempt that fails is a session, too.
	if code, text := run(one, "-p", "out="+one); code != 1 {
		t.Errorf("exit %d\n%s", code, text)
	}
	last := func(dir, want string) {
		t.Helper()
		if code, text := run(dir, "--session", "last", "--dry-run"); code != 0 || !strings.Contains(text, want) {
			t.Errorf("exit %d, want %q\n%s", code, want, text)
		}
	}
	last(one, "Reusing the last session time 2024-01-01")
	if code, text := run(one); code != 0 {
		t.Errorf("exit %d\n%s", code, text)
	}
	last(one, "Reusing the last session time 2024-01-01")
	// A copy of the folder has no sessions, whatever it is told.
	three := filepath.Join(projectFolder(t, nil), "p")
	if err := os.CopyFS(three, os.DirFS(one)); err != nil {
		t.Fatal(err)
	}
	last(three, "Using a new session time")
	write(t, one, "flag", "")
	if code, text := run(one); code != 0 || !strings.Contains(text, "Skipped 2 tasks that are done: +wf+a, +wf+b") {
		t.Errorf("exit %d\n%s", code, text)
	}
	if code, text := run(one, "--start", "+b"); code != 0 || strings.Contains(text, "echo a >>") {
		t.Errorf("exit %d\n%s", code, text)
	}
	// A project of the same name in another folder has sessions of its own.
	if code, text := run(two); code != 0 || strings.Contains(text, "Skipped") {
		t.Errorf("exit %d\n%s", code, text)
	}
	if text, _ := os.ReadFile(filepath.Join(one, "out")); string(text) != "a\nb\n" {
		t.Errorf("%q", text)
	}
	lock := flock.New(filepath.Join(one, ".dig2temporal", "run.lock"))
	if ok, err := lock.TryLock(); !ok || err != nil {
		t.Fatal(err)
	}
	defer func() { _ = lock.Unlock() }()
	if code, text := run(one); code != 1 || !strings.Contains(text, "run.lock") {
		t.Errorf("exit %d\n%s", code, text)
	}
	if code, text := run(one, "--no-save"); code != 0 {
		t.Errorf("exit %d\n%s", code, text)
	}
}

// TestRunServerEncrypted runs a session twice with keys, and a workflow that
// requires another one: of the folder, not of a pushed project of that name.
func TestRunServerEncrypted(t *testing.T) {
	s := startServer(t)
	s.env = append(s.env, "DIG2TEMPORAL_ENCRYPTION_KEYS=k:"+base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, 32)))
	out := filepath.Join(t.TempDir(), "out")
	dir := filepath.Join(projectFolder(t, nil), "p")
	if err := os.Mkdir(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	write(t, dir, "wf.dig", "+a:\n  require>: other\n")
	write(t, dir, "other.dig", "+a:\n  sh>: echo of the folder >> "+out+"\n")
	pushed := projectFolder(t, map[string]string{"other.dig": "+a:\n  echo>: pushed\n"})
	s.must(t, "push", "p", "--project", pushed)
	s.must(t, "start", "p", "other", "--session", "2024-01-01")
	for range 2 {
		s.must(t, "run", "wf.dig", "--server", "--project", dir, "--session", "2024-01-01")
	}
	if text, _ := os.ReadFile(out); string(text) != "of the folder\n" {
		t.Errorf("%q", text)
	}
	var list struct{ Attempts []attemptJSON }
	s.ask(t, &list, "attempts", "--workflow", "wf")
	if len(list.Attempts) != 2 {
		t.Fatalf("%+v", list)
	}
	s.refuse(t, 1, "ran in a folder", "retry", list.Attempts[0].Attempt, "--keep-revision", "--all")
}
