package codec

import (
	"bufio"
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode"

	"github.com/dig2temporal/dig2temporal/internal/keyfile"
)

const (
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
	case len(k.Secret) != keyfile.Size:
		return fmt.Errorf("the encryption key %q has %d bytes, expected %d", k.ID, len(k.Secret), keyfile.Size)
	}
	return nil
}

// ParseKey reads a key from a text of the form ID:base64. Errors never show it.
func ParseKey(text string) (Key, error) {
	id, secret, ok := strings.Cut(strings.TrimSpace(text), ":")
	if !ok {
		return Key{}, fmt.Errorf("an encryption key is expected as ID:KEY, the key being %d bytes in base64", keyfile.Size)
	}
	b, err := keyfile.Decode(strings.TrimSpace(secret))
	key := Key{ID: strings.TrimSpace(id), Secret: b[:]}
	if err := key.check(); err != nil {
		return Key{}, err
	}
	if err != nil {
		return Key{}, fmt.Errorf("the encryption key %q can't be read: %w", key.ID, err)
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
