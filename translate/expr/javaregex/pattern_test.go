package javaregex_test

import (
	"testing"
	"time"

	"github.com/dig2temporal/dig2temporal/translate/expr/javaregex"
)

func TestPatternsEndInTime(t *testing.T) {
	p, err := javaregex.Compile("(a+)+c", 50*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	if _, err := p.Matches("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab"); err == nil {
		t.Error("no error of a match without end")
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("took %s", took)
	}
}

func TestReplaceHasALimit(t *testing.T) {
	p, err := javaregex.Compile(".", time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Replace("0123456789", "$0$0$0$0", true, 20); err != javaregex.ErrTooLong {
		t.Errorf("got %v", err)
	}
	if got, err := p.Replace("ab", "$0$0", true, 4); got != "aabb" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
}

func FuzzCompile(f *testing.F) {
	for _, s := range []string{`a(b|c)*+d{2,3}?`, `[a-z&&[^b-d[x]]]`, `\Q.\E\p{Alpha}\P{L}`, `(?<n>a)\k<n>\1`, `(?i-x:a) (?x) # c`, `[]\]]`, `\x{1F600}\0101`} {
		f.Add(s, "abc")
	}
	f.Fuzz(func(t *testing.T, pattern, text string) {
		if len(pattern) > 200 || len(text) > 200 {
			return
		}
		p, err := javaregex.Compile(pattern, 100*time.Millisecond)
		if err != nil {
			return
		}
		_, _ = p.Matches(text)
		_, _ = p.Replace(text, "[$0]", true, 1<<16)
	})
}
