// Package outcome tells how an attempt ended: as JSON for programs, as a list of
// the tasks that failed for people.
package outcome

import (
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/dig2temporal/dig2temporal/cmd/dig2temporal/internal/listing"
	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/translate/plan"
	"github.com/dig2temporal/dig2temporal/worker"
)

// Attempt is an attempt that has ended.
type Attempt struct {
	Project, Workflow string
	// SessionTime is in the zone of the workflow.
	SessionTime time.Time
	// Session is the Workflow ID, ID the number of the attempt.
	Session string
	ID      int64
	// State is Success, Error or Canceled.
	State             worker.State
	Started, Finished time.Time
	// Tasks are all tasks in definition order.
	Tasks []*worker.Row
}

type document struct {
	Project     string  `json:"project"`
	Workflow    string  `json:"workflow"`
	SessionTime string  `json:"session_time"`
	Session     string  `json:"session"`
	Attempt     string  `json:"attempt"`
	State       string  `json:"state"`
	Started     *string `json:"started_at"`
	Finished    *string `json:"finished_at"`
	Tasks       []task  `json:"tasks"`
}

type task struct {
	Name     string          `json:"name"`
	Operator *string         `json:"operator"`
	State    string          `json:"state"`
	Started  *string         `json:"started_at"`
	Finished *string         `json:"finished_at"`
	Attempts int             `json:"attempts"`
	Position *string         `json:"position"`
	Error    *ordered.Object `json:"error"`
	Export   *ordered.Object `json:"export"`
	Store    *ordered.Object `json:"store"`
	Resumed  bool            `json:"resumed,omitempty"`
	Skipped  bool            `json:"skipped,omitempty"`
}

// WriteJSON writes the attempt as one JSON document.
func (a *Attempt) WriteJSON(w io.Writer) error {
	d := document{
		Project: a.Project, Workflow: a.Workflow,
		SessionTime: a.SessionTime.Format("2006-01-02T15:04:05-07:00"),
		Session:     a.Session, Attempt: strconv.FormatInt(a.ID, 10),
		State:   string(a.State),
		Started: instant(&a.Started), Finished: instant(&a.Finished),
		Tasks: []task{},
	}
	for _, r := range a.Tasks {
		d.Tasks = append(d.Tasks, taskOf(r))
	}
	return listing.WriteJSON(w, d)
}

// WriteTasksJSON writes the tasks of an attempt as one JSON document.
func WriteTasksJSON(w io.Writer, rows []*worker.Row) error {
	list := make([]task, len(rows))
	for i, r := range rows {
		list[i] = taskOf(r)
	}
	return listing.WriteJSON(w, map[string]any{"tasks": list})
}

// WriteTasks writes the tasks of an attempt for people.
func WriteTasks(w io.Writer, rows []*worker.Row) error {
	var b strings.Builder
	for _, r := range rows {
		fmt.Fprintf(&b, "  %-19s %s", r.State, r.Name)
		if r.Operator != "" {
			fmt.Fprintf(&b, " (%s>)", r.Operator)
		}
		if r.Started != nil && r.Finished != nil {
			fmt.Fprintf(&b, " %s", r.Finished.Sub(*r.Started).Round(time.Millisecond))
		}
		if r.Attempts > 1 {
			fmt.Fprintf(&b, ", %d attempts", r.Attempts)
		}
		if r.Resumed {
			b.WriteString(", done before")
		}
		b.WriteString("\n")
		if r.State == worker.Error {
			at := ""
			if r.Pos != nil {
				at = r.Pos.String() + ": "
			}
			fmt.Fprintf(&b, "  %-19s   %s%s\n", "", at, message(r.Error))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func taskOf(r *worker.Row) task {
	t := task{
		Name: r.Name, State: string(r.State), Attempts: r.Attempts,
		Started: instant(r.Started), Finished: instant(r.Finished),
		Error: r.Error, Export: r.Export, Store: r.Store,
		Resumed: r.Resumed, Skipped: r.Skipped,
	}
	if r.Operator != "" {
		t.Operator = &r.Operator
	}
	if r.Pos != nil {
		at := r.Pos.String()
		t.Position = &at
	}
	if t.Export == nil {
		t.Export = ordered.New()
	}
	if t.Store == nil {
		t.Store = ordered.New()
	}
	return t
}

func instant(t *time.Time) *string {
	if t == nil || t.IsZero() {
		return nil
	}
	s := t.UTC().Format(listing.TimeLayout)
	return &s
}

// Failures writes the tasks that failed, with their messages and places, and an
// empty line. Dir is put before the names of files: it leads from the reader's
// folder to the project.
func (a *Attempt) Failures(w io.Writer, dir string) {
	for _, r := range a.Tasks {
		if r.State != worker.Error {
			continue
		}
		at := ""
		if r.Pos != nil {
			at = " (" + position(r.Pos, dir) + ")"
		}
		fmt.Fprintf(w, "  * %s%s:\n    %s\n", r.Name, at, message(r.Error))
	}
	fmt.Fprintln(w)
}

// SkippedText says which tasks were done before and not run again, "" when there
// are none.
func (a *Attempt) SkippedText() string {
	const most = 10
	var names []string
	count := 0
	for _, r := range a.Tasks {
		if !r.Resumed || r.Group {
			continue
		}
		count++
		if count <= most {
			names = append(names, r.Name)
		}
	}
	switch {
	case count == 0:
		return ""
	case count > most:
		return fmt.Sprintf("Skipped %d tasks that are done: %s and %d more", count, strings.Join(names, ", "), count-most)
	case count == 1:
		return "Skipped a task that is done: " + names[0]
	}
	return fmt.Sprintf("Skipped %d tasks that are done: %s", count, strings.Join(names, ", "))
}

// message is what Digdag shows of an error: the text without the names of Java
// exceptions, or the whole object when there is none.
func message(failure *ordered.Object) string {
	v, _ := failure.Get("message")
	text, ok := v.(string)
	if !ok && v != nil {
		text = ordered.Text(v)
	}
	if text == "" {
		return ordered.Text(failure)
	}
	if at := strings.Index(text, "Exception: "); at > 0 {
		text = text[at+len("Exception: "):]
	}
	return text
}

func position(p *plan.Pos, dir string) string {
	q := *p
	q.File = path.Join(dir, p.File)
	return q.String()
}
