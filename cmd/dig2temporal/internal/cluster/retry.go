package cluster

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/dig2temporal/dig2temporal/cmd/dig2temporal/internal/pattern"
	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/internal/projectstore"
	"github.com/dig2temporal/dig2temporal/translate/plan"
	"github.com/dig2temporal/dig2temporal/worker"
)

// Retry says how to run a session again.
type Retry struct {
	Attempt *Attempt
	// Revision is the one to run; nil keeps that of the attempt, with its plan.
	Revision *projectstore.Revision
	// Resume takes what the attempt finished as done. From, a pattern of a task
	// name, takes only what lies before that task as done.
	Resume bool
	From   string
	// Params are merged over those of the attempt.
	Params *ordered.Object
	// Name is a new UUID when it is empty.
	Name string
	Now  func() time.Time
}

// Retry starts a further attempt of the session of an attempt.
func (c *Cluster) Retry(ctx context.Context, r Retry) (*Attempt, error) {
	last, err := c.last(ctx, r.Attempt.WorkflowID)
	if err != nil {
		return nil, err
	}
	if r.Name == "" {
		r.Name = uuid.NewString()
	}
	if last != nil {
		if err := c.mayFollow(ctx, last, r.Name); err != nil {
			return nil, err
		}
	}
	if r.Resume && r.Attempt.State == worker.Success {
		return nil, errors.New("Resuming successfully completed attempts is not supported")
	}
	old, err := c.Input(ctx, r.Attempt)
	if err != nil {
		return nil, err
	}
	switch {
	case old.Session.Archive == "":
		return nil, fmt.Errorf("attempt %d ran in a folder, not in a pushed project: run the workflow there again, with \"dig2temporal run --server\"", r.Attempt.ID)
	case r.Revision != nil && r.Revision.ProjectID != old.Session.ProjectID:
		return nil, fmt.Errorf("attempt %d belongs to a project %q that was deleted: the one of that name now is another project", r.Attempt.ID, r.Attempt.Project)
	}
	s := Start{
		Revision: r.Revision, Plan: old.Plan, Time: r.Attempt.Time, RetryName: r.Name, Queue: r.Attempt.Queue, Now: r.Now,
		Params: old.Params.Merge(r.Params),
	}
	if r.Revision != nil {
		if s.Plan, err = c.Plan(ctx, r.Revision, r.Attempt.Workflow); err != nil {
			return nil, err
		}
	} else {
		s.Revision = &projectstore.Revision{
			Project: old.Session.Project, ProjectID: old.Session.ProjectID, Name: old.Session.Revision, Digest: old.Session.Archive,
		}
	}
	in, err := newInput(s)
	if err != nil {
		return nil, err
	}
	in.Defaults, in.Session.UUID = old.Defaults, old.Session.UUID
	if r.Resume || r.From != "" {
		in.Resume = &r.Attempt.Execution
	}
	if r.From != "" {
		if in.Select, err = c.from(ctx, r, old.Plan, s.Plan); err != nil {
			return nil, err
		}
	}
	return c.start(ctx, r.Attempt.WorkflowID, in, s.Queue, true)
}

// from finds the task to resume from, in the old attempt and in the new plan.
// All before it must have succeeded.
func (c *Cluster) from(ctx context.Context, r Retry, before, now *plan.Plan) (*worker.Selection, error) {
	name, err := pattern.Find(pattern.Names(before, ""), r.From)
	if err != nil {
		return nil, err
	}
	if name == before.Root.Name {
		return &worker.Selection{Rerun: true}, nil
	}
	if _, err := pattern.Find(pattern.Names(now, ""), name); err != nil {
		return nil, fmt.Errorf("the revision has no task %q to resume from", name)
	}
	rows, err := c.Tasks(ctx, r.Attempt)
	if err != nil {
		return nil, err
	}
	s := &worker.Selection{Start: name}
	// Of the rounds of a retried group the last one counts.
	state := map[string]worker.State{}
	for _, row := range rows {
		if !strings.Contains(row.Name, "^") {
			state[row.Name] = row.State
		}
	}
	for _, name := range pattern.Names(before, "") {
		if now, ok := state[name]; ok && now != worker.Success && s.Before(before.Root, name) {
			return nil, fmt.Errorf("Resuming non-successful tasks is not allowed: task %q is %s", name, now)
		}
	}
	return s, nil
}
