package conformance

import (
	"encoding/json"
	"testing"
)

func observation(t *testing.T, text string) Observation {
	t.Helper()
	var o Observation
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		t.Fatal(err)
	}
	return o
}

func TestCompare(t *testing.T) {
	const recorded = `{"success": false, "files": {"log": "b\na\n"}, "tasks": [
		{"name": "+w", "state": "group_error", "export": {"n": 1.0, "path": "{out}/x"}},
		{"name": "+w+a", "state": "error", "error": "bad 17\nmore", "store": {"error": {"message": "m", "stacktrace": "s"}}},
		{"name": "+w+a^error", "state": "success", "export": {"x": 1}}]}`
	for _, c := range []struct {
		name, ours, ruling string
		want               map[Level]int
	}{
		{"equal", `{"success": false, "files": {"log": "a\nb\n"}, "tasks": [
			{"name": "+w", "state": "group_error", "export": {"path": "{path}/x", "n": 1}},
			{"name": "+w+a^error", "state": "success", "export": {"x": 1}},
			{"name": "+w+a", "state": "error", "error": {"message": "bad 18"}, "store": {"error": {"message": "m"}}}]}`, ``,
			map[Level]int{}},
		{"different", `{"success": true, "files": {"log": "a\n", "new": ""}, "tasks": [
			{"name": "+w", "state": "success", "export": {"n": "1", "path": "{out}/x"}},
			{"name": "+w+a", "state": "error", "error": {"message": "good"}},
			{"name": "+w+a^error", "state": "success", "export": {"x": 1}}]}`, ``,
			map[Level]int{Result: 3, States: 1, Messages: 1, Params: 2}},
		{"refused", `{"request_error": {"why": "no"}}`, ``, map[Level]int{Result: 1}},
		{"ruled", `{"success": true, "files": {"log": "c\n"}, "tasks": [
			{"name": "+w", "state": "success", "export": {"n": 1, "path": "{out}/x"}}, {"name": "+w+a", "state": "success"}]}`,
			`{"steps": {"0": {"ok": true, "files": {"log": "c\n"}, "tasks": {"+w": ["success"], "+w+a": ["success"], "+w+a^error": null}, "stores": {"+w+a": null}}}}`,
			map[Level]int{}},
		{"skipped", `{"success": true, "files": {}}`, `{"steps": {"0": {"skip": true}}}`, map[Level]int{}},
	} {
		one := &Case{Mode: "server", Order: "set", Mask: []string{`(?<=bad )\d+`}, Steps: []Step{{}}, Expected: []Observation{observation(t, recorded)}}
		if c.ruling != "" {
			if err := json.Unmarshal([]byte(c.ruling), &one.Ruling); err != nil {
				t.Fatal(err)
			}
		}
		diff, err := one.Compare([]Observation{observation(t, c.ours)})
		if err != nil {
			t.Fatal(err)
		}
		for _, level := range Levels() {
			if len(diff[level]) != c.want[level] {
				t.Errorf("%s: %d differences of level %s, want %d: %v", c.name, len(diff[level]), level, c.want[level], diff[level])
			}
		}
	}
}

func TestCompareOutput(t *testing.T) {
	const out = "  System default timezone: UTC\n\n  Definitions (1 workflows):\n    b (1 tasks)\n    a (2 tasks)\n\n  Parameters:\n    {}\n\n"
	c := &Case{Mode: "local", Steps: []Step{{Run: []string{"check"}}}, Expected: []Observation{observation(t, `{"exit": 0, "stdout": `+quoted(out)+`}`)}}
	same := observation(t, `{"exit": 0, "stdout": "  Definitions (1 workflows):\n    a (2 tasks)\n    b (1 tasks)\nnoise\n    not this\n  Parameters:\n    {}\n"}`)
	if diff, err := c.Compare([]Observation{same}); err != nil || !diff.Equal() {
		t.Errorf("%v, %v", diff, err)
	}
	other := observation(t, `{"exit": 0, "stdout": "  Definitions (1 workflows):\n    a (3 tasks)\n"}`)
	if diff, err := c.Compare([]Observation{other}); err != nil || len(diff[Output]) != 1 {
		t.Errorf("%v, %v", diff, err)
	}
}

func quoted(text string) string {
	b, _ := json.Marshal(text)
	return string(b)
}
