package conformance

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/dlclark/regexp2/v2"
)

// view is what is compared of one side of a step.
type view struct {
	ok    bool
	why   string
	files map[string]string
	// The rest is nil where there is nothing to compare.
	states          map[string][]string
	messages        map[string][]string
	exports, stores map[string][]any
	output          map[string][]string
}

// viewer makes views of observations. What differs from run to run, folders and
// what the case masks, is replaced.
type viewer struct {
	c     *Case
	masks []*regexp2.Regexp
}

func newViewer(c *Case) (*viewer, error) {
	v := &viewer{c: c}
	for _, m := range c.Mask {
		r, err := regexp2.Compile(m)
		if err != nil {
			return nil, fmt.Errorf("mask %q: %w", m, err)
		}
		v.masks = append(v.masks, r)
	}
	return v, nil
}

// noise are the folders of a recording, however they are called there.
var noise = []*regexp.Regexp{
	regexp.MustCompile(`\{out\}`),
	regexp.MustCompile(`\{path\}/?digdag-tempdir\d+/workspace/[^/\s:)]+|/tmp/digdag-tempdir\d+/workspace/[^/\s:)]+`),
	regexp.MustCompile(`\{path\}/[\w.-]+/work\b`),
}

func (v *viewer) text(t string) string {
	for _, n := range noise {
		t = n.ReplaceAllLiteralString(t, "{path}")
	}
	for _, m := range v.masks {
		if masked, err := m.Replace(t, "{mask}", -1, -1); err == nil {
			t = masked
		}
	}
	return t
}

// value replaces texts within a JSON value and makes equal numbers look equal.
// Stack traces are not compared.
func (v *viewer) value(x any) any {
	switch x := x.(type) {
	case string:
		return v.text(x)
	case []any:
		list := make([]any, len(x))
		for i, e := range x {
			list[i] = v.value(e)
		}
		return list
	case map[string]any:
		object := map[string]any{}
		for k, e := range x {
			if k != "stacktrace" {
				object[k] = v.value(e)
			}
		}
		return object
	case json.Number:
		return number(string(x))
	}
	return x
}

func number(text string) json.Number {
	if !strings.ContainsAny(text, ".eE") {
		return json.Number(text)
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return json.Number(text)
	}
	if f == float64(int64(f)) && f < 1<<53 && f > -1<<53 {
		return json.Number(strconv.FormatInt(int64(f), 10))
	}
	return json.Number(strconv.FormatFloat(f, 'g', -1, 64))
}

// content is a file as it is compared: where the order of tasks is open, its
// lines are sorted.
func (v *viewer) content(t string) string {
	t = v.text(t)
	if v.c.Order != "set" {
		return t
	}
	lines := slices.Collect(strings.Lines(t))
	slices.Sort(lines)
	return strings.Join(lines, "")
}

func (v *viewer) step(i int, o Observation) *view {
	switch {
	case o.Pushed != nil:
		return &view{ok: true}
	case o.PushError != nil:
		return &view{why: fmt.Sprint(o.PushError)}
	case o.RequestError != nil:
		return &view{why: fmt.Sprint(o.RequestError)}
	}
	w := &view{ok: o.Success, files: map[string]string{}}
	if o.Exit != nil {
		w.ok = *o.Exit == 0
	}
	for name, t := range o.Files {
		w.files[name] = v.content(t)
	}
	if o.HasTasks {
		v.tasks(w, o.Tasks)
	} else if v.c.Mode == "local" && o.Exit != nil {
		w.messages = v.summary(o.Stderr)
	}
	if run := v.c.Steps[i].Run; len(run) > 0 && (run[0] == "check" || run[0] == "c") && w.ok {
		w.output = v.sections(o.Stdout)
	}
	return w
}

func (v *viewer) tasks(w *view, tasks []Task) {
	w.states, w.messages = map[string][]string{}, map[string][]string{}
	w.exports, w.stores = map[string][]any{}, map[string][]any{}
	for _, t := range tasks {
		w.states[t.Name] = append(w.states[t.Name], t.State)
		if m := t.message(); m != "" {
			w.messages[t.Name] = append(w.messages[t.Name], v.message(m))
		}
		if o, _ := t.Export.(map[string]any); len(o) > 0 {
			w.exports[t.Name] = append(w.exports[t.Name], v.value(o))
		}
		if o, _ := t.Store.(map[string]any); len(o) > 0 {
			w.stores[t.Name] = append(w.stores[t.Name], v.value(o))
		}
	}
}

var failed = regexp.MustCompile(`(?m)^  \* (\+\S+)(?: \(.*\))?:\n    (.*)$`)

// summary reads the messages of failed tasks from what Digdag prints at the end.
func (v *viewer) summary(stderr string) map[string][]string {
	messages := map[string][]string{}
	for _, m := range failed.FindAllStringSubmatch(stderr, -1) {
		// How Digdag prints an empty message.
		if m[2] != `{"message":""}` {
			messages[m[1]] = append(messages[m[1]], v.message(m[2]))
		}
	}
	return messages
}

// message is the first line of a message; Digdag's summary cuts the name of the
// exception.
func (v *viewer) message(t string) string {
	t, _, _ = strings.Cut(v.text(t), "\n")
	t = strings.TrimSpace(t)
	if _, after, ok := strings.Cut(t, "Exception: "); ok && v.c.Mode == "local" {
		return after
	}
	return t
}

var heading = regexp.MustCompile(`^  (Definitions|Parameters|Schedules)\b.*:`)

// sections reads the blocks of check, their lines sorted.
func (v *viewer) sections(stdout string) map[string][]string {
	blocks := map[string][]string{}
	name := ""
	for line := range strings.Lines(v.text(stdout)) {
		line = strings.TrimSuffix(line, "\n")
		m := heading.FindStringSubmatch(line)
		switch {
		case m != nil:
			name = m[1]
			blocks[name] = []string{}
		case name != "" && strings.HasPrefix(line, "    "):
			blocks[name] = append(blocks[name], strings.TrimSpace(line))
		case strings.TrimSpace(line) != "":
			name = ""
		}
	}
	for _, lines := range blocks {
		slices.Sort(lines)
	}
	return blocks
}
