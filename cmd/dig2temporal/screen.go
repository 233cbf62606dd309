//go:build !noserver

package main

import (
	"fmt"
	"io"
	"os"

	"github.com/dig2temporal/dig2temporal/activities"
	"github.com/dig2temporal/dig2temporal/cmd/dig2temporal/internal/console"
	"github.com/dig2temporal/dig2temporal/cmd/dig2temporal/internal/tasklog"
)

// screen is where the log of a run goes.
type screen struct {
	logs    activities.Logs
	lines   *activities.LineLogs
	console *console.Console
	closers []io.Closer
}

// openScreen opens the log as the options want it: on stdout, or on stderr when
// stdout is for a document.
func (c *Command) openScreen(o *runOptions) (*screen, error) {
	s := &screen{}
	out := c.Out
	if o.output == "json" {
		out = c.Err
	}
	size := c.terminal(out)
	dumb := c.getenv("TERM") == "dumb"
	w := out
	if size != nil && !dumb {
		s.console = console.New(out, console.Options{Size: size, Now: c.Now})
		w = s.console
	}
	options := activities.LineLogOptions{
		Colour: size != nil && !dumb && c.getenv("NO_COLOR") == "", Level: o.level, Zone: o.zone, Now: c.Now,
	}
	s.lines = activities.NewLineLogs(w, options)
	s.logs = s.lines
	if o.log != "-" {
		file, err := os.OpenFile(c.path(o.log), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o666)
		if err != nil {
			return nil, err
		}
		s.closers = append(s.closers, file)
		options.Colour = false
		raw := s.lines
		s.lines = activities.NewLineLogs(file, options)
		s.logs = tasklog.Split(s.lines, raw)
	}
	if o.taskLog != "" {
		s.logs = tasklog.Both(s.logs, tasklog.Folder(c.path(o.taskLog), options))
	}
	if s.console != nil {
		s.logs = s.console.Logs(s.logs)
	}
	return s, nil
}

// line writes a line about the run as a whole.
func (s *screen) line(level activities.Level, format string, args ...any) {
	s.lines.Line(level, "main", fmt.Sprintf(format, args...))
}

func (s *screen) close() {
	if s.console != nil {
		s.console.Close()
		s.console = nil
	}
	for _, c := range s.closers {
		_ = c.Close()
	}
	s.closers = nil
}
