package ordered

import (
	"fmt"
	"math/rand"
	"slices"
	"testing"
)

// pair is an entry of a slow and obvious object.
type pair struct {
	key   string
	value any
}

type model []pair

func (m model) at(key string) int {
	return slices.IndexFunc(m, func(p pair) bool { return p.key == key })
}

func (m model) set(key string, value any) model {
	if i := m.at(key); i >= 0 {
		m[i].value = value
		return m
	}
	return append(m, pair{key, value})
}

func (m model) without(keys ...string) model {
	return slices.DeleteFunc(slices.Clone(m), func(p pair) bool { return slices.Contains(keys, p.key) })
}

func (m model) compare(t *testing.T, o *Object, after string) {
	t.Helper()
	if o.Len() != len(m) {
		t.Fatalf("after %s: %d keys, want %d", after, o.Len(), len(m))
	}
	for i, p := range m {
		if o.Keys()[i] != p.key {
			t.Fatalf("after %s: key %d is %q, want %q", after, i, o.Keys()[i], p.key)
		}
		if v, ok := o.Get(p.key); !ok || v != p.value {
			t.Fatalf("after %s: %q is %v, want %v", after, p.key, v, p.value)
		}
	}
	if o.Has("none") {
		t.Fatalf("after %s: a key that was never set is there", after)
	}
}

// TestObject does the same to an object and to a list of pairs, on both sides of
// the number of keys from which an object has an index.
func TestObject(t *testing.T) {
	for seed := range int64(50) {
		r := rand.New(rand.NewSource(seed))
		key := func() string { return fmt.Sprintf("k%d", r.Intn(3*maxUnindexed)) }
		o, m := New(), model{}
		for step := range 400 {
			k := key()
			switch r.Intn(8) {
			case 0, 1, 2, 3:
				o.Set(k, step)
				m = m.set(k, step)
			case 4:
				keys := o.Keys()
				before := slices.Clone(keys)
				o.Delete(k)
				m = m.without(k)
				if !slices.Equal(keys, before) {
					t.Fatal("deleting a key changed the keys that somebody held")
				}
			case 5:
				kept, held := o, slices.Clone(m)
				o = o.Clone()
				o.Set(k, "clone")
				m = m.set(k, "clone")
				held.compare(t, kept, "a change of its clone")
			case 6:
				other := New()
				for range r.Intn(maxUnindexed) {
					k := key()
					other.Set(k, step)
				}
				for _, k := range other.Keys() {
					m = m.set(k, step)
				}
				o = o.Merge(other).Clone()
			case 7:
				gone := []string{k, key()}
				o, m = o.Without(gone...), m.without(gone...)
			}
			m.compare(t, o, fmt.Sprintf("step %d of seed %d", step, seed))
		}
	}
}

func TestMergeDefault(t *testing.T) {
	o := Of("a", 1, "o", Of("x", 1)).MergeDefault(Of("b", 2, "a", 3, "o", Of("x", 2, "y", 2)))
	if got, want := fmt.Sprint(o.Keys(), o.Object("o").Keys()), "[a o b] [x y]"; got != want {
		t.Errorf("keys %s, want %s", got, want)
	}
	for _, want := range []pair{{"a", 1}, {"b", 2}} {
		if v, _ := o.Get(want.key); v != want.value {
			t.Errorf("%s is %v, want %v", want.key, v, want.value)
		}
	}
	if v, _ := o.Object("o").Get("x"); v != 1 {
		t.Errorf("o.x is %v, want 1", v)
	}
}

func TestNilObject(t *testing.T) {
	var o *Object
	if o.Len() != 0 || o.Has("a") || len(o.Keys()) != 0 || o.Clone().Len() != 0 || o.Without("a").Len() != 0 {
		t.Error("a nil object does not read as an empty one")
	}
	if got := Text(o.Merge(Of("a", "b"))); got != `{"a":"b"}` {
		t.Errorf("merged over nil: %s", got)
	}
}
