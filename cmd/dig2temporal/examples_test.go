package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// failing are the workflows of the examples that show a failure.
var failing = map[string]bool{"flaky_api": true}

// exampleParams are what examples have to be started with.
var exampleParams = map[string][]string{"docker": {"-p", "image=debian:bookworm-slim"}}

// missing says what an example needs that this machine does not have.
func missing(name string) string {
	if name != "docker" || os.Getenv("DOCKER_HOST") != "" {
		return ""
	}
	if _, err := os.Stat("/var/run/docker.sock"); err != nil {
		return "needs a Docker Engine"
	}
	return ""
}

// TestExamples runs every workflow of the example projects.
func TestExamples(t *testing.T) {
	files, err := filepath.Glob("../../examples/*/*.dig")
	if err != nil || len(files) < 6 {
		t.Fatalf("%d workflows, %v", len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".dig")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if what := missing(name); what != "" {
				t.Skip(what)
			}
			dir := filepath.Join(t.TempDir(), filepath.Base(filepath.Dir(file)))
			if err := os.CopyFS(dir, os.DirFS(filepath.Dir(file))); err != nil {
				t.Fatal(err)
			}
			want := exitSuccess
			if failing[name] {
				want = exitFailed
			}
			code, out, text := invoke(dir, t.TempDir(), append([]string{"run", name}, exampleParams[name]...)...)
			if code != want {
				t.Errorf("exit code %d, want %d\n%s%s", code, want, out, text)
			}
			if code, out, text := invoke(dir, t.TempDir(), "check", name, "--strict"); code != exitSuccess {
				t.Errorf("check: %d\n%s%s", code, out, text)
			}
		})
	}
}
