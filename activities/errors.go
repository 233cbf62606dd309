package activities

import (
	"errors"
	"fmt"
	"strings"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/operators"
	"github.com/dig2temporal/dig2temporal/translate/config"
	"github.com/dig2temporal/dig2temporal/translate/expr"
	"github.com/dig2temporal/dig2temporal/translate/plan"
)

// problem is an error of a task, made ready for its two readers: the error
// object is what ${error} shows, log is what the log says.
type problem struct {
	// mistake tells that it is a mistake in the task, which is never retried.
	mistake bool
	error   *ordered.Object
	log     string
}

// maxMessage bounds messages, which are part of histories. The end is kept: it
// says what happened.
const maxMessage = 32 << 10

// describe turns an error into a problem of a task. clean takes secrets out of
// texts.
func describe(err error, task string, pos *plan.Pos, clean func(string) string) *problem {
	p := &problem{error: ordered.New()}
	message, kind, traced := err.Error(), "runtime", true
	var (
		failure *operators.Failure
		mistake *operators.ConfigError
		option  *config.Error
		text    *expr.Error
	)
	switch {
	case errors.As(err, &failure):
		message, traced = failure.Message, !failure.NoKind
		kind = orElse(failure.Kind, "runtime")
		if failure.NoKind {
			kind = ""
		}
	case errors.As(err, &mistake):
		p.mistake, message, kind = true, mistake.Message, orElse(mistake.Kind, "config")
	case errors.As(err, &option):
		p.mistake, message, kind = true, option.Message, orElse(option.Kind, "config")
	case errors.As(err, &text):
		p.mistake, message, kind = true, text.Message, "config"
	}
	message = withKind(shorten(clean(message)), kind)
	p.error.Set("message", message)
	if traced {
		p.error.Set("stacktrace", place(task, pos))
	}
	if failure != nil {
		for _, k := range failure.Extra.Keys() {
			v, _ := failure.Extra.Get(k)
			p.error.Set(k, v)
		}
	}
	p.log = message + clean(causes(err, message))
	if pos != nil {
		p.log += "\n> at " + pos.String()
	}
	return p
}

func orElse(s, byDefault string) string {
	if s == "" {
		return byDefault
	}
	return s
}

func withKind(message, kind string) string {
	if kind == "" {
		return message
	}
	return message + " (" + kind + ")"
}

// place is what stands for Digdag's Java stack trace.
func place(task string, pos *plan.Pos) string {
	if pos == nil {
		return task
	}
	return fmt.Sprintf("%s(%s)", task, pos)
}

func shorten(message string) string {
	if len(message) <= maxMessage {
		return message
	}
	const mark = "\n... (shortened) ...\n"
	head := 4 << 10
	return strings.ToValidUTF8(message[:head], "") + mark + strings.ToValidUTF8(message[len(message)-(maxMessage-head-len(mark)):], "")
}

// causes are the texts of the causes that the message does not have yet, each on
// a line of its own.
func causes(err error, message string) string {
	var b strings.Builder
	for cause := errors.Unwrap(err); cause != nil; cause = errors.Unwrap(cause) {
		text := cause.Error()
		if text != "" && !strings.Contains(message, text) && !strings.Contains(b.String(), text) {
			b.WriteString("\n> " + text)
		}
	}
	return b.String()
}
