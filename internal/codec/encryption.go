package codec

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/proto"
)

// They are written into histories and must never change.
const (
	// encodingEncrypted is the encoding that encrypted payloads carry in their
	// metadata.
	encodingEncrypted = "binary/encrypted"
	// metadataKeyID is the name of the metadata that names the key.
	metadataKeyID = "encryption-key-id"
)

// NewEncryption returns a codec that encrypts payloads, metadata included, with
// AES-256-GCM under the key of the id current, or the first one when current is
// empty. It reads what any of the keys encrypted, and passes on what is not
// encrypted at all, such as histories from before encryption was turned on. To
// exchange a key: add the new one to all workers and clients, make it the current
// one, drop the old one when no history that is kept needs it.
func NewEncryption(keys []Key, current string) (converter.PayloadCodec, error) {
	if len(keys) == 0 {
		return nil, errors.New("no encryption key is given")
	}
	if current == "" {
		current = keys[0].ID
	}
	c := &encryption{current: current, keys: map[string]cipher.AEAD{}}
	for _, key := range keys {
		if err := key.check(); err != nil {
			return nil, err
		}
		if _, ok := c.keys[key.ID]; ok {
			return nil, fmt.Errorf("two encryption keys have the id %q", key.ID)
		}
		block, err := aes.NewCipher(key.Secret)
		if err != nil {
			return nil, err
		}
		if c.keys[key.ID], err = cipher.NewGCM(block); err != nil {
			return nil, err
		}
	}
	if c.keys[current] == nil {
		return nil, fmt.Errorf("no encryption key has the id %q", current)
	}
	return c, nil
}

type encryption struct {
	current string
	keys    map[string]cipher.AEAD
}

var _ converter.PayloadCodec = (*encryption)(nil)

// Encode encrypts each payload.
func (c *encryption) Encode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	aead := c.keys[c.current]
	encoded := make([]*commonpb.Payload, len(payloads))
	for i, p := range payloads {
		text, err := proto.Marshal(p)
		if err != nil {
			return payloads, err
		}
		data := make([]byte, aead.NonceSize(), aead.NonceSize()+len(text)+aead.Overhead())
		if _, err := rand.Read(data); err != nil {
			return payloads, err
		}
		encoded[i] = &commonpb.Payload{
			Metadata: map[string][]byte{
				converter.MetadataEncoding: []byte(encodingEncrypted),
				metadataKeyID:              []byte(c.current),
			},
			Data: aead.Seal(data, data, text, bound(c.current)),
		}
	}
	return encoded, nil
}

// Decode decrypts what is encrypted and passes the rest on.
func (c *encryption) Decode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	decoded := make([]*commonpb.Payload, len(payloads))
	for i, p := range payloads {
		if string(p.GetMetadata()[converter.MetadataEncoding]) != encodingEncrypted {
			decoded[i] = p
			continue
		}
		id := string(p.GetMetadata()[metadataKeyID])
		aead := c.keys[id]
		if aead == nil {
			return payloads, fmt.Errorf("a payload is encrypted with the key %q, which is not among the encryption keys given", id)
		}
		n := aead.NonceSize()
		if len(p.GetData()) < n {
			return payloads, fmt.Errorf("a payload encrypted with the key %q is damaged", id)
		}
		text, err := aead.Open(nil, p.Data[:n], p.Data[n:], bound(id))
		if err != nil {
			return payloads, fmt.Errorf("a payload can't be decrypted with the key %q: it is damaged, or another key had the same id", id)
		}
		decoded[i] = new(commonpb.Payload)
		if err := proto.Unmarshal(text, decoded[i]); err != nil {
			return payloads, fmt.Errorf("a payload decrypted with the key %q is none: %w", id, err)
		}
	}
	return decoded, nil
}

// bound is authenticated with each payload, so that its metadata can't be changed.
func bound(id string) []byte { return []byte(encodingEncrypted + "\x00" + id) }
