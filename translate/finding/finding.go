// Package finding holds what checks report: a place, a message, a rule. A
// finding is about the user's files; that a check could not work at all is an
// error of Go instead.
package finding

import (
	"cmp"
	"slices"
	"strings"

	"github.com/dig2temporal/dig2temporal/translate/config"
	"github.com/dig2temporal/dig2temporal/translate/plan"
)

// Severity tells how bad a finding is.
type Severity string

// The severities. An error is what Digdag refuses, too; a warning is not.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
)

// Finding is one thing that is wrong with a file.
type Finding struct {
	// Pos is where; nil when the finding is about no place in a file.
	Pos *plan.Pos `json:"pos,omitempty"`
	// Message is in lower case, without a full stop and without the position.
	Message string `json:"message"`
	// Rule names the check in a word: "yaml", "include", "task-name" …
	Rule     string   `json:"rule"`
	Severity Severity `json:"severity"`
	// Text is what ${error.message} shows when the finding stops a task while it
	// runs, in Digdag's words and without the kind. Kind is Digdag's kind of error,
	// "config" when it is empty.
	Text string `json:"-"`
	Kind string `json:"-"`
}

// Err returns an error as a task that is stopped by it shows it.
func (f Finding) Err() error {
	text := f.Text
	if text == "" {
		text = f.Message
		if f.Pos != nil {
			text = f.Pos.String() + ": " + text
		}
	}
	return &config.Error{Message: text, Kind: f.Kind}
}

// String returns one line: "file.dig:17:5: message [rule]".
func (f Finding) String() string {
	var b strings.Builder
	if f.Pos != nil {
		b.WriteString(f.Pos.String())
		b.WriteString(": ")
	}
	if f.Severity == Warning {
		b.WriteString("warning: ")
	}
	b.WriteString(f.Message)
	if f.Rule != "" {
		b.WriteString(" [" + f.Rule + "]")
	}
	if f.Pos != nil {
		for _, at := range f.Pos.Included {
			b.WriteString(" (included at " + at.String() + ")")
		}
	}
	return b.String()
}

// HasErrors tells whether one of the findings is an error.
func HasErrors(list []Finding) bool {
	return slices.ContainsFunc(list, func(f Finding) bool { return f.Severity == Error })
}

// Sort orders findings by file, line, column and message.
func Sort(list []Finding) {
	slices.SortStableFunc(list, func(a, b Finding) int {
		return cmp.Or(comparePos(a.Pos, b.Pos), strings.Compare(a.Message, b.Message))
	})
}

func comparePos(a, b *plan.Pos) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return -1
	case b == nil:
		return 1
	}
	return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
}
