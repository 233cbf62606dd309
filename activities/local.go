package activities

import (
	"context"
	"path/filepath"

	"github.com/dig2temporal/dig2temporal/operators"
	"github.com/dig2temporal/dig2temporal/translate/finding"
	"github.com/dig2temporal/dig2temporal/translate/project"
)

// LocalFolder returns workspaces that are one folder of this machine, whatever
// the attempt. Tasks work in the folder itself.
func LocalFolder(dir string) (Workspaces, error) {
	p, err := project.Open(dir)
	if err != nil {
		return nil, err
	}
	return localFolder(p.Dir()), p.Close()
}

type localFolder string

// Open returns the folder.
func (f localFolder) Open(context.Context, *Session) (*Workspace, error) {
	return &Workspace{Dir: filepath.Clean(string(f))}, nil
}

// find resolves the workflow of a require> task.
func (r *run) find(ctx context.Context, in operators.ProjectRef, name string) (*operators.Workflow, error) {
	ctx, cancel := r.patiently(ctx)
	defer cancel()
	if r.a.opts.Find != nil {
		return r.a.opts.Find(ctx, r.req.Session, in, name)
	}
	s := r.req.Session
	if in.Name != "" && in.Name != s.Project || in.ID != 0 && in.ID != s.ProjectID {
		return nil, nil
	}
	space, err := r.a.opts.Workspaces.Open(ctx, s)
	if err != nil {
		return nil, spaceError(err)
	}
	if space.Close != nil {
		defer func() { _ = space.Close() }()
	}
	return findIn(space.Dir, s, name)
}

func findIn(dir string, s *Session, name string) (*operators.Workflow, error) {
	p, err := project.Open(dir)
	if err != nil {
		return nil, err
	}
	defer p.Close()
	if !p.Has(name) {
		return nil, nil
	}
	loaded, err := p.LoadOne(name)
	if err != nil {
		return nil, err
	}
	for _, f := range loaded.Findings {
		if f.Severity == finding.Error {
			return nil, f.Err()
		}
	}
	found := loaded.Plans[name]
	if found == nil {
		return nil, nil
	}
	return &operators.Workflow{Project: s.Project, ProjectID: s.ProjectID, Revision: s.Revision, Plan: found}, nil
}
