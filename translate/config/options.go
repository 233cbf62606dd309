package config

import "github.com/dig2temporal/dig2temporal/internal/ordered"

// The functions below read one option of a config. "Default" ones take an
// absent or null option as the given value.

// GetText reads a required text.
func GetText(o *ordered.Object, key string) (string, error) {
	v, err := Required(o, key)
	if err != nil {
		return "", err
	}
	return Text(key, v)
}

// GetTextDefault reads an optional text.
func GetTextDefault(o *ordered.Object, key, value string) (string, error) {
	v, _ := o.Get(key)
	if v == nil {
		return value, nil
	}
	return Text(key, v)
}

// GetInt32 reads a required 32 bit integer.
func GetInt32(o *ordered.Object, key string) (int, error) {
	v, err := Required(o, key)
	if err != nil {
		return 0, err
	}
	return Int32(key, v)
}

// GetInt32Default reads an optional 32 bit integer.
func GetInt32Default(o *ordered.Object, key string, value int) (int, error) {
	v, _ := o.Get(key)
	if v == nil {
		return value, nil
	}
	return Int32(key, v)
}

// GetInt reads a required 64 bit integer.
func GetInt(o *ordered.Object, key string) (int64, error) {
	v, err := Required(o, key)
	if err != nil {
		return 0, err
	}
	return Int(key, v)
}

// GetBool reads a required boolean.
func GetBool(o *ordered.Object, key string) (bool, error) {
	v, err := Required(o, key)
	if err != nil {
		return false, err
	}
	return Bool(key, v)
}

// GetBoolDefault reads an optional boolean.
func GetBoolDefault(o *ordered.Object, key string, value bool) (bool, error) {
	v, _ := o.Get(key)
	if v == nil {
		return value, nil
	}
	return Bool(key, v)
}

// GetObject reads a required object. A null is there, but no object.
func GetObject(o *ordered.Object, key string) (*ordered.Object, error) {
	v, ok := o.Get(key)
	if !ok {
		return nil, Errorf("Parameter '%s' is required but not set", key)
	}
	return Object(key, v)
}

// GetArrayDefault reads an optional array; nil when it is absent.
func GetArrayDefault(o *ordered.Object, key string) ([]any, error) {
	v, _ := o.Get(key)
	if v == nil {
		return nil, nil
	}
	return Array(key, v)
}
