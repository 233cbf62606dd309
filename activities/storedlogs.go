package activities

import (
	"io"
	"strconv"

	"github.com/dig2temporal/dig2temporal/internal/logstore"
)

// NewStoredLogs returns logs that any client can read while the tasks run. The
// session's AttemptID is what they are kept under. Closing the log of a task
// waits until it is stored, unless the task is a local one.
func NewStoredLogs(w *logstore.Writer) Logs { return storedLogs{w} }

type storedLogs struct{ w *logstore.Writer }

func (l storedLogs) Open(run LogRun) (TaskLog, error) {
	log, err := l.w.Open(strconv.FormatInt(run.Session.AttemptID, 10), run.Task, run.Run)
	if err != nil {
		return nil, err
	}
	return storedLog{log, run.Local}, nil
}

type storedLog struct {
	*logstore.TaskLog
	local bool
}

// Close ends the log.
func (l storedLog) Close() error {
	if l.local {
		l.Release()
		return nil
	}
	return l.TaskLog.Close()
}

// Enabled is true: readers choose the level.
func (storedLog) Enabled(Level) bool { return true }

// Line takes one message.
func (l storedLog) Line(level Level, text string) { l.TaskLog.Line(logstore.Level(level), text) }

// LogPrinter prints a stored log as LineLogs prints that of a running task: the
// same lines, and what commands print byte by byte. It is not safe for
// concurrent use.
type LogPrinter struct {
	lines   *LineLogs
	session *Session
	open    map[printedRun]*lineLog
}

// printedRun is a run of a task as one worker performs it.
type printedRun struct {
	task, stream string
	run          int
}

// NewLogPrinter returns a printer of the log of an attempt. Of the session it
// needs Project, SessionID and AttemptID.
func NewLogPrinter(w io.Writer, session *Session, opts LineLogOptions) *LogPrinter {
	return &LogPrinter{lines: NewLineLogs(w, opts), session: session, open: map[printedRun]*lineLog{}}
}

// Record prints one record of the log. The error is the first one of the
// printer's own writer.
func (p *LogPrinter) Record(r logstore.Record) error {
	if r.Task == "" {
		p.line(nil, r, "log")
		return p.lines.err
	}
	run := printedRun{r.Task, r.Stream, r.Run}
	log := p.open[run]
	switch {
	case r.Kind == logstore.KindEnd:
		p.end(run)
	case log == nil:
		p.endBefore(run)
		log = p.lines.take(LogRun{Session: p.session, Task: r.Task, Run: r.Run})
		p.open[run] = log
		fallthrough
	default:
		if r.Kind == logstore.KindLine {
			p.line(log, r, log.label)
		} else {
			_, _ = log.Write([]byte(r.Text))
		}
	}
	return p.lines.err
}

func (p *LogPrinter) line(log *lineLog, r logstore.Record, label string) {
	p.lines.mu.Lock()
	defer p.lines.mu.Unlock()
	if log != nil {
		log.flush()
	}
	p.lines.line(log, r.Time, Level(r.Level), label, r.Text)
}

func (p *LogPrinter) end(run printedRun) {
	if log := p.open[run]; log != nil {
		_ = log.Close()
		delete(p.open, run)
	}
}

// endBefore ends the earlier runs of a task. A worker that died ended none.
func (p *LogPrinter) endBefore(run printedRun) {
	for other := range p.open {
		if other.task == run.task && other.run < run.run {
			p.end(other)
		}
	}
}

// Close prints what was held back: the unfinished lines of tasks.
func (p *LogPrinter) Close() error {
	for run := range p.open {
		p.end(run)
	}
	return p.lines.err
}
