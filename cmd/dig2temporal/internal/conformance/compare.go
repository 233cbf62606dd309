package conformance

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
)

// Level is what a difference is about.
type Level string

// The levels.
const (
	Result   Level = "result"
	States   Level = "states"
	Messages Level = "messages"
	Params   Level = "params"
	Output   Level = "output"
)

// Levels returns all levels in the order of reports.
func Levels() []Level { return []Level{Result, States, Messages, Params, Output} }

// Difference is one thing that is not as it should be.
type Difference struct {
	What         string
	Digdag, Ours any
}

// String shows both sides as JSON.
func (d Difference) String() string {
	return fmt.Sprintf("%s\n    digdag %s\n    ours   %s", d.What, short(d.Digdag), short(d.Ours))
}

func short(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	if r := []rune(string(text)); len(r) > 600 {
		return string(r[:600]) + "…"
	}
	return string(text)
}

// Comparison holds, by level, the differences of a case. A level that had
// nothing to compare is absent.
type Comparison map[Level][]Difference

// Equal tells whether there is no difference.
func (c Comparison) Equal() bool {
	for _, list := range c {
		if len(list) > 0 {
			return false
		}
	}
	return true
}

// Compare compares what was seen at each step with the recording.
func (c *Case) Compare(seen []Observation) (Comparison, error) {
	v, err := newViewer(c)
	if err != nil {
		return nil, err
	}
	diff := Comparison{}
	differ := func(level Level, what string, want, got any) {
		if slices.Contains(c.Ruling.SkipLevels, string(level)) {
			return
		}
		list := diff[level]
		if list == nil {
			list = []Difference{}
		}
		if !reflect.DeepEqual(want, got) {
			list = append(list, Difference{what, want, got})
		}
		diff[level] = list
	}
	if len(seen) != len(c.Expected) {
		differ(Result, "number of steps", len(c.Expected), len(seen))
	}
	for i := range min(len(seen), len(c.Expected)) {
		ruling := c.Ruling.Steps[strconv.Itoa(i)]
		if ruling.Skip {
			continue
		}
		want, got := v.step(i, c.Expected[i]), v.step(i, seen[i])
		v.rule(want, ruling)
		compareStep(differ, fmt.Sprintf("step %d ", i), c.Steps[i].Retry != nil, want, got)
	}
	return diff, nil
}

func compareStep(differ func(Level, string, any, any), step string, retry bool, want, got *view) {
	ok := any(got.ok)
	if want.ok != got.ok && got.why != "" {
		ok = "refused: " + got.why
	}
	differ(Result, step+"ok", want.ok, ok)
	if want.files != nil {
		for _, name := range names(want.files, got.files) {
			differ(Result, step+"file "+name, at(want.files, name), at(got.files, name))
		}
	}
	if want.states != nil && got.states != nil {
		for _, name := range names(want.states, got.states) {
			a, b := sorted(want.states[name]), sorted(got.states[name])
			// Rows of a finished subtree are kept here when an attempt is resumed.
			if retry && a == nil && len(slices.Compact(slices.Clone(b))) == 1 && b[0] == "success" {
				continue
			}
			differ(States, step+name, a, b)
		}
		for _, part := range []struct {
			name      string
			want, got map[string][]any
		}{{"exports", want.exports, got.exports}, {"stores", want.stores, got.stores}} {
			for _, name := range names(part.want) {
				differ(Params, step+part.name+" "+name, part.want[name], part.got[name])
			}
		}
	}
	if want.messages != nil && got.messages != nil {
		for _, name := range names(want.messages) {
			differ(Messages, step+name, want.messages[name], got.messages[name])
		}
	}
	if want.output != nil {
		differ(Output, step+"check", want.output, got.output)
	}
}

// rule puts a ruling in the place of what was recorded.
func (v *viewer) rule(w *view, r StepRuling) {
	if r.OK != nil {
		// What Digdag prints when it succeeds says nothing about a refusal, and the
		// errors of its failure nothing about a success.
		if w.ok && !*r.OK {
			w.output = nil
		}
		if !w.ok && *r.OK {
			w.messages = nil
		}
		w.ok = *r.OK
	}
	for name, text := range r.Files {
		if w.files == nil {
			w.files = map[string]string{}
		}
		delete(w.files, name)
		if text != nil {
			w.files[name] = v.content(*text)
		}
	}
	for name, states := range r.Tasks {
		replace(&w.states, name, states)
		if states == nil {
			// What is not there has no params either.
			delete(w.exports, name)
			delete(w.stores, name)
			delete(w.messages, name)
		}
	}
	for name, m := range r.Errors {
		var list []string
		switch m := m.(type) {
		case string:
			list = []string{m}
		case []any:
			for _, e := range m {
				text, _ := e.(string)
				list = append(list, text)
			}
		}
		replace(&w.messages, name, list)
	}
	for name, x := range r.Exports {
		replace(&w.exports, name, one(x))
	}
	for name, x := range r.Stores {
		replace(&w.stores, name, one(x))
	}
}

func one(x any) []any {
	if x == nil {
		return nil
	}
	return []any{x}
}

func replace[T any](m *map[string][]T, name string, list []T) {
	if *m == nil {
		*m = map[string][]T{}
	}
	delete(*m, name)
	if list != nil {
		(*m)[name] = list
	}
}

func names[T any](sides ...map[string]T) []string {
	all := map[string]bool{}
	for _, m := range sides {
		for name := range m {
			all[name] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

func at(m map[string]string, name string) any {
	if text, ok := m[name]; ok {
		return text
	}
	return nil
}

func sorted(list []string) []string {
	list = slices.Clone(list)
	slices.Sort(list)
	return list
}
