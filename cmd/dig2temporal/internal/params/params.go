// Package params reads the params that are given on the command line.
package params

import (
	"fmt"
	"strings"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
)

// Pair is one param, its key still dotted.
type Pair struct{ Key, Value string }

// Argument undoes what Digdag does to every command line argument: it is
// trimmed and loses one pair of quotes around it.
func Argument(arg string) string {
	arg = strings.TrimFunc(arg, func(r rune) bool { return r <= ' ' })
	if len(arg) > 1 && arg[0] == '"' && arg[len(arg)-1] == '"' {
		return arg[1 : len(arg)-1]
	}
	return arg
}

// Parse reads the values of all -p options in order. Each value is split at
// every comma; a piece without "=" belongs to the piece before it, be it of an
// earlier option.
func Parse(options []string) ([]Pair, error) {
	var pairs []Pair
	for _, option := range options {
		if !strings.Contains(option, "=") {
			return nil, fmt.Errorf("Parameter -p expected a value of the form a=b but got:%s", option)
		}
		for _, piece := range split(option, ",") {
			key, value, found := strings.Cut(piece, "=")
			if found {
				pairs = append(pairs, Pair{key, value})
				continue
			}
			if len(pairs) == 0 {
				return nil, fmt.Errorf("Parameter -p expected a value of the form a=b before the first comma but got:%s", option)
			}
			pairs[len(pairs)-1].Value += "," + piece
		}
	}
	return pairs, nil
}

// Merge puts the pairs over an object, which is not changed. A dotted key is a
// path of nested objects; values are always texts.
func Merge(under *ordered.Object, pairs []Pair) (*ordered.Object, error) {
	merged := under
	if merged == nil {
		merged = ordered.New()
	}
	for _, p := range pairs {
		path := split(p.Key, ".")
		if len(path) == 0 {
			return nil, fmt.Errorf("Parameter '%s' has no name (config)", p.Key)
		}
		if err := open(merged, p.Key, path); err != nil {
			return nil, err
		}
		merged = set(merged, path, p.Value)
	}
	return merged, nil
}

// open checks that everything on the way to the last key is an object or absent.
func open(o *ordered.Object, key string, path []string) error {
	for i := range path[:len(path)-1] {
		v, ok := o.Get(path[i])
		if !ok {
			return nil
		}
		child, ok := v.(*ordered.Object)
		if !ok {
			return fmt.Errorf("Parameter '%s' is set but '%s' is not a object (%s) (config)", key, strings.Join(path[:i+1], "."), ordered.Text(v))
		}
		o = child
	}
	return nil
}

func set(o *ordered.Object, path []string, value string) *ordered.Object {
	c := o.Clone()
	if len(path) == 1 {
		c.Set(path[0], value)
		return c
	}
	child := o.Object(path[0])
	c.Set(path[0], set(child, path[1:], value))
	return c
}

// split parts a text as Digdag does: empty pieces at the end are dropped.
func split(text, separator string) []string {
	pieces := strings.Split(text, separator)
	if len(pieces) == 1 {
		return pieces
	}
	for len(pieces) > 0 && pieces[len(pieces)-1] == "" {
		pieces = pieces[:len(pieces)-1]
	}
	return pieces
}
