package logstore

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
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

var levelNames = [...]string{"DEBUG", "INFO", "WARN", "ERROR"}

// String returns the name in upper case. A level beyond the ends is that end.
func (l Level) String() string {
	return levelNames[min(max(l, LevelDebug), LevelError)-LevelDebug]
}

func parseLevel(name string) (Level, bool) {
	for i, n := range levelNames {
		if n == name {
			return LevelDebug + Level(i), true
		}
	}
	return LevelInfo, false
}

// Kind is what a record holds.
type Kind int

const (
	// KindLine is a message with a level. It may have several lines, and has no
	// line end.
	KindLine Kind = iota
	// KindOutput is a piece of what a command printed, byte by byte. A piece ends
	// anywhere; the pieces of one run of a task follow each other.
	KindOutput
	// KindEnd says that the run of the task writes no more.
	KindEnd
)

// Record is one piece of the log of an attempt.
type Record struct {
	// Time has a precision of a millisecond, and is UTC.
	Time time.Time
	// Task is the full name, Run the number of the task's run.
	Task string
	Run  int
	Kind Kind
	// Level is that of a KindLine.
	Level Level
	// Text is the message, or the bytes printed, which need not be UTF-8.
	Text string
	// Stream names the worker process that wrote the record, and when it began.
	// Only the order of the records of one stream is certain.
	Stream string
}

// wire is a record in a chunk. Exactly one of Level, Output, Bytes and End is
// there.
type wire struct {
	Time   int64   `json:"t"`
	Task   string  `json:"task"`
	Run    int     `json:"run"`
	Level  string  `json:"level"`
	Text   string  `json:"text"`
	Output *string `json:"out"`
	Bytes  *string `json:"raw"`
	End    bool    `json:"end"`
}

// appendRecord appends a record as one line of JSON. Invalid UTF-8 in a message
// is replaced, as everywhere in texts; output keeps its bytes.
func appendRecord(b []byte, r *Record) []byte {
	b = append(b, `{"t":`...)
	b = strconv.AppendInt(b, r.Time.UnixMilli(), 10)
	b = append(b, `,"task":`...)
	b = ordered.AppendString(b, r.Task)
	b = append(b, `,"run":`...)
	b = strconv.AppendInt(b, int64(r.Run), 10)
	switch {
	case r.Kind == KindLine:
		b = append(b, `,"level":"`...)
		b = append(b, r.Level.String()...)
		b = append(b, `","text":`...)
		b = ordered.AppendString(b, r.Text)
	case r.Kind == KindEnd:
		b = append(b, `,"end":true`...)
	case utf8.ValidString(r.Text):
		b = append(b, `,"out":`...)
		b = ordered.AppendString(b, r.Text)
	default:
		b = append(b, `,"raw":"`...)
		b = base64.StdEncoding.AppendEncode(b, []byte(r.Text))
		b = append(b, '"')
	}
	return append(b, '}', '\n')
}

var errKind = errors.New("neither a message nor output")

// parseRecord reads one line of a chunk.
func parseRecord(line []byte) (Record, error) {
	var w wire
	if err := json.Unmarshal(line, &w); err != nil {
		return Record{}, err
	}
	r := Record{Time: time.UnixMilli(w.Time).UTC(), Task: w.Task, Run: w.Run}
	switch {
	case w.End:
		r.Kind = KindEnd
	case w.Output != nil:
		r.Kind, r.Text = KindOutput, *w.Output
	case w.Bytes != nil:
		text, err := base64.StdEncoding.DecodeString(*w.Bytes)
		if err != nil {
			return Record{}, err
		}
		r.Kind, r.Text = KindOutput, string(text)
	case w.Level != "":
		level, ok := parseLevel(w.Level)
		if !ok {
			return Record{}, fmt.Errorf("unknown level %q", w.Level)
		}
		r.Level, r.Text = level, w.Text
	default:
		return Record{}, errKind
	}
	return r, nil
}
