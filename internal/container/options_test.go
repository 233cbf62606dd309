package container

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// optionCase is a row of a file below testdata: arguments, and what they make of
// the values that go to the engine, or the error.
type optionCase struct {
	Args []string
	Want map[string]any
	Err  string
}

func optionCases(t *testing.T, file string) []optionCase {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	var cases []optionCase
	if err := json.Unmarshal(text, &cases); err != nil {
		t.Fatal(err)
	}
	return cases
}

func checkOptions(t *testing.T, c optionCase, parts map[string]any, err error) {
	t.Helper()
	if c.Err != "" {
		if err == nil || err.Error() != c.Err {
			t.Errorf("%q: error %v, want %s", c.Args, err, c.Err)
		}
		return
	}
	if err != nil {
		t.Errorf("%q: %v", c.Args, err)
		return
	}
	for path, want := range c.Want {
		part, key, _ := strings.Cut(path, ".")
		text, err := json.Marshal(parts[part])
		if err != nil {
			t.Fatal(err)
		}
		var values map[string]any
		if err := json.Unmarshal(text, &values); err != nil {
			t.Fatal(err)
		}
		got, _ := json.Marshal(values[key])
		wanted, _ := json.Marshal(want)
		if string(got) != string(wanted) {
			t.Errorf("%q: %s is %s, want %s", c.Args, path, got, wanted)
		}
	}
}

func TestRunOptions(t *testing.T) {
	for _, c := range optionCases(t, "run_options.json") {
		o, err := ParseRunOptions(c.Args, "testdata", []string{"HERE=from outside", "EMPTY="})
		parts := map[string]any{"config": o.config, "host": o.host, "other": map[string]any{"platform": o.Platform(), "name": o.name, "pull": o.Pull}}
		checkOptions(t, c, parts, err)
	}
}

func TestBuildOptions(t *testing.T) {
	for _, c := range optionCases(t, "build_options.json") {
		b, err := ParseBuildOptions(c.Args, []string{"HERE=from outside"})
		b.options.Context = nil
		checkOptions(t, c, map[string]any{"build": b.options, "other": map[string]any{"pull": b.pull}}, err)
	}
}

// TestBuildNames: another base, other commands or options make another image.
func TestBuildNames(t *testing.T) {
	options := func(args ...string) *BuildOptions {
		b, err := ParseBuildOptions(args, nil)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	first := (&Build{From: "a", Commands: []string{"x", "y"}, Options: options()}).image("sha256:1")
	if same := (&Build{From: "other name", Commands: []string{"x\n\ny\n"}, Options: options()}).image("sha256:1"); same != first {
		t.Errorf("%s, want %s", same, first)
	}
	seen := map[string]bool{first: true}
	for _, name := range []string{
		(&Build{Commands: []string{"x", "y"}, Options: options()}).image("sha256:2"),
		(&Build{Commands: []string{"x", "z"}, Options: options()}).image("sha256:1"),
		(&Build{Commands: []string{"x", "y"}, Options: options("--build-arg=a=1")}).image("sha256:1"),
	} {
		if seen[name] || !strings.HasPrefix(name, "dig2temporal-build:") || len(name) > 128 {
			t.Errorf("%s", name)
		}
		seen[name] = true
	}
}

func FuzzRunOptions(f *testing.F) {
	f.Add("-m 1G")
	f.Add("--mount=type=bind,src=/a,dst=/b\x00-e\x00A")
	f.Add("--gpus\x00device=0\x00--ulimit=nofile=1:2\x00-p=1:2/udp")
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(text, "file") || strings.Contains(text, "seccomp") {
			t.Skip("reads files")
		}
		o, err := ParseRunOptions(strings.Split(text, "\x00"), "", nil)
		if err == nil {
			_ = o.Platform()
		}
	})
}
