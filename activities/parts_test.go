package activities

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand"
	"strings"
	"testing"
	"time"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/operators"
	"github.com/dig2temporal/dig2temporal/translate/compile"
)

func TestReadRetry(t *testing.T) {
	var rows []struct {
		Retry any `json:"_retry"`
		Waits []int
		Error string
	}
	readRows(t, "testdata/retry.json", &rows)
	var raw []*ordered.Object
	readRows(t, "testdata/retry.json", &raw)
	for i, r := range rows {
		got, err := compile.Retry(raw[i])
		if r.Error != "" {
			if err == nil || err.Error() != r.Error {
				t.Errorf("%v: %v, want %s", r.Retry, err, r.Error)
			}
			continue
		}
		if err != nil || got.Limit != len(r.Waits) {
			t.Errorf("%v: %+v, %v", r.Retry, got, err)
			continue
		}
		for n, want := range r.Waits {
			if d := got.Delay(n); d != want {
				t.Errorf("%v: wait %d is %d, want %d", r.Retry, n, d, want)
			}
		}
	}
}

func TestPrintable(t *testing.T) {
	var rows []struct {
		RetryCount int `json:"retry_count"`
		Elapsed    int `json:"elapsed_s"`
		Printable  bool
	}
	readRows(t, "testdata/printable.json", &rows)
	for _, r := range rows {
		if got := printable(0, r.RetryCount, time.Duration(r.Elapsed)*time.Second); got != r.Printable {
			t.Errorf("%+v: %v", r, got)
		}
	}
}

func TestDescribed(t *testing.T) {
	var row struct{ Input, Expected *ordered.Object }
	readRows(t, "testdata/described.json", &row)
	if got := described(row.Input); !ordered.Equal(got, row.Expected) {
		t.Errorf("%s", ordered.Text(got))
	}
}

func TestMounts(t *testing.T) {
	var rows []struct {
		Key     string
		Secrets *ordered.Object `json:"_secrets"`
		LooksUp string          `json:"looks_up"`
		Error   string
	}
	readRows(t, "testdata/secret_mounts.json", &rows)
	for _, r := range rows {
		s := &taskSecrets{ctx: context.Background(), store: fakeSecrets{r.LooksUp: "value"}, mounts: r.Secrets, mask: &mask{}}
		got, err := s.Get(r.Key)
		if r.Error != "" {
			if err == nil || err.Error() != r.Error {
				t.Errorf("%+v: %v", r, err)
			}
			continue
		}
		if err != nil || got != "value" {
			t.Errorf("%s with %s: %q, %v", r.Key, ordered.Text(r.Secrets), got, err)
		}
	}
	s := &taskSecrets{mask: &mask{}}
	if _, err := s.Get("any"); err == nil || err.Error() != "Secret not found for key: 'any'" {
		t.Errorf("%v", err)
	}
	if _, ok, err := s.Lookup("any"); ok || err != nil {
		t.Errorf("%v, %v", ok, err)
	}
}

func TestErrorTexts(t *testing.T) {
	for _, r := range []struct {
		err          error
		message, log string
	}{
		{errors.New("foobar"), "foobar (runtime)", "foobar (runtime)"},
		{&operators.Failure{Message: "foobar", Kind: "custom runtime"}, "foobar (custom runtime)", "foobar (custom runtime)"},
		{&operators.Failure{Message: "custom!!", NoKind: true, Cause: errors.New("foo")}, "custom!!", "custom!!\n> foo"},
		{&operators.Failure{Message: "failed: foo", Cause: errors.New("foo")}, "failed: foo (runtime)", "failed: foo (runtime)"},
		{&operators.ConfigError{Message: "bad", Cause: fmt.Errorf("outer: %w", errors.New("inner"))}, "bad (config)", "bad (config)\n> outer: inner"},
		{fmt.Errorf("while loading: %w", &operators.ConfigError{Message: "bad"}), "bad (config)", "bad (config)"},
	} {
		p := describe(r.err, "+t", nil, func(s string) string { return s })
		if p.error.String("message") != r.message || p.log != r.log {
			t.Errorf("%v: %q and %q", r.err, p.error.String("message"), p.log)
		}
	}
}

func TestSecretsAreHidden(t *testing.T) {
	b := newBench(t, func(o *Options) {
		o.Secrets = fakeSecrets{"token": "s3cr3t-value", "key": "-----BEGIN-----\nMIIEabcdef\n-----END-----\n"}
	})
	config := `{"sh>":"printf 's3cr3t-v'; sleep 0.05; printf 'alue|%s|' \"$KEY\"; echo ${secret:token} >&2; exit 4","_env":{"KEY":"${secret:key}","T":"${secret:token}"}}`
	_, err := b.run(b.request(config, ``))
	if _, f, _ := failed(t, err); f.Error.String("message") != "Command failed with code 4 (runtime)" {
		t.Errorf("%s", ordered.Text(f.Error))
	}
	for _, secret := range []string{"s3cr3t-value", "MIIEabcdef"} {
		if strings.Contains(b.log.String(), secret) {
			t.Errorf("%q is in the log:\n%s", secret, b.log)
		}
	}
	if !strings.Contains(b.log.String(), "***|***") {
		t.Errorf("log:\n%s", b.log)
	}
	op := fake{operators.Spec{Name: "leaky", NoFiles: true}, func(_ context.Context, t *operators.Task) (*operators.Result, error) {
		v, err := t.Secrets.Get("token")
		if err != nil {
			return nil, err
		}
		t.Log.Infof("using %s", v)
		return nil, &operators.Failure{Message: "refused " + v, Cause: errors.New("cause " + v)}
	}}
	b = newBench(t, func(o *Options) { o.Secrets = fakeSecrets{"token": "s3cr3t-value"} }, op)
	_, err = b.run(b.request(`{"leaky>":1}`, ``))
	if _, f, _ := failed(t, err); f.Error.String("message") != "refused *** (runtime)" || strings.Contains(err.Error(), "s3cr3t") || strings.Contains(b.log.String(), "s3cr3t") {
		t.Errorf("%v, log %s", err, b.log)
	}
}

