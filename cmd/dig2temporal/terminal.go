package main

import (
	"io"
	"os"

	"golang.org/x/term"
)

// terminal returns how to ask for the size of a terminal, nil when the writer is
// none.
func (c *Command) terminal(w io.Writer) func() (columns, rows int) {
	if c.Terminal != nil {
		return c.Terminal(w)
	}
	file, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return nil
	}
	return func() (int, int) {
		columns, rows, err := term.GetSize(int(file.Fd()))
		if err != nil || columns <= 0 {
			return 80, 24
		}
		return columns, rows
	}
}
