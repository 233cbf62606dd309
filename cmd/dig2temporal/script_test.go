package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the expected output into the scripts")

// The folders below testdata/commands and testdata/run are projects with a file
// "script": command lines with what they print.
//
//	$ run main.dig -p a=b
//	> a line on stdout
//	! a line on stderr
//	= exit code, if it is not 0
//	@ FILE TEXT        writes a file before the next command
//	# comment
//
// {dir} stands for the folder of the project. The clock stands still.
var scriptTime = time.Date(2024, 2, 29, 12, 34, 56, 0, time.UTC)

func TestCommands(t *testing.T) { scripts(t, "testdata/commands") }

func scripts(t *testing.T, root string) {
	list, err := filepath.Glob(filepath.Join(root, "*", "script"))
	if err != nil || len(list) == 0 {
		t.Fatalf("no scripts in %s: %v", root, err)
	}
	for _, file := range list {
		t.Run(filepath.Base(filepath.Dir(file)), func(t *testing.T) {
			t.Parallel()
			script(t, file)
		})
	}
}

func script(t *testing.T, file string) {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	base, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(base, filepath.Base(filepath.Dir(file)))
	if err := os.CopyFS(dir, os.DirFS(filepath.Dir(file))); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "script")); err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	for line := range strings.Lines(string(text)) {
		line = strings.TrimRight(line, "\n")
		switch {
		case line == "$" || strings.HasPrefix(line, "$ "):
			got.WriteString(line + "\n")
			got.WriteString(invocation(t, dir, words(t, line[1:])))
		case strings.HasPrefix(line, "@ "):
			got.WriteString(line + "\n")
			name, text, _ := strings.Cut(line[2:], " ")
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text+"\n"), 0o666); err != nil {
				t.Fatal(err)
			}
		case line == "" || strings.HasPrefix(line, "#"):
			got.WriteString(line + "\n")
		}
	}
	if got.String() == string(text) {
		return
	}
	if *update {
		if err := os.WriteFile(file, []byte(got.String()), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	t.Error(difference(got.String(), string(text)))
}

// difference shows where two texts begin to differ, with some lines around.
func difference(got, want string) string {
	a, b := strings.Split(got, "\n"), strings.Split(want, "\n")
	at := 0
	for at < len(a) && at < len(b) && a[at] == b[at] {
		at++
	}
	from := max(0, at-5)
	return fmt.Sprintf("from line %d on: got\n%s\nwant\n%s", from+1,
		strings.Join(a[from:min(len(a), at+10)], "\n"), strings.Join(b[from:min(len(b), at+10)], "\n"))
}

// invocation runs a command line and returns what it shows in the form of a
// script.
func invocation(t *testing.T, dir string, args []string) string {
	var out, err bytes.Buffer
	c := &Command{
		In: strings.NewReader(""), Out: &out, Err: &err, Dir: dir, Zone: time.UTC,
		Now: func() time.Time { return scriptTime },
		Env: []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir()}, Version: "1.2.3",
	}
	code := c.Main(context.Background(), args)
	var b strings.Builder
	marked(&b, ">", out.String(), dir)
	marked(&b, "!", err.String(), dir)
	if code != 0 {
		fmt.Fprintf(&b, "= %d\n", code)
	}
	return b.String()
}

var uuids = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)

func marked(b *strings.Builder, mark, text, dir string) {
	text = strings.ReplaceAll(text, dir, "{dir}")
	text = strings.ReplaceAll(text, filepath.Dir(dir), "{above}")
	text = uuids.ReplaceAllString(text, "{uuid}")
	for line := range strings.Lines(text) {
		fmt.Fprintln(b, strings.TrimRight(mark+" "+strings.TrimSuffix(line, "\n"), " "))
	}
}

// words parts a command line at blanks; single quotes keep them.
func words(t *testing.T, line string) []string {
	var list []string
	word, quoted, any := "", false, false
	for _, r := range line {
		switch {
		case r == '\'':
			quoted, any = !quoted, true
		case r == ' ' && !quoted:
			if any {
				list = append(list, word)
			}
			word, any = "", false
		default:
			word += string(r)
			any = true
		}
	}
	if quoted {
		t.Fatalf("an open quote in %q", line)
	}
	if any {
		list = append(list, word)
	}
	return list
}
