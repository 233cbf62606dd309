package expr

import "github.com/dig2temporal/dig2temporal/internal/ordered"

// budget is what results of texts may have in bytes. Those of one config share
// one: they are all kept until its task is done.
type budget struct{ all, left int }

// take takes the bytes of a result out of the budget.
func (b *budget) take(n int) error {
	if n <= b.left {
		b.left -= n
		return nil
	}
	if b.left == b.all {
		return limitError{"the result is longer than " + byteSize(int64(b.all))}
	}
	return limitError{"the results of all texts of the task are longer than " + byteSize(int64(b.all)) + " together"}
}

// smallInputs is what the values that a program can reach may take in bytes when
// nobody watches how much memory it uses.
const smallInputs = 64 << 10

// small tells whether the values that a program can reach are small.
func (s scope) small(u *uses) bool {
	left := smallInputs
	if u.scope {
		s.each(func(_ string, v any) { spend(&left, v) })
		return left >= 0
	}
	for name := range u.variables {
		if v, ok := s.get(name); ok {
			spend(&left, v)
		}
	}
	return left >= 0
}

// spend takes what a value has in memory, roughly, and gives up when that is too
// much.
func spend(left *int, value any) {
	const each = 32
	*left -= each
	if *left < 0 {
		return
	}
	switch v := value.(type) {
	case string:
		*left -= len(v)
	case []any:
		for i := 0; i < len(v) && *left >= 0; i++ {
			spend(left, v[i])
		}
	case *ordered.Object:
		keys := v.Keys()
		for i := 0; i < len(keys) && *left >= 0; i++ {
			*left -= len(keys[i])
			e, _ := v.Get(keys[i])
			spend(left, e)
		}
	}
}
