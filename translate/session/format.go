package session

import (
	"fmt"
	"time"
)

const (
	timeLayout    = "2006-01-02T15:04:05-07:00"
	dateLayout    = "2006-01-02"
	compactLayout = "20060102"
	localLayout   = "2006-01-02 15:04:05"
	offsetLayout  = "-0700"
	folderLayout  = "20060102T150405-0700"
)

// Text returns a time as session_time shows it: "2016-01-30T00:00:00-08:00" in
// the zone, with "+00:00" for UTC.
func Text(t time.Time, zone *time.Location) string {
	return t.In(zone).Format(timeLayout)
}

// ParseText reads what Text returns, and no other form.
func ParseText(text string) (time.Time, error) {
	t, err := time.Parse(timeLayout, text)
	// The length keeps fractions of seconds out, which Parse takes.
	if err != nil || len(text) != len(timeLayout) {
		return time.Time{}, fmt.Errorf("invalid time %q: expected the form %q", text, "2016-01-30T00:00:00-08:00")
	}
	return t, nil
}

// FolderName returns a session time as the name of a folder:
// "20160130T000000-0800".
func FolderName(t time.Time, zone *time.Location) string {
	return t.In(zone).Format(folderLayout)
}
