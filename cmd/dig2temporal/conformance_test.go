package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dig2temporal/dig2temporal/cmd/dig2temporal/internal/conformance"
)

const conformanceData = "../../testdata/conformance"

// TestConformance takes the recorded cases through run and check. Cases that
// need more are skipped and counted; those that are known to differ are listed
// with the reason in differences.txt, which is wrong as soon as they don't.
func TestConformance(t *testing.T) {
	cases, err := conformance.Load(filepath.Join(conformanceData, "cases"))
	if err != nil {
		t.Fatal(err)
	}
	if len(cases) == 0 {
		t.Fatal("there are no cases")
	}
	known := knownDifferences(t)
	tally := newTally()
	t.Cleanup(func() { tally.report(t) })
	for _, c := range cases {
		reason, differs := known[c.ID]
		delete(known, c.ID)
		t.Run(c.ID, func(t *testing.T) {
			t.Parallel()
			if why := c.Skip(interpreters()...); why != "" {
				tally.skip(why)
				t.Skip(why)
			}
			diff, err := c.Compare(observations(t, c))
			if err != nil {
				t.Fatal(err)
			}
			tally.add(diff)
			switch {
			case differs && diff.Equal():
				t.Errorf("differences.txt lists it, but it is equal")
			case differs:
				tally.skip("known difference")
				t.Skipf("known difference: %s", reason)
			case !diff.Equal():
				for _, level := range conformance.Levels() {
					for _, d := range diff[level] {
						t.Errorf("[%s] %s", level, d)
					}
				}
			}
		})
	}
	for id := range known {
		if strings.HasSuffix(id, "@server") {
			continue
		}
		t.Errorf("differences.txt lists %s, which is no case", id)
	}
}

// TestConformanceSkips compares the cases that are skipped with the list that
// people read, skip.txt.
func TestConformanceSkips(t *testing.T) {
	cases, err := conformance.Load(filepath.Join(conformanceData, "cases"))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString("# Cases that are not taken through run, with the reason; TestConformanceServer takes them. Written by go test -update.\n")
	for _, c := range cases {
		if why := c.Skip("python", "ruby"); why != "" {
			fmt.Fprintf(&b, "%s %s\n", c.ID, why)
		}
	}
	file := filepath.Join(conformanceData, "skip.txt")
	if *update {
		if err := os.WriteFile(file, []byte(b.String()), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(text) != b.String() {
		t.Errorf("skip.txt is not up to date; it should be\n%s", b.String())
	}
}

// knownDifferences reads lines of an id and a reason.
func knownDifferences(t *testing.T) map[string]string {
	file, err := os.Open(filepath.Join(conformanceData, "differences.txt"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	known := map[string]string{}
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		id, reason, ok := strings.Cut(line, " ")
		if !ok {
			t.Fatalf("differences.txt: %q gives no reason", line)
		}
		known[id] = strings.TrimSpace(reason)
	}
	return known
}

// observations takes the steps of a case, one after the other in one copy of its
// project.
func observations(t *testing.T, c *conformance.Case) []conformance.Observation {
	base := t.TempDir()
	out, work, home := filepath.Join(base, "out"), filepath.Join(base, "work"), filepath.Join(base, "home")
	for _, dir := range []string{out, home} {
		if err := os.Mkdir(dir, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.CopyFS(work, os.DirFS(filepath.Join(c.Dir, "project"))); err != nil {
		t.Fatal(err)
	}
	place := strings.NewReplacer(out, "{out}", work, "{path}", base, "{path}")
	var seen []conformance.Observation
	for n, s := range c.Steps {
		var o conformance.Observation
		if c.Mode == "local" {
			o = localStep(t, s, work, out, home)
		} else {
			o = startStep(t, s, work, out, home, filepath.Join(base, fmt.Sprintf("params%d.json", n)))
		}
		seen = append(seen, o.Map(place.Replace))
	}
	return seen
}

// invoke runs a command line in a folder.
func invoke(dir, home string, args ...string) (code int, stdout, stderr string) {
	var out, err bytes.Buffer
	c := &Command{
		In: strings.NewReader(""), Out: &out, Err: &err, Dir: dir, Now: time.Now, Zone: time.UTC,
		Env: append(os.Environ(), "TZ=Etc/UTC", "LC_ALL=C.UTF-8", "HOME="+home, "XDG_CONFIG_HOME=", "DIGDAG_CONFIG="),
	}
	code = c.Main(context.Background(), args)
	return code, out.String(), err.String()
}

func localStep(t *testing.T, s conformance.Step, work, out, home string) conformance.Observation {
	args := slices.Clone(s.Run)
	running := args[0] == "run" || args[0] == "r"
	if running {
		args = append(args, "-p", "out="+out, "--output", "json")
	}
	code, stdout, stderr := invoke(filepath.Join(work, s.Cwd), home, args...)
	o := conformance.Observation{Exit: &code, Stdout: stdout, Stderr: stderr, Files: snapshot(t, out)}
	if running {
		o.HasTasks = true
		o.ReadDocument(stdout)
	}
	return o
}

func startStep(t *testing.T, s conformance.Step, work, out, home, file string) conformance.Observation {
	params := map[string]any{}
	if s.Params != nil {
		if err := json.Unmarshal(s.Params, &params); err != nil {
			t.Fatal(err)
		}
	}
	params["out"] = out
	text, err := json.Marshal(params)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, text, 0o666); err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr := invoke(work, home, "run", s.Start+".dig", "--session", s.Session, "-P", file, "--output", "json")
	o := conformance.Observation{Files: snapshot(t, out)}
	if !o.ReadDocument(stdout) {
		return conformance.Observation{RequestError: stderr, Exit: &code, Files: o.Files}
	}
	o.HasTasks = true
	o.Success = o.Success && code == 0
	return o
}

func snapshot(t *testing.T, dir string) map[string]string {
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		rel, _ := filepath.Rel(dir, path)
		files[filepath.ToSlash(rel)] = strings.ToValidUTF8(string(text), "\ufffd")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// tally counts cases by level and those that were skipped by reason.
type tally struct {
	mu          sync.Mutex
	equal, all  map[conformance.Level]int
	cases, good int
	skipped     map[string]int
}

func newTally() *tally {
	return &tally{equal: map[conformance.Level]int{}, all: map[conformance.Level]int{}, skipped: map[string]int{}}
}

func (y *tally) add(diff conformance.Comparison) {
	y.mu.Lock()
	defer y.mu.Unlock()
	y.cases++
	if diff.Equal() {
		y.good++
	}
	for level, list := range diff {
		y.all[level]++
		if len(list) == 0 {
			y.equal[level]++
		}
	}
}

func (y *tally) skip(why string) {
	y.mu.Lock()
	defer y.mu.Unlock()
	y.skipped[why]++
}

func (y *tally) report(t *testing.T) {
	t.Logf("all       %4d of %4d equal", y.good, y.cases)
	for _, level := range conformance.Levels() {
		t.Logf("%-9s %4d of %4d equal", level, y.equal[level], y.all[level])
	}
	for why, n := range y.skipped {
		t.Logf("skipped   %4d: %s", n, why)
	}
}
