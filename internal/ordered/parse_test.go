package ordered

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
)

// byTokens is Parse with the tokens of encoding/json.
func byTokens(text []byte) (any, error) {
	if !json.Valid(text) {
		return nil, errSyntax
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	v, err := valueByTokens(d)
	if err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errSyntax
	}
	return v, nil
}

func valueByTokens(d *json.Decoder) (any, error) {
	t, err := d.Token()
	if err != nil {
		return nil, err
	}
	if n, ok := t.(json.Number); ok {
		return Number(n.String()), nil
	}
	open, ok := t.(json.Delim)
	if !ok {
		return t, nil
	}
	o, list := New(), []any{}
	for d.More() {
		key := ""
		if open == '{' {
			k, err := d.Token()
			if err != nil {
				return nil, err
			}
			key = k.(string)
		}
		v, err := valueByTokens(d)
		if err != nil {
			return nil, err
		}
		o.Set(key, v)
		list = append(list, v)
	}
	if _, err := d.Token(); err != nil {
		return nil, err
	}
	if open == '{' {
		return o, nil
	}
	return list, nil
}

var jsonTexts = []string{
	``, ` `, `null`, `true`, `false`, `nul`, `nullx`, `truefalse`, `0`, `-0`, `-`, `01`, `-01`, `1.`, `.5`, `1.50`, `1e`, `1E+`, `1e5`, `1.0E-7`, `123456789012345678901234567890`,
	`"a"`, `"`, `"a`, `"\"`, `"\\"`, `"\u00e9\ud83d\ude00"`, `"\ud83d"`, `"\x"`, `"\u12"`, "\"é\"", "\"\xff\"", "\"a\nb\"", "\"\x00\"",
	`{}`, `{ }`, `{"a":1}`, `{"a":1,}`, `{,}`, `{"a"}`, `{"a":}`, `{a:1}`, `{"a":1 "b":2}`, ` { "b" : [ 1 , { "c" : null } ] , "a" : "x" } `, `{"a":1,"b":2,"a":3}`, `{"a":{"a":{}}}`,
	`[]`, `[ ]`, `[1,]`, `[,1]`, `[1 2]`, `[1,[2,[3,[]]]]`, `[`, `]`, `{`, `}`, `[}`, `{]`, `1 2`, `{} {}`, "\ufeff{}", "\t\n\r [true]\n",
}

func FuzzParse(f *testing.F) {
	for _, text := range jsonTexts {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if bytes.Count(text, []byte("["))+bytes.Count(text, []byte("{")) > MaxDepth {
			return
		}
		got, err := Parse(text)
		want, failed := byTokens(text)
		if (err == nil) != (failed == nil) {
			t.Fatalf("%q: error %v, want %v", text, err, failed)
		}
		if err == nil && Text(got) != Text(want) {
			t.Fatalf("%q is %s, want %s", text, Text(got), Text(want))
		}
	})
}

func TestParseErrors(t *testing.T) {
	for text, want := range map[string]string{
		`{"a":1,}`: "invalid character '}'", `[1`: "unexpected end of JSON input", `1 2`: "invalid character '2' after top-level value",
		strings.Repeat("[", MaxDepth+2): "JSON nested deeper than 1000 levels",
	} {
		if _, err := Parse([]byte(text)); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%.20q: error %v, want %s", text, err, want)
		}
	}
	if _, err := Parse([]byte(strings.Repeat("[", MaxDepth) + strings.Repeat("]", MaxDepth))); err != nil {
		t.Errorf("at the limit: %v", err)
	}
	if _, err := ParseObject([]byte(`[]`)); err == nil || err.Error() != "expected a JSON object but got array" {
		t.Errorf("an array as an object: %v", err)
	}
}

func BenchmarkParse(b *testing.B) {
	text := []byte(`{"echo>":"hello ${a}","_export":{"a":1,"list":[1,2,3],"name":"value"}}`)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(text); err != nil {
			b.Fatal(err)
		}
	}
}
