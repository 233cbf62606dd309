package activities

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/dig2temporal/dig2temporal/internal/projectstore"
	"github.com/dig2temporal/dig2temporal/internal/workspace"
	"github.com/dig2temporal/dig2temporal/operators"
	"github.com/dig2temporal/dig2temporal/translate/plan"
)

// Revisions returns workspaces that are fresh copies of the revision that an
// attempt was started with.
func Revisions(cache *workspace.Cache) Workspaces { return revisions{cache} }

type revisions struct{ cache *workspace.Cache }

// Open copies the revision out of the cache.
func (r revisions) Open(ctx context.Context, s *Session) (*Workspace, error) {
	if s.Archive == "" {
		return nil, &operators.ConfigError{Message: fmt.Sprintf("session %d belongs to a folder of another machine, not to a pushed project", s.SessionID)}
	}
	dir, remove, err := r.cache.Open(ctx, s.Archive)
	if err != nil {
		return nil, lasting(err)
	}
	return &Workspace{Dir: dir, Copy: true, Close: remove}, nil
}

// FindRevision returns what finds the workflows that require> names: in the newest
// revision of the project, as Digdag does.
func FindRevision(store *projectstore.Store) func(context.Context, *Session, operators.ProjectRef, string) (*operators.Workflow, error) {
	return func(ctx context.Context, s *Session, in operators.ProjectRef, name string) (*operators.Workflow, error) {
		r, err := newest(ctx, store, s, in)
		var missing *projectstore.NotFoundError
		if errors.As(err, &missing) {
			return nil, nil
		}
		if err != nil {
			return nil, unlessLasting(fmt.Errorf("the project can't be looked up: %w", err))
		}
		w, ok := r.Workflow(name)
		if !ok {
			return nil, nil
		}
		text, err := store.Plan(ctx, w.Plan)
		if err != nil {
			return nil, unlessLasting(fmt.Errorf("the plan of workflow %q is not available: %w", name, err))
		}
		p := &plan.Plan{}
		if err := json.Unmarshal(text, p); err != nil {
			return nil, fmt.Errorf("the plan of workflow %q can't be read: %w", name, err)
		}
		return &operators.Workflow{Project: r.Project, ProjectID: r.ProjectID, Revision: r.Name, Archive: r.Digest, Plan: p}, nil
	}
}

func newest(ctx context.Context, store *projectstore.Store, s *Session, in operators.ProjectRef) (*projectstore.Revision, error) {
	switch {
	case in.Name != "":
		return store.Latest(ctx, in.Name)
	case in.ID != 0:
		return store.LatestOf(ctx, in.ID)
	}
	return store.LatestOf(ctx, s.ProjectID)
}

// lasting makes an error that no repeat helps against one of the task.
func lasting(err error) error {
	var missing *projectstore.NotFoundError
	var damaged *projectstore.DamagedError
	var unusable *workspace.ArchiveError
	if errors.As(err, &missing) || errors.As(err, &damaged) || errors.As(err, &unusable) {
		return &operators.ConfigError{Message: err.Error()}
	}
	return err
}

func unlessLasting(err error) error {
	if at := lasting(err); at != err {
		return at
	}
	return &temporary{err}
}
