// Package conformance compares what this program does with what Digdag 0.10.5.1
// was seen doing. Only tests use it.
//
// A case is a folder with a project, the steps to take (case.json) and what
// Digdag showed at each of them (expected.json). Where this program differs on
// purpose, ruling.json says why and what replaces the recording. What is
// compared are five levels: the result (success, and the files that the tasks
// wrote), the states of all tasks, the messages of failed ones, their params, and
// the output of check.
package conformance

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Case is one recorded case.
type Case struct {
	ID    string   `json:"id"`
	Title string   `json:"title"`
	Needs []string `json:"needs"`
	// Mode is "local" for steps that are command lines, "server" for starts.
	Mode string `json:"mode"`
	// Only is "server" for cases that have another outcome through run.
	Only  string   `json:"only"`
	Steps []Step   `json:"steps"`
	Order string   `json:"order"`
	Mask  []string `json:"mask"`

	// Dir is the folder of the case.
	Dir      string        `json:"-"`
	Expected []Observation `json:"-"`
	Ruling   Ruling        `json:"-"`
}

// Step is one step of a case; which fields are set depends on the mode.
type Step struct {
	Run     []string        `json:"run"`
	Cwd     string          `json:"cwd"`
	Start   string          `json:"start"`
	Session string          `json:"session"`
	Params  json.RawMessage `json:"params"`
	Kill    *float64        `json:"kill_after_s"`
	Retry   json.RawMessage `json:"retry"`
	Push    string          `json:"push"`
}

// Observation is what was seen at a step.
type Observation struct {
	Exit         *int              `json:"exit"`
	Stdout       string            `json:"stdout"`
	Stderr       string            `json:"stderr"`
	Success      bool              `json:"success"`
	Files        map[string]string `json:"files"`
	Tasks        []Task            `json:"tasks"`
	HasTasks     bool              `json:"-"`
	RequestError any               `json:"request_error"`
	PushError    any               `json:"push_error"`
	Pushed       json.RawMessage   `json:"push"`
}

// UnmarshalJSON also notes whether there are tasks, which may be an empty list.
func (o *Observation) UnmarshalJSON(text []byte) error {
	type plain Observation
	if err := decode(text, (*plain)(o)); err != nil {
		return err
	}
	keys := map[string]json.RawMessage{}
	if err := json.Unmarshal(text, &keys); err != nil {
		return err
	}
	_, o.HasTasks = keys["tasks"]
	return nil
}

// Task is one task of an attempt.
type Task struct {
	Name   string `json:"name"`
	State  string `json:"state"`
	Export any    `json:"export"`
	Store  any    `json:"store"`
	// Error is a text in recordings and an object with a message in documents.
	Error any `json:"error"`
}

func (t Task) message() string {
	switch e := t.Error.(type) {
	case string:
		return e
	case map[string]any:
		text, _ := e["message"].(string)
		return text
	}
	return ""
}

// Ruling replaces parts of the recording.
type Ruling struct {
	Why        string                `json:"why"`
	Steps      map[string]StepRuling `json:"steps"`
	SkipLevels []string              `json:"skip_levels"`
}

// StepRuling is what holds in place of the recording of one step. A null removes
// an entry.
type StepRuling struct {
	Skip    bool                `json:"skip"`
	OK      *bool               `json:"ok"`
	Files   map[string]*string  `json:"files"`
	Tasks   map[string][]string `json:"tasks"`
	Errors  map[string]any      `json:"errors"`
	Exports map[string]any      `json:"exports"`
	Stores  map[string]any      `json:"stores"`
}

// Load reads all cases below a folder, sorted by id.
func Load(root string) ([]*Case, error) {
	var cases []*Case
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.Name() != "case.json" {
			return err
		}
		c, err := load(filepath.Dir(path))
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		cases = append(cases, c)
		return nil
	})
	slices.SortFunc(cases, func(a, b *Case) int { return strings.Compare(a.ID, b.ID) })
	return cases, err
}

func load(dir string) (*Case, error) {
	c := &Case{Dir: dir}
	if err := readJSON(filepath.Join(dir, "case.json"), c); err != nil {
		return nil, err
	}
	var expected struct {
		Steps []Observation `json:"steps"`
	}
	if err := readJSON(filepath.Join(dir, "expected.json"), &expected); err != nil {
		return nil, err
	}
	c.Expected = expected.Steps
	err := readJSON(filepath.Join(dir, "ruling.json"), &c.Ruling)
	if os.IsNotExist(err) {
		err = nil
	}
	return c, err
}

func readJSON(path string, into any) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return decode(text, into)
}

// decode reads JSON with exact numbers.
func decode(text []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	return d.Decode(into)
}

// Missing names what the case needs and is not there, "" when it has all.
func (c *Case) Missing(have ...string) string {
	for _, need := range c.Needs {
		if !slices.Contains(have, need) {
			return need
		}
	}
	return ""
}

// Skip says why a case can't be taken through run and check alone, "" when it
// can. Have names what is there of python and ruby.
func (c *Case) Skip(have ...string) string {
	if missing := c.Missing(have...); missing != "" {
		return "needs " + missing
	}
	if c.Mode == "local" {
		return ""
	}
	if c.Only == "server" {
		return "needs a server: params of run reach required workflows"
	}
	for _, s := range c.Steps {
		switch {
		case s.Retry != nil:
			return "needs a server: retries an attempt"
		case s.Push != "":
			return "needs a server: pushes a revision"
		case s.Kill != nil:
			return "needs a server: kills an attempt"
		case s.Start == "":
			return "needs a server"
		}
	}
	return ""
}

// ReadDocument takes the tasks and the success out of what run prints with
// --output json, and tells whether it is such a document.
func (o *Observation) ReadDocument(text string) bool {
	var document struct {
		State string `json:"state"`
		Tasks []Task `json:"tasks"`
	}
	if decode([]byte(text), &document) != nil {
		return false
	}
	o.Success, o.Tasks = document.State == "success", document.Tasks
	return true
}

// Map returns a copy with every text changed.
func (o Observation) Map(change func(string) string) Observation {
	o.Stdout, o.Stderr, o.RequestError = change(o.Stdout), change(o.Stderr), mapValue(o.RequestError, change)
	files := map[string]string{}
	for name, text := range o.Files {
		files[change(name)] = change(text)
	}
	o.Files = files
	tasks := make([]Task, len(o.Tasks))
	for i, t := range o.Tasks {
		tasks[i] = Task{change(t.Name), t.State, mapValue(t.Export, change), mapValue(t.Store, change), mapValue(t.Error, change)}
	}
	o.Tasks = tasks
	return o
}

func mapValue(x any, change func(string) string) any {
	switch x := x.(type) {
	case string:
		return change(x)
	case []any:
		list := make([]any, len(x))
		for i, e := range x {
			list[i] = mapValue(e, change)
		}
		return list
	case map[string]any:
		object := map[string]any{}
		for k, e := range x {
			object[change(k)] = mapValue(e, change)
		}
		return object
	}
	return x
}
