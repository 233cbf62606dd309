package expr_test

import (
	"context"
	"errors"
	"runtime"
	"runtime/metrics"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/translate/expr"
)

// usedBytes returns what heap and stacks take.
func usedBytes() int64 {
	s := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/heap/stacks:bytes"}}
	metrics.Read(s)
	return int64(s[0].Value.Uint64() + s[1].Value.Uint64())
}

// peak returns a function that tells by how much the process grew at most.
func peak() func() int64 {
	runtime.GC()
	from, most := usedBytes(), int64(0)
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			case <-time.After(2 * time.Millisecond):
				most = max(most, usedBytes()-from)
			}
		}
	}()
	return func() int64 {
		close(stop)
		<-done
		return most
	}
}

// TestHostileExpressions runs expressions that would never end, fill the memory
// or overflow a stack. Each must fail in time, in what the row says. A row
// without a reason must just come to an end.
func TestHostileExpressions(t *testing.T) {
	e := expr.New(expr.Options{TimeLimit: 150 * time.Millisecond, MemoryLimit: 64 << 20, ResultLimit: 1 << 20})
	for _, r := range readRows(t, "testdata/hostile.json") {
		row := r.([]any)
		source, want := row[0].(string), row[1].(string)
		grown := peak()
		start := time.Now()
		text, err := e.Template(context.Background(), "${"+source+"}", nil, nil)
		took, bytes := time.Since(start), grown()
		if took > 5*time.Second || bytes > 500<<20 {
			t.Errorf("%s: took %s and %d MiB", source, took, bytes>>20)
		}
		var failure *expr.Error
		switch {
		case want == "":
		case !errors.As(err, &failure):
			t.Errorf("%s: got %.100q, %v", source, text, err)
		case !matchesAny(failure.Reason, want):
			t.Errorf("%s: got %q, want %q", source, failure.Reason, want)
		}
	}
}

func matchesAny(reason, want string) bool {
	for _, w := range strings.Split(want, "|") {
		if strings.Contains(reason, w) {
			return true
		}
	}
	return false
}

func TestContextEndsAnEvaluation(t *testing.T) {
	e := expr.New(expr.Options{})
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	_, err := e.Template(ctx, "${(function () { while (true) {} })()}", nil, nil)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	if _, err := e.Template(ctx, "${1 + 1}", nil, nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("after its end: got %v", err)
	}
}

func TestDeepValuesAndLongTexts(t *testing.T) {
	e := expr.New(expr.Options{ResultLimit: 1 << 20, CopyLimit: 1 << 20})
	var deep any = "leaf"
	for range 900 {
		deep = []any{deep}
	}
	text, err := e.Template(context.Background(), "${deep}${JSON.stringify(deep).length}", ordered.Of("deep", deep), nil)
	if err != nil || !strings.HasSuffix(text, "]1806") {
		t.Errorf("got %.50q, %v", text, err)
	}
	long := strings.Repeat("x", 2<<20)
	for _, source := range []string{"${long}", "${long + 1}", "${long.length}${long}", strings.Repeat("${long}", 1<<16)} {
		if _, err := e.Template(context.Background(), source, ordered.Of("long", long), nil); err == nil {
			t.Errorf("%s: no error", source)
		}
	}
	if _, err := e.Template(context.Background(), "${1+"+strings.Repeat("(", 5000)+"}", nil, nil); err == nil {
		t.Error("deep brackets: no error")
	}
	if _, err := e.Template(context.Background(), "${"+strings.Repeat("1+", 50000)+"1}", nil, nil); err == nil {
		t.Error("long expression: no error")
	}
}

// TestLargeParams evaluates around params of many megabytes, whose size is not the
// fault of an expression.
func TestLargeParams(t *testing.T) {
	rows := make([]any, 300_000)
	for i := range rows {
		rows[i] = ordered.Of("id", ordered.Int(int64(i)), "name", "a name")
	}
	params := ordered.Of("long", strings.Repeat("cost: $5 {}", 1<<20), "rows", rows)
	// A busy machine takes long for them, which is not what this is about.
	e := expr.New(expr.Options{MemoryLimit: 64 << 20, TimeLimit: time.Minute})
	local := ordered.Of("copy", "${long}", "last", "${rows[rows.length - 1].id + 1}", "length", "${long.length}", "lines", "${rows.filter(function (r) { return r.id < 2 })}")
	var all sync.WaitGroup
	for range 3 {
		all.Go(func() {
			got, err := e.Config(context.Background(), params, local, nil)
			if err != nil {
				t.Error(err)
				return
			}
			if got.String("copy") != params.String("long") || got.String("long") != params.String("long") {
				t.Error("a long text comes back otherwise")
			}
			if got.String("last") != "300000" || got.String("length") != "11534336" || got.String("lines") != `[{"id":0,"name":"a name"},{"id":1,"name":"a name"}]` {
				t.Errorf("got %s, %s, %s", got.String("last"), got.String("length"), got.String("lines"))
			}
		})
	}
	all.Wait()
}
