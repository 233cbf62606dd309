package codec

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/proto"
)

func key(id string, fill byte) Key { return Key{ID: id, Secret: bytes.Repeat([]byte{fill}, 32)} }

func newEncryption(t *testing.T, current string, keys ...Key) converter.PayloadCodec {
	t.Helper()
	c, err := NewEncryption(keys, current)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestEncryption(t *testing.T) {
	c := newEncryption(t, "", key("one", 1))
	p := payload(`"secret text"`)
	encoded, err := c.Encode([]*commonpb.Payload{p, p})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range encoded {
		if string(e.Metadata["encoding"]) != "binary/encrypted" || string(e.Metadata["encryption-key-id"]) != "one" {
			t.Errorf("metadata: %v", e.Metadata)
		}
		if text, _ := proto.Marshal(e); bytes.Contains(text, []byte("secret")) || bytes.Contains(text, []byte("json/plain")) {
			t.Error("readable")
		}
	}
	if bytes.Equal(encoded[0].Data, encoded[1].Data) {
		t.Error("equal payloads are encrypted equally: the nonce is not random")
	}
	if !proto.Equal(p, payload(`"secret text"`)) {
		t.Error("the payload that was given was changed")
	}
	plain := payload(`"from before"`)
	decoded, err := c.Decode(append(encoded, plain))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []*commonpb.Payload{p, p, plain} {
		if !proto.Equal(decoded[i], want) {
			t.Errorf("payload %d comes back as %v", i, decoded[i])
		}
	}
}

func TestEncryptionKeyRotation(t *testing.T) {
	old := newEncryption(t, "", key("2024", 1))
	both := newEncryption(t, "2025", key("2024", 1), key("2025", 2))
	was, err := old.Encode([]*commonpb.Payload{payload("1")})
	if err != nil {
		t.Fatal(err)
	}
	is, err := both.Encode([]*commonpb.Payload{payload("2")})
	if err != nil {
		t.Fatal(err)
	}
	decoded, err := both.Decode(append(was, is...))
	if err != nil || string(decoded[0].Data)+string(decoded[1].Data) != "12" {
		t.Errorf("got %v, %v", decoded, err)
	}
	if _, err := old.Decode(is); err == nil || !strings.Contains(err.Error(), `"2025"`) {
		t.Errorf("without the key: %v", err)
	}
}

func TestEncryptionRefusesChanges(t *testing.T) {
	c := newEncryption(t, "", key("one", 1), key("two", 1), key("three", 3))
	encode := func() *commonpb.Payload {
		e, err := c.Encode([]*commonpb.Payload{payload(`"text"`)})
		if err != nil {
			t.Fatal(err)
		}
		return e[0]
	}
	for name, change := range map[string]func(*commonpb.Payload){
		"a byte":            func(p *commonpb.Payload) { p.Data[len(p.Data)-1] ^= 1 },
		"the nonce":         func(p *commonpb.Payload) { p.Data[0] ^= 1 },
		"cut":               func(p *commonpb.Payload) { p.Data = p.Data[:5] },
		"empty":             func(p *commonpb.Payload) { p.Data = nil },
		"an equal key's id": func(p *commonpb.Payload) { p.Metadata[metadataKeyID] = []byte("two") },
		"another key's id":  func(p *commonpb.Payload) { p.Metadata[metadataKeyID] = []byte("three") },
		"no key's id":       func(p *commonpb.Payload) { delete(p.Metadata, metadataKeyID) },
	} {
		p := encode()
		change(p)
		if _, err := c.Decode([]*commonpb.Payload{p}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestEncryptionComesAfterCompression(t *testing.T) {
	c := newEncryption(t, "", key("one", 1))
	long := strings.Repeat("dig ", Threshold)
	dc := DataConverter(c)
	p, err := dc.ToPayload(long)
	if err != nil {
		t.Fatal(err)
	}
	if string(p.Metadata["encoding"]) != encodingEncrypted || len(p.Data) > Threshold {
		t.Errorf("%v, %d bytes: expected to be encrypted and compressed", p.Metadata, len(p.Data))
	}
	var back string
	if err := dc.FromPayload(p, &back); err != nil || back != long {
		t.Errorf("comes back as %d bytes, %v", len(back), err)
	}
	// Payloads from before encryption was turned on.
	if p, err = DataConverter().ToPayload(long); err != nil {
		t.Fatal(err)
	}
	if err := dc.FromPayload(p, &back); err != nil || back != long {
		t.Errorf("an unencrypted one comes back as %d bytes, %v", len(back), err)
	}
}

func TestBadKeys(t *testing.T) {
	for want, keys := range map[string][]Key{
		"no encryption key is given":                           nil,
		`two encryption keys have the id "a"`:                  {key("a", 1), key("a", 2)},
		`the encryption key "a" has 3 bytes, expected 32`:      {{ID: "a", Secret: []byte("abc")}},
		"the id of an encryption key must have 1 to 32 letter": {{ID: "", Secret: make([]byte, 32)}},
	} {
		if _, err := NewEncryption(keys, ""); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	if _, err := NewEncryption([]Key{key("a", 1)}, "b"); err == nil || err.Error() != `no encryption key has the id "b"` {
		t.Errorf("got %v", err)
	}
}

func TestReadKeys(t *testing.T) {
	secret := bytes.Repeat([]byte{0xfb, 0xff}, 16) // has + and / in base64
	std, url := base64.StdEncoding.EncodeToString(secret), base64.RawURLEncoding.EncodeToString(secret)
	keys, err := ReadKeys(strings.NewReader("# keys of the payloads\n\nnew:" + std + "\n mid:" + url + ",old:" + std + " older:" + std + "\n"))
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, k := range keys {
		ids = append(ids, k.ID)
		if !bytes.Equal(k.Secret, secret) {
			t.Errorf("%s has another secret", k.ID)
		}
	}
	if got := strings.Join(ids, " "); got != "new mid old older" {
		t.Errorf("got %s", got)
	}
	if s := fmt.Sprintf("%v %+v %#v", keys[0], keys, keys[0]); strings.Contains(s, "251") || strings.Contains(s, "fb") {
		t.Errorf("printing shows the key: %s", s)
	}
}

func TestReadKeysErrorsShowNoKey(t *testing.T) {
	secret := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("Kq7"), 11))[:43]
	for _, text := range []string{
		secret,                        // no id
		secret + ":id",                // the wrong way round
		"id:" + secret[:20],           // too short
		"id:" + secret + "!",          // no base64
		"id:" + secret + secret + "=", // too long
		"i d:" + secret,
		":" + secret,
	} {
		_, err := ReadKeys(strings.NewReader("\n" + text))
		if err == nil {
			t.Errorf("%q: no error", text)
			continue
		}
		if !strings.HasPrefix(err.Error(), "line 2: ") || strings.Contains(err.Error(), secret[:12]) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func FuzzReadKeys(f *testing.F) {
	f.Add("a:" + base64.StdEncoding.EncodeToString(make([]byte, 32)))
	f.Add("# x\n,, a:b\n:")
	f.Fuzz(func(t *testing.T, text string) {
		keys, err := ReadKeys(strings.NewReader(text))
		if err != nil {
			return
		}
		for _, k := range keys {
			if err := k.check(); err != nil {
				t.Errorf("%q gives a key that is none: %v", text, err)
			}
		}
	})
}
