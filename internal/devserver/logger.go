package devserver

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"sync/atomic"

	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/log/tag"
)

// logger hands the server's log lines to slog until it is told to be quiet: when the services stop one after the
// other, each complains that it can't reach those that are gone.
type logger struct {
	to    *slog.Logger
	quiet *atomic.Bool
}

var (
	_ log.Logger     = logger{}
	_ log.WithLogger = logger{}
)

// fatalError is panicked with where the server wants its process to end.
type fatalError struct{ error }

func (e fatalError) Unwrap() error { return e.error }

func newLogger(to *slog.Logger) logger {
	if to == nil {
		to = slog.New(slog.DiscardHandler)
	}
	return logger{to: to, quiet: &atomic.Bool{}}
}

func (l logger) Debug(msg string, tags ...tag.Tag)  { l.log(slog.LevelDebug, msg, tags) }
func (l logger) Info(msg string, tags ...tag.Tag)   { l.log(slog.LevelInfo, msg, tags) }
func (l logger) Warn(msg string, tags ...tag.Tag)   { l.log(slog.LevelWarn, msg, tags) }
func (l logger) Error(msg string, tags ...tag.Tag)  { l.log(slog.LevelError, msg, tags) }
func (l logger) DPanic(msg string, tags ...tag.Tag) { l.log(slog.LevelError, msg, tags) }

func (l logger) Panic(msg string, tags ...tag.Tag) {
	l.log(slog.LevelError, msg, tags)
	panic(msg)
}

// Fatal panics: the callers rely on it that nothing after it runs. In a server that is being stopped it ends no more
// than the goroutine: that it can't begin to listen, because it was stopped before it came to that, is no reason to die.
func (l logger) Fatal(msg string, tags ...tag.Tag) {
	if l.quiet.Load() {
		runtime.Goexit()
	}
	l.log(slog.LevelError, msg, tags)
	text := []string{strings.ToLower(msg)}
	for _, t := range tags {
		text = append(text, fmt.Sprintf("%s=%v", t.Key(), t.Value()))
	}
	panic(fatalError{errors.New(strings.Join(text, " "))})
}

func (l logger) With(tags ...tag.Tag) log.Logger {
	if !l.to.Enabled(context.Background(), slog.LevelError) {
		return l
	}
	return logger{to: slog.New(l.to.Handler().WithAttrs(attrs(tags))), quiet: l.quiet}
}

func (l logger) log(level slog.Level, msg string, tags []tag.Tag) {
	if !l.quiet.Load() && l.to.Enabled(context.Background(), level) {
		l.to.LogAttrs(context.Background(), level, msg, attrs(tags)...)
	}
}

func attrs(tags []tag.Tag) []slog.Attr {
	all := make([]slog.Attr, 0, len(tags))
	for _, t := range tags {
		all = append(all, slog.Any(t.Key(), t.Value()))
	}
	return all
}
