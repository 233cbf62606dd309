package activities

import (
	"context"
	"strings"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/operators"
	"github.com/dig2temporal/dig2temporal/translate/config"
)

// taskSecrets finds secrets for one task, moved as its _secrets says, and
// makes them known to the mask.
type taskSecrets struct {
	ctx     context.Context
	session *Session
	store   Secrets
	mounts  *ordered.Object
	mask    *mask
}

// Get returns a secret, or an error that names its key.
func (s *taskSecrets) Get(key string) (string, error) {
	value, ok, err := s.Lookup(key)
	if err == nil && !ok {
		err = operators.SecretNotFound(key)
	}
	return value, err
}

// Lookup tells whether there is a secret, and returns it.
func (s *taskSecrets) Lookup(key string) (value string, ok bool, err error) {
	at, err := s.mounted(key)
	if err != nil || s.store == nil {
		return "", false, err
	}
	if value, ok, err = s.store.Get(s.ctx, s.session, at); ok {
		s.mask.add(key, value)
	}
	return value, ok, err
}

// mounted follows _secrets along the parts of a key: {td: {apikey: my.key}} or
// {td: other} put another key in the place of the beginning.
func (s *taskSecrets) mounted(key string) (string, error) {
	parts := strings.Split(key, ".")
	scope := s.mounts
	for i, part := range parts {
		v, _ := scope.Get(part)
		switch v := v.(type) {
		case *ordered.Object:
			scope = v
		case string:
			return strings.Join(append([]string{v}, parts[i+1:]...), "."), nil
		case nil:
			return key, nil
		case bool:
			if v {
				return key, nil
			}
			return "", config.Errorf("Illegal value in _secrets: %s", ordered.Text(v))
		default:
			return "", config.Errorf("Illegal value in _secrets: %s", ordered.Text(v))
		}
	}
	return key, nil
}
