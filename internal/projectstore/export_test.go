package projectstore

import "context"

func (s *Store) ProjectByID(ctx context.Context, id int64) (*Project, error) {
	return s.projectByID(ctx, id)
}

func (s *Store) RevisionNumber(ctx context.Context, projectID int64, number int) (*Revision, error) {
	return s.revisionNumber(ctx, projectID, number)
}
