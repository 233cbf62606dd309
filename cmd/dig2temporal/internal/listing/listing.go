// Package listing writes what commands list: as fields for people, as JSON for
// programs. Both come from one description, so that neither lacks what the other
// has.
package listing

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
)

// Field is one property of an entry.
type Field struct {
	// Key is its name in JSON. Its label for people is the same with spaces.
	Key string
	// Value is a string, bool, int, int64, time.Time, *ordered.Object, []string or
	// nil. A zero time is null.
	Value any
	// Quiet fields are for programs alone.
	Quiet bool
}

// Entry is one thing of a list.
type Entry []Field

// Write writes one entry.
func Write(w io.Writer, format string, e Entry) error {
	if format == "json" {
		return WriteJSON(w, e.object())
	}
	_, err := io.WriteString(w, e.text())
	return err
}

// WriteAll writes a list of entries with a title. The key is that of the list in
// JSON.
func WriteAll(w io.Writer, format, title, key string, entries []Entry) error {
	if format == "json" {
		list := make([]any, len(entries))
		for i, e := range entries {
			list[i] = e.object()
		}
		return WriteJSON(w, ordered.Of(key, list))
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s:\n", title)
	for _, e := range entries {
		b.WriteString(e.text())
		b.WriteString("\n")
	}
	noun := "entries"
	if len(entries) == 1 {
		noun = "entry"
	}
	fmt.Fprintf(&b, "%d %s.\n", len(entries), noun)
	_, err := io.WriteString(w, b.String())
	return err
}

func (e Entry) text() string {
	var b strings.Builder
	for _, f := range e {
		if f.Quiet {
			continue
		}
		fmt.Fprintf(&b, "  %s: %s\n", strings.ReplaceAll(f.Key, "_", " "), shown(f.Value))
	}
	return b.String()
}

func (e Entry) object() *ordered.Object {
	o := ordered.New()
	for _, f := range e {
		o.Set(f.Key, value(f.Value))
	}
	return o
}

// TimeLayout is how times are written that belong to no zone.
const TimeLayout = "2006-01-02T15:04:05.000Z07:00"

func value(v any) any {
	switch v := v.(type) {
	case time.Time:
		if v.IsZero() {
			return nil
		}
		return v.UTC().Format(TimeLayout)
	case int:
		return json.Number(fmt.Sprint(v))
	case int64:
		return json.Number(fmt.Sprint(v))
	case []string:
		list := make([]any, len(v))
		for i := range v {
			list[i] = v[i]
		}
		return list
	case *ordered.Object:
		if v == nil {
			return ordered.New()
		}
	}
	return v
}

func shown(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case time.Time:
		if v.IsZero() {
			return ""
		}
		return v.UTC().Format(TimeLayout)
	case []string:
		return strings.Join(v, ", ")
	}
	return ordered.Text(value(v))
}

// WriteJSON writes a document as all commands do.
func WriteJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
