package projectsecrets

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"errors"

	"gocloud.dev/secrets"
)

// content is what is sealed.
type content struct {
	Project int64  `json:"project"`
	Key     string `json:"key"`
	Value   string `json:"value"`
}

// A sealed secret is: the version, the length of the sealed data key (2 bytes, big
// endian), the sealed data key, the nonce, the sealed content.
const (
	version     = 1
	header      = 3
	dataKeySize = 32
	nonceSize   = 12
)

var errShape = errors.New("its object is damaged")

func seal(ctx context.Context, keeper *secrets.Keeper, c content) ([]byte, error) {
	text, err := json.Marshal(c)
	if err != nil {
		return nil, err
	}
	key := make([]byte, dataKeySize)
	nonce := make([]byte, nonceSize)
	if _, err := rand.Read(key); err != nil {
		return nil, err
	}
	if _, err := rand.Read(nonce); err != nil {
		return nil, err
	}
	sealedKey, err := keeper.Encrypt(ctx, key)
	if err != nil {
		return nil, err
	}
	if len(sealedKey) > 1<<16-1 {
		return nil, errors.New("the keeper returned a ciphertext of more than 65,535 bytes")
	}
	aead, err := gcm(key)
	if err != nil {
		return nil, err
	}
	sealed := make([]byte, 0, header+len(sealedKey)+nonceSize+len(text)+aead.Overhead())
	sealed = append(sealed, version)
	sealed = binary.BigEndian.AppendUint16(sealed, uint16(len(sealedKey)))
	sealed = append(sealed, sealedKey...)
	sealed = append(sealed, nonce...)
	return aead.Seal(sealed, nonce, text, nil), nil
}

func unseal(ctx context.Context, keeper *secrets.Keeper, sealed []byte) (content, error) {
	if len(sealed) < header {
		return content{}, errShape
	}
	if sealed[0] != version {
		return content{}, errors.New("a newer version wrote it")
	}
	n, rest := int(binary.BigEndian.Uint16(sealed[1:])), sealed[header:]
	if len(rest) < n+nonceSize {
		return content{}, errShape
	}
	key, err := keeper.Decrypt(ctx, rest[:n])
	if err != nil {
		return content{}, &keeperError{err}
	}
	aead, err := gcm(key)
	if err != nil {
		return content{}, errShape
	}
	text, err := aead.Open(nil, rest[n:n+nonceSize], rest[n+nonceSize:], nil)
	if err != nil {
		return content{}, errShape
	}
	var c content
	if err := json.Unmarshal(text, &c); err != nil {
		// The decoder's own error quotes what it read.
		return content{}, errShape
	}
	return c, nil
}

func gcm(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// keeperError tells that the keeper didn't open a data key, most often since the
// secret was set with another one.
type keeperError struct{ cause error }

func (e *keeperError) Error() string {
	return "the keeper can't open it (was it set with another key?): " + e.cause.Error()
}

func (e *keeperError) Unwrap() error { return e.cause }
