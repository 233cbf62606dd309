package projectstore

import (
	"cmp"
	"context"
	"errors"
	"regexp"
	"slices"
	"strconv"
	"time"

	"gocloud.dev/blob"
	"golang.org/x/sync/errgroup"

	"github.com/dig2temporal/dig2temporal/internal/bucket"
)

// Projects returns the projects that are alive, sorted by name.
func (s *Store) Projects(ctx context.Context) ([]Project, error) {
	keys, err := s.keys(ctx, "projects/", recordName)
	if err != nil {
		return nil, err
	}
	found, err := readAll[Project](ctx, s, keys)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(found, func(a, b Project) int { return cmp.Compare(a.Name, b.Name) })
	return found, nil
}

// Project returns the project that has the name now. The error may be a
// *NotFoundError.
func (s *Store) Project(ctx context.Context, name string) (*Project, error) {
	p, err := s.named(ctx, name)
	if err != nil || p != nil {
		return p, err
	}
	all, err := s.Projects(ctx)
	if err != nil {
		return nil, err
	}
	missing := &NotFoundError{Kind: "project", Name: name}
	for _, p := range all {
		missing.Known = append(missing.Known, p.Name)
	}
	return nil, missing
}

// named returns nil for a name that no project has.
func (s *Store) named(ctx context.Context, name string) (*Project, error) {
	if checkName("project", name) != nil {
		return nil, nil
	}
	var p Project
	err := s.readRecord(ctx, projectKey(name), &p)
	if isMissing(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &p, nil
}

// projectByID returns the project of an id, also if it was deleted. The error may
// be a *NotFoundError.
func (s *Store) projectByID(ctx context.Context, id int64) (*Project, error) {
	var p Project
	err := s.readRecord(ctx, idKey(id), &p)
	if isMissing(err) {
		return nil, &NotFoundError{Kind: "project", Name: strconv.FormatInt(id, 10)}
	}
	if err != nil {
		return nil, err
	}
	return &p, nil
}

// Delete gives the name of a project free and returns the project as it is then;
// its revisions can still be read by its id. A project of another id that has the
// name now stays. The error may be a *NotFoundError.
func (s *Store) Delete(ctx context.Context, project *Project) (*Project, error) {
	p, err := s.Project(ctx, project.Name)
	if err != nil {
		return nil, err
	}
	if p.ID != project.ID {
		return nil, &NotFoundError{Kind: "project", Name: project.Name, ID: project.ID}
	}
	p.DeletedAt = s.time()
	// In this order a deletion that ends halfway can be done again.
	if err := s.overwrite(ctx, idKey(p.ID), p); err != nil {
		return nil, err
	}
	if err := s.bucket.Delete(ctx, projectKey(p.Name)); err != nil && !isMissing(err) {
		return nil, storeError(err)
	}
	return p, nil
}

// ensure returns the project of a name and makes it if there is none.
func (s *Store) ensure(ctx context.Context, name string) (*Project, error) {
	p, err := s.named(ctx, name)
	if err != nil || p != nil {
		return p, err
	}
	if p, err = s.newID(ctx, name); err != nil {
		return nil, err
	}
	err = s.create(ctx, projectKey(name), p)
	if err == nil {
		return p, nil
	}
	if !errors.Is(err, bucket.ErrExists) {
		return nil, err
	}
	// Somebody else made another one at the same time; the id stands for nothing.
	if err := s.bucket.Delete(ctx, idKey(p.ID)); err != nil && !isMissing(err) {
		return nil, storeError(err)
	}
	other, err := s.named(ctx, name)
	if err == nil && other == nil {
		return nil, errChanging(name)
	}
	return other, err
}

// newID takes an id that no project has or had: the time in microseconds, which
// stays below 2^53 until the year 2255, or the next that is free.
func (s *Store) newID(ctx context.Context, name string) (*Project, error) {
	p := &Project{ID: s.now().UnixMicro(), Name: name, CreatedAt: s.time()}
	for ; ; p.ID++ {
		err := s.create(ctx, idKey(p.ID), p)
		if err == nil {
			return p, nil
		}
		if !errors.Is(err, bucket.ErrExists) {
			return nil, err
		}
	}
}

func (s *Store) time() time.Time { return s.now().UTC().Truncate(time.Millisecond) }

var (
	recordName = regexp.MustCompile(`^[^/]+\.json$`)
	numberName = regexp.MustCompile(`^[0-9]{8}\.json$`)
)

// keys lists a folder, without what a write to it has not finished.
func (s *Store) keys(ctx context.Context, folder string, form *regexp.Regexp) ([]string, error) {
	var keys []string
	for o, err := range bucket.List(ctx, s.bucket, &blob.ListOptions{Prefix: folder, Delimiter: "/"}) {
		if err != nil {
			return nil, storeError(err)
		}
		if !o.IsDir && form.MatchString(o.Key[len(folder):]) {
			keys = append(keys, o.Key)
		}
	}
	return keys, nil
}

// readAll reads the records of the keys that are still there.
func readAll[T any](ctx context.Context, s *Store, keys []string) ([]T, error) {
	const atOnce = 16
	found := make([]*T, len(keys))
	all, ctx := errgroup.WithContext(ctx)
	all.SetLimit(atOnce)
	for i, key := range keys {
		all.Go(func() error {
			record := new(T)
			err := s.readRecord(ctx, key, record)
			if isMissing(err) {
				return nil
			}
			found[i] = record
			return err
		})
	}
	if err := all.Wait(); err != nil {
		return nil, err
	}
	records := make([]T, 0, len(keys))
	for _, record := range found {
		if record != nil {
			records = append(records, *record)
		}
	}
	return records, nil
}
