package ordered

// Merge returns a deep-merged over o: objects are merged key by key, anything
// else replaces. A key of o keeps its position; new keys come after. Neither
// argument is changed, and when one of them is empty the other is returned as
// it is.
func (o *Object) Merge(over *Object) *Object {
	if over.Len() == 0 {
		if o == nil {
			return New()
		}
		return o
	}
	if o.Len() == 0 {
		return over
	}
	if o.Operations() != nil || over.Operations() != nil {
		return o.deferMerge(over)
	}
	m := o.cloned(len(over.keys))
	for i, k := range over.keys {
		if at := o.find(k); at >= 0 {
			m.values[at] = mergeValue(o.values[at], over.values[i])
		} else {
			m.Set(k, over.values[i])
		}
	}
	return m
}

func mergeValue(under, over any) any {
	a, ok := under.(*Object)
	if !ok {
		return over
	}
	b, ok := over.(*Object)
	if !ok {
		return over
	}
	return a.Merge(b)
}

// MergeDefault returns o with the keys of under that it lacks, objects merged
// key by key. The keys of o come first.
func (o *Object) MergeDefault(under *Object) *Object {
	m := o.cloned(under.Len())
	for i, k := range under.Keys() {
		at := o.find(k)
		if at < 0 {
			m.Set(k, under.values[i])
			continue
		}
		a, isObject := o.values[at].(*Object)
		b, isToo := under.values[i].(*Object)
		if isObject && isToo {
			m.values[at] = a.MergeDefault(b)
		}
	}
	return m
}

// DeletePath returns o without the value at the path of keys. What is not
// there, or lies below something that is no object, is left alone.
func (o *Object) DeletePath(path ...string) *Object {
	if len(path) > 0 && o.Operations() != nil {
		return o.deferDelete(path)
	}
	if len(path) == 0 || !o.Has(path[0]) {
		return o
	}
	if len(path) == 1 {
		return o.Without(path[0])
	}
	child := o.Object(path[0])
	if child == nil {
		return o
	}
	c := o.Clone()
	c.Set(path[0], child.DeletePath(path[1:]...))
	return c
}

// Equal tells whether two values are the same JSON value. The order of keys
// does not matter; numbers are compared by their text.
func Equal(a, b any) bool {
	switch x := a.(type) {
	case *Object:
		y, ok := b.(*Object)
		if !ok || x.Len() != y.Len() {
			return false
		}
		for i, k := range x.Keys() {
			v, ok := y.Get(k)
			if !ok || !Equal(x.values[i], v) {
				return false
			}
		}
		return true
	case []any:
		y, ok := b.([]any)
		if !ok || len(x) != len(y) {
			return false
		}
		for i := range x {
			if !Equal(x[i], y[i]) {
				return false
			}
		}
		return true
	default:
		switch b.(type) {
		case *Object, []any:
			return false
		}
		return a == b
	}
}
