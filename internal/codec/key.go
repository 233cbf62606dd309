package codec

import (
	"bufio"
	"encoding/base64"
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode"
)

const (
	keySize = 32
	maxKeys = 1000
	// maxKeyID is less than the 43 characters of a key, so that errors may show ids.
	maxKeyID = 32
)

// Key is a key for payloads.
type Key struct {
	// ID names the key in the metadata of what it encrypts: letters, digits and
	// "._-", at most 32.
	ID string
	// Secret has 32 bytes.
	Secret []byte
}

// String never shows the secret.
func (k Key) String() string { return "key " + k.ID }

// GoString never shows the secret.
func (k Key) GoString() string { return k.String() }

var keyID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)

func (k Key) check() error {
	switch {
	case len(k.ID) > maxKeyID || !keyID.MatchString(k.ID):
		// What stands where an id should may be the key itself.
		return fmt.Errorf("the id of an encryption key must have 1 to %d letters, digits or \"._-\"", maxKeyID)
	case len(k.Secret) != keySize:
		return fmt.Errorf("the encryption key %q has %d bytes, expected %d", k.ID, len(k.Secret), keySize)
	}
	return nil
}

// ParseKey reads a key from a text of the form ID:base64. Errors never show it.
func ParseKey(text string) (Key, error) {
	id, secret, ok := strings.Cut(strings.TrimSpace(text), ":")
	if !ok {
		return Key{}, fmt.Errorf("an encryption key is expected as ID:KEY, the key being %d bytes in base64", keySize)
	}
	secret = strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(strings.TrimSpace(secret), "="))
	b, err := base64.RawStdEncoding.DecodeString(secret)
	key := Key{ID: strings.TrimSpace(id), Secret: b}
	if err != nil {
		key.Secret = make([]byte, keySize)
		if err := key.check(); err != nil {
			return Key{}, err
		}
		return Key{}, fmt.Errorf("the encryption key %q is no base64, expected %d bytes in base64", key.ID, keySize)
	}
	if err := key.check(); err != nil {
		return Key{}, err
	}
	return key, nil
}

// ReadKeys reads keys that are separated by line ends, blanks or commas. Lines that
// start with "#" are skipped. The text may be a file's or an environment variable's.
func ReadKeys(r io.Reader) ([]Key, error) {
	var keys []Key
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if strings.HasPrefix(line, "#") {
			continue
		}
		for _, part := range strings.FieldsFunc(line, func(c rune) bool { return c == ',' || unicode.IsSpace(c) }) {
			key, err := ParseKey(part)
			if err != nil {
				return nil, fmt.Errorf("line %d: %w", n, err)
			}
			if len(keys) == maxKeys {
				return nil, fmt.Errorf("line %d: more than %d encryption keys", n, maxKeys)
			}
			keys = append(keys, key)
		}
	}
	return keys, lines.Err()
}
