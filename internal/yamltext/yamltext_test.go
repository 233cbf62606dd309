package yamltext

import (
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
)

func TestText(t *testing.T) {
	for _, c := range []struct{ json, want string }{
		{`{}`, "{}\n"},
		{`[]`, "[]\n"},
		{`"a"`, "\"a\"\n"},
		{`{"cron>": "0 9 * * *", "delay": 5, "skip": true, "none": null}`,
			"cron>: \"0 9 * * *\"\ndelay: 5\nskip: true\nnone: null\n"},
		{`{"a": {"b": {"c": 1}, "d": {}}, "e": [1, "x", [2, 3], {"f": 1, "g": [4]}, []]}`, `a:
  b:
    c: 1
  d: {}
e:
- 1
- "x"
- - 2
  - 3
- f: 1
  g:
  - 4
- []
`},
		{`{"true": 1, "5": 2, "a b": 3, "": 4, "py>": "x\ny"}`,
			"\"true\": 1\n\"5\": 2\n\"a b\": 3\n\"\": 4\npy>: \"x\\ny\"\n"},
	} {
		v, err := ordered.Parse([]byte(c.json))
		if err != nil {
			t.Fatal(err)
		}
		if got := Text(v); got != c.want {
			t.Errorf("%s: got\n%s\nwant\n%s", c.json, got, c.want)
		}
	}
}

func FuzzText(f *testing.F) {
	f.Add(`{"a": [{"b c": [1, {}]}, "\u0085\u2028", -1.5], "~": null, "<<": 1, "=": "é"}`)
	f.Fuzz(func(t *testing.T, json string) {
		v, err := ordered.Parse([]byte(json))
		if err != nil {
			t.Skip()
		}
		var n yaml.Node
		if err := yaml.Unmarshal([]byte(Text(v)), &n); err != nil {
			t.Errorf("%s becomes\n%s\nwhich is no YAML: %v", json, Text(v), err)
		}
	})
}
