package projectstore

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"github.com/dig2temporal/dig2temporal/internal/bucket"
)

// maxRevisions is what the eight digits of a key can count.
const maxRevisions = 99_999_999

// Push stores a revision, and the project if there is none of its name. The error
// may be an *InvalidError or, if the project has a revision of the name, a
// *ConflictError; then nothing can be seen of the push. After another error the
// revision may be there.
func (s *Store) Push(ctx context.Context, p Push) (*Revision, error) {
	r, err := newRevision(p)
	if err != nil {
		return nil, err
	}
	// What nobody knows of does no harm; so the content comes first, and a revision
	// never lacks its archive.
	if err := s.putContent(ctx, p, r); err != nil {
		return nil, err
	}
	project, err := s.ensure(ctx, r.Project)
	if err != nil {
		return nil, err
	}
	r.ProjectID = project.ID
	for try := 0; ; try++ {
		err := s.append(ctx, r)
		if err == nil {
			break
		}
		if !errors.Is(err, bucket.ErrExists) {
			return nil, err
		}
		if try == maxTries {
			return nil, errChanging(r.Project)
		}
		if err := pause(ctx, try); err != nil {
			return nil, err
		}
	}
	// The revision is there; the record of its name may as well be the next push's.
	_ = s.nameIt(ctx, r)
	return r, nil
}

// maxTries is what a push does against others that are quicker.
const maxTries = 100

func errChanging(project string) error {
	return fmt.Errorf("project store: project %q is being changed by too many others, try again", project)
}

func pause(ctx context.Context, try int) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(rand.N(time.Millisecond * time.Duration(min(try, 20)+1))):
		return nil
	}
}

func newRevision(p Push) (*Revision, error) {
	if err := checkName("project", p.Project); err != nil {
		return nil, err
	}
	r := &Revision{Project: p.Project, Name: p.Revision, Workflows: make([]Workflow, 0, len(p.Workflows))}
	if r.Name == "" {
		r.Name = uuid.NewString()
	}
	if err := checkRevisionName(r.Name); err != nil {
		return nil, err
	}
	for _, w := range p.Workflows {
		if err := checkName("workflow", w.Name); err != nil {
			return nil, err
		}
		if _, twice := r.Workflow(w.Name); twice {
			return nil, fmt.Errorf("project %q: the workflow %q is there twice", p.Project, w.Name)
		}
		sum := sha256.Sum256(w.Plan)
		r.Workflows = append(r.Workflows, Workflow{Name: w.Name, Timezone: w.Timezone, Schedule: present(w.Schedule), Plan: hex.EncodeToString(sum[:])})
	}
	// A schedule that is no JSON would be found out when the archive is stored.
	if _, err := encode(r); err != nil {
		return nil, fmt.Errorf("project %q: %w", p.Project, err)
	}
	return r, nil
}

// present takes a null for what it means.
func present(schedule json.RawMessage) json.RawMessage {
	if string(bytes.TrimSpace(schedule)) == "null" {
		return nil
	}
	return schedule
}

func (s *Store) putContent(ctx context.Context, p Push, r *Revision) error {
	sum := sha256.New()
	if _, err := p.Archive.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("read archive: %w", err)
	}
	size, err := io.Copy(sum, p.Archive)
	if err != nil {
		return fmt.Errorf("read archive: %w", err)
	}
	if _, err := p.Archive.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("read archive: %w", err)
	}
	r.Digest, r.Size = hex.EncodeToString(sum.Sum(nil)), size
	const atOnce = 16
	batch := bucket.NewBatch(s.bucket)
	all, ctx := errgroup.WithContext(ctx)
	all.SetLimit(atOnce)
	all.Go(func() error { return s.put(ctx, batch, archiveKey(r.Digest), archiveType, p.Archive, size) })
	for i, w := range p.Workflows {
		all.Go(func() error {
			return s.put(ctx, batch, planKey(r.Workflows[i].Plan), jsonType, bytes.NewReader(w.Plan), int64(len(w.Plan)))
		})
	}
	if err := all.Wait(); err != nil {
		return err
	}
	return storeError(batch.Sync())
}

// append writes the revision behind the newest one, if its name is free. If
// another push was quicker, the error is bucket.ErrExists.
func (s *Store) append(ctx context.Context, r *Revision) error {
	newest, err := s.newest(ctx, r.ProjectID)
	if err != nil {
		return err
	}
	r.Number = 1
	if newest != nil {
		if newest.Number >= maxRevisions {
			return fmt.Errorf("project %q: it has %d revisions and can have no more", r.Project, newest.Number)
		}
		if err := s.nameIt(ctx, newest); err != nil {
			return err
		}
		r.Number = newest.Number + 1
	}
	taken, err := s.numberOf(ctx, r.ProjectID, r.Name)
	if err != nil {
		return err
	}
	if taken > 0 {
		return &ConflictError{Project: r.Project, Revision: r.Name, Number: taken}
	}
	r.CreatedAt = s.time()
	return s.create(ctx, revisionKey(r.ProjectID, r.Number), r)
}

// nameIt sees to it that the name of a revision has its record.
func (s *Store) nameIt(ctx context.Context, r *Revision) error {
	err := s.create(ctx, revisionNameKey(r.ProjectID, r.Name), nameRecord{Name: r.Name, Number: r.Number})
	if errors.Is(err, bucket.ErrExists) {
		return nil
	}
	return err
}
