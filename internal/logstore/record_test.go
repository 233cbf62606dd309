package logstore

import (
	"strings"
	"testing"
	"time"
)

func TestRecord(t *testing.T) {
	at := time.Date(2024, 2, 29, 12, 0, 0, int(123*time.Millisecond), time.UTC)
	for _, c := range []struct {
		name   string
		record Record
		want   string
	}{
		{"line", Record{Time: at, Task: "+w+a", Run: 2, Level: LevelWarn, Text: "two\nlines <&>"}, `{"t":1709208000123,"task":"+w+a","run":2,"level":"WARN","text":"two\nlines <&>"}`},
		{"empty line", Record{Time: at, Task: "+w", Run: 1}, `{"t":1709208000123,"task":"+w","run":1,"level":"INFO","text":""}`},
		{"debug", Record{Time: at, Task: "+w", Run: 1, Level: LevelDebug, Text: "d"}, `{"t":1709208000123,"task":"+w","run":1,"level":"DEBUG","text":"d"}`},
		{"output", Record{Time: at, Task: "+é", Run: 1, Kind: KindOutput, Text: "日本\t\x00\x1b[0m\u2028\ufffd"}, `{"t":1709208000123,"task":"+é","run":1,"out":"日本\t\u0000\u001b[0m` + "\u2028\ufffd" + `"}`},
		{"bytes", Record{Time: at, Task: "+w", Run: 1, Kind: KindOutput, Text: "\xff\xfe"}, `{"t":1709208000123,"task":"+w","run":1,"raw":"//4="}`},
		{"end", Record{Time: at, Task: "+w", Run: 1, Kind: KindEnd}, `{"t":1709208000123,"task":"+w","run":1,"end":true}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := string(appendRecord(nil, &c.record))
			if text != c.want+"\n" {
				t.Errorf("%s want %s", text, c.want)
			}
			back, err := parseRecord([]byte(text))
			if err != nil || back != c.record {
				t.Errorf("%#v, %v\nwant %#v", back, err, c.record)
			}
		})
	}
}

func TestParseRecordRefuses(t *testing.T) {
	for _, text := range []string{``, `{`, `[]`, `{}`, `{"t":"x","end":true}`, `{"raw":"%"}`, `{"level":"LOUD","text":"x"}`, `{"text":"no level"}`} {
		if r, err := parseRecord([]byte(text)); err == nil {
			t.Errorf("%s: %#v", text, r)
		}
	}
}

func FuzzParseRecord(f *testing.F) {
	f.Add(`{"t":1,"task":"+w","run":1,"out":"x"}`)
	f.Add(`{"t":-9223372036854775808,"raw":"//4="}`)
	f.Add(`{"level":"ERROR","text":"\ud800"}`)
	f.Fuzz(func(t *testing.T, text string) {
		r, err := parseRecord([]byte(text))
		if err != nil {
			return
		}
		again, err := parseRecord(appendRecord(nil, &r))
		if err != nil || again != r {
			t.Errorf("%#v, %v\nwant %#v", again, err, r)
		}
	})
}

func FuzzOutput(f *testing.F) {
	f.Add("plain", uint8(3))
	f.Add("日本語\n\xe3\x81", uint8(1))
	f.Add(strings.Repeat("é", 400), uint8(255))
	f.Fuzz(func(t *testing.T, text string, size uint8) {
		if size == 0 {
			return
		}
		var back string
		rest := []byte(text)
		for len(rest) > 0 {
			k := cut(rest, int(size)+4)
			line := appendRecord(nil, &Record{Kind: KindOutput, Text: string(rest[:k])})
			if strings.Count(string(line), "\n") != 1 {
				t.Fatalf("%q has a line end inside", line)
			}
			r, err := parseRecord(line)
			if err != nil {
				t.Fatal(err)
			}
			back += r.Text
			rest = rest[k:]
		}
		if back != text {
			t.Errorf("%q want %q", back, text)
		}
	})
}

func TestPieces(t *testing.T) {
	for _, c := range []struct {
		text string
		want int
	}{{"", 0}, {"a", 0}, {"é", 0}, {"a\xc3", 1}, {"\xe3\x81", 2}, {"\xf0\x9f\x98", 3}, {"\xff", 0}, {"\x81\x81", 0}, {"\xe3\x81\x82", 0}, {"\xc3\x81\xe3", 1}} {
		if got := unfinished([]byte(c.text)); got != c.want {
			t.Errorf("unfinished(%q) = %d, want %d", c.text, got, c.want)
		}
	}
	for _, c := range []struct {
		text    string
		n, want int
	}{{"abc", 4, 3}, {"abcdef", 4, 4}, {"abc\ndef", 6, 4}, {"a\nbcdefgh", 6, 6}, {"aaaあ", 4, 3}, {"aaaあ", 5, 3}, {"\x81\x81\x81\x81\x81\x81", 5, 5}} {
		if got := cut([]byte(c.text), c.n); got != c.want {
			t.Errorf("cut(%q, %d) = %d, want %d", c.text, c.n, got, c.want)
		}
	}
}

func TestChunkNames(t *testing.T) {
	at := time.Date(2024, 2, 29, 12, 0, 0, int(5*time.Millisecond), time.UTC)
	stream := at.Format(startForm) + "-" + cleanWorker("host name/7") + "-0a1b2c3d"
	name := chunkName(stream, 12)
	if want := "20240229T120000.005Z-host-name-7-0a1b2c3d-00000012.ndjson"; name != want {
		t.Errorf("%s want %s", name, want)
	}
	if s, start, seq, ok := parseChunkName(name); s != stream || !start.Equal(at) || seq != 12 || !ok {
		t.Errorf("%s %s %d %t", s, start, seq, ok)
	}
	if _, _, seq, ok := parseChunkName(chunkName(stream, 123456789)); seq != 123456789 || !ok {
		t.Errorf("%d %t", seq, ok)
	}
	for _, bad := range []string{"", "x", name + ".17a0.tmp", strings.Replace(name, "00000012", "12", 1), strings.Replace(name, "00000012", "00000000", 1), strings.Replace(name, "2024", "20x4", 1), "20240229T120000.005Z-00000001.ndjson"} {
		if _, _, _, ok := parseChunkName(bad); ok {
			t.Errorf("%q is taken for a chunk", bad)
		}
	}
	for name, want := range map[string]string{"": "worker", "../..": "worker", "a_b.c-d": "a_b.c-d", strings.Repeat("x", 200): strings.Repeat("x", 80)} {
		if got := cleanWorker(name); got != want {
			t.Errorf("cleanWorker(%q) = %q, want %q", name, got, want)
		}
	}
	for attempt, want := range map[string]bool{"1": true, "9223372036854775807": true, "0": true, "": false, "-1": false, "01": false, "+1": false, "1/": false, "../1": false, "9223372036854775808": false} {
		if err := checkAttempt(attempt); (err == nil) != want {
			t.Errorf("checkAttempt(%q): %v", attempt, err)
		}
	}
}

func FuzzChunkName(f *testing.F) {
	f.Add("20240229T120000.005Z-w-0a1b2c3d-00000012.ndjson")
	f.Fuzz(func(t *testing.T, name string) {
		if stream, _, seq, ok := parseChunkName(name); ok && chunkName(stream, seq) != name {
			t.Errorf("%q becomes %q", name, chunkName(stream, seq))
		}
	})
}
