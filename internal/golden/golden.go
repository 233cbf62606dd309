// Package golden runs tests whose input and expectation stand in one file:
//
//	the input, or several files, each under a line "=== name"
//	----------
//	what is expected
package golden

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const separator = "----------\n"

// Run runs got for every file that matches the pattern and compares what it
// returns with what the file expects; with update it writes that instead. The
// input of got are the files by name; one without a name is called first.
func Run(t *testing.T, pattern, first string, update bool, got func(t *testing.T, files map[string]string) string) {
	t.Helper()
	paths, err := filepath.Glob(pattern)
	if err != nil || len(paths) == 0 {
		t.Fatalf("no file matches %s: %v", pattern, err)
	}
	for _, path := range paths {
		t.Run(strings.SplitN(filepath.Base(path), ".", 2)[0], func(t *testing.T) {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			input, want, found := strings.Cut(string(text), "\n"+separator)
			input = strings.TrimSuffix(input, "\n") + "\n"
			result := got(t, split(input, first))
			if !strings.HasSuffix(result, "\n") {
				result += "\n"
			}
			if update {
				if err := os.WriteFile(path, []byte(input+separator+result), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if !found {
				t.Fatalf("%s has no %q line: run the test with -update", path, strings.TrimSpace(separator))
			}
			if result != want {
				t.Errorf("%s: got\n%s\nwant\n%s", path, result, want)
			}
		})
	}
}

func split(input, first string) map[string]string {
	files := map[string]string{}
	name := first
	var b strings.Builder
	flush := func() {
		if b.Len() > 0 || name != first {
			files[name] = b.String()
		}
		b.Reset()
	}
	for line := range strings.Lines(input) {
		if next, ok := strings.CutPrefix(line, "=== "); ok {
			flush()
			name = strings.TrimSpace(next)
			continue
		}
		b.WriteString(line)
	}
	flush()
	return files
}
