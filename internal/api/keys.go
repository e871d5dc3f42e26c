package api

import (
	"crypto/rand"
	"crypto/sha256"
	"hash/crc32"
	"math/big"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"checkoutd/internal/cleantext"
	"checkoutd/internal/fault"
	"checkoutd/internal/orders"
)

// Scope is what a key may do. Each scope includes the ones before it.
type Scope string

// The scopes, least first.
const (
	ScopeRead   Scope = "read"   // see orders, customers and webhook endpoints
	ScopeWrite  Scope = "write"  // change them: orders, customers, endpoints
	ScopeRefund Scope = "refund" // give money back
)

var scopes = []Scope{ScopeRead, ScopeWrite, ScopeRefund}

// Known reports whether s is one of the scopes.
func (s Scope) Known() bool { return slices.Contains(scopes, s) }

// Includes reports whether a key of scope s may do what needs asks for.
func (s Scope) Includes(needs Scope) bool {
	return s.Known() && slices.Index(scopes, needs) <= slices.Index(scopes, s)
}

// Key is a key of the shop's backend, as it is stored. The key itself is not:
// it has 256 random bits, so that its SHA-256 is enough to recognize it, and
// useless to whoever reads the database.
type Key struct {
	ID         string
	Name       string // whose key it is, for people
	Hash       []byte // SHA-256 of the key
	Hint       string // the beginning and the end of the key
	Scope      Scope
	Livemode   bool
	CreatedAt  time.Time
	LastUsedAt time.Time // to the minute; zero: never
	RevokedAt  time.Time // zero: valid
}

// The prefixes tell people and secret scanners what a key is.
const (
	prefixTest = "ck_test_"
	prefixLive = "ck_live_"
)

const (
	keyBytes    = 32
	secretChars = 43 // of 32 bytes in base 62
	sumChars    = 6  // of a CRC-32 in base 62
	maxName     = 100
)

// NewKey returns a new key and its secret, which nothing shows again. Its
// errors are faults about the name or the scope.
func NewKey(name string, scope Scope, live bool, now time.Time) (k Key, secret string, err error) {
	name, err = cleantext.Line(name)
	switch {
	case err != nil || name == "" || utf8.RuneCountInString(name) > maxName:
		return Key{}, "", fault.InvalidField("name", "name_invalid",
			"The name must have 1 to 100 characters on one line.")
	case !scope.Known():
		return Key{}, "", fault.InvalidField("scope", "scope_unknown", "The scope must be read, write or refund.")
	}

	random := make([]byte, keyBytes)
	rand.Read(random) //nolint:errcheck // it never fails: https://pkg.go.dev/crypto/rand#Read

	prefix := prefixTest
	if live {
		prefix = prefixLive
	}

	body := prefix + base62(new(big.Int).SetBytes(random), secretChars)
	secret = body + checksum(body)

	return Key{
		ID:        orders.NewID("key_"),
		Name:      name,
		Hash:      hashKey(secret),
		Hint:      prefix + "…" + secret[len(secret)-4:],
		Scope:     scope,
		Livemode:  live,
		CreatedAt: now,
	}, secret, nil
}

// wellFormed reports whether text can be a key of the mode: anything else is
// refused without asking the database.
func wellFormed(text string, live bool) bool {
	prefix := prefixTest
	if live {
		prefix = prefixLive
	}

	if len(text) != len(prefix)+secretChars+sumChars || !strings.HasPrefix(text, prefix) {
		return false
	}

	body := text[:len(text)-sumChars]
	return checksum(body) == text[len(body):]
}

// hashKey returns what the store keeps of a key. A slow hash is for secrets
// that can be guessed, and this one cannot.
func hashKey(secret string) []byte {
	h := sha256.Sum256([]byte(secret))
	return h[:]
}

// checksum returns the end of a key. It lets a secret scanner tell a key from a
// text that only looks like one.
func checksum(body string) string {
	return base62(new(big.Int).SetUint64(uint64(crc32.ChecksumIEEE([]byte(body)))), sumChars)
}

// base62 returns n in digits and letters, with zeros in front up to width.
func base62(n *big.Int, width int) string {
	text := n.Text(62)
	return strings.Repeat("0", max(width-len(text), 0)) + text
}
