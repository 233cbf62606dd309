//go:build !noserver

package main

import (
	"fmt"
	"strings"

	"go.temporal.io/sdk/log"

	"github.com/dig2temporal/dig2temporal/activities"
)

// logger passes on what the SDK says. Failures of tasks are told by the tasks
// themselves; what the SDK calls an error beside them is worth seeing only when
// somebody looks for it.
type logger struct{ screen *screen }

var _ log.Logger = (*logger)(nil)

func (s *screen) logger() log.Logger { return &logger{s} }

func (l *logger) Debug(string, ...any) {}

func (l *logger) Info(string, ...any) {}

func (l *logger) Warn(message string, pairs ...any) { l.line(activities.LevelDebug, message, pairs) }

func (l *logger) Error(message string, pairs ...any) { l.line(activities.LevelDebug, message, pairs) }

func (l *logger) line(level activities.Level, message string, pairs []any) {
	var b strings.Builder
	b.WriteString(message)
	for i := 0; i+1 < len(pairs); i += 2 {
		fmt.Fprintf(&b, " %v=%v", pairs[i], pairs[i+1])
	}
	l.screen.line(level, "%s", b.String())
}
