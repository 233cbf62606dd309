package expr

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"github.com/dop251/goja"
	"github.com/dop251/goja/parser"
)

const (
	// maxCalls is how deep JavaScript functions may call each other.
	maxCalls = 3000
	// grace is how long an evaluation that was told to stop may take to do so.
	grace = time.Second
)

// run evaluates a text in a runtime of its own.
func (e *Evaluator) run(ctx context.Context, text string, p *program, s scope, zone *time.Location) (string, error) {
	values, err := e.evaluate(ctx, p, s, zone)
	if err == nil {
		return p.assemble(values), nil
	}
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	return "", failure(text, e.reason(ctx, p, s, zone, err))
}

// blames are how often an evaluation may grow beyond the limit before it is blamed
// for it.
const blames = 3

// evaluate returns the values of the expressions.
func (e *Evaluator) evaluate(ctx context.Context, p *program, s scope, zone *time.Location) ([]string, error) {
	values, err := e.once(ctx, p, s, zone)
	for n := 1; n < blames && errors.Is(err, errGrowth); n++ {
		// What others do is over after a while.
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case e.growth <- struct{}{}:
		}
		time.Sleep(time.Duration(n) * 50 * time.Millisecond)
		// What is garbage by now would make room for as much.
		runtime.GC()
		values, err = e.once(ctx, p, s, zone)
		<-e.growth
	}
	if errors.Is(err, errGrowth) {
		err = e.tooMuch()
	}
	return values, err
}

func (e *Evaluator) tooMuch() error {
	return limitError{"more than " + byteSize(e.limits.MemoryLimit) + " of memory were used"}
}

var errGrowth = limitError{"too much memory was used"}

// once evaluates the expressions once.
//
// Unless it is sure to be short, the work is done by a goroutine that is left
// behind if it does not stop when it is told to: goja looks for an interrupt
// between two instructions, and some of its built-in functions can be kept busy
// for long, as by a regular expression over a long text. The caller gets its error
// in any case.
func (e *Evaluator) once(ctx context.Context, p *program, s scope, zone *time.Location) ([]string, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	r := newRun(&e.limits, zone)
	if p.uses.quick && s.small(p.uses) {
		err := r.do(p, s)
		return r.values, err
	}
	done := make(chan error, 1)
	go func() { done <- r.do(p, s) }()

	limit := time.NewTimer(e.limits.TimeLimit)
	defer limit.Stop()
	var memory memoryWatch
	memory.start(e.limits.MemoryLimit)
	defer memory.stop()
	ready := r.ready
	for {
		select {
		case <-ready:
			// Large params take their time and memory, for which no expression is
			// to blame.
			ready = nil
			limit.Reset(e.limits.TimeLimit)
			memory.restart()
		case err := <-done:
			return r.values, err
		case <-ctx.Done():
			return nil, r.abort(done, ctx.Err())
		case <-limit.C:
			if ready != nil {
				continue
			}
			return nil, r.abort(done, limitError{fmt.Sprintf("the time limit of %s was exceeded", e.limits.TimeLimit)})
		case <-memory.ticks:
			if ready == nil && memory.exceeded() {
				if r.abort(done, errGrowth); r.left {
					return nil, e.tooMuch()
				}
				return nil, errGrowth
			}
		}
	}
}

// assemble puts the values of the expressions between the literal parts.
func (p *program) assemble(values []string) string {
	var out strings.Builder
	next := 0
	for _, part := range p.parts {
		switch {
		case !part.Expression:
			out.WriteString(part.Text)
		case part.Text != "":
			out.WriteString(values[next])
			next++
		}
	}
	return out.String()
}

// run is one evaluation.
type run struct {
	limits *Options
	zone   *time.Location
	rt     *goja.Runtime
	put    map[string]bool // what was put in the runtime, or looked at for it
	uses   []*uses         // of the program, and of what it compiled
	values []string
	size   int
	depth  int // of guarded functions that call each other
	joined map[*goja.Object]bool

	ready    chan struct{} // closed when the scope is made
	dynamic  bool          // the program computes names
	stopping atomic.Bool   // the evaluation shall end
	stopped  error         // the limit that ended it
	left     bool          // it did not end when it was told to
}

