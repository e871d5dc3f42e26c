// Package sealed encrypts the secrets that the database holds, so that a copy
// of the database shows none of them.
//
// A sealed value is AES-256-GCM under a random nonce and names the key that it
// is sealed under. What it is, and of which row, is authenticated with it: a
// value that is moved to another row does not open. A Ring has several keys
// while one replaces another: the first seals, each of them opens. Without keys
// a Ring leaves values as they are, and values from before there were keys open
// as they are.
package sealed

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// KeySize is the length of a key in bytes.
const KeySize = 32

// prefix begins every sealed value, and no value in clear: Stripe's secrets
// begin with the kind of object, payloads with a brace, and keys of our own
// have KeySize bytes.
const prefix = "sealed1:"

// idSize is the length of a key's ID, in characters.
const idSize = 8

// HeadSize is the length of the beginning of a value that IsCurrent looks at.
const HeadSize = len(prefix) + idSize + 1

// Ring seals and opens values. It is safe for concurrent use. A nil Ring has no
// keys.
type Ring struct{ keys []key }

type key struct {
	id   string
	aead cipher.AEAD
}

// NewRing returns a Ring with the keys, of KeySize bytes each. The first one
// seals.
func NewRing(keys [][]byte) (*Ring, error) {
	r := &Ring{}
	for _, k := range keys {
		if len(k) != KeySize {
			return nil, fmt.Errorf("sealed: a key has %d bytes, want %d", len(k), KeySize)
		}

		block, err := aes.NewCipher(k)
		if err != nil {
			return nil, err
		}
		aead, err := cipher.NewGCMWithRandomNonce(block)
		if err != nil {
			return nil, err
		}

		r.keys = append(r.keys, key{id: keyID(k), aead: aead})
	}

	return r, nil
}

// keyID returns the name of a key, which does not reveal it.
func keyID(k []byte) string {
	mac := hmac.New(sha256.New, k)
	mac.Write([]byte("checkoutd: the ID of this key"))
	return hex.EncodeToString(mac.Sum(nil))[:idSize]
}

// KeyIDs returns the names of the keys, that of the sealing one first.
func (r *Ring) KeyIDs() []string {
	if r == nil {
		return nil
	}

	var ids []string
	for _, k := range r.keys {
		ids = append(ids, k.id)
	}
	return ids
}

// Seal returns plain encrypted, for the use that context names. Without keys,
// and for an empty value, it returns plain.
func (r *Ring) Seal(context string, plain []byte) []byte {
	if r == nil || len(r.keys) == 0 || len(plain) == 0 {
		return plain
	}
	k := r.keys[0]
	return k.aead.Seal([]byte(prefix+k.id+":"), nil, plain, []byte(context))
}

// The reasons why a value does not open.
var (
	ErrNoKey    = errors.New("it is encrypted under a key that DATA_KEY does not list")
	ErrTampered = errors.New("it was changed, or belongs to another row")
)

// Open returns what was sealed for the same context, and a value in clear as it
// is.
func (r *Ring) Open(context string, value []byte) ([]byte, error) {
	id, box, ok := split(value)
	if !ok {
		return value, nil
	}

	if r != nil {
		for _, k := range r.keys {
			if k.id != id {
				continue
			}

			plain, err := k.aead.Open(nil, nil, box, []byte(context))
			if err != nil {
				return nil, fmt.Errorf("sealed: %s: %w", context, ErrTampered)
			}
			return plain, nil
		}
	}

	return nil, fmt.Errorf("sealed: %s: %w (%s)", context, ErrNoKey, id)
}

func split(value []byte) (id string, box []byte, ok bool) {
	if len(value) < HeadSize || !strings.HasPrefix(string(value[:HeadSize]), prefix) || value[HeadSize-1] != ':' {
		return "", nil, false
	}
	return string(value[len(prefix) : HeadSize-1]), value[HeadSize:], true
}

// IsCurrent reports whether a value that begins with head needs no sealing: it
// is empty, or sealed under the first key, or there is none.
func (r *Ring) IsCurrent(head []byte) bool {
	if r == nil || len(r.keys) == 0 || len(head) == 0 {
		return true
	}
	id, _, ok := split(head)
	return ok && id == r.keys[0].id
}

// SealText is Seal for a column of text.
func (r *Ring) SealText(context, plain string) string {
	value := r.Seal(context, []byte(plain))
	if _, box, ok := split(value); ok {
		return string(value[:HeadSize]) + base64.RawURLEncoding.EncodeToString(box)
	}
	return plain
}

// OpenText is Open for a column of text.
func (r *Ring) OpenText(context, value string) (string, error) {
	_, text, ok := split([]byte(value))
	if !ok {
		return value, nil
	}

	box, err := base64.RawURLEncoding.DecodeString(string(text))
	if err != nil {
		return "", fmt.Errorf("sealed: %s: %w", context, ErrTampered)
	}

	plain, err := r.Open(context, append([]byte(value[:HeadSize]), box...))
	return string(plain), err
}
