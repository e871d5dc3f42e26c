package sandbox

import (
	"crypto/rand"
	"encoding/hex"
)

const alphanumeric = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// randomText returns n characters that nobody can guess.
func randomText(n int) string {
	buf := make([]byte, n)
	_, _ = rand.Read(buf) // crypto/rand.Read never fails
	for i, b := range buf {
		buf[i] = alphanumeric[int(b)%len(alphanumeric)]
	}
	return string(buf)
}

// newID makes an id as Stripe's newer objects have: prefix, the account's mark, randomness.
func newID(prefix string) string { return prefix + "_1Sbx" + randomText(20) }

// newShortID makes an id as Stripe's older objects have (customers, products, requests).
func newShortID(prefix string) string { return prefix + "_" + randomText(14) }

// newWebhookSecret returns a signing secret in the form that Stripe's libraries expect.
func newWebhookSecret() string {
	buf := make([]byte, 32)
	_, _ = rand.Read(buf)
	return "whsec_" + hex.EncodeToString(buf)
}
