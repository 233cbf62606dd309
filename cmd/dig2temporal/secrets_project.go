package main

import (
	"context"

	"github.com/dig2temporal/dig2temporal/activities"
	"github.com/dig2temporal/dig2temporal/internal/projectsecrets"
)

// secretSet is a set of secrets that can be listed and changed.
type secretSet interface {
	Set(secrets map[string]string) error
	Delete(keys ...string) (missing []string, err error)
	Keys() ([]string, error)
}

// projectSecretSet are the secrets of one project of a cluster.
type projectSecretSet struct {
	ctx     context.Context
	store   *projectsecrets.Store
	project int64
}

func (s *projectSecretSet) Set(secrets map[string]string) error {
	return s.store.Set(s.ctx, s.project, secrets)
}

func (s *projectSecretSet) Delete(keys ...string) ([]string, error) {
	return s.store.Delete(s.ctx, s.project, keys...)
}

func (s *projectSecretSet) Keys() ([]string, error) { return s.store.Keys(s.ctx, s.project) }

// onProjectSecrets calls do with the secrets of a project.
func (c *Command) onProjectSecrets(ctx context.Context, at *clusterOptions, project string, do func(secretSet) error) error {
	k, err := c.withStore(ctx, at)
	if err != nil {
		return err
	}
	defer k.Close()
	p, err := k.Projects.Project(ctx, project)
	if err != nil {
		return err
	}
	store, done, err := k.Secrets(ctx)
	if err != nil {
		return err
	}
	defer done()
	return do(&projectSecretSet{ctx, store, p.ID})
}

// projectSecrets gives tasks the secrets of the project of their attempt.
type projectSecrets struct{ store *projectsecrets.Store }

var _ activities.Secrets = (*projectSecrets)(nil)

func (s *projectSecrets) Get(ctx context.Context, session *activities.Session, key string) (string, bool, error) {
	return s.store.Get(ctx, session.ProjectID, key)
}
