package activities

import (
	"io"
)

// Level is how much a line of a log matters.
type Level int

// The levels, in rising order.
const (
	LevelDebug Level = iota - 1
	LevelInfo
	LevelWarn
	LevelError
)

// String returns the name in upper case.
func (l Level) String() string {
	switch l {
	case LevelDebug:
		return "DEBUG"
	case LevelInfo:
		return "INFO"
	case LevelWarn:
		return "WARN"
	default:
		return "ERROR"
	}
}

// Logs takes the logs of tasks.
type Logs interface {
	// Open begins the log of one run of a task.
	Open(run LogRun) (TaskLog, error)
}

// LogRun says whose log it is.
type LogRun struct {
	Session *Session
	// Task is the full name, Type the operator that the task names itself.
	Task, Type string
	// Run counts the runs of the task's activity from 1. A run of a re-tried or
	// polling task has a number of its own.
	Run int
	// Local says that the task runs in a local activity: it is so short that
	// nothing should wait for its log.
	Local bool
}

// TaskLog takes what one run of a task prints and what is said about it. Both
// may be called from several goroutines. What goes wrong with the log is the
// log's own business: tasks don't fail for it.
type TaskLog interface {
	// Writer takes raw output, in pieces of any size.
	io.Writer
	// Line takes one message, which may have several lines, without a line end.
	Line(level Level, text string)
	// Enabled tells whether anybody will read lines of a level.
	Enabled(level Level) bool
	Close() error
}
