package params

import (
	"slices"
	"testing"
	"unicode/utf8"
)

func TestProperties(t *testing.T) {
	for _, c := range []struct {
		text string
		want []Pair
	}{
		{"", nil},
		{"# comment\n! another\n\n  \n", nil},
		{"a=1\nb = 2\nc:3\nd 4\n  e   5 \n", []Pair{{"a", "1"}, {"b", "2"}, {"c", "3"}, {"d", "4"}, {"e", "5 "}}},
		{"a\nb=\n=c\n", []Pair{{"a", ""}, {"b", ""}, {"", "c"}}},
		{"a=1\r\nb=2\rc=3", []Pair{{"a", "1"}, {"b", "2"}, {"c", "3"}}},
		{"list = x,\\\n    y,\\\n    z\nnext=1", []Pair{{"list", "x,y,z"}, {"next", "1"}}},
		{`path=C:\\temp\tx` + "\n", []Pair{{"path", "C:\\temp\tx"}}},
		{`a\ b\=c\:d = e=f:g`, []Pair{{"a b=c:d", "e=f:g"}}},
		{`u=\u00e9\u65e5\ud83d\ude00\u12`, []Pair{{"u", "é日😀u12"}}},
		{"end=x\\", []Pair{{"end", "x"}}},
		{"even=x\\\\\nb=1", []Pair{{"even", `x\`}, {"b", "1"}}},
		{`q=\é\"`, []Pair{{"q", `é"`}}},
		{"a=1\na=2", []Pair{{"a", "1"}, {"a", "2"}}},
	} {
		if got := Properties(c.text); !slices.Equal(got, c.want) {
			t.Errorf("Properties(%q) = %q, want %q", c.text, got, c.want)
		}
	}
}

func TestConfigured(t *testing.T) {
	got := Configured(Properties("params.a.b=1\nclient.http.endpoint=x\nparams=2\nparams.c=3"))
	if want := []Pair{{"a.b", "1"}, {"c", "3"}}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func FuzzProperties(f *testing.F) {
	f.Add("a=1\\\n b\\u00e9")
	f.Add("\\")
	f.Fuzz(func(t *testing.T, text string) {
		for _, p := range Properties(text) {
			if utf8.ValidString(text) && (!utf8.ValidString(p.Key) || !utf8.ValidString(p.Value)) {
				t.Errorf("%q is no UTF-8", p)
			}
		}
	})
}
