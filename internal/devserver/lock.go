package devserver

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/gofrs/flock"
)

// ErrInUse is what every *InUseError is.
var ErrInUse = errors.New("database is in use")

// InUseError says that another process, or another server of this one, has the database open.
type InUseError struct {
	// File is the database.
	File string
	// PID is the process that has it, 0 if that can't be told.
	PID int
	// Since is when that process opened it, zero if that can't be told.
	Since time.Time
}

func (e *InUseError) Error() string {
	if e.PID == 0 {
		return fmt.Sprintf("%s: database is in use by another process", e.File)
	}
	return fmt.Sprintf("%s: database is in use by process %d since %s", e.File, e.PID, e.Since.Local().Format(time.DateTime))
}

// Is makes errors.Is(err, ErrInUse) true.
func (e *InUseError) Is(target error) bool { return target == ErrInUse }

// holder is what a lock file says about who holds it. The lock itself is the operating system's and ends with the
// process, so that what a dead process left behind locks no one out.
type holder struct {
	PID   int       `json:"pid"`
	Since time.Time `json:"since"`
}

func lockDatabase(file string) (*flock.Flock, error) {
	path := lockFile(file)
	lock := flock.New(path, flock.SetPermissions(0o600))
	locked, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("lock database: %w", err)
	}
	if !locked {
		return nil, inUse(file)
	}
	text, err := json.Marshal(holder{PID: os.Getpid(), Since: time.Now().UTC().Truncate(time.Second)})
	if err == nil {
		// The file is written in place: a new file would carry no lock.
		err = os.WriteFile(path, append(text, '\n'), 0o600)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("lock database: %w", err), lock.Unlock())
	}
	return lock, nil
}

func lockFile(file string) string { return file + ".lock" }

func inUse(file string) error {
	text, err := os.ReadFile(lockFile(file))
	var by holder
	if err != nil || json.Unmarshal(text, &by) != nil {
		by = holder{}
	}
	return &InUseError{File: file, PID: by.PID, Since: by.Since}
}
