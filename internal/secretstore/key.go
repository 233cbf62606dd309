package secretstore

import (
	"crypto/rand"
	"path/filepath"

	"golang.org/x/crypto/nacl/secretbox"

	"github.com/dig2temporal/dig2temporal/internal/keyfile"
)

const (
	nonceSize = 24
	// version is the first byte of a sealed file.
	version = 1
)

func (s *Store) keyPath() string { return filepath.Join(s.folder, keyFile) }

func seal(key *keyfile.Key, text []byte) ([]byte, error) {
	nonce := new([nonceSize]byte)
	if _, err := rand.Read(nonce[:]); err != nil {
		return nil, err
	}
	return secretbox.Seal(append([]byte{version}, nonce[:]...), text, nonce, key), nil
}

func open(key *keyfile.Key, sealed []byte) ([]byte, bool) {
	if len(sealed) < 1+nonceSize || sealed[0] != version {
		return nil, false
	}
	nonce := [nonceSize]byte(sealed[1 : 1+nonceSize])
	return secretbox.Open(nil, sealed[1+nonceSize:], &nonce, key)
}
