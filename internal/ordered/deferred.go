package ordered

// A deferred object is one that lies elsewhere, with what is still to be done to
// it. Large objects are kept out of workflows that way, and yet workflows can merge
// and cut them: they only write down what a reader of the whole has to do.
//
// It is written as an object of the one key DeferredKey whose value lists
// operations on an object that is empty at first. A text stands for an object
// elsewhere, to be merged; an object is to be merged; a list of texts is a path to
// be deleted. Users' own objects of that form never get into workflows: who puts
// large objects elsewhere puts those there, too.

// DeferredKey is the only key of a deferred object.
const DeferredKey = "dig2temporal-large-object"

// ReferenceMark begins the text that stands for a value kept elsewhere.
const ReferenceMark = "dig2temporal-large-value:"

// Deferred returns a deferred object. Each operation is a string, an *Object or a
// []any of strings.
func Deferred(operations ...any) *Object {
	return Of(DeferredKey, operations)
}

// Operations returns the operations of a deferred object, nil for any other one.
func (o *Object) Operations() []any {
	if o.Len() != 1 || o.keys[0] != DeferredKey {
		return nil
	}
	list, _ := o.values[0].([]any)
	if len(list) == 0 {
		return nil
	}
	for _, op := range list {
		switch op := op.(type) {
		case string, *Object:
		case []any:
			if len(path(op)) == 0 {
				return nil
			}
		default:
			return nil
		}
	}
	return list
}

// path returns nil when the list holds anything but texts.
func path(op []any) []string {
	keys := make([]string, len(op))
	for i, k := range op {
		s, ok := k.(string)
		if !ok {
			return nil
		}
		keys[i] = s
	}
	return keys
}

// Resolve returns a deferred object as it is when the objects elsewhere are what
// find returns; within the operations, too. Another object is returned as it is.
func (o *Object) Resolve(find func(text string) *Object) *Object {
	list := o.Operations()
	if list == nil {
		return o
	}
	all := New()
	for _, op := range list {
		switch op := op.(type) {
		case string:
			all = all.Merge(find(op))
		case *Object:
			all = all.Merge(op.Resolve(find))
		case []any:
			all = all.DeletePath(path(op)...)
		}
	}
	return all
}

// With returns a copy of o with a value replaced.
func (o *Object) With(key string, value any) *Object {
	if o.Operations() != nil {
		return o.DeletePath(key).Merge(Of(key, value))
	}
	c := o.Clone()
	c.Set(key, value)
	return c
}

// deferMerge merges objects of which at least one is deferred.
func (o *Object) deferMerge(over *Object) *Object {
	list := append([]any{}, o.asOperations(false)...)
	for _, op := range over.asOperations(true) {
		next, plain := op.(*Object)
		last, joins := list[len(list)-1].(*Object)
		if plain && joins && joinable(last, next) {
			list[len(list)-1] = last.Merge(next)
			continue
		}
		list = append(list, op)
	}
	return Deferred(list...)
}

// asOperations returns what makes the object out of an empty one, or out of the one
// that it is merged over. What it deletes must not be deleted there.
func (o *Object) asOperations(over bool) []any {
	list := o.Operations()
	if list == nil {
		return []any{o}
	}
	if over {
		for _, op := range list {
			if _, deletes := op.([]any); deletes {
				return []any{o}
			}
		}
	}
	return list
}

// joinable tells whether merging a and then b is the same as merging both at once.
// It is not where b has an object over something else of a, which would hide what
// lies below a.
func joinable(a, b *Object) bool {
	if a.Operations() != nil || b.Operations() != nil {
		return false
	}
	for i, k := range b.keys {
		over, ok := b.values[i].(*Object)
		under, there := a.Get(k)
		if !ok || !there {
			continue
		}
		below, ok := under.(*Object)
		if !ok || !joinable(below, over) {
			return false
		}
	}
	return true
}

func (o *Object) deferDelete(keys []string) *Object {
	op := make([]any, len(keys))
	for i, k := range keys {
		op[i] = k
	}
	return Deferred(append(append([]any{}, o.Operations()...), op)...)
}
