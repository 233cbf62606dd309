package claimcheck

import (
	"context"
	"crypto/sha256"
	"fmt"
	"unicode/utf8"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/singleflight"
	"google.golang.org/protobuf/proto"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
)

// atOnce is how many values are stored or read at a time for one task.
const atOnce = 4

// Values takes large values out of params and puts them back. It takes texts, lists
// and objects; those that are large only by what is within them are left, with
// references inside. Large objects become deferred ones (ordered.Deferred), which
// the interpreter merges without having them. It is safe for concurrent use. A nil
// *Values leaves everything as it is.
type Values struct {
	store  *Store
	codecs []converter.PayloadCodec
	// parsed holds values by the hash of their object, known references by the
	// hash of the value's JSON: a task often stores what it was given.
	parsed *cache
	known  *cache
	reads  singleflight.Group
}

// NewValues returns the values of a store. The codecs, in the order of
// codec.Codecs, compress and encrypt what is stored. In memory it keeps four times
// the bytes of recent values that the store keeps of objects, since that is what
// they take.
func NewValues(store *Store, codecs ...converter.PayloadCodec) *Values {
	return &Values{store: store, codecs: codecs, parsed: newCache(4 * max(store.seen.limit, 0)), known: newCache(1000)}
}

// Shrink returns params with references in the place of their large values. It
// returns o itself when there are none.
func (v *Values) Shrink(ctx context.Context, o *ordered.Object) (*ordered.Object, error) {
	if v == nil || o.Len() == 0 {
		return o, nil
	}
	var list []any
	shrunkParams(o, func(value any) string {
		list = append(list, value)
		return ""
	})
	if len(list) == 0 {
		return o, nil
	}
	refs := make([]string, len(list))
	err := atMost(ctx, len(list), func(ctx context.Context, i int) (err error) {
		refs[i], err = v.save(ctx, list[i])
		return err
	})
	if err != nil {
		return o, err
	}
	next := 0
	return shrunkParams(o, func(any) string {
		next++
		return refs[next-1]
	}), nil
}

// Expand returns o with the values in the place of their references. It returns o
// itself when there are none. Permanent tells whether it is of use to try again
// after an error.
func (v *Values) Expand(ctx context.Context, o *ordered.Object) (*ordered.Object, error) {
	if v == nil || o.Len() == 0 {
		return o, nil
	}
	values := map[string]any{}
	var refs []string
	collect(o, func(ref string) {
		if _, ok := values[ref]; !ok {
			values[ref] = nil
			refs = append(refs, ref)
		}
	})
	if len(refs) == 0 {
		return o, nil
	}
	loaded := make([]any, len(refs))
	err := atMost(ctx, len(refs), func(ctx context.Context, i int) (err error) {
		loaded[i], err = v.load(ctx, refs[i])
		return err
	})
	if err != nil {
		return o, err
	}
	for i, ref := range refs {
		values[ref] = loaded[i]
	}
	return expanded(o, values).(*ordered.Object), nil
}

// Touch makes what the objects refer to count as stored now, so that it is kept as
// long as the history of an attempt that takes them over from an earlier one.
func (v *Values) Touch(ctx context.Context, list ...*ordered.Object) error {
	if v == nil {
		return nil
	}
	known := map[string]bool{}
	var sums []string
	for _, o := range list {
		if o.Len() == 0 {
			continue
		}
		collect(o, func(ref string) {
			if sum, _ := reference(ref); !known[sum] {
				known[sum] = true
				sums = append(sums, sum)
			}
		})
	}
	return atMost(ctx, len(sums), func(ctx context.Context, i int) error { return v.store.renew(ctx, sums[i]) })
}

func atMost(ctx context.Context, n int, f func(context.Context, int) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for i := range n {
		group.Go(func() error { return f(ctx, i) })
	}
	return group.Wait()
}

// save stores a value and returns its reference.
func (v *Values) save(ctx context.Context, value any) (string, error) {
	text := []byte(ordered.Text(value))
	h := sha256.Sum256(text)
	plain := string(h[:])
	if ref, ok := v.known.get(plain); ok {
		if sum, _ := reference(ref.(string)); v.store.recent(sum) {
			return ref.(string), nil
		}
	}
	p := &commonpb.Payload{
		Metadata: map[string][]byte{converter.MetadataEncoding: []byte(converter.MetadataEncodingJSON)},
		Data:     text,
	}
	payloads := []*commonpb.Payload{p}
	for i := len(v.codecs) - 1; i >= 0; i-- {
		var err error
		if payloads, err = v.codecs[i].Encode(payloads); err != nil {
			return "", err
		}
	}
	data, err := proto.MarshalOptions{Deterministic: true}.Marshal(payloads[0])
	if err != nil {
		return "", err
	}
	sum, err := v.store.put(ctx, data)
	if err != nil {
		return "", err
	}
	ref := fmt.Sprintf("%s%s:%d bytes", mark, sum, len(text))
	v.known.put(plain, ref, 1)
	// Reading gives numbers the one text that they have in workflows, so a list is
	// not taken for what will be read.
	if s, ok := value.(string); ok && utf8.ValidString(s) {
		v.parsed.put(sum, value, memory(value))
	}
	return ref, nil
}

func (v *Values) load(ctx context.Context, ref string) (any, error) {
	sum, _ := reference(ref)
	if value, ok := v.parsed.get(sum); ok {
		return value, nil
	}
	// The read within has the limit.
	return shared(ctx, &v.reads, sum, func(ctx context.Context) (any, error) {
		p, err := v.store.payload(ctx, sum)
		if err != nil {
			return nil, err
		}
		payloads := []*commonpb.Payload{p}
		for _, c := range v.codecs {
			if payloads, err = c.Decode(payloads); err != nil {
				return nil, fmt.Errorf("the large value %s can't be decoded: %w", sum, err)
			}
		}
		value, err := ordered.Parse(payloads[0].GetData())
		if err != nil {
			return nil, fmt.Errorf("the large value %s is no JSON: %w", sum, err)
		}
		v.parsed.put(sum, value, memory(value))
		return value, nil
	})
}
