// Package config reads typed values out of raw configs by the coercion rules
// that every option of Digdag follows: texts are numbers and booleans when they
// look like it.
package config

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
)

// Error is a value that can't be what an option needs.
type Error struct {
	Message string
	// Kind is Digdag's kind of error, which is shown in brackets after the
	// message; "config" when it is empty.
	Kind string
}

func (e *Error) Error() string { return e.Message }

// Errorf returns an Error.
func Errorf(format string, args ...any) *Error {
	return &Error{Message: fmt.Sprintf(format, args...)}
}

func mismatch(expected, key string, v any) error {
	text := ordered.Text(v)
	if r := []rune(text); len(r) >= 100 {
		text = string(r[:97]) + "..."
	}
	return Errorf("Expected %s for key '%s' but got %s (%s)", expected, key, text, ordered.TypeName(v))
}

// Required returns the value of a key that must be there and not null.
func Required(o *ordered.Object, key string) (any, error) {
	v, ok := o.Get(key)
	if !ok {
		return nil, Errorf("Parameter '%s' is required but not set", key)
	}
	if v == nil {
		return nil, Errorf("Parameter '%s' is required but null", key)
	}
	return v, nil
}

// Bool coerces: true, false, integers (0 is false), the texts true True false
// False, and blank or "null", which are false.
func Bool(key string, v any) (bool, error) {
	switch x := v.(type) {
	case bool:
		return x, nil
	case json.Number:
		if n, ok := integer(x); ok {
			return n != 0, nil
		}
	case string:
		switch strings.TrimSpace(x) {
		case "true", "True":
			return true, nil
		case "false", "False", "", "null":
			return false, nil
		}
	}
	return false, mismatch("'true' or 'false'", key, v)
}

func integer(n json.Number) (int64, bool) {
	i, err := strconv.ParseInt(string(n), 10, 64)
	if err != nil {
		if strings.ContainsAny(string(n), ".eE") {
			return 0, false
		}
		// An integer beyond 64 bits is still not 0.
		return 1, true
	}
	return i, true
}

// Int coerces to a 64 bit integer: numbers lose their fraction; texts are
// trimmed; a blank or "null" text is 0. A number that does not fit is an error.
func Int(key string, v any) (int64, error) {
	return intBetween(key, v, "integer (long) type", math.MinInt64, math.MaxInt64)
}

// Int32 is Int for options that hold 32 bits.
func Int32(key string, v any) (int, error) {
	n, err := intBetween(key, v, "integer (int) type", math.MinInt32, math.MaxInt32)
	return int(n), err
}

func intBetween(key string, v any, expected string, low, high int64) (int64, error) {
	switch x := v.(type) {
	case json.Number:
		n, err := strconv.ParseInt(string(x), 10, 64)
		if err != nil {
			f, ferr := strconv.ParseFloat(string(x), 64)
			if ferr != nil || f < -9.2e18 || f > 9.2e18 {
				return 0, mismatch(expected, key, v)
			}
			n = int64(f)
		}
		if n < low || n > high {
			return 0, mismatch(expected, key, v)
		}
		return n, nil
	case string:
		s := strings.TrimSpace(x)
		if s == "" || s == "null" {
			return 0, nil
		}
		if n, err := strconv.ParseInt(s, 10, 64); err == nil && n >= low && n <= high {
			return n, nil
		}
	}
	return 0, mismatch(expected, key, v)
}

// Text coerces any scalar to text. Numbers and booleans are printed as in JSON.
func Text(key string, v any) (string, error) {
	switch x := v.(type) {
	case string:
		return x, nil
	case bool, json.Number:
		return ordered.Text(x), nil
	}
	return "", mismatch("string type", key, v)
}

// Array returns a JSON array; a scalar is an error.
func Array(key string, v any) ([]any, error) {
	if x, ok := v.([]any); ok {
		return x, nil
	}
	return nil, mismatch("array type", key, v)
}

// Object returns an object; anything else is an error.
func Object(key string, v any) (*ordered.Object, error) {
	if x, ok := v.(*ordered.Object); ok {
		return x, nil
	}
	return nil, Errorf("Parameter '%s' must be an object", key)
}
