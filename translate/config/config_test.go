package config_test

import (
	"strings"
	"testing"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/translate/config"
)

func value(t *testing.T, text string) any {
	t.Helper()
	v, err := ordered.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

const noBool, noLong, noInt, noText, noArray = "Expected 'true' or 'false' for key 'k' but got ", "Expected integer (long) type for key 'k' but got ",
	"Expected integer (int) type for key 'k' but got ", "Expected string type for key 'k' but got ", "Expected array type for key 'k' but got "

func TestCoercions(t *testing.T) {
	tests := []struct {
		as, value, want string
	}{
		{"bool", `true`, `true`}, {"bool", `false`, `false`}, {"bool", `1`, `true`}, {"bool", `0`, `false`}, {"bool", `-2`, `true`},
		{"bool", `12345678901234567890`, `true`}, {"bool", `"true"`, `true`}, {"bool", `" True "`, `true`}, {"bool", `"False"`, `false`},
		{"bool", `""`, `false`}, {"bool", `"  "`, `false`}, {"bool", `"null"`, `false`},
		{"bool", `"TRUE"`, noBool + `"TRUE" (string)`}, {"bool", `"yes"`, noBool + `"yes" (string)`}, {"bool", `"1"`, noBool + `"1" (string)`},
		{"bool", `1.5`, noBool + `1.5 (number)`}, {"bool", `1e0`, noBool + `1.0 (number)`}, {"bool", `[]`, noBool + `[] (array)`}, {"bool", `{"a":1}`, noBool + `{"a":1} (object)`},

		{"int", `5`, `5`}, {"int", `1.9`, `1`}, {"int", `-1.9`, `-1`}, {"int", `1e0`, `1`}, {"int", `" +1 "`, `1`}, {"int", `"-7"`, `-7`}, {"int", `""`, `0`}, {"int", `"null"`, `0`},
		{"int", `9223372036854775807`, `9223372036854775807`}, {"int", `"9223372036854775807"`, `9223372036854775807`},
		{"int", `9223372036854775808`, noLong + `9223372036854775808 (number)`}, {"int", `1e30`, noLong + `1.0E30 (number)`},
		{"int", `"1.5"`, noLong + `"1.5" (string)`}, {"int", `"1e3"`, noLong + `"1e3" (string)`}, {"int", `"0x1"`, noLong + `"0x1" (string)`}, {"int", `"1_000"`, noLong + `"1_000" (string)`},
		{"int", `true`, noLong + `true (boolean)`}, {"int", `[1]`, noLong + `[1] (array)`},

		{"int32", `2147483647`, `2147483647`}, {"int32", `-2147483648`, `-2147483648`}, {"int32", `3000000000`, noInt + `3000000000 (number)`},
		{"int32", `"3000000000"`, noInt + `"3000000000" (string)`}, {"int32", `"1.5"`, noInt + `"1.5" (string)`},

		{"text", `"s"`, `"s"`}, {"text", `1`, `"1"`}, {"text", `1e3`, `"1000.0"`}, {"text", `true`, `"true"`}, {"text", `""`, `""`},
		{"text", `{"a": 1}`, noText + `{"a":1} (object)`}, {"text", `[1, 2]`, noText + `[1,2] (array)`},

		{"array", `[1, "a"]`, `[1,"a"]`}, {"array", `"[1]"`, noArray + `"[1]" (string)`}, {"array", `5`, noArray + `5 (number)`},
		{"object", `{"a":1}`, `{"a":1}`}, {"object", `"{}"`, `Parameter 'k' must be an object`}, {"object", `[]`, `Parameter 'k' must be an object`},
	}
	for _, test := range tests {
		v := value(t, test.value)
		var got any
		var err error
		switch test.as {
		case "bool":
			got, err = config.Bool("k", v)
		case "int":
			var n int64
			n, err = config.Int("k", v)
			got = ordered.Int(n)
		case "int32":
			var n int
			n, err = config.Int32("k", v)
			got = ordered.Int(int64(n))
		case "text":
			got, err = config.Text("k", v)
		case "array":
			got, err = config.Array("k", v)
		case "object":
			got, err = config.Object("k", v)
		}
		text := ""
		if err != nil {
			text = err.Error()
		} else {
			text = ordered.Text(got)
		}
		if text != test.want {
			t.Errorf("%s as %s: got %s, want %s", test.value, test.as, text, test.want)
		}
	}
}

func TestLongValuesAreCut(t *testing.T) {
	_, err := config.Int("k", strings.Repeat("東", 200))
	want := noLong + `"` + strings.Repeat("東", 96) + `... (string)`
	if err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
}

func TestOptions(t *testing.T) {
	o, err := ordered.ParseObject([]byte(`{"null":null,"text":"s","number":"7","yes":"true","list":[1],"map":{"a":1}}`))
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		what string
		got  func() (any, error)
		want string
	}{
		{"GetText", func() (any, error) { return config.GetText(o, "text") }, `"s"`},
		{"GetText of nothing", func() (any, error) { return config.GetText(o, "k") }, "Parameter 'k' is required but not set"},
		{"GetText of null", func() (any, error) { return config.GetText(o, "null") }, "Parameter 'null' is required but null"},
		{"GetTextDefault", func() (any, error) { return config.GetTextDefault(o, "text", "d") }, `"s"`},
		{"GetTextDefault of null", func() (any, error) { return config.GetTextDefault(o, "null", "d") }, `"d"`},
		{"GetTextDefault of a list", func() (any, error) { return config.GetTextDefault(o, "list", "d") }, "Expected string type for key 'list' but got [1] (array)"},
		{"GetBool", func() (any, error) { return config.GetBool(o, "yes") }, `true`},
		{"GetBool of nothing", func() (any, error) { return config.GetBool(o, "k") }, "Parameter 'k' is required but not set"},
		{"GetBoolDefault of nothing", func() (any, error) { return config.GetBoolDefault(o, "k", true) }, `true`},
		{"GetObject", func() (any, error) { return config.GetObject(o, "map") }, `{"a":1}`},
		{"GetObject of nothing", func() (any, error) { return config.GetObject(o, "k") }, "Parameter 'k' is required but not set"},
		{"GetObject of null", func() (any, error) { return config.GetObject(o, "null") }, "Parameter 'null' must be an object"},
		{"GetObject of text", func() (any, error) { return config.GetObject(o, "text") }, "Parameter 'text' must be an object"},
		{"GetArrayDefault", func() (any, error) { return config.GetArrayDefault(o, "list") }, `[1]`},
		{"GetArrayDefault of text", func() (any, error) { return config.GetArrayDefault(o, "text") }, `Expected array type for key 'text' but got "s" (string)`},
	}
	for _, test := range tests {
		v, err := test.got()
		text := ""
		if err != nil {
			text = err.Error()
		} else {
			text = ordered.Text(v)
		}
		if text != test.want {
			t.Errorf("%s: got %s, want %s", test.what, text, test.want)
		}
	}
	if n, err := config.GetInt32(o, "number"); n != 7 || err != nil {
		t.Errorf("GetInt32: %d, %v", n, err)
	}
	if n, err := config.GetInt32Default(o, "k", 3); n != 3 || err != nil {
		t.Errorf("GetInt32Default: %d, %v", n, err)
	}
	if n, err := config.GetInt(o, "number"); n != 7 || err != nil {
		t.Errorf("GetInt: %d, %v", n, err)
	}
	if list, err := config.GetArrayDefault(o, "null"); list != nil || err != nil {
		t.Errorf("GetArrayDefault: %v, %v", list, err)
	}
	var none *ordered.Object
	if _, err := config.GetText(none, "k"); err == nil {
		t.Error("a nil object has options")
	}
}
