package store

import (
	_ "embed" // the dictionary
	"fmt"
	"sync"

	"github.com/klauspost/compress/zstd"

	"checkoutd/internal/sealed"
	"checkoutd/internal/webhooks"
)

// packedOne begins a payload that was compressed with the first dictionary. No
// event in clear begins with it, since Stripe signs JSON.
const packedOne = 0x01

// dictionaryOne holds one event of each common type, as Stripe sends them, the
// most frequent ones last. An event of 3 KB is hardly more than what it differs
// in, and becomes a fifth of its size instead of a third.
//
// It must stay as it is, to the byte: events are stored that only it can read.
// A better one needs another first byte, beside it.
//
//go:embed payloads_1.txt
var dictionaryOne []byte

// maxPayload bounds what a stored payload becomes in memory, in bytes.
const maxPayload = 16 << 20

// packer compresses with the first dictionary. Both halves are safe for
// concurrent use, and take their memory with the first event.
var packer = sync.OnceValue(func() (p struct {
	*zstd.Encoder
	*zstd.Decoder
}) {
	var err error
	p.Encoder, err = zstd.NewWriter(nil,
		zstd.WithEncoderDictRaw(packedOne, dictionaryOne),
		zstd.WithEncoderLevel(zstd.SpeedFastest),
		zstd.WithLowerEncoderMem(true),
		zstd.WithWindowSize(256<<10))
	if err != nil {
		panic(err) // no option is wrong
	}

	p.Decoder, err = zstd.NewReader(nil,
		zstd.WithDecoderDictRaw(packedOne, dictionaryOne),
		zstd.WithDecoderMaxMemory(maxPayload))
	if err != nil {
		panic(err)
	}

	return p
})

// pack returns a payload as it is stored: compressed, unless that makes it
// longer.
func pack(plain []byte) []byte {
	packed := packer().EncodeAll(plain, append(make([]byte, 0, len(plain)/4+64), packedOne))
	if len(packed) >= len(plain) {
		return plain
	}
	return packed
}

// Unpack returns the bytes that pack was given, or an error that wraps
// sealed.ErrTampered. A payload that an earlier release stored comes back as it
// is. It is for who reads the database without a Store.
func Unpack(stored []byte) ([]byte, error) {
	if len(stored) == 0 || stored[0] != packedOne {
		return stored, nil
	}

	plain, err := packer().DecodeAll(stored[1:], nil)
	if err != nil {
		return nil, fmt.Errorf("store: a payload cannot be decompressed: %w", sealed.ErrTampered)
	}

	return plain, nil
}

// signedBytes returns the payload of an event as Stripe signed it, from its
// stored form.
func (s *Store) signedBytes(eventID string, stored []byte) ([]byte, error) {
	packed, err := s.ring.Open(payloadSecrets.use(eventID), stored)
	if err != nil {
		return nil, err
	}
	return Unpack(packed)
}

// openPayload puts the signed bytes of an event in place of the stored ones.
func (s *Store) openPayload(e *webhooks.Event) error {
	plain, err := s.signedBytes(e.ID, e.Payload)
	if err == nil {
		e.Payload = plain
	}
	return err
}

// storePayload compresses and seals the payload of an event that is about to be
// stored. What is sealed cannot be compressed any more.
func (s *Store) storePayload(e *webhooks.Event) {
	e.Payload = s.ring.Seal(payloadSecrets.use(e.ID), pack(e.Payload))
}
