package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dig2temporal/dig2temporal/internal/container/enginetest"
)

// failing are the workflows of the examples that show a failure.
var failing = map[string]bool{"flaky_api": true}

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
			args := []string{"run", name}
			if name == "docker" {
				enginetest.Start(t)
				args = append(args, "-p", "image="+enginetest.Image)
			}
			dir := filepath.Join(t.TempDir(), filepath.Base(filepath.Dir(file)))
			if err := os.CopyFS(dir, os.DirFS(filepath.Dir(file))); err != nil {
				t.Fatal(err)
			}
			want := exitSuccess
			if failing[name] {
				want = exitFailed
			}
			code, out, text := invoke(dir, t.TempDir(), args...)
			if code != want {
				t.Errorf("exit code %d, want %d\n%s%s", code, want, out, text)
			}
			if code, out, text := invoke(dir, t.TempDir(), "check", name, "--strict"); code != exitSuccess {
				t.Errorf("check: %d\n%s%s", code, out, text)
			}
		})
	}
}
