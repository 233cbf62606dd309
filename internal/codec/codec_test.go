package codec

import (
	"math/rand"
	"strings"
	"testing"

	commonpb "go.temporal.io/api/common/v1"
	"google.golang.org/protobuf/proto"
)

func payload(data string) *commonpb.Payload {
	return &commonpb.Payload{Metadata: map[string][]byte{"encoding": []byte("json/plain")}, Data: []byte(data)}
}

func TestCodec(t *testing.T) {
	small := payload(`"small"`)
	large := payload(`"` + strings.Repeat("task ", 1000) + `"`)
	c := New(100)
	encoded, err := c.Encode([]*commonpb.Payload{small, large, small})
	if err != nil {
		t.Fatal(err)
	}
	if !proto.Equal(encoded[0], small) || !proto.Equal(encoded[2], small) {
		t.Error("a small payload was changed")
	}
	if n := len(encoded[1].Data); n > 500 {
		t.Errorf("the large payload takes %d bytes", n)
	}
	if len(large.Data) != 5002 {
		t.Error("the payload that was given was changed")
	}
	decoded, err := c.Decode(encoded)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []*commonpb.Payload{small, large, small} {
		if !proto.Equal(decoded[i], want) {
			t.Errorf("payload %d comes back as %v", i, decoded[i])
		}
	}
}

func TestCodecKeepsWhatDoesNotShrink(t *testing.T) {
	noise := make([]byte, 4000)
	rand.New(rand.NewSource(1)).Read(noise)
	p := payload(string(noise))
	encoded, err := New(100).Encode([]*commonpb.Payload{p})
	if err != nil {
		t.Fatal(err)
	}
	if !proto.Equal(encoded[0], p) {
		t.Error("a payload that compression makes larger was compressed")
	}
}

func TestDataConverter(t *testing.T) {
	long := strings.Repeat("dig ", Threshold)
	p, err := DataConverter().ToPayload(long)
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Data) > Threshold {
		t.Errorf("%d bytes, not compressed", len(p.Data))
	}
	var back string
	if err := DataConverter().FromPayload(p, &back); err != nil || back != long {
		t.Errorf("comes back as %d bytes, %v", len(back), err)
	}
}
