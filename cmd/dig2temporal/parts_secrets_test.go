//go:build cluster && linux

package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dig2temporal/dig2temporal/cmd/dig2temporal/internal/cluster"
)

// secrets uses a secret in every way there is, and then looks for it everywhere.
func (p *parts) secrets(t *testing.T, k *cluster.Cluster, seen *watcher) {
	const secret, visible, plain = "hush-5d1c2f0a9b", "visible-77aa31", "plainparam-4411fe"
	out := t.TempDir()
	project := projectFolder(t, map[string]string{
		"wf.dig": `
_export:
  plain: ${given}
+script:
  sh>: printf %s "${secret:db.password}" > ${out}/script; sleep 1.25; echo ${secret:db.password}; echo visible-77aa31
+environment:
  sh>: printf %s "$PASSWORD" > ${out}/environment; env | sort; sleep 1.26
  _env:
    PASSWORD: ${secret:db.password}
+python:
  py>: tasks.show
  _env:
    PASSWORD: ${secret:db.password}
+fails:
  sh>: echo ${secret:db.password} >&2; exit 3
  _retry: 1
  _error:
    sh>: echo ${secret:db.password} failed
`,
		"tasks.py": "import os\ndef show(out):\n  open(out + '/python', 'w').write(os.environ['PASSWORD'])\n  print(os.environ['PASSWORD'])\n",
	})
	p.must(t, "push", "vault", "--project", project)
	file := filepath.Join(t.TempDir(), "value")
	write(t, filepath.Dir(file), "value", secret)
	p.must(t, "secrets", "--project", "vault", "--set", "db.password=@"+file)
	var a attemptJSON
	if code, stderr := p.ask(t, &a, "start", "vault", "wf", "--session", "2024-02-29 00:00:00", "-p", "out="+out, "-p", "given="+plain); code != 0 {
		t.Fatal(stderr)
	}
	p.wait(t, a.Attempt, "error")
	for _, name := range []string{"script", "environment", "python"} {
		if text, _ := os.ReadFile(filepath.Join(out, name)); string(text) != secret {
			t.Errorf("the task got %q", text)
		}
	}
	log := p.must(t, "log", a.Attempt, "-v")
	if !strings.Contains(log, visible) || !strings.Contains(log, "***") {
		t.Errorf("the log does not show what it should:\n%s", log)
	}

	// What is looked through must have what is not secret, or it is not looked
	// through.
	database := held(p.dump(t))
	if !disclosed(database, plain) {
		t.Error("the database does not even hold the param")
	}
	if disclosed(database, secret) {
		t.Error("the database holds the secret")
	}
	found := false
	for key, object := range p.objects(t, k.Settings.Store) {
		found = found || disclosed(object, visible)
		if disclosed(object, secret) {
			t.Errorf("the object %s holds the secret", key)
		}
	}
	if !found {
		t.Error("the store does not even hold what the task said")
	}
	if disclosed([]byte(log), secret) {
		t.Error("the log shows the secret")
	}
	p.quiet(t, secret)
	seen.look()
	if at := seen.withArguments("sleep 1.25"); len(at) == 0 {
		t.Error("not even what the task runs was seen")
	}
	if at := seen.withArguments(secret); len(at) > 0 {
		t.Errorf("the secret is an argument of %q", at)
	}
	// The environment of the commands has it, where the workflow puts it there.
	at := seen.withEnvironment(secret)
	if !slices.Contains(at, "sleep 1.26") {
		t.Errorf("not even the environment of the task was seen: %q", at)
	}
	for _, command := range at {
		if command == "sleep 1.25" || strings.Contains(command, "dig2temporal worker") {
			t.Errorf("the secret is in the environment of %q", command)
		}
	}
}

// quiet looks for a text in what the parts said, and in the folders of the workers.
func (p *parts) quiet(t *testing.T, text string) {
	t.Helper()
	for _, x := range p.logs {
		if disclosed([]byte(x.text(t)), text) {
			t.Errorf("%s tells it", x.name)
		}
	}
	err := filepath.WalkDir(p.base, func(path string, entry os.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return nil
		}
		if content, err := os.ReadFile(path); err == nil && disclosed(content, text) {
			t.Errorf("the file %s has it", path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// encrypted runs attempts with keys for payloads, and looks for what they hold in
// the database.
func (p *parts) encrypted(t *testing.T, k *cluster.Cluster) {
	s, keys := p.sealed(t)
	p.worker(t, "sealed", []string{keys}, "--task-queue", "sealed")
	out := t.TempDir()
	texts := map[string]string{
		"given": "sealed-given-1f", "written": "sealed-written-2e", "stored": "sealed-stored-3d", "said": "sealed-said-4c", "failure": "sealed-failure-5b",
		"retried": "sealed-retried-6a",
	}
	project := projectFolder(t, map[string]string{
		"wf.dig": `
_export:
  mine: sealed-written-2e
+store:
  py>: tasks.store
+say:
  sh>: echo sealed-said-4c ${stored} ${given} > ${out}/said
+retried:
  sh>: echo sealed-retried-6a; false
  _retry: 1
  _error:
    echo>: ${error.message}
`,
		"bad.dig":  "+a:\n  fail>: sealed-failure-5b ${given}\n",
		"tasks.py": "import digdag\ndef store():\n  digdag.env.store({'stored': 'sealed-stored-3d'})\n",
	})
	s.must(t, "push", "sealed", "--project", project)
	var a, b attemptJSON
	for name, a := range map[string]*attemptJSON{"wf": &a, "bad": &b} {
		if code, stderr := s.ask(t, a, "start", "sealed", name, "--session", "2024-02-29 00:00:00", "-p", "out="+out, "-p", "given="+texts["given"]); code != 0 {
			t.Fatal(stderr)
		}
	}
	s.wait(t, a.Attempt, "error")
	s.wait(t, b.Attempt, "error")
	if text, _ := os.ReadFile(filepath.Join(out, "said")); string(text) != "sealed-said-4c sealed-stored-3d sealed-given-1f\n" {
		t.Errorf("%q", text)
	}
	if tasks := s.must(t, "tasks", b.Attempt); !strings.Contains(tasks, texts["failure"]) {
		t.Errorf("who has the key can't read the failure:\n%s", tasks)
	}
	if params := s.wait(t, a.Attempt, "error").Params; params["given"] != texts["given"] {
		t.Errorf("who has the key can't read the params: %v", params)
	}
	database := held(p.dump(t))
	if !disclosed(database, "binary/encrypted") {
		t.Error("nothing is encrypted")
	}
	for name, text := range texts {
		if disclosed(database, text) {
			t.Errorf("the database holds what is %s, %q: %q", name, text, around(database, text))
		}
	}
	for key, object := range p.objects(t, k.Settings.Store) {
		if strings.HasPrefix(key, "payloads/") && disclosed(object, texts["given"]) {
			t.Errorf("the object %s is not encrypted", key)
		}
	}
}

// around shows where a text is.
func around(data []byte, text string) string {
	at := strings.Index(string(data), text)
	if at < 0 {
		return "in what is compressed or coded"
	}
	return string(data[max(0, at-300):min(len(data), at+100)])
}
