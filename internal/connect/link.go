package connect

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"time"

	"checkoutd/internal/fault"
)

// Link is an address by which the platform sends a person who is to connect an
// account.
type Link struct {
	ID        string // lnk_…
	TokenHash []byte // of the token in the address
	Reference string
	Scope     Scope // to ask for
	Livemode  bool
	Terms     Terms  // empty once they are not needed: they name the person
	ReturnURL string // where the person goes on, "" for nowhere
	State     LinkState
	Problem   Problem // why the last try connected nothing
	AccountID string  // "" until it is connected

	// TakenState is the hash of the state of the last callback. A repetition of
	// the callback finds the link by it.
	TakenState []byte
	ExchangeAt time.Time // when the last exchange began

	CreatedAt time.Time
	UpdatedAt time.Time
	ExpiresAt time.Time
}

// Terms is how Stripe's page greets the person.
type Terms struct {
	Prefill      map[string]string `json:"prefill,omitempty"` // for a person who opens an account
	Landing      string            `json:"landing,omitempty"` // login or register, "" for Stripe's choice
	AlwaysPrompt bool              `json:"always_prompt,omitempty"`
}

// LinkState is the state of a link.
type LinkState string

// The states of a link. If one is exchanging for longer than patience, nobody
// knows the outcome: the answer was lost, or the server died. Stripe's event or
// another try settles it.
const (
	Open          LinkState = "open"
	Exchanging    LinkState = "exchanging"
	LinkConnected LinkState = "connected"
)

// Problem is why a try connected nothing.
type Problem string

// The problems.
const (
	Denied     Problem = "denied"      // the person said no
	Refused    Problem = "refused"     // Stripe did not take the code
	Misset     Problem = "misset"      // the platform's settings are wrong
	WrongMode  Problem = "wrong_mode"  // the account was connected in the other mode
	OwnAccount Problem = "own_account" // the platform's own account was chosen
	Taken      Problem = "taken"       // the account is connected for another reference
)

const (
	// DefaultLifetime is how long a link can be used.
	DefaultLifetime = 24 * time.Hour
	// MaxLifetime bounds what the platform may ask for.
	MaxLifetime = 30 * 24 * time.Hour
	// authorizeTime is how long a person may stay at Stripe: opening an account
	// takes a while.
	authorizeTime = time.Hour
	// patience is how long an exchange may take. After it the outcome of one
	// without an answer is not known.
	patience = time.Minute
)

// ErrNoLink is returned for a link that does not exist, or that the caller may
// not see.
var ErrNoLink = fault.New(fault.NotFound, "link_not_found",
	"This link is not valid, or not any more. Please ask for a new one.")

// OpenedBy reports whether a token opens the link.
func (l *Link) OpenedBy(token string) bool {
	return subtle.ConstantTimeCompare(l.TokenHash, hash(token)) == 1
}

// InFlight reports whether an exchange may still get its answer.
func (l *Link) InFlight(now time.Time) bool {
	return l.State == Exchanging && now.Sub(l.ExchangeAt) < patience
}

// Startable reports whether the person may be sent to Stripe.
func (l *Link) Startable(now time.Time) bool {
	return l.State != LinkConnected && !l.InFlight(now) && now.Before(l.ExpiresAt)
}

// took reports whether the link's last callback had the state.
func (l *Link) took(stateHash []byte) bool {
	return len(stateHash) > 0 && bytes.Equal(l.TakenState, stateHash)
}

// State of OAuth: it ties Stripe's callback to a link, and to the browser that
// was sent to Stripe.
type AuthState struct {
	Hash        []byte
	LinkID      string
	BrowserHash []byte
	CreatedAt   time.Time
	ExpiresAt   time.Time
}

// hash returns what the database keeps of a secret with 128 random bits or
// more, which cannot be guessed.
func hash(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}

// NewToken returns a token for a link.
func NewToken() string { return newSecret() }

// newSecret returns 130 random bits as letters and digits.
func newSecret() string { return rand.Text() }