// TestMaskPieces: however the output is cut, what comes out is the same.
func TestMaskPieces(t *testing.T) {
	text := "abcd secret secretsecret sec secre\xff secret-more ending in secr"
	want := "abcd *** ****** sec secre\xff *** ending in secr"
	random := rand.New(rand.NewSource(1))
	for range 500 {
		m := &mask{}
		m.add("token", "secret")
		m.add("token", "secret-more")
		var out bytes.Buffer
		w := m.writer(&out)
		for rest := text; rest != ""; {
			n := 1 + random.Intn(min(9, len(rest)))
			if _, err := w.Write([]byte(rest[:n])); err != nil {
				t.Fatal(err)
			}
			rest = rest[n:]
		}
		w.flush()
		if out.String() != want && out.String() != strings.Replace(want, "*** ending", "***-more ending", 1) {
			t.Fatalf("%q", out.String())
		}
	}
}

func TestLineLogs(t *testing.T) {
	at := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	session := &Session{Project: "default", SessionID: 1, AttemptID: 2}
	open := func(l *LineLogs, task string) TaskLog {
		log, err := l.Open(LogRun{Session: session, Task: task})
		if err != nil {
			t.Fatal(err)
		}
		return log
	}
	t.Run("format and colours", func(t *testing.T) {
		var b bytes.Buffer
		l := NewLineLogs(&b, LineLogOptions{Colour: true, Level: LevelWarn, Zone: time.FixedZone("", 3600), Now: func() time.Time { return at }})
		log := open(l, "+main+a")
		log.Line(LevelInfo, "left out")
		log.Line(LevelError, "two\nlines")
		if got, want := b.String(), "\x1b[35m2024-01-01 01:00:00 +0100 [ERROR] (0001@[0:default:1:2]+main+a): two\nlines\x1b[0m\n"; got != want {
			t.Errorf("%q, want %q", got, want)
		}
	})
	t.Run("lines do not mix", func(t *testing.T) {
		var b bytes.Buffer
		l := NewLineLogs(&b, LineLogOptions{Zone: time.UTC, Now: func() time.Time { return at }})
		one, two := open(l, "+main+a"), open(l, "+main+b")
		fmt.Fprint(one, "one ")
		fmt.Fprint(two, "two ")
		fmt.Fprint(one, "more\nrest of one")
		two.Line(LevelInfo, "said")
		fmt.Fprint(two, "of it\n")
		if err := one.Close(); err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(two, "alone: at once")
		want := "one more\ntwo \n2024-01-01 00:00:00 +0000 [INFO] (0002@[0:default:1:2]+main+b): said\nof it\nrest of one\nalone: at once"
		if b.String() != want {
			t.Errorf("%q\nwant %q", b.String(), want)
		}
		three := open(l, "+main+c")
		fmt.Fprint(three, "x\n")
		if err := two.Close(); err != nil {
			t.Fatal(err)
		}
		if got := b.String()[len(want):]; got != "\nx\n" {
			t.Errorf("%q", got)
		}
	})
	t.Run("a line without end is not held for ever", func(t *testing.T) {
		var b bytes.Buffer
		l := NewLineLogs(&b, LineLogOptions{})
		one, _ := open(l, "+a"), open(l, "+b")
		for range 100 {
			fmt.Fprint(one, strings.Repeat("x", 4096))
		}
		if held := len(one.(*lineLog).held); held > maxHeld || b.Len()+held != 100*4096 {
			t.Errorf("%d held, %d written", held, b.Len())
		}
	})
}

func FuzzMask(f *testing.F) {
	f.Add("some secret text", 3)
	f.Add("secsecretret", 1)
	f.Fuzz(func(t *testing.T, text string, size int) {
		if size < 1 || size > 100 || strings.Contains(text, "*") {
			return
		}
		m := &mask{}
		m.add("token", "secret")
		var out bytes.Buffer
		w := m.writer(&out)
		for rest := []byte(text); len(rest) > 0; rest = rest[min(size, len(rest)):] {
			if _, err := w.Write(rest[:min(size, len(rest))]); err != nil {
				t.Fatal(err)
			}
		}
		w.flush()
		if want := strings.ReplaceAll(text, "secret", hidden); out.String() != want {
			t.Errorf("%q in pieces of %d: %q, want %q", text, size, out.String(), want)
		}
	})
}
