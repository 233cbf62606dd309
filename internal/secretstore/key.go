package secretstore

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"golang.org/x/crypto/nacl/secretbox"
)

const (
	keySize   = 32
	nonceSize = 24
	// version is the first byte of a sealed file.
	version = 1
)

// key reads the key. A key that others may read is refused: it should be
// exchanged, with everything that it protects.
func (s *Store) key() (*[keySize]byte, error) {
	file := filepath.Join(s.folder, keyFile)
	info, err := os.Stat(file)
	if err != nil {
		return nil, err
	}
	if mode := info.Mode().Perm(); runtime.GOOS != "windows" && mode&0o077 != 0 {
		return nil, fmt.Errorf("other users may read the key of the secrets: %s has the mode %04o, expected 0600 (chmod 600 %s)", file, mode, file)
	}
	if info.Size() > 1<<10 {
		return nil, fmt.Errorf("%s is no key", file)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	b, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(b) != keySize {
		return nil, fmt.Errorf("%s is no key: expected %d bytes in base64", file, keySize)
	}
	return (*[keySize]byte)(b), nil
}

// newKey makes a key. It never replaces one.
func (s *Store) newKey() (*[keySize]byte, error) {
	key := new([keySize]byte)
	if _, err := rand.Read(key[:]); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(filepath.Join(s.folder, keyFile), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	_, err = f.WriteString(base64.StdEncoding.EncodeToString(key[:]) + "\n")
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		os.Remove(f.Name())
		return nil, err
	}
	return key, nil
}

func seal(key *[keySize]byte, text []byte) ([]byte, error) {
	nonce := new([nonceSize]byte)
	if _, err := rand.Read(nonce[:]); err != nil {
		return nil, err
	}
	return secretbox.Seal(append([]byte{version}, nonce[:]...), text, nonce, key), nil
}

func open(key *[keySize]byte, sealed []byte) ([]byte, bool) {
	if len(sealed) < 1+nonceSize || sealed[0] != version {
		return nil, false
	}
	nonce := [nonceSize]byte(sealed[1 : 1+nonceSize])
	return secretbox.Open(nil, sealed[1+nonceSize:], &nonce, key)
}
