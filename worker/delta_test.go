package worker

import (
	"fmt"
	"math/rand"
	"testing"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
)

// randomObject returns an object of few keys, so that scalars and objects meet.
func randomObject(r *rand.Rand, depth int) *ordered.Object {
	o := ordered.New()
	for range r.Intn(4) {
		key := string(rune('a' + r.Intn(3)))
		if depth > 0 && r.Intn(2) == 0 {
			o.Set(key, randomObject(r, depth-1))
		} else {
			o.Set(key, ordered.Int(int64(r.Intn(5))))
		}
	}
	return o
}

func randomDelta(r *rand.Rand) *Delta {
	var reset []string
	for range r.Intn(2) {
		reset = append(reset, []string{"a", "b", "a.b", "c.a.b"}[r.Intn(4)])
	}
	return newDelta(reset, randomObject(r, 2))
}

func TestSumOfDeltasDoesWhatTheyDoOneByOne(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	for range 20000 {
		params := randomObject(r, 2)
		deltas := []*Delta{randomDelta(r), randomDelta(r), randomDelta(r), randomDelta(r)}
		want := params
		for _, d := range deltas {
			want = d.apply(want)
		}
		left := deltas[0].then(deltas[1]).then(deltas[2]).then(deltas[3])
		right := deltas[0].then(deltas[1].then(deltas[2].then(deltas[3])))
		for name, sum := range map[string]*Delta{"left": left, "right": right} {
			if got := sum.apply(params); !ordered.Equal(got, want) {
				t.Fatalf("%s: params %s, deltas %s: got %s, want %s", name, ordered.Text(params), texts(deltas), ordered.Text(got), ordered.Text(want))
			}
		}
	}
}

func texts(deltas []*Delta) string {
	s := ""
	for _, d := range deltas {
		if d != nil {
			s += fmt.Sprintf("%v%s ", d.Reset, ordered.Text(d.Store))
		}
	}
	return s
}

func TestFoldFollowsTheGraph(t *testing.T) {
	store := func(k string, v int64) *node {
		return &node{state: Success, sum: newDelta(nil, ordered.Of(k, ordered.Int(v)))}
	}
	for name, c := range map[string]struct {
		edges [][]int
		at    int
		want  string
	}{
		"chain":             {[][]int{{}, {0}, {1}, {2}}, 3, `{"x":2}`},
		"parallel":          {[][]int{{}, {}, {}, {}}, 3, `{}`},
		"after one":         {[][]int{{}, {}, {}, {1}}, 3, `{"x":1}`},
		"farther first":     {[][]int{{}, {}, {0}, {1, 2}}, 3, `{"x":2}`},
		"background joins":  {[][]int{{}, {}, {0, 1}, {2}}, 3, `{"x":2}`},
		"batches":           {[][]int{{}, {}, {0, 1}, {0, 1}, {2, 3}}, 4, `{"x":3}`},
		"not the last":      {[][]int{{}, {0}, {0}, {1}}, 3, `{"x":1}`},
		"depends on itself": {[][]int{{}, {}, {}, {0, 2}}, 3, `{"x":2}`},
	} {
		var nodes []*node
		for i := range c.edges {
			nodes = append(nodes, store("x", int64(i)))
		}
		f := newFold(ordered.New(), c.edges, nodes)
		for i := range c.edges {
			f.sees(i)
		}
		if got := ordered.Text(f.sees(c.at)); got != c.want {
			t.Errorf("%s: got %s, want %s", name, got, c.want)
		}
	}
}
