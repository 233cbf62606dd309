// Package tasklog sends the logs of tasks to more places than one.
package tasklog

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/dig2temporal/dig2temporal/activities"
)

// Both returns logs that go to two places.
func Both(one, two activities.Logs) activities.Logs { return pair{one, two, both} }

// Split returns logs of which the lines go to one place, what the tasks print to
// another.
func Split(lines, raw activities.Logs) activities.Logs { return pair{lines, raw, split} }

type way int

const (
	both way = iota
	split
)

type pair struct {
	one, two activities.Logs
	way      way
}

func (p pair) Open(run activities.LogRun) (activities.TaskLog, error) {
	one, err := p.one.Open(run)
	if err != nil {
		return nil, err
	}
	two, err := p.two.Open(run)
	if err != nil {
		return nil, errors.Join(err, one.Close())
	}
	return pairLog{one, two, p.way}, nil
}

type pairLog struct {
	one, two activities.TaskLog
	way      way
}

func (p pairLog) Write(text []byte) (int, error) {
	if p.way == both {
		_, _ = p.one.Write(text)
	}
	return p.two.Write(text)
}

func (p pairLog) Line(level activities.Level, text string) {
	p.one.Line(level, text)
	if p.way == both {
		p.two.Line(level, text)
	}
}

func (p pairLog) Enabled(level activities.Level) bool {
	return p.one.Enabled(level) || p.way == both && p.two.Enabled(level)
}

func (p pairLog) Close() error { return errors.Join(p.one.Close(), p.two.Close()) }

// Folder returns logs that are files below a folder, one for each run of a task:
// the session's Workflow ID, the attempt, the task and the run are their path.
func Folder(dir string, options activities.LineLogOptions) activities.Logs {
	options.Colour = false
	return &folder{dir, options}
}

type folder struct {
	dir     string
	options activities.LineLogOptions
}

func (f *folder) Open(run activities.LogRun) (activities.TaskLog, error) {
	path := f.path(run)
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o666)
	if err != nil {
		return nil, err
	}
	log, err := activities.NewLineLogs(file, f.options).Open(run)
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return &fileLog{log, file}, nil
}

func (f *folder) path(run activities.LogRun) string {
	s := run.Session
	session := fmt.Sprintf("%s@%s", s.Time.Format("20060102T150405-0700"), s.Workflow)
	return filepath.Join(f.dir, clean(session), fmt.Sprint(s.AttemptID), clean(fmt.Sprintf("%s@%d.log", run.Task, run.Run)))
}

// clean makes a name of one path element.
func clean(name string) string {
	name = strings.NewReplacer("/", "%2F", `\`, "%5C", "\x00", "%00").Replace(name)
	const longest = 250
	if len(name) > longest {
		return name[:longest/2] + "~" + name[len(name)-longest/2:]
	}
	return name
}

type fileLog struct {
	activities.TaskLog
	file *os.File
}

func (l *fileLog) Close() error { return errors.Join(l.TaskLog.Close(), l.file.Close()) }
