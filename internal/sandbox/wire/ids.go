package wire

import (
	"crypto/rand"
	"encoding/hex"
)

const alphanumeric = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// RandomText returns n unguessable characters.
func RandomText(n int) string {
	buf := make([]byte, n)
	_, _ = rand.Read(buf) // crypto/rand.Read never fails
	for i, b := range buf {
		buf[i] = alphanumeric[int(b)%len(alphanumeric)]
	}
	return string(buf)
}

// RandomDigits returns n random digits, the first of which is not 0.
func RandomDigits(n int) string {
	buf := make([]byte, n)
	_, _ = rand.Read(buf) // crypto/rand.Read never fails
	for i, b := range buf {
		buf[i] = '0' + b%10
	}

	buf[0] = max(buf[0], '1')
	return string(buf)
}

// NewID returns an ID like those of Stripe's newer objects: a prefix, the
// account's mark, and random characters.
func NewID(prefix string) string { return prefix + "_1Sbx" + RandomText(20) }

// NewShortID returns an ID like those of Stripe's older objects: customers,
// products and requests.
func NewShortID(prefix string) string { return prefix + "_" + RandomText(14) }

// NewWebhookSecret returns a signing secret in the form that Stripe's libraries
// expect.
func NewWebhookSecret() string {
	buf := make([]byte, 32)
	_, _ = rand.Read(buf)
	return "whsec_" + hex.EncodeToString(buf)
}
