package ordered

import (
	"encoding/json"
	"fmt"
	"math/rand"
	"testing"
)

// elsewhere are the objects that the texts of operations stand for.
type elsewhere map[string]*Object

func (e elsewhere) find(text string) *Object { return e[text] }

func object(t *testing.T, text string) *Object {
	t.Helper()
	o, err := ParseObject([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestDeferred(t *testing.T) {
	far := elsewhere{
		"R": object(t, `{"a":1,"b":{"c":2,"d":3},"e":[4]}`),
		"S": object(t, `{"b":{"c":20},"f":5}`),
	}
	r, s := Deferred("R"), Deferred("S")
	for _, test := range []struct {
		name string
		got  *Object
		want string
	}{
		{"alone", r, `{"a":1,"b":{"c":2,"d":3},"e":[4]}`},
		{"over nothing", New().Merge(r), `{"a":1,"b":{"c":2,"d":3},"e":[4]}`},
		{"under nothing", r.Merge(New()), `{"a":1,"b":{"c":2,"d":3},"e":[4]}`},
		{"over plain", Of("z", Int(0), "a", Int(9)).Merge(r), `{"z":0,"a":1,"b":{"c":2,"d":3},"e":[4]}`},
		{"under plain", r.Merge(object(t, `{"b":{"d":30,"x":1},"y":2}`)), `{"a":1,"b":{"c":2,"d":30,"x":1},"e":[4],"y":2}`},
		{"two", r.Merge(s), `{"a":1,"b":{"c":20,"d":3},"e":[4],"f":5}`},
		{"two the other way", s.Merge(r), `{"b":{"c":2,"d":3},"f":5,"a":1,"e":[4]}`},
		{"deleted", r.DeletePath("b", "c").DeletePath("a"), `{"b":{"d":3},"e":[4]}`},
		{"deleted, then merged over what has it", object(t, `{"a":7}`).Merge(r.DeletePath("a")), `{"a":7,"b":{"c":2,"d":3},"e":[4]}`},
		{"scalar, then object", r.Merge(object(t, `{"a":{"x":1}}`)), `{"a":{"x":1},"b":{"c":2,"d":3},"e":[4]}`},
		{"with", r.With("b", "text"), `{"a":1,"e":[4],"b":"text"}`},
		{"plain with", Of("a", "b").With("a", "c"), `{"a":"c"}`},
	} {
		if got := Text(test.got.Resolve(far.find)); got != test.want {
			t.Errorf("%s: got %s, want %s", test.name, got, test.want)
		}
		var back *Object
		if err := json.Unmarshal([]byte(Text(test.got)), &back); err != nil {
			t.Fatal(err)
		}
		if got := Text(back.Resolve(far.find)); got != test.want {
			t.Errorf("%s, written and read: got %s, want %s", test.name, got, test.want)
		}
	}
	if Text(r) != Text(Deferred("R")) || Text(s) != Text(Deferred("S")) {
		t.Error("an object that was given was changed")
	}
}

func TestNoDeferred(t *testing.T) {
	for _, text := range []string{
		`{"dig2temporal-large-object":[]}`,
		`{"dig2temporal-large-object":"R"}`,
		`{"dig2temporal-large-object":[1]}`,
		`{"dig2temporal-large-object":[null]}`,
		`{"dig2temporal-large-object":[[]]}`,
		`{"dig2temporal-large-object":[["a",1]]}`,
		`{"dig2temporal-large-object":["R"],"more":1}`,
	} {
		o := object(t, text)
		if o.Operations() != nil || o.Resolve(nil) != o {
			t.Errorf("%s is taken for a deferred object", text)
		}
	}
}

// TestDeferredLikeMerge compares objects that lie elsewhere in part with the same
// objects at hand, through the same random steps.
func TestDeferredLikeMerge(t *testing.T) {
	for seed := range int64(3000) {
		r := rand.New(rand.NewSource(seed))
		far := elsewhere{}
		whole, parts := New(), New()
		var log []string
		for range 2 + r.Intn(8) {
			switch r.Intn(4) {
			case 0:
				path := []string{key(r), key(r)}[:1+r.Intn(2)]
				log = append(log, fmt.Sprint("delete ", path))
				whole, parts = whole.DeletePath(path...), parts.DeletePath(path...)
			case 1:
				o := randomObject(r, 3)
				log = append(log, "merge "+Text(o))
				whole, parts = whole.Merge(o), parts.Merge(o)
			default:
				o := randomObject(r, 3)
				near := away(r, far, o, 0)
				log = append(log, "merge "+Text(near)+" = "+Text(o))
				whole, parts = whole.Merge(o), parts.Merge(near)
			}
		}
		if got, want := Text(resolveAll(parts, far)), Text(whole); got != want {
			t.Fatalf("seed %d: got %s, want %s from %s after\n%q", seed, got, want, Text(parts), log)
		}
	}
}

func key(r *rand.Rand) string { return string(rune('a' + r.Intn(3))) }

func randomObject(r *rand.Rand, depth int) *Object {
	o := New()
	for range 1 + r.Intn(3) {
		switch {
		case depth > 0 && r.Intn(2) == 0:
			o.Set(key(r), randomObject(r, depth-1))
		default:
			o.Set(key(r), Int(int64(r.Intn(100))))
		}
	}
	return o
}

// away puts the object, or some of its members, elsewhere.
func away(r *rand.Rand, far elsewhere, o *Object, depth int) *Object {
	if r.Intn(2) == 0 {
		name := fmt.Sprintf("R%d", len(far))
		far[name] = o
		return Deferred(name)
	}
	near := New()
	for _, k := range o.Keys() {
		v, _ := o.Get(k)
		if c, ok := v.(*Object); ok {
			v = away(r, far, c, depth+1)
		}
		near.Set(k, v)
	}
	return near
}

func resolveAll(v any, far elsewhere) any {
	o, ok := v.(*Object)
	if !ok {
		return v
	}
	if list := o.Operations(); list != nil {
		var done []any
		for _, op := range list {
			if c, ok := op.(*Object); ok {
				op = resolveAll(c, far)
			}
			done = append(done, op)
		}
		return Deferred(done...).Resolve(far.find)
	}
	all := New()
	for _, k := range o.Keys() {
		v, _ := o.Get(k)
		all.Set(k, resolveAll(v, far))
	}
	return all
}

// TestDeferredStaysShort merges many small objects over one that lies elsewhere.
func TestDeferredStaysShort(t *testing.T) {
	o := Deferred("R")
	for i := range 1000 {
		o = o.Merge(Of(fmt.Sprintf("k%d", i), Int(int64(i))))
	}
	if n := len(o.Operations()); n != 2 {
		t.Errorf("%d operations", n)
	}
}
