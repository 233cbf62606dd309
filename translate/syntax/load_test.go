package syntax_test

import (
	"flag"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/dig2temporal/dig2temporal/internal/golden"
	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/translate/finding"
	"github.com/dig2temporal/dig2temporal/translate/syntax"
)

var update = flag.Bool("update", false, "write the expectations of golden files")

// memory is a project in memory.
type memory map[string]string

func (m memory) Read(name string) ([]byte, error) {
	text, ok := m[name]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return []byte(text), nil
}

func (m memory) Path(name string) string {
	return strings.TrimSuffix("/project/"+name, "/")
}

// TestLoad shows for each file of testdata/load the tree as JSON with the places
// of its keys, or the problems.
func TestLoad(t *testing.T) {
	golden.Run(t, "testdata/load/*.dig.txt", "main.dig", *update, func(t *testing.T, files map[string]string) string {
		tree, problems := syntax.Load(memory(files), "main.dig")
		if tree == nil {
			return lines(problems)
		}
		var b strings.Builder
		places(&b, tree, "")
		return b.String()
	})
}

func lines(problems []finding.Finding) string {
	var b strings.Builder
	for _, p := range problems {
		fmt.Fprintf(&b, "%s\n", p)
		if p.Text != "" {
			fmt.Fprintf(&b, "  Digdag: %s (%s)\n", p.Text, p.Kind)
		}
	}
	return b.String()
}

func places(b *strings.Builder, n *syntax.Node, indent string) {
	for _, e := range n.Entries {
		fmt.Fprintf(b, "%s%s:", indent, e.Key)
		if e.Value.Kind == syntax.Scalar {
			fmt.Fprintf(b, " %s (%s)", ordered.Text(e.Value.Scalar), e.Value.Pos)
		}
		fmt.Fprintf(b, "  # %s", e.Pos)
		for _, at := range e.Pos.Included {
			fmt.Fprintf(b, " < %s", at)
		}
		b.WriteString("\n")
		places(b, e.Value, indent+"  ")
	}
	for i, item := range n.Items {
		fmt.Fprintf(b, "%s[%d]", indent, i)
		if item.Kind == syntax.Scalar {
			fmt.Fprintf(b, " %s", ordered.Text(item.Scalar))
		}
		fmt.Fprintf(b, "  # %s\n", item.Pos)
		places(b, item, indent+"  ")
	}
}

