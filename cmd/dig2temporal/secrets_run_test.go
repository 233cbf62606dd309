package main

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const secretProject = `timezone: UTC

_export:
  _secrets:
    moved: {here: db.password}
    other: db

+script:
  sh>: |
    test "$(printf %s '${secret:db.password}' | wc -c)" = 21 && echo "the script has ${secret:db.password}"
    tr '\0' ' ' < /proc/$$/cmdline
    echo "marker-in-history" > marker.txt

+variable:
  sh>: echo "PASSWORD=$PASSWORD"; printf %s "$PASSWORD" | cut -c1-7
  _env: {PASSWORD: "${secret:moved.here}"}

+prefix:
  sh>: test "$(printf %s "$PASSWORD" | cut -c9-13)" = horse
  _env: {PASSWORD: "${secret:other.password}"}

+configured:
  sh>: test "${secret:given}" = "by-option-value"

+json:
  sh>: echo '{"marker":"stored-in-history"}'
  store_stdout: result

+not_stored:
  sh>: echo "token=${secret:db.password}"
  store_stdout: token

  _error:
    echo>: "failed: ${error.message}"
`

// TestSecretsOfRuns: tasks get the secrets of the user, and nothing that a run
// leaves behind shows them.
func TestSecretsOfRuns(t *testing.T) {
	const secret = "correct-horse-battery"
	dir, home := t.TempDir(), filepath.Join(t.TempDir(), "home")
	write(t, dir, "main.dig", secretProject)
	if code, _, err := withSecrets(dir, home, secret, "secrets", "--local", "--set", "db.password=-"); code != exitSuccess {
		t.Fatal(err)
	}
	code, out, errors := withSecrets(dir, home, "", "run", "main", "-X", "secrets.given=by-option-value", "-l", "debug", "--output", "json")
	if code != exitFailed {
		t.Errorf("exit code %d", code)
	}
	for _, want := range []string{
		"the script has ***\n", "PASSWORD=***\n", "correct\n", "runner.sh",
		`can't be stored as "token": it shows the secret "db.password"`,
	} {
		if !strings.Contains(errors, want) {
			t.Errorf("the log does not have %q:\n%s", want, errors)
		}
	}
	var outcome struct {
		Tasks []struct{ Name, State string }
	}
	if err := json.Unmarshal([]byte(out), &outcome); err != nil || len(outcome.Tasks) < 7 {
		t.Fatalf("%v in %s", err, out)
	}
	for _, task := range outcome.Tasks {
		if task.State == "error" != (task.Name == "+main+not_stored") {
			t.Errorf("%s is %s", task.Name, task.State)
		}
	}
	for name, text := range map[string]string{"outcome": out, "log": errors} {
		if strings.Contains(text, secret) {
			t.Errorf("the %s shows the secret", name)
		}
	}
	if !found(t, dir, "stored-in-history") {
		t.Error("the test does not find what is in the history")
	}
	if found(t, dir, secret) {
		t.Error("the folder of the project shows the secret")
	}
	if found(t, home, secret) {
		t.Error("the folder of the secrets shows the secret")
	}
	code, _, errors = withSecrets(dir, home, "", "run", "main", "-X", "secrets.given=other", "--goal", "+prefix")
	if code != exitSuccess {
		t.Errorf("exit code %d\n%s", code, errors)
	}
	if code, _, err := withSecrets(dir, home, "", "secrets", "--local", "--delete", "db.password"); code != exitSuccess {
		t.Fatal(err)
	}
	code, _, errors = withSecrets(dir, home, "", "run", "main", "--rerun")
	if code != exitFailed || !strings.Contains(errors, "Secret not found for key: 'db.password'") {
		t.Errorf("exit code %d\n%s", code, errors)
	}
}

// found tells whether a file of a folder holds a text.
func found(t *testing.T, folder, text string) bool {
	t.Helper()
	found := false
	err := filepath.WalkDir(folder, func(file string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		content, err := os.ReadFile(file)
		found = found || bytes.Contains(content, []byte(text))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
