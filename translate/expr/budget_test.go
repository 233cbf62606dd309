package expr_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/translate/expr"
)

// TestBudget: what counts is what the expressions of one config make, together.
func TestBudget(t *testing.T) {
	const together = "the results of all texts of the task are longer than 100 bytes together"
	e := expr.New(expr.Options{CopyLimit: 100, ResultLimit: 100})
	x := strings.Repeat("x", 60)
	for _, r := range []struct{ name, params, local, reason string }{
		{"one text", `{"a":"{x}"}`, `{"b":"the ${a}"}`, ""},
		{"one text of two", `{"a":"{x}"}`, `{"b":"${a}${a}"}`, "the result is longer than 100 bytes"},
		{"two texts", `{"a":"{x}"}`, `{"b":"the ${a}","c":"the ${a}"}`, together},
		{"two texts that are a param", `{"a":"{x}"}`, `{"b":"${a}","c":"${a}"}`, together},
		{"two texts that are JSON", `{"a":["{x}"]}`, `{"b":"${a}","c":"${a}"}`, together},
		{"two texts by JavaScript", `{"a":"{x}"}`, `{"b":"${a + 1}","c":"${a + 1}"}`, together},
		{"one of both", `{"a":"{x}"}`, `{"b":"${a + 1}","c":"${a}"}`, together},
		{"within an object and a list", `{"a":"{x}"}`, `{"b":{"c":["${a}"]},"c":[{"d":"${a}"}]}`, together},
		{"in the params", `{"a":"{x}","b":"${a}","c":"${a}"}`, `{}`, together},
		{"texts without expressions", `{"a":"{x}","b":"{x}","c":"$$ {x}"}`, `{"d":"{x}"}`, ""},
		{"what is evaluated later", `{"a":"{x}"}`, `{"_do":{"b":"${a}","c":"${a}"}}`, ""},
	} {
		params, local := object(t, strings.ReplaceAll(r.params, "{x}", x)), object(t, strings.ReplaceAll(r.local, "{x}", x))
		// The budget is that of one config.
		for range 2 {
			_, err := e.Config(context.Background(), params, local, nil)
			reason := ""
			var failure *expr.Error
			if errors.As(err, &failure) {
				reason = failure.Reason
			}
			if reason != r.reason || (err != nil) != (r.reason != "") {
				t.Errorf("%s: %v, want %q", r.name, err, r.reason)
			}
		}
	}
}

func object(t *testing.T, text string) *ordered.Object {
	t.Helper()
	v, err := ordered.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return v.(*ordered.Object)
}

// TestReplacementsPieceByPiece: a replacement that might be too long is made
// otherwise, but the same.
func TestReplacementsPieceByPiece(t *testing.T) {
	usual, guarded := expr.New(expr.Options{}), expr.New(expr.Options{ResultLimit: 60})
	for _, by := range []string{"$$", "$&", "$`", "$'", "$1", "$2", "$12", "$0", "$x", "$", "y", "$<n>", "$<m>", "$<other>", "$<n"} {
		by += strings.Repeat("-", 5) + "$$$$$$$$$$$$$$"
		for _, pattern := range []string{`"x"`, `/x/`, `/[xb]/g`, `/(x)|(b)/g`, `/(?<n>x)|(?<m>b)/g`, `"none"`} {
			source := fmt.Sprintf("${%q.replace(%s, %q)}", "aéx😀b", pattern, by)
			want, err := usual.Template(context.Background(), source, nil, nil)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := guarded.Template(context.Background(), source, nil, nil); err != nil || got != want {
				t.Errorf("%s: %q, %v, want %q", source, got, err, want)
			}
		}
	}
}
