// Package codec holds the data converter that clients and workers share. Large
// payloads, such as plans of thousands of tasks, are compressed, since Temporal
// refuses payloads over 2 MiB; small ones stay readable in the Web UI.
package codec

import (
	"slices"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
)

// Threshold is the size in bytes from which payloads are compressed.
const Threshold = 16 << 10

// DataConverter returns the SDK's JSON converter with the codecs that Codecs
// returns on top.
func DataConverter(outer ...converter.PayloadCodec) converter.DataConverter {
	return converter.NewCodecDataConverter(converter.GetDefaultDataConverter(), Codecs(outer...)...)
}

// Codecs returns compression and what is given, such as NewEncryption, in the order
// that the SDK wants: the last codec sees a payload first, so payloads are
// compressed, then encrypted.
func Codecs(outer ...converter.PayloadCodec) []converter.PayloadCodec {
	return append(slices.Clone(outer), New(Threshold))
}

// New returns a codec that compresses payloads of at least min bytes and reads
// back both sorts.
func New(min int) converter.PayloadCodec {
	return &large{min: min, zlib: converter.NewZlibCodec(converter.ZlibCodecOptions{})}
}

type large struct {
	min  int
	zlib converter.PayloadCodec
}

var _ converter.PayloadCodec = (*large)(nil)

// Encode compresses what is large.
func (c *large) Encode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	encoded := payloads
	for i, p := range payloads {
		if len(p.GetData()) < c.min {
			continue
		}
		one, err := c.zlib.Encode([]*commonpb.Payload{p})
		if err != nil {
			return payloads, err
		}
		if &encoded[0] == &payloads[0] {
			encoded = append([]*commonpb.Payload(nil), payloads...)
		}
		encoded[i] = one[0]
	}
	return encoded, nil
}

// Decode opens what was compressed and passes the rest on.
func (c *large) Decode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	return c.zlib.Decode(payloads)
}
