// Package expr evaluates the ${...} of Digdag's texts.
//
// An Evaluator is made once and used by everybody:
//
//	e := expr.New(expr.Options{})
//	config, err := e.Config(ctx, params, local, zone)   // a task's whole config
//	text, err := e.Template(ctx, file, params, zone)    // one text, e.g. a file
//
// Both return an *Error for what the text did wrong, with the message that
// Digdag gives (the caller appends " (config)"), and the context's error when
// the context ended. Diagnostics use Scan, Unclosed and Check, which run
// nothing.
//
// A text is a template: the pieces between its ${...} are literal. All ${...} of
// one text share one JavaScript scope, so that a change made by the first is
// seen by the second; nothing survives a text. That is why each evaluation gets
// a JavaScript runtime of its own, which is cheap because its globals are made
// when they are first used: what a text needs beyond JavaScript's own objects
// (Date, moment, Java's string methods, the guards of limits) is put in only
// where the text names it, or can compute names.
//
// Most texts only name parameters (${session_date}, ${conf.items}); these are
// looked up without any JavaScript.
package expr

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/dlclark/regexp2/v2"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
)

// Options are the limits and the clock of an Evaluator. The zero value has
// the defaults.
type Options struct {
	// TimeLimit is how long one text may take. Default 5 s.
	TimeLimit time.Duration
	// MemoryLimit is by how many bytes the process may grow while a text that
	// loops is evaluated, the parameters that it names not counted. Default 192 MiB.
	MemoryLimit int64
	// ResultLimit is the longest result of one text in bytes, and the longest
	// string that an expression may make on its way. Default 4 MiB.
	ResultLimit int
	// CopyLimit is the longest result in bytes of a text that only names parameters,
	// and of all texts of one config together. Default 256 MiB.
	CopyLimit int
	// CacheSize is how many compiled texts are kept. Default 2000.
	CacheSize int
	// Now is the clock of Date and moment. Default time.Now.
	Now func() time.Time
}

// Evaluator evaluates texts. It is safe for concurrent use.
type Evaluator struct {
	limits   Options
	programs *cache
	// growth lets one evaluation at a time be repeated that seemed to use too much
	// memory.
	growth chan struct{}
}

// New returns an Evaluator.
func New(opts Options) *Evaluator {
	if opts.TimeLimit <= 0 {
		opts.TimeLimit = 5 * time.Second
	}
	if opts.MemoryLimit <= 0 {
		opts.MemoryLimit = 192 << 20
	}
	if opts.ResultLimit <= 0 {
		opts.ResultLimit = 4 << 20
	}
	if opts.CopyLimit <= 0 {
		opts.CopyLimit = 256 << 20
	}
	if opts.CacheSize <= 0 {
		opts.CacheSize = 2000
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	limitMatching()
	return &Evaluator{limits: opts, programs: newCache(opts.CacheSize), growth: make(chan struct{}, 1)}
}

// limitMatching makes matches of goja's regular expressions end that would take
// for ages. The library has no other way to set that for expressions that goja
// compiles.
var limitMatching = sync.OnceFunc(func() { regexp2.DefaultMatchTimeout = 10 * time.Second })

// Template evaluates one text with the parameters in scope. The zone is that of
// Date and moment; nil is UTC.
func (e *Evaluator) Template(ctx context.Context, text string, params *ordered.Object, zone *time.Location) (string, error) {
	return e.text(ctx, text, scope{params: params}, zone, e.budget())
}

func (e *Evaluator) budget() *budget {
	return &budget{all: e.limits.CopyLimit, left: e.limits.CopyLimit}
}

// text evaluates a text, whose result is taken out of the budget. What has no
// expression costs nothing.
func (e *Evaluator) text(ctx context.Context, text string, s scope, zone *time.Location, b *budget) (string, error) {
	if !strings.Contains(text, "$") {
		return text, nil
	}
	if !strings.Contains(text, "${") {
		// Data of any size, which is not worth a place in the cache.
		return strings.ReplaceAll(text, "$$", "$"), nil
	}
	p := e.programs.get(text)
	if p.problem != "" {
		return "", failure(text, p.problem)
	}
	out, ok, err := p.direct(s, b)
	if err != nil {
		return "", failure(text, err.Error())
	}
	if ok {
		return out, nil
	}
	if zone == nil {
		zone = time.UTC
	}
	if out, err = e.run(ctx, text, p, s, zone); err != nil {
		return "", err
	}
	if err := b.take(len(out)); err != nil {
		return "", failure(text, err.Error())
	}
	return out, nil
}
