package projectstore

import (
	"encoding/json"
	"io"
	"slices"
	"time"
)

// Project is a name under which revisions are pushed.
type Project struct {
	// ID is unique for ever: a project that is deleted and pushed again has another
	// one. It is below 2^53, so that JSON and JavaScript carry it exactly.
	ID        int64     `json:"id"`
	Name      string    `json:"name"`
	CreatedAt time.Time `json:"created_at"`
	// DeletedAt is zero for a project that is alive.
	DeletedAt time.Time `json:"deleted_at,omitzero"`
}

// Workflow is a workflow of a revision.
type Workflow struct {
	Name     string `json:"name"`
	Timezone string `json:"timezone"`
	// Schedule is the workflow's "schedule:" as it was pushed, nil if it has none.
	Schedule json.RawMessage `json:"schedule,omitempty"`
	// Plan is the digest of the compiled workflow, which Store.Plan reads.
	Plan string `json:"plan"`
}

// Revision is one state of a project. It never changes.
type Revision struct {
	ProjectID int64  `json:"project_id"`
	Project   string `json:"project"`
	// Number counts the revisions of a project from 1.
	Number int `json:"number"`
	// Name is unique within the project.
	Name string `json:"name"`
	// Digest is the SHA-256 of the archive, in hexadecimal; Size is the archive's
	// length in bytes.
	Digest    string    `json:"digest"`
	Size      int64     `json:"size"`
	CreatedAt time.Time `json:"created_at"`
	// Workflows have the order in which they were pushed.
	Workflows []Workflow `json:"workflows"`
}

// Workflow returns the workflow of that name.
func (r *Revision) Workflow(name string) (Workflow, bool) {
	i := slices.IndexFunc(r.Workflows, func(w Workflow) bool { return w.Name == name })
	if i < 0 {
		return Workflow{}, false
	}
	return r.Workflows[i], true
}

// Push is a revision to be stored.
type Push struct {
	Project string
	// Revision is the name of the revision, a random UUID if it is "".
	Revision string
	// Archive is the project's tar.gz, read from its beginning.
	Archive   io.ReadSeeker
	Workflows []PushWorkflow
}

// PushWorkflow is a workflow of a revision to be stored.
type PushWorkflow struct {
	Name, Timezone string
	// Schedule is nil for a workflow without one.
	Schedule json.RawMessage
	// Plan is the compiled workflow; the store takes it as it is.
	Plan []byte
}
