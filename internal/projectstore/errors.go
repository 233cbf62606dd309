package projectstore

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/dig2temporal/dig2temporal/internal/spell"
)

// NotFoundError says that the store has no such thing.
type NotFoundError struct {
	// Kind is "project", "revision", "plan" or "archive".
	Kind string
	// Name is what was looked for: a name, an id or a digest; "" for the latest
	// revision.
	Name string
	// ID is that of a project which had the name, and lost it to another one.
	ID int64
	// In names the project of a revision, if it is known.
	In string
	// Known are the names that exist, as far as they are known.
	Known []string
}

func (e *NotFoundError) Error() string {
	if e.Kind == "revision" && e.Name == "" && len(e.Known) == 0 {
		return fmt.Sprintf("project %q has no revision yet", e.In)
	}
	if e.ID != 0 {
		return fmt.Sprintf("the %s %q with the id %d was deleted; another one has the name now", e.Kind, e.Name, e.ID)
	}
	text := fmt.Sprintf("there is no %s %q", e.Kind, e.Name)
	if e.In != "" {
		text += fmt.Sprintf(" in project %q", e.In)
	}
	if near := spell.Nearest(e.Name, e.Known); near != "" {
		text += fmt.Sprintf(" (did you mean %q?)", near)
	}
	return text
}

// ConflictError says that a revision can't be stored, because the project has
// another one of its name.
type ConflictError struct {
	Project, Revision string
	// Number is that of the revision that has the name.
	Number int
}

func (e *ConflictError) Error() string {
	return fmt.Sprintf("project %q already has a revision %q (number %d): revisions don't change, push under another name",
		e.Project, e.Revision, e.Number)
}

// InvalidError says which names of a push break Digdag's rules.
type InvalidError struct {
	// Kind is "project", "revision" or "workflow".
	Kind string
	// Failures are lines such as `name must not be blank: ""`.
	Failures []string
}

func (e *InvalidError) Error() string {
	return "Validating " + e.Kind + " failed\n" + strings.Join(e.Failures, "\n")
}

// DamagedError says that what the store holds is not what was stored.
type DamagedError struct {
	// Key is that of the blob.
	Key string
	// Reason says what is wrong.
	Reason string
}

func (e *DamagedError) Error() string {
	return "project store: " + strconv.Quote(e.Key) + ": " + e.Reason
}
