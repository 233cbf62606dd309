package duration

import (
	"encoding/json"
	"os"
	"testing"
	"time"
)

func TestDurations(t *testing.T) {
	var rows struct {
		Valid []struct {
			Input   string
			Seconds int64
		}
		Format  []struct{ Input, Formatted string }
		Invalid []string
	}
	text, err := os.ReadFile("testdata/durations.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &rows); err != nil {
		t.Fatal(err)
	}
	for _, r := range rows.Valid {
		if d, err := Parse(r.Input); err != nil || d != time.Duration(r.Seconds)*time.Second {
			t.Errorf("Parse(%q) = %v, %v, want %d s", r.Input, d, err, r.Seconds)
		}
	}
	for _, r := range rows.Format {
		d, err := Parse(r.Input)
		if err != nil || Format(d) != r.Formatted {
			t.Errorf("Format of %q = %q, %v, want %q", r.Input, Format(d), err, r.Formatted)
		}
	}
	for _, in := range rows.Invalid {
		if d, err := Parse(in); err == nil {
			t.Errorf("Parse(%q) = %v, want an error", in, d)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"1d 2h 3m 4s", " 17 D ", "4s3m", "9223372036854775807s"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := Parse(text)
		if err != nil {
			return
		}
		if d < 0 {
			t.Errorf("Parse(%q) is negative", text)
		}
		if again, err := Parse(Format(d)); d > 0 && (err != nil || again != d) {
			t.Errorf("%q is %v, its format %q is %v (%v)", text, d, Format(d), again, err)
		}
	})
}