// TestHostile holds files that would take a careless reader down.
func TestHostile(t *testing.T) {
	laughs := func(format string) string {
		var b strings.Builder
		b.WriteString("a0: &a0 {x: 1}\n")
		for i := 1; i < 30; i++ {
			ref := fmt.Sprintf("*a%d", i-1)
			fmt.Fprintf(&b, "a%d: &a%d "+format+"\n", i, i, strings.Repeat(ref+", ", 9)+ref)
		}
		return b.String()
	}
	chain := func() string {
		var b strings.Builder
		b.WriteString("a0: &a0 x\n")
		for i := 1; i < 2000; i++ {
			fmt.Fprintf(&b, "a%d: &a%d [[[[[[[[[[*a%d]]]]]]]]]]\n", i, i, i-1)
		}
		return b.String()
	}
	doubling := memory{"main.dig": "!include : 0.yml\n", "40.yml": "{}\n"}
	for i := range 40 {
		doubling[fmt.Sprintf("%d.yml", i)] = strings.Repeat(fmt.Sprintf("!include : %d.yml\n", i+1), 2)
	}
	tests := []struct {
		name  string
		files memory
		want  string
	}{
		{"brackets", memory{"main.dig": "a: " + strings.Repeat("[", 100_000)}, "main.dig:1:1004: values nest deeper than 1000 levels"},
		{"brackets on lines", memory{"main.dig": "a: " + strings.Repeat("[\n", 100_000)}, "values nest deeper than 1000 levels"},
		{"braces", memory{"main.dig": strings.Repeat("{a: ", 100_000)}, "values nest deeper than 1000 levels"},
		{"dashes", memory{"main.dig": strings.Repeat("- ", 100_000)}, "values nest deeper than 1000 levels"},
		{"question marks", memory{"main.dig": strings.Repeat("? ", 100_000)}, "values nest deeper than 1000 levels"},
		{"closing brackets", memory{"main.dig": strings.Repeat("]", 100_000)}, `"]" closes nothing`},
		{"aliases", memory{"main.dig": laughs("[%s]")}, "more than 2000000 values"},
		{"merge keys", memory{"main.dig": laughs("{<<: [%s]}")}, "more than 2000000 values"},
		{"nested aliases", memory{"main.dig": chain()}, "values nest deeper than 1000 levels"},
		{"alias to itself", memory{"main.dig": "a: &a [*a]\n"}, "main.dig:1:8: the alias refers to the value that contains it"},
		{"large text", memory{"main.dig": "a: &a " + strings.Repeat("x", 1<<20) + "\nb: [" + strings.Repeat("*a, ", 1000) + "]\n"}, "more than 67108864 bytes"},
		{"long number", memory{"main.dig": "a: " + strings.Repeat("9", 1<<20) + "\n"}, "is no value of the type !!int"},
		{"large file", memory{"main.dig": strings.Repeat("#", syntax.MaxFile+1)}, "more than the 16777216 bytes"},
		{"includes in a loop", memory{"main.dig": "!include : a.yml\n", "a.yml": "b: {!include : main.dig}\n"}, "the includes form a loop: main.dig -> a.yml -> main.dig"},
		{"doubling includes", doubling, "more than 10000 files are included"},
		{"large includes", memory{"main.dig": strings.Repeat("!include : a.yml\n", 9000), "a.yml": strings.Repeat("#\n", 1<<20) + "{}"}, "the included files have more than 67108864 bytes"},
		{"duplicates", memory{"main.dig": strings.Repeat("k: 1\n", 100_000)}, `key "k" is written twice, first at main.dig:1:1`},
		{"binary", memory{"main.dig": "\x7fELF\x02\x01\x01\x00\x00"}, "main.dig:1:1: the character U+007F is not allowed"},
		{"UTF-16", memory{"main.dig": "\xff\xfea\x00:\x00"}, "the file is in UTF-16: save it as UTF-8"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			start := time.Now()
			tree, problems := syntax.Load(test.files, "main.dig")
			if tree != nil || len(problems) == 0 {
				t.Fatalf("it was accepted")
			}
			if len(problems) > 1000 {
				t.Errorf("%d problems", len(problems))
			}
			if got := problems[0].String(); !strings.Contains(got, test.want) {
				t.Errorf("got %s, want %s", got, test.want)
			}
			if took := time.Since(start); took > 20*time.Second {
				t.Errorf("it took %s", took)
			}
		})
	}
}

func TestLegalButOdd(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"byte order mark and CRLF", "\ufeffa: 1\r\nb: 2\r\n", `{"a":1,"b":2}`},
		{"bytes that are no UTF-8", "a: caf\xe9\n", `{"a":"caf` + "\ufffd" + `"}`},
		{"deep", "a: " + strings.Repeat("[", 900) + strings.Repeat("]", 900), `{"a":` + strings.Repeat("[", 900) + strings.Repeat("]", 900) + `}`},
	}
	for _, test := range tests {
		tree, problems := syntax.Parse("main.dig", []byte(test.text))
		if tree == nil {
			t.Errorf("%s: %v", test.name, problems)
		} else if got := ordered.Text(tree.Value()); got != test.want {
			t.Errorf("%s: got %s, want %s", test.name, got, test.want)
		}
	}
}

func TestEncodingWarning(t *testing.T) {
	_, problems := syntax.Parse("main.dig", []byte("a: 1\nb: \"é caf\xe9\"\n"))
	const want = "main.dig:2:10: warning: the byte 0xe9 is no UTF-8 and is replaced by U+FFFD: save the file as UTF-8 [encoding]"
	if len(problems) != 1 || problems[0].String() != want {
		t.Errorf("got %v, want %s", problems, want)
	}
}

func TestFromValue(t *testing.T) {
	const text = `{"+a":{"sh>":"x","l":[1,{"b":null},[]]},"n":1.5,"e":{}}`
	v, err := ordered.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if got := ordered.Text(syntax.FromValue(v).Value()); got != text {
		t.Errorf("got %s, want %s", got, text)
	}
}
