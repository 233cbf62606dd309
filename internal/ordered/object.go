// Package ordered holds JSON values whose objects keep the order of their keys
// and whose numbers keep their exact text.
//
// A value is one of nil, bool, string, json.Number, []any and *Object. Values
// are treated as immutable once they are shared: every operation that changes
// an object returns a new one, except Set and Delete, which are for building.
package ordered

import (
	"maps"
	"slices"
)

// Object is a JSON object with its keys in order. The zero value is an empty
// object; a nil *Object reads as one.
//
// Most objects have a dozen keys or two, and are copied more often than they are
// searched: keys and values lie side by side in two lists, and only an object with
// many keys has an index over them.
type Object struct {
	keys   []string
	values []any
	// index tells where each key lies; nil up to maxUnindexed keys.
	index map[string]int
}

// maxUnindexed is up to how many keys looking at each is as fast as an index.
const maxUnindexed = 32

// New returns an empty object.
func New() *Object { return &Object{} }

// Sized returns an empty object with room for n keys.
func Sized(n int) *Object {
	return &Object{keys: make([]string, 0, n), values: make([]any, 0, n)}
}

// Of returns an object of the given key, value pairs. It panics when a key is
// no string: it is meant for literals.
func Of(pairs ...any) *Object {
	o := Sized(len(pairs) / 2)
	for i := 0; i+1 < len(pairs); i += 2 {
		o.Set(pairs[i].(string), pairs[i+1])
	}
	return o
}

// Len returns the number of keys.
func (o *Object) Len() int {
	if o == nil {
		return 0
	}
	return len(o.keys)
}

// Keys returns the keys in order. The caller must not change the slice.
func (o *Object) Keys() []string {
	if o == nil {
		return nil
	}
	return o.keys
}

// Get returns the value of a key and whether the key is there.
func (o *Object) Get(key string) (any, bool) {
	if i := o.find(key); i >= 0 {
		return o.values[i], true
	}
	return nil, false
}

// find returns where a key lies, -1 when it is not there.
func (o *Object) find(key string) int {
	if o == nil {
		return -1
	}
	if o.index != nil {
		if i, ok := o.index[key]; ok {
			return i
		}
		return -1
	}
	for i, k := range o.keys {
		if k == key {
			return i
		}
	}
	return -1
}

// Has tells whether the key is there, also with a null value.
func (o *Object) Has(key string) bool { return o.find(key) >= 0 }

// Object returns the value of a key if it is an object, else nil.
func (o *Object) Object(key string) *Object {
	v, _ := o.Get(key)
	c, _ := v.(*Object)
	return c
}

// String returns the value of a key if it is a string, else "".
func (o *Object) String(key string) string {
	v, _ := o.Get(key)
	s, _ := v.(string)
	return s
}

// Set puts a value. A key that is there keeps its position.
func (o *Object) Set(key string, value any) {
	if i := o.find(key); i >= 0 {
		o.values[i] = value
		return
	}
	o.keys, o.values = append(o.keys, key), append(o.values, value)
	switch {
	case o.index != nil:
		o.index[key] = len(o.keys) - 1
	case len(o.keys) > maxUnindexed:
		o.reindex()
	}
}

func (o *Object) reindex() {
	o.index = nil
	if len(o.keys) <= maxUnindexed {
		return
	}
	o.index = make(map[string]int, 2*len(o.keys))
	for i, k := range o.keys {
		o.index[k] = i
	}
}

// Delete removes a key.
func (o *Object) Delete(key string) {
	at := o.find(key)
	if at < 0 {
		return
	}
	// Who walks over the keys at this moment goes on with those of before.
	o.keys = slices.Concat(o.keys[:at], o.keys[at+1:])
	o.values = slices.Concat(o.values[:at], o.values[at+1:])
	o.reindex()
}

// Clone returns a copy that shares its values.
func (o *Object) Clone() *Object { return o.cloned(0) }

// cloned returns a copy with room for more keys.
func (o *Object) cloned(more int) *Object {
	if o == nil {
		return Sized(more)
	}
	c := Sized(len(o.keys) + more)
	c.keys, c.values, c.index = append(c.keys, o.keys...), append(c.values, o.values...), maps.Clone(o.index)
	return c
}

// Without returns o without the given keys, which is o itself when it has none of
// them.
func (o *Object) Without(keys ...string) *Object {
	if o == nil {
		return New()
	}
	if !slices.ContainsFunc(keys, o.Has) {
		return o
	}
	c := Sized(o.Len())
	for i, k := range o.Keys() {
		if !slices.Contains(keys, k) {
			c.keys, c.values = append(c.keys, k), append(c.values, o.values[i])
		}
	}
	c.reindex()
	return c
}