func newRun(limits *Options, zone *time.Location) *run {
	r := &run{limits: limits, zone: zone, rt: goja.New(), put: map[string]bool{}, ready: make(chan struct{})}
	r.rt.SetMaxCallStackSize(maxCalls)
	r.rt.SetParserOptions(parser.WithDisableSourceMaps)
	r.rt.SetTimeSource(limits.Now)
	return r
}

// abort stops the evaluation and waits a moment until it has stopped.
func (r *run) abort(done <-chan error, why error) error {
	r.stopping.Store(true)
	r.rt.Interrupt(why)
	wait := time.NewTimer(grace)
	defer wait.Stop()
	select {
	case <-done:
	case <-wait.C:
		r.left = true
	}
	return why
}

func (r *run) do(p *program, s scope) (err error) {
	defer func() {
		if r.stopped != nil {
			_ = recover()
			err = r.stopped
			return
		}
		// goja's own faults must not end the process.
		if fault := recover(); fault != nil {
			err = fmt.Errorf("the expression broke the interpreter: %v", fault)
		}
	}()
	r.define(emitName, r.emit)
	if p.traced {
		r.define(loadName, r.load)
	}
	r.admit(p.uses)
	f, err := r.rt.RunProgram(p.code)
	if err != nil {
		return err
	}
	call, ok := goja.AssertFunction(f)
	if !ok {
		return errors.New("the program is no function")
	}
	// What Digdag's print writes never reaches the text.
	print := goja.Undefined()
	if p.uses.names["print"] {
		print = r.rt.ToValue(func(goja.FunctionCall) goja.Value { return goja.Undefined() })
	}
	scope := r.scope(p.uses, s)
	close(r.ready)
	_, err = call(scope, print)
	return err
}

// define makes a global that programs can use but not change.
func (r *run) define(name string, f func(goja.FunctionCall) goja.Value) {
	if !r.put[name] {
		r.put[name] = true
		_ = r.rt.GlobalObject().DefineDataProperty(name, r.rt.ToValue(f), goja.FLAG_FALSE, goja.FLAG_FALSE, goja.FLAG_FALSE)
	}
}

// scope makes the object whose properties are the program's variables: only
// those that it can reach.
func (r *run) scope(u *uses, s scope) *goja.Object {
	o := r.rt.NewObject()
	if u.scope {
		s.each(func(name string, value any) {
			if !reserved(name) {
				define(r.rt, o, name, value)
			}
		})
		r.global(scopeName, o)
		return o
	}
	for name := range u.variables {
		if v, ok := s.get(name); ok && !reserved(name) {
			define(r.rt, o, name, v)
		}
	}
	return o
}

// emit takes the value of an expression.
func (r *run) emit(call goja.FunctionCall) goja.Value {
	v := call.Argument(0)
	if s, ok := v.(goja.String); ok && s.Length() > r.limits.ResultLimit {
		r.stop("the result is longer than " + byteSize(int64(r.limits.ResultLimit)))
	}
	text := r.text(v)
	if r.size += len(text); r.size > r.limits.ResultLimit {
		r.stop("the result is longer than " + byteSize(int64(r.limits.ResultLimit)))
	}
	r.values = append(r.values, text)
	return goja.Undefined()
}

// text returns what a value puts in the text.
func (r *run) text(v goja.Value) string {
	if goja.IsUndefined(v) || goja.IsNull(v) {
		return ""
	}
	if s, ok := v.(goja.String); ok {
		return s.String()
	}
	text, ok := r.stringify(v)
	if !ok {
		return "undefined"
	}
	return text
}

// guard looks at the value of a sum.
func (r *run) guard(call goja.FunctionCall) goja.Value {
	v := call.Argument(0)
	if s, ok := v.(goja.String); ok {
		r.checkLength(int64(s.Length()))
	}
	return v
}

// checkLength stops the evaluation if a string is too long.
func (r *run) checkLength(n int64) {
	if n > int64(r.limits.ResultLimit) {
		r.stop("a string is longer than " + byteSize(int64(r.limits.ResultLimit)))
	}
}

// stop ends the evaluation; no catch of the expression can prevent it.
func (r *run) stop(reason string) {
	if r.stopped == nil {
		r.stopped = limitError{reason}
	}
	r.rt.Interrupt(r.stopped)
	panic(r.rt.NewGoError(r.stopped))
}
