package secretstore

import (
	"fmt"
	"regexp"
	"unicode/utf8"
)

const (
	// MaxKey is the longest key, in characters.
	MaxKey = 255
	// MaxValue is the longest value, in bytes.
	MaxValue = 16 << 10
)

// InvalidError tells that a text can't be the key or the value of a secret. It
// never shows a value.
type InvalidError struct{ Text string }

func (e *InvalidError) Error() string { return e.Text }

func invalidf(format string, args ...any) error {
	return &InvalidError{fmt.Sprintf(format, args...)}
}

var keyShape = regexp.MustCompile(`^[a-zA-Z]([a-zA-Z0-9_-]*[a-zA-Z0-9])?(\.[a-zA-Z]([a-zA-Z0-9_-]*[a-zA-Z0-9])?)*$`)

// CheckKey tells whether a text can be the key of a secret.
func CheckKey(key string) error {
	if len(key) > MaxKey || !keyShape.MatchString(key) {
		return invalidf("Invalid secret key: %s", key)
	}
	return nil
}

// CheckValue tells whether a text can be the value of a secret.
func CheckValue(key, value string) error {
	switch {
	case len(value) > MaxValue:
		return invalidf("Invalid secret value for key: %s (it has %d bytes, %d are allowed)", key, len(value), MaxValue)
	case !utf8.ValidString(value):
		return invalidf("Invalid secret value for key: %s (it is no UTF-8 text)", key)
	}
	return nil
}
