package claimcheck

import (
	"strings"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
)

// MinValue is the size in bytes of JSON from which single values leave the params
// of an attempt. It is as low as a reference stays a gain, since params go into
// every task: 2,000 tasks that see a thousand values below it still fit into the
// limits of histories when they are compressed.
const MinValue = 16 << 10

// mark begins the text that stands for a large value. A user's own text that
// begins so is stored as if it were large, so that it is never taken for one.
const mark = ordered.ReferenceMark

// shrunkParams replaces what is large in the params of tasks; put takes each such
// value and returns its reference. The order of the calls depends on o alone.
//
// Of many small params the large rest is put elsewhere as a whole, but for those
// that decide which operator runs: the interpreter looks at their keys.
func shrunkParams(o *ordered.Object, put func(any) string) *ordered.Object {
	s := &shrinker{put: put}
	if o.Operations() != nil {
		return ordered.Deferred(put(o))
	}
	if s.rest(o) < MinValue {
		return s.members(o)
	}
	var parts []any
	for keys := o.Keys(); len(keys) > 0; {
		n := 1
		for n < len(keys) && looked(keys[n]) == looked(keys[0]) {
			n++
		}
		part := ordered.New()
		for _, k := range keys[:n] {
			value, _ := o.Get(k)
			part.Set(k, value)
		}
		if !looked(keys[0]) && s.rest(part) >= MinValue {
			parts = append(parts, put(part))
		} else {
			parts = append(parts, s.members(part))
		}
		keys = keys[n:]
	}
	return ordered.Deferred(parts...)
}

func looked(key string) bool { return key == "_type" || strings.HasSuffix(key, ">") }

type shrinker struct {
	put func(any) string
	// rests remembers what rest returned: each level of nested objects asks again.
	rests map[*ordered.Object]int
}

func (s *shrinker) value(value any) any {
	switch v := value.(type) {
	case string:
		if len(v) >= MinValue || strings.HasPrefix(v, mark) {
			return s.put(v)
		}
	case []any:
		if size(v, MinValue) >= MinValue {
			return s.put(v)
		}
	case *ordered.Object:
		if v.Operations() != nil || s.rest(v) >= MinValue {
			return ordered.Deferred(s.put(v))
		}
		return s.members(v)
	}
	return value
}

func (s *shrinker) members(o *ordered.Object) *ordered.Object {
	return mapped(o, s.value)
}

// sizeOfReference is about what a reference takes.
const sizeOfReference = 160

// rest returns about the size of the JSON of an object when all that is large in it
// is replaced, and stops counting at MinValue.
func (s *shrinker) rest(o *ordered.Object) int {
	if n, ok := s.rests[o]; ok {
		return n
	}
	n := 2
	for _, k := range o.Keys() {
		value, _ := o.Get(k)
		var m int
		if member, ok := value.(*ordered.Object); ok {
			m = s.rest(member)
		} else {
			m = size(value, MinValue)
		}
		if m >= MinValue {
			m = sizeOfReference
		}
		if n += len(k) + 4 + m; n >= MinValue {
			break
		}
	}
	if s.rests == nil {
		s.rests = map[*ordered.Object]int{}
	}
	s.rests[o] = n
	return n
}

// mapped returns o with each value that may hold others, or is a text, replaced by
// what f makes of it; o itself when f changes nothing.
func mapped(o *ordered.Object, f func(any) any) *ordered.Object {
	var changed *ordered.Object
	for _, k := range o.Keys() {
		before, _ := o.Get(k)
		switch before.(type) {
		case *ordered.Object, string, []any:
		default:
			continue
		}
		after := f(before)
		if same(before, after) {
			continue
		}
		if changed == nil {
			changed = o.Clone()
		}
		changed.Set(k, after)
	}
	if changed == nil {
		return o
	}
	return changed
}

// same tells whether a value was left alone. Lists can't be compared; they are
// never replaced by other lists.
func same(before, after any) bool {
	_, list := before.([]any)
	_, still := after.([]any)
	if list || still {
		return list && still
	}
	return before == after
}

// size returns about the size of a value's JSON, and stops counting at the limit.
func size(value any, limit int) int {
	switch value := value.(type) {
	case string:
		return len(value) + 2
	case []any:
		n := 2
		for _, e := range value {
			if n += size(e, limit-n) + 1; n >= limit {
				return n
			}
		}
		return n
	case *ordered.Object:
		n := 2
		for _, k := range value.Keys() {
			e, _ := value.Get(k)
			if n += len(k) + 4 + size(e, limit-n); n >= limit {
				return n
			}
		}
		return n
	default:
		return 4
	}
}

// reference returns the hash of the object that a text refers to.
func reference(text string) (sum string, ok bool) {
	rest, ok := strings.CutPrefix(text, mark)
	if !ok {
		return "", false
	}
	sum, size, _ := strings.Cut(rest, ":")
	return sum, sumShape.MatchString(sum) && strings.HasSuffix(size, " bytes")
}

// collect calls found for every reference in a value, in order.
func collect(value any, found func(string)) {
	switch value := value.(type) {
	case string:
		if _, ok := reference(value); ok {
			found(value)
		}
	case *ordered.Object:
		if !refers(value) {
			for _, k := range value.Keys() {
				e, _ := value.Get(k)
				collect(e, found)
			}
			return
		}
		for _, op := range value.Operations() {
			collect(op, found)
		}
	}
}

// refers tells a deferred object from one that somebody wrote into a file.
func refers(o *ordered.Object) bool {
	list := o.Operations()
	for _, op := range list {
		if text, ok := op.(string); ok {
			if _, ok := reference(text); !ok {
				return false
			}
		}
	}
	return list != nil
}

// expanded puts values in the place of references. What is put in is taken as it
// is, whatever it looks like.
func expanded(value any, values map[string]any) any {
	switch value := value.(type) {
	case string:
		if _, ok := reference(value); ok {
			return values[value]
		}
	case *ordered.Object:
		if !refers(value) {
			return mapped(value, func(v any) any { return expanded(v, values) })
		}
		var operations []any
		for _, op := range value.Operations() {
			if o, ok := op.(*ordered.Object); ok {
				op = expanded(o, values)
			}
			operations = append(operations, op)
		}
		return ordered.Deferred(operations...).Resolve(func(ref string) *ordered.Object {
			o, _ := values[ref].(*ordered.Object)
			return o
		})
	}
	return value
}

// memory estimates how many bytes a value takes in memory.
func memory(value any) int64 {
	const word = 16
	switch value := value.(type) {
	case string:
		return word + int64(len(value))
	case []any:
		n := int64(2 * word)
		for _, e := range value {
			n += word + memory(e)
		}
		return n
	case *ordered.Object:
		// The keys twice, in a list and in a map with its own overhead.
		n := int64(6 * word)
		for _, k := range value.Keys() {
			e, _ := value.Get(k)
			n += 5*word + int64(len(k)) + memory(e)
		}
		return n
	default:
		return 2 * word
	}
}
