package projectstore

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
)

// Revisions returns the revisions of a project, the newest first; the project may
// be deleted. It reads all of them. The error may be a *NotFoundError.
func (s *Store) Revisions(ctx context.Context, projectID int64) ([]Revision, error) {
	keys, err := s.keys(ctx, revisionFolder(projectID), numberName)
	if err != nil {
		return nil, err
	}
	if len(keys) == 0 {
		// A project that was never pushed to the end has none.
		if _, err := s.projectByID(ctx, projectID); err != nil {
			return nil, err
		}
	}
	newestFirst(keys)
	return readAll[Revision](ctx, s, keys)
}

// Latest returns the newest revision of the project that has the name now. The
// error may be a *NotFoundError.
func (s *Store) Latest(ctx context.Context, project string) (*Revision, error) {
	p, err := s.Project(ctx, project)
	if err != nil {
		return nil, err
	}
	return s.LatestOf(ctx, p.ID)
}

// LatestOf returns the newest revision of a project, which may be deleted. The
// error may be a *NotFoundError.
func (s *Store) LatestOf(ctx context.Context, projectID int64) (*Revision, error) {
	r, err := s.newest(ctx, projectID)
	if err != nil || r != nil {
		return r, err
	}
	p, err := s.projectByID(ctx, projectID)
	if err != nil {
		return nil, err
	}
	return nil, &NotFoundError{Kind: "revision", In: p.Name}
}

// newest returns nil for a project without revisions.
func (s *Store) newest(ctx context.Context, projectID int64) (*Revision, error) {
	keys, err := s.keys(ctx, revisionFolder(projectID), numberName)
	if err != nil || len(keys) == 0 {
		return nil, err
	}
	newestFirst(keys)
	var r Revision
	if err := s.readRecord(ctx, keys[0], &r); err != nil {
		return nil, err
	}
	if r.Number != numberOfKey(keys[0]) || r.ProjectID != projectID {
		return nil, &DamagedError{Key: keys[0], Reason: fmt.Sprintf("it is revision %d of project %d", r.Number, r.ProjectID)}
	}
	return &r, nil
}

// Revision returns the revision of a name; the project may be deleted. The error
// may be a *NotFoundError.
func (s *Store) Revision(ctx context.Context, projectID int64, name string) (*Revision, error) {
	number, err := s.numberOf(ctx, projectID, name)
	if err != nil {
		return nil, err
	}
	if number > 0 {
		r, err := s.revisionNumber(ctx, projectID, number)
		if err == nil && r.Name != name {
			return nil, &DamagedError{Key: revisionNameKey(projectID, name), Reason: fmt.Sprintf("revision %d is %q", number, r.Name)}
		}
		return r, err
	}
	latest, err := s.LatestOf(ctx, projectID)
	if err != nil {
		return nil, err
	}
	if latest.Name == name {
		return latest, nil
	}
	missing := &NotFoundError{Kind: "revision", Name: name, In: latest.Project}
	if latest.Number <= fewRevisions {
		all, err := s.Revisions(ctx, projectID)
		if err != nil {
			return nil, err
		}
		for _, r := range all {
			missing.Known = append(missing.Known, r.Name)
		}
	} else {
		missing.Known = []string{latest.Name}
	}
	return nil, missing
}

// fewRevisions are read to answer a mistyped name.
const fewRevisions = 100

// revisionNumber returns the revision of a number, the first being 1; the project
// may be deleted. The error may be a *NotFoundError.
func (s *Store) revisionNumber(ctx context.Context, projectID int64, number int) (*Revision, error) {
	var r Revision
	err := s.readRecord(ctx, revisionKey(projectID, number), &r)
	if isMissing(err) {
		return nil, &NotFoundError{Kind: "revision", Name: strconv.Itoa(number)}
	}
	if err != nil {
		return nil, err
	}
	return &r, nil
}

type nameRecord struct {
	Name   string `json:"name"`
	Number int    `json:"number"`
}

// numberOf returns 0 for a name without a record.
func (s *Store) numberOf(ctx context.Context, projectID int64, name string) (int, error) {
	if checkRevisionName(name) != nil {
		return 0, nil
	}
	var n nameRecord
	err := s.readRecord(ctx, revisionNameKey(projectID, name), &n)
	if isMissing(err) {
		return 0, nil
	}
	return n.Number, err
}

func newestFirst(keys []string) {
	slices.Sort(keys)
	slices.Reverse(keys)
}

func numberOfKey(key string) int {
	n, _ := strconv.Atoi(strings.TrimSuffix(path.Base(key), ".json"))
	return n
}
