package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"math/big"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
)

// Rounds are the children of a loop: all alike but for their names and for the
// variables in their _export. A loop of a million rounds is as small a value as
// one of two; the interpreter writes out the rounds it is about to run.
type Rounds struct {
	// Kind is "loop", "for_range" or "for_each".
	Kind string `json:"kind"`
	// Count is the number of rounds.
	Count int64 `json:"count"`
	// Body is the compiled _do. Its name and the loop's variables in its export
	// are those of round 0.
	Body *Task `json:"body"`
	// Parallel runs the rounds side by side, Limit at a time in batches when it
	// is over 0.
	Parallel bool `json:"parallel,omitempty"`
	Limit    int  `json:"limit,omitempty"`
	// From, To and Step are those of for_range.
	From int64 `json:"from,omitempty"`
	To   int64 `json:"to,omitempty"`
	Step int64 `json:"step,omitempty"`
	// Lists are those of for_each, the first changes slowest.
	Lists []List `json:"lists,omitempty"`
}

// List is one variable of a for_each with its values.
type List struct {
	// Index is the position of the key in the operator's mapping.
	Index  int    `json:"index"`
	Key    string `json:"key"`
	Values Values `json:"values"`
}

// Values is a list of JSON values of package ordered.
type Values []any

// MarshalJSON writes the list with objects in key order.
func (v Values) MarshalJSON() ([]byte, error) {
	return []byte(ordered.Text([]any(v))), nil
}

// UnmarshalJSON reads a list with exact numbers and objects in key order.
func (v *Values) UnmarshalJSON(text []byte) error {
	x, err := ordered.Parse(text)
	if err != nil {
		return err
	}
	*v, _ = x.([]any)
	return nil
}

// Task writes out round i.
func (r *Rounds) Task(i int64) *Task {
	t := *r.Body
	vars := r.Variables(i)
	t.Name = r.Name(i)
	t.Export = t.Export.Clone()
	for _, k := range vars.Keys() {
		v, _ := vars.Get(k)
		t.Export.Set(k, v)
	}
	t.Upstreams = nil
	return &t
}

// Variables returns what round i exports.
func (r *Rounds) Variables(i int64) *ordered.Object {
	switch r.Kind {
	case "loop":
		return ordered.Of("i", ordered.Int(i))
	case "for_range":
		from, to := r.bounds(i)
		return ordered.Of("range", ordered.Of("from", ordered.Int(from), "to", ordered.Int(to), "index", ordered.Int(i)))
	}
	vars := ordered.New()
	at := r.indexes(i)
	for n, l := range r.Lists {
		vars.Set(l.Key, l.Values[at[n]])
	}
	return vars
}

// Name returns the task name of round i.
func (r *Rounds) Name(i int64) string {
	switch r.Kind {
	case "loop":
		return "+loop-" + strconv.FormatInt(i, 10)
	case "for_range":
		from, to := r.bounds(i)
		return "+range-from=" + strconv.FormatInt(from, 10) + "&to=" + strconv.FormatInt(to, 10)
	}
	parts := make([]string, len(r.Lists))
	at := r.indexes(i)
	for n, l := range r.Lists {
		value, ok := l.Values[at[n]].(string)
		if !ok {
			value = ordered.Text(l.Values[at[n]])
		}
		parts[n] = strconv.Itoa(l.Index) + "=" + nameText(l.Key) + "=" + strconv.Itoa(at[n]) + "=" + nameText(value)
	}
	return shorten("+for-" + strings.Join(parts, "&"))
}

func (r *Rounds) bounds(i int64) (from, to int64) {
	step := big.NewInt(r.Step)
	f := new(big.Int).Add(big.NewInt(r.From), new(big.Int).Mul(step, big.NewInt(i)))
	t := new(big.Int).Add(f, step)
	if t.Cmp(big.NewInt(r.To)) > 0 {
		return f.Int64(), r.To
	}
	return f.Int64(), t.Int64()
}

func (r *Rounds) indexes(i int64) []int {
	at := make([]int, len(r.Lists))
	for n := len(r.Lists) - 1; n >= 0; n-- {
		size := int64(len(r.Lists[n].Values))
		at[n] = int(i % size)
		i /= size
	}
	return at
}

const maxNameLength = 255

// shorten cuts a name to the longest that a task may have; the hash keeps two
// names with one beginning apart.
func shorten(name string) string {
	if len(name) <= maxNameLength {
		return name
	}
	sum := sha256.Sum256([]byte(name))
	tail := "-" + hex.EncodeToString(sum[:6])
	head := name[:maxNameLength-len(tail)]
	// A %XX must not be cut in two.
	if at := strings.LastIndexByte(head, '%'); at > len(head)-3 {
		head = head[:at]
	}
	return head + tail
}

// nameText is the part of a key or value that stands in a task name: its first
// 8 UTF-16 units, encoded like a URL. "*" is encoded too, since it is not
// allowed in task names.
func nameText(s string) string {
	units := utf16.Encode([]rune(s))
	if len(units) > 8 {
		units = units[:8]
	}
	var b strings.Builder
	for i := 0; i < len(units); i++ {
		r := rune(units[i])
		if utf16.IsSurrogate(r) {
			if i+1 < len(units) {
				if pair := utf16.DecodeRune(r, rune(units[i+1])); pair != '�' {
					i++
					encodeRune(&b, pair)
					continue
				}
			}
			b.WriteString("%3F")
			continue
		}
		encodeRune(&b, r)
	}
	return b.String()
}

func encodeRune(b *strings.Builder, r rune) {
	if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' || r == '.' {
		b.WriteRune(r)
		return
	}
	for _, c := range []byte(string(r)) {
		b.WriteByte('%')
		b.WriteString(strings.ToUpper(hex.EncodeToString([]byte{c})))
	}
}

var _ json.Marshaler = Values(nil)
