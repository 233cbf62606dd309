package activities

import (
	"bytes"
	"fmt"
	"io"
	"sync"
	"time"
)

// LineLogs writes the logs of all tasks to one stream, in Digdag's format. Lines
// of tasks that run side by side do not mix: what a task has printed of a line
// is held back while others print, up to a limit.
type LineLogs struct {
	opts LineLogOptions

	mu sync.Mutex
	w  io.Writer
	// used are the places taken; their numbers stand for Digdag's threads.
	used []bool
	open int
	// partial is the task whose unfinished line is on the stream.
	partial *lineLog
	// err is the first error of w.
	err error
}

// LineLogOptions are the choices of NewLineLogs.
type LineLogOptions struct {
	// Colour colours lines by level.
	Colour bool
	// Level leaves out lines below it; the zero value is LevelInfo. What commands
	// print is never left out.
	Level Level
	// Zone is that of the times; the machine's by default.
	Zone *time.Location
	// Now tells the time; time.Now by default.
	Now func() time.Time
}

// NewLineLogs returns logs that go to w.
func NewLineLogs(w io.Writer, opts LineLogOptions) *LineLogs {
	if opts.Zone == nil {
		opts.Zone = time.Local
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	return &LineLogs{w: w, opts: opts}
}

// Open takes a place.
func (l *LineLogs) Open(run LogRun) (TaskLog, error) { return l.take(run), nil }

func (l *LineLogs) take(run LogRun) *lineLog {
	l.mu.Lock()
	defer l.mu.Unlock()
	place := 0
	for place < len(l.used) && l.used[place] {
		place++
	}
	if place == len(l.used) {
		l.used = append(l.used, false)
	}
	l.used[place] = true
	l.open++
	return &lineLog{all: l, place: place, label: Label(place+1, run)}
}

// Label is how Digdag marks the lines of a task: its thread, then site, project,
// session, attempt and the full name of the task.
func Label(thread int, run LogRun) string {
	s := run.Session
	return fmt.Sprintf("%04d@[0:%s:%d:%d]%s", thread, s.Project, s.SessionID, s.AttemptID, run.Task)
}

// Line writes a line about no task.
func (l *LineLogs) Line(level Level, label, text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.line(nil, l.opts.Now(), level, label, text)
}

var colours = map[Level]string{LevelDebug: "\x1b[37m", LevelInfo: "\x1b[32m", LevelWarn: "\x1b[33m", LevelError: "\x1b[35m"}

func (l *LineLogs) line(from *lineLog, at time.Time, level Level, label, text string) {
	if level < l.opts.Level {
		return
	}
	b := make([]byte, 0, len(text)+len(label)+64)
	if l.opts.Colour {
		b = append(b, colours[level]...)
	}
	b = at.In(l.opts.Zone).AppendFormat(b, "2006-01-02 15:04:05 -0700")
	b = append(b, " ["...)
	b = append(b, level.String()...)
	b = append(b, "] ("...)
	b = append(b, label...)
	b = append(b, "): "...)
	b = append(b, text...)
	if l.opts.Colour {
		b = append(b, "\x1b[0m"...)
	}
	l.put(from, append(b, '\n'), true)
}

// put writes whole text of a task. An unfinished line of another task is ended
// first.
func (l *LineLogs) put(from *lineLog, text []byte, fresh bool) {
	if l.partial != nil && (fresh || l.partial != from) {
		l.write([]byte{'\n'})
		l.partial = nil
	}
	l.write(text)
	if text[len(text)-1] != '\n' {
		l.partial = from
	} else {
		l.partial = nil
	}
}

func (l *LineLogs) write(text []byte) {
	if _, err := l.w.Write(text); err != nil && l.err == nil {
		l.err = err
	}
}

// maxHeld is how much of an unfinished line is held back.
const maxHeld = 64 << 10

type lineLog struct {
	all   *LineLogs
	place int
	label string
	held  []byte
}

func (t *lineLog) Write(text []byte) (int, error) {
	l := t.all
	l.mu.Lock()
	defer l.mu.Unlock()
	n := len(text)
	if n == 0 {
		return 0, nil
	}
	end := bytes.LastIndexByte(text, '\n') + 1
	if end > 0 {
		if len(t.held) > 0 {
			l.put(t, append(t.held, text[:end]...), false)
			t.held = t.held[:0]
		} else {
			l.put(t, text[:end], false)
		}
		text = text[end:]
	}
	if len(text) == 0 {
		return n, nil
	}
	t.held = append(t.held, text...)
	if l.open == 1 || len(t.held) > maxHeld {
		t.flush()
	}
	return n, nil
}

func (t *lineLog) flush() {
	if len(t.held) > 0 {
		t.all.put(t, t.held, false)
		t.held = t.held[:0]
	}
}

func (t *lineLog) Line(level Level, text string) {
	t.all.mu.Lock()
	defer t.all.mu.Unlock()
	t.flush()
	t.all.line(t, t.all.opts.Now(), level, t.label, text)
}

// Enabled leaves out what Line would.
func (t *lineLog) Enabled(level Level) bool { return level >= t.all.opts.Level }

func (t *lineLog) Close() error {
	l := t.all
	l.mu.Lock()
	defer l.mu.Unlock()
	t.flush()
	if l.partial == t {
		l.write([]byte{'\n'})
		l.partial = nil
	}
	l.used[t.place] = false
	l.open--
	return nil
}
