package keeper

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"gocloud.dev/secrets"
	"gocloud.dev/secrets/localsecrets"
)

// maxFile is far above the 45 bytes of a key file and keeps a path to something
// else from being read whole.
const maxFile = 1 << 10

// openFile opens keyfile:// URLs; rest is what follows the scheme.
func openFile(rest string) (*secrets.Keeper, error) {
	path, err := filePath(rest)
	if err != nil {
		return nil, err
	}
	key, err := readKeyFile(path)
	if err != nil {
		return nil, err
	}
	return localsecrets.NewKeeper(key), nil
}

// File returns the path of the file that a keyfile:// URL names, "" for URLs of
// other keepers and wrong ones.
func File(url string) string {
	rest, ok := strings.CutPrefix(url, "keyfile://")
	if !ok {
		return ""
	}
	path, _ := filePath(rest)
	return path
}

func filePath(rest string) (string, error) {
	u, err := url.Parse("keyfile://" + rest)
	switch {
	case err != nil:
		return "", fmt.Errorf("the URL of the keyfile keeper can't be read: %w", err)
	case u.RawQuery != "" || u.Fragment != "":
		return "", errors.New("the keyfile keeper takes no parameters")
	case u.Host != "" || !strings.HasPrefix(u.Path, "/"):
		return "", fmt.Errorf("keyfile://%s: expected an absolute path, as in keyfile:///etc/dig2temporal/secrets.key", rest)
	}
	path := u.Path
	if runtime.GOOS == "windows" {
		path = strings.TrimPrefix(path, "/") // file URLs write /C:/key
	}
	return filepath.FromSlash(path), nil
}

func readKeyFile(path string) (key [keySize]byte, err error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return key, fmt.Errorf("the key file %s doesn't exist", path)
	}
	if err != nil {
		return key, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return key, err
	}
	switch mode := info.Mode().Perm(); {
	case !info.Mode().IsRegular():
		return key, fmt.Errorf("the key file %s is no regular file", path)
	case runtime.GOOS != "windows" && mode&0o077 != 0:
		// A key that others could read should be exchanged with all that it
		// protects, so it is not used in silence.
		return key, fmt.Errorf("other users may read the key file %s: it has the mode %04o, expected 0600 (chmod 600 %s)", path, mode, path)
	case info.Size() > maxFile:
		return key, fmt.Errorf("the key file %s holds no key: it has %d bytes", path, info.Size())
	}
	text := make([]byte, info.Size())
	n, err := f.ReadAt(text, 0)
	if n < len(text) {
		return key, fmt.Errorf("reading the key file %s: %w", path, err)
	}
	if key, err = decodeKey(strings.TrimSpace(string(text))); err != nil {
		return key, fmt.Errorf("the key file %s holds no key: %w", path, err)
	}
	return key, nil
}

// CreateKeyFile writes a new random key to a file of mode 0600. The file appears
// whole or not at all; one that exists is never replaced, which the error then
// tells as fs.ErrExist.
func CreateKeyFile(path string) error {
	var key [keySize]byte
	if _, err := rand.Read(key[:]); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), ".key-*") // mode 0600
	if err != nil {
		return fmt.Errorf("can't write the key file %s: %w", path, err)
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.WriteString(base64.StdEncoding.EncodeToString(key[:]) + "\n")
	if err = errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return fmt.Errorf("can't write the key file %s: %w", path, err)
	}
	// A link, unlike a rename, fails when the name is taken.
	if err := os.Link(tmp.Name(), path); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("the key file %s exists already: %w", path, fs.ErrExist)
		}
		return createInPlace(path, key)
	}
	return nil
}

// createInPlace serves file systems without links.
func createInPlace(path string, key [keySize]byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("the key file %s exists already: %w", path, fs.ErrExist)
	}
	if err != nil {
		return fmt.Errorf("can't write the key file %s: %w", path, err)
	}
	_, err = f.WriteString(base64.StdEncoding.EncodeToString(key[:]) + "\n")
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		os.Remove(path)
		return fmt.Errorf("can't write the key file %s: %w", path, err)
	}
	return nil
}
