package container

import (
	"bytes"
	"fmt"
	"testing"
)

func TestFirstWords(t *testing.T) {
	for _, r := range []struct {
		text    string
		code    int
		program string
		out     string
		err     string
	}{
		{"[FATAL tini (7)] exec none failed: No such file or directory\n", 127, "none", "", `Cannot run program "none" in the image "i": executable file not found in $PATH`},
		{"[FATAL tini (7)] exec ./none failed: No such file or directory\r\n", 127, "./none", "", `Cannot run program "./none" in the image "i": no such file or directory`},
		{"[FATAL tini (7)] exec ./a b failed: Permission denied\n", 126, "./a b", "", `Cannot run program "./a b" in the image "i": permission denied`},
		{"ERROR (catatonit:2): failed to exec pid1: No such file or directory\n", 127, "none", "", `Cannot run program "none" in the image "i": executable file not found in $PATH`},
		// What a command prints itself.
		{"sh: none: not found\n", 127, "sh", "sh: none: not found\n", "<nil>"},
		{"[FATAL] none\n", 127, "sh", "[FATAL] none\n", "<nil>"},
		{"[FATAL tini (7)] something else\n", 127, "sh", "[FATAL tini (7)] something else\n", "<nil>"},
		{"[FATAL tini (7)] exec x failed: y\nmore\n", 127, "sh", "[FATAL tini (7)] exec x failed: y\nmore\n", "<nil>"},
		{"[FATAL t", 127, "sh", "[FATAL t", "<nil>"},
		{"", 127, "sh", "", "<nil>"},
	} {
		for _, size := range []int{1, 5, 1000} {
			var out bytes.Buffer
			f := &firstWords{c: &Command{Image: "i", Args: []string{r.program}, Options: runOptions(t)}, to: &out}
			for text := r.text; text != ""; {
				n := min(size, len(text))
				if written, err := f.Write([]byte(text[:n])); written != n || err != nil {
					t.Fatalf("%d, %v", written, err)
				}
				text = text[n:]
			}
			f.end()
			if err := fmt.Sprint(f.failure(r.code)); err != r.err || out.String() != r.out {
				t.Errorf("%q by %d: output %q, %s, want %s", r.text, size, out.String(), err, r.err)
			}
		}
	}
}
