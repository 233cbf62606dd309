// Package ordered holds JSON values whose objects keep the order of their keys
// and whose numbers keep their exact text.
//
// A value is one of nil, bool, string, json.Number, []any and *Object. Values
// are treated as immutable once they are shared: every operation that changes
// an object returns a new one, except Set and Delete, which are for building.
package ordered

// Object is a JSON object with its keys in order. The zero value is not usable;
// a nil *Object reads as an empty one.
type Object struct {
	keys   []string
	values map[string]any
}

// New returns an empty object.
func New() *Object {
	return &Object{values: map[string]any{}}
}

// Of returns an object of the given key, value pairs. It panics when a key is
// no string: it is meant for literals.
func Of(pairs ...any) *Object {
	o := New()
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
	if o == nil {
		return nil, false
	}
	v, ok := o.values[key]
	return v, ok
}

// Has tells whether the key is there, also with a null value.
func (o *Object) Has(key string) bool {
	_, ok := o.Get(key)
	return ok
}

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
	if _, ok := o.values[key]; !ok {
		o.keys = append(o.keys, key)
	}
	o.values[key] = value
}

// Delete removes a key.
func (o *Object) Delete(key string) {
	if _, ok := o.Get(key); !ok {
		return
	}
	delete(o.values, key)
	keys := make([]string, 0, len(o.keys)-1)
	for _, k := range o.keys {
		if k != key {
			keys = append(keys, k)
		}
	}
	o.keys = keys
}

// Clone returns a copy that shares its values.
func (o *Object) Clone() *Object {
	c := &Object{keys: make([]string, 0, o.Len()), values: make(map[string]any, o.Len())}
	for _, k := range o.Keys() {
		c.keys = append(c.keys, k)
		c.values[k] = o.values[k]
	}
	return c
}

// Without returns a copy that lacks the given keys.
func (o *Object) Without(keys ...string) *Object {
	c := o.Clone()
	for _, k := range keys {
		c.Delete(k)
	}
	return c
}
