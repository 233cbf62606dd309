// Package keyfile reads and writes keys of 32 bytes as texts in base64, alone or in
// files that only their owner may read. No error shows a key.
package keyfile

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// Size is the length of a key in bytes.
const Size = 32

// Key is a key.
type Key = [Size]byte

// maxFile is far above the 45 bytes of a key file and keeps a path to something
// else from being read whole.
const maxFile = 1 << 10

// Decode reads a key in either alphabet of base64, with and without padding.
func Decode(text string) (Key, error) {
	if text == "" {
		return Key{}, fmt.Errorf("it is empty, expected %d bytes in base64", Size)
	}
	text = strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(text, "="))
	b, err := base64.RawStdEncoding.DecodeString(text)
	if err != nil {
		return Key{}, fmt.Errorf("it is no base64, expected %d bytes in base64", Size)
	}
	if len(b) != Size {
		return Key{}, fmt.Errorf("it has %d bytes, expected %d", len(b), Size)
	}
	return Key(b), nil
}

// Read reads the key of a file. A file that others may read is refused: its key
// should be exchanged, with everything that it protects. A file that is not there
// gives fs.ErrNotExist.
func Read(path string) (Key, error) {
	f, err := os.Open(path)
	if err != nil {
		return Key{}, reading(path, err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return Key{}, reading(path, err)
	}
	switch mode := info.Mode().Perm(); {
	case !info.Mode().IsRegular():
		return Key{}, fmt.Errorf("the key file %s is no regular file", path)
	case runtime.GOOS != "windows" && mode&0o077 != 0:
		return Key{}, fmt.Errorf("other users may read the key file %s: it has the mode %04o, expected 0600 (chmod 600 %s)", path, mode, path)
	case info.Size() > maxFile:
		return Key{}, fmt.Errorf("the key file %s holds no key: it has %d bytes", path, info.Size())
	}
	text := make([]byte, info.Size())
	if n, err := f.ReadAt(text, 0); n < len(text) {
		return Key{}, reading(path, err)
	}
	key, err := Decode(strings.TrimSpace(string(text)))
	if err != nil {
		return Key{}, fmt.Errorf("the key file %s holds no key: %w", path, err)
	}
	return key, nil
}

func reading(path string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return &missingError{path}
	}
	return fmt.Errorf("the key file %s can't be read: %w", shown(path), cause(err))
}

type missingError struct{ path string }

func (e *missingError) Error() string { return "the key file " + shown(e.path) + " doesn't exist" }

func (e *missingError) Unwrap() error { return fs.ErrNotExist }

// Create writes a new random key to a file of mode 0600 and returns it. The file
// appears whole or not at all; one that exists is never replaced, which the error
// then tells as fs.ErrExist.
func Create(path string) (Key, error) {
	if isKey(path) {
		return Key{}, errors.New("what should be the path of a key file is a key itself")
	}
	var key Key
	if _, err := rand.Read(key[:]); err != nil {
		return Key{}, err
	}
	text := base64.StdEncoding.EncodeToString(key[:]) + "\n"
	err := create(path, text)
	switch {
	case errors.Is(err, fs.ErrExist):
		return Key{}, fmt.Errorf("the key file %s exists already: %w", path, fs.ErrExist)
	case err != nil:
		return Key{}, fmt.Errorf("the key file %s can't be written: %w", path, cause(err))
	}
	return key, nil
}

func create(path, text string) error {
	tmp, err := os.CreateTemp(filepath.Dir(path), ".key-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.WriteString(text)
	if err = errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return err
	}
	// A link, unlike a rename, fails when the name is taken.
	if err = os.Link(tmp.Name(), path); err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	return createInPlace(path, text)
}

// createInPlace serves file systems without links.
func createInPlace(path, text string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		os.Remove(path)
	}
	return err
}

// isKey tells whether somebody gave a key where a path is expected. Its characters
// can be those of a path, but then there is no such folder.
func isKey(path string) bool {
	text := strings.TrimLeft(filepath.ToSlash(path), "/")
	// A key may begin with slashes, of which a URL takes some for its own.
	for n := range 4 {
		if _, err := Decode(strings.Repeat("/", n) + text); err != nil {
			continue
		}
		folder := filepath.Dir(path)
		if folder == "." || folder == filepath.Dir(folder) {
			return true
		}
		_, err := os.Stat(folder)
		return err != nil
	}
	return false
}

// shown is a path for the text of an error.
func shown(path string) string {
	if isKey(path) {
		return "(a path that looks like a key)"
	}
	return path
}

// cause is an error without the path, which the messages here show or hide.
func cause(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}
