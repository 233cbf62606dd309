// Package secretstore keeps secrets in an encrypted file, with the key in a file
// of its own that only its owner may read.
//
// All secrets are one sealed text, so that a file that was tampered with is
// refused as a whole: no value can be exchanged for another one, and the names
// of the keys are not readable either.
package secretstore

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/gofrs/flock"

	"github.com/dig2temporal/dig2temporal/internal/keyfile"
)

const (
	secretsFile = "secrets.sealed"
	keyFile     = "secrets.key"
	lockFile    = "secrets.lock"
	// maxFile bounds what is read.
	maxFile = 64 << 20
)

// Store is the secrets of a folder. It is safe for concurrent use, also by
// several processes. Nothing is created before the first secret is set.
type Store struct{ folder string }

// Open returns the store of a folder, which need not be there.
func Open(folder string) *Store { return &Store{folder: folder} }

// Get returns a secret. ok tells whether it is set.
func (s *Store) Get(key string) (value string, ok bool, err error) {
	all, err := s.read()
	if err != nil {
		return "", false, err
	}
	value, ok = all[key]
	return value, ok, nil
}

// Keys returns the keys of all secrets, sorted.
func (s *Store) Keys() ([]string, error) {
	all, err := s.read()
	if err != nil {
		return nil, err
	}
	keys := make([]string, 0, len(all))
	for key := range all {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys, nil
}

// Set sets secrets: all of them or, with an error, none.
func (s *Store) Set(secrets map[string]string) error {
	for key, value := range secrets {
		if err := CheckKey(key); err != nil {
			return err
		}
		if err := CheckValue(key, value); err != nil {
			return err
		}
	}
	return s.change(func(all map[string]string) (bool, error) {
		for key, value := range secrets {
			all[key] = value
		}
		return len(secrets) > 0, nil
	})
}

// Delete deletes secrets and returns the keys that were not there.
func (s *Store) Delete(keys ...string) (missing []string, err error) {
	if _, err := os.Stat(filepath.Join(s.folder, secretsFile)); errors.Is(err, fs.ErrNotExist) {
		return keys, nil
	}
	err = s.change(func(all map[string]string) (bool, error) {
		before := len(all)
		for _, key := range keys {
			if _, ok := all[key]; !ok {
				missing = append(missing, key)
			}
			delete(all, key)
		}
		return len(all) < before, nil
	})
	return missing, err
}

// change reads, changes and writes the secrets while nobody else does.
func (s *Store) change(edit func(map[string]string) (changed bool, err error)) error {
	if err := os.MkdirAll(s.folder, 0o700); err != nil {
		return err
	}
	lock := flock.New(filepath.Join(s.folder, lockFile), flock.SetPermissions(0o600))
	if err := lock.Lock(); err != nil {
		return fmt.Errorf("the secrets can't be locked: %w", err)
	}
	defer func() { _ = lock.Unlock() }()
	all, err := s.read()
	if err != nil {
		return err
	}
	changed, err := edit(all)
	if err != nil || !changed {
		return err
	}
	key, err := keyfile.Read(s.keyPath())
	if errors.Is(err, fs.ErrNotExist) {
		key, err = keyfile.Create(s.keyPath())
	}
	if err != nil {
		return err
	}
	text, err := json.Marshal(all)
	if err != nil {
		return err
	}
	sealed, err := seal(&key, text)
	if err != nil {
		return err
	}
	return replaceFile(filepath.Join(s.folder, secretsFile), sealed)
}

func (s *Store) read() (map[string]string, error) {
	file := filepath.Join(s.folder, secretsFile)
	info, err := os.Stat(file)
	if errors.Is(err, fs.ErrNotExist) {
		return map[string]string{}, nil
	}
	if err != nil {
		return nil, err
	}
	if info.Size() > maxFile {
		return nil, fmt.Errorf("%s has %d bytes, %d are allowed", file, info.Size(), maxFile)
	}
	key, err := keyfile.Read(s.keyPath())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("the secrets can't be read without their key %s, which is not there; bring it back, or remove %s and set the secrets again",
			s.keyPath(), file)
	}
	if err != nil {
		return nil, err
	}
	sealed, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	text, ok := open(&key, sealed)
	all := map[string]string{}
	if !ok || json.Unmarshal(text, &all) != nil {
		return nil, fmt.Errorf("%s is damaged, or was written with another key than %s", file, s.keyPath())
	}
	return all, nil
}

// replaceFile writes a file that only its owner may read; readers see the old or
// the new one.
func replaceFile(file string, text []byte) (err error) {
	temp, err := os.CreateTemp(filepath.Dir(file), filepath.Base(file)+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			temp.Close()
			os.Remove(temp.Name())
		}
	}()
	if _, err = bytes.NewReader(text).WriteTo(temp); err != nil {
		return err
	}
	if err = temp.Sync(); err != nil {
		return err
	}
	if err = temp.Close(); err != nil {
		return err
	}
	return os.Rename(temp.Name(), file)
}
