package yaml11

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

func texts(t testing.TB) []string {
	data, err := os.ReadFile("../testdata/yaml.json")
	if err != nil {
		t.Fatal(err)
	}
	var rows []struct {
		YAML string `json:"yaml"`
	}
	if err := json.Unmarshal(data, &rows); err != nil {
		t.Fatal(err)
	}
	list := make([]string, len(rows))
	for i, r := range rows {
		list[i] = r.YAML
	}
	return list
}

var limits = Limits{Depth: 100, Nodes: 10_000}

var breaks = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u0085", "\n", "\u2028", "\n", "\u2029", "\n")

// TestPlaces looks into the text at the place of every node: what stands there
// must be how a node of its kind begins.
func TestPlaces(t *testing.T) {
	checked := 0
	for _, text := range texts(t) {
		root, err := Parse([]byte(text), limits)
		if err != nil || root == nil {
			continue
		}
		lines := strings.Split(breaks.Replace(text), "\n")
		checkPlace(t, text, lines, root, map[*Node]bool{}, &checked)
	}
	if checked < 1000 {
		t.Errorf("only %d places were checked", checked)
	}
}

func checkPlace(t *testing.T, text string, lines []string, n *Node, seen map[*Node]bool, checked *int) {
	if seen[n] {
		return
	}
	seen[n] = true
	rest := ""
	if n.Line <= len(lines) {
		// A byte order mark has no column.
		line := []rune(strings.ReplaceAll(lines[n.Line-1], "\ufeff", ""))
		rest = string(line[min(n.Column-1, len(line)):])
	}
	want := ""
	switch {
	case n.Alias != nil:
		want = "*"
	case n.Tag != "" || n.Anchored:
		if !strings.HasPrefix(rest, "&") && !strings.HasPrefix(rest, "!") {
			t.Errorf("%q: the tag or anchor of %+v is not at %q", text, n, rest)
		}
	case n.Kind == Scalar && n.Plain && !strings.ContainsRune(text, '\ufeff'):
		want, _, _ = strings.Cut(n.Text, " ")
		want, _, _ = strings.Cut(want, "\n")
	case n.Kind == Scalar && !n.Plain && !strings.ContainsAny(rest[:min(1, len(rest))], `"'|>`):
		t.Errorf("%q: the text %q is not at %q", text, n.Text, rest)
	}
	*checked++
	if !strings.HasPrefix(rest, want) {
		t.Errorf("%q: expected %q at %d:%d but there is %q", text, want, n.Line, n.Column, rest)
	}
	for _, c := range n.Children {
		checkPlace(t, text, lines, c, seen, checked)
	}
}

func TestErrors(t *testing.T) {
	tests := []struct {
		text         string
		line, column int
		message      string
	}{
		{"a: b: c", 1, 5, `":" is not allowed here: a text that contains ": " must stand in quotes`},
		{"a:\n\tb: c", 2, 1, "a tab can't separate or indent anything here: use blanks"},
		{"a: [b, c", 1, 9, `expected "," or "]" ("[" was opened at 1:4) but got the end of the file`},
		{"a: {b: c]", 1, 9, `expected "," or "}" ("{" was opened at 1:4) but got "]"`},
		{"a: ]", 1, 4, `"]" closes nothing`},
		{"a: *b", 1, 4, `the alias "*b" has no anchor ("&b") above it`},
		{"a: @b", 1, 4, `"@" can't begin a text: put the text into quotes`},
		{"a: \"b\nc: d", 1, 4, "the quote that begins here is never closed"},
		{"a: \"\\z\"", 1, 5, `unknown escape "\z": write "\\" for a backslash, or use single quotes`},
		{"a: |x\n b", 1, 5, `expected the end of the line after "|" or ">" but got "x"`},
		{"a: 1\n---\nb: 2", 2, 1, `expected one document in the file but got "---"`},
		{"a: !x!y z", 1, 4, `the tag handle "!x!" is not declared`},
		{"a:\n  b: 1\n c: 2", 3, 2, "this line must begin at the column of one of those above it: expected the next key or the end of the mapping"},
		{"a: b\x01", 1, 5, "the character U+0001 is not allowed"},
		{strings.Repeat("k", 1030) + ": 1", 1, 1031, `":" is not allowed here: a text that contains ": " must stand in quotes`},
		{"a: 1\n" + strings.Repeat("k", 1030) + ": 1", 2, 1, `expected ":" within 1024 characters after the beginning of a key`},
		{"a: 1\nb\nc: 2", 2, 1, `expected a key followed by ":"`},
		{strings.Repeat("[", 200), 1, 102, "values nest deeper than 100 levels"},
		{"[" + strings.Repeat("a,", 20_000) + "]", 1, 20_000, "the file has more than 10000 values"},
	}
	for _, test := range tests {
		_, err := Parse([]byte(test.text), limits)
		got, ok := err.(*Error)
		if !ok {
			t.Errorf("%.40q: got %v", test.text, err)
			continue
		}
		if *got != (Error{test.line, test.column, test.message}) {
			t.Errorf("%.40q: got %d:%d: %s", test.text, got.Line, got.Column, got.Message)
		}
	}
}

// FuzzParse looks for texts that make the parser panic or hang.
func FuzzParse(f *testing.F) {
	for i, text := range texts(f) {
		if i%3 == 0 {
			f.Add([]byte(text))
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		n, err := Parse(text, limits)
		if n != nil && err != nil {
			t.Fatalf("%q: both a tree and %v", text, err)
		}
	})
}
