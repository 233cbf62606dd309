package operators

import (
	"context"
	"io"

	"github.com/dig2temporal/dig2temporal/translate/config"
)

// Echo is echo>.
type Echo struct{}

// Spec describes echo>.
func (Echo) Spec() *Spec {
	return &Spec{
		Name:    "echo",
		Summary: "Prints a text.",
		Description: "Prints the text and a line end into the task's log. " +
			"A repeat prints it again; nothing else happens.",
		Command: Option{Name: "echo>", Type: "string", Required: true, Description: "The text. `${…}` is evaluated."},
		Examples: []Example{{
			Title: "Print a variable",
			Dig:   "+hello:\n  echo>: session ${session_time}\n",
		}},
		Since:   "0.1.0",
		Local:   true,
		NoFiles: true,
	}
}

// Run prints the text.
func (Echo) Run(_ context.Context, t *Task) (*Result, error) {
	text, err := config.GetText(t.Config, "_command")
	if err != nil {
		return nil, err
	}
	_, err = io.WriteString(t.Output, text+"\n")
	return &Result{}, err
}
