package connect

import (
	"time"

	"checkoutd/internal/fault"
)

// Scope is what the owner of an account has allowed.
type Scope string

// The scopes. Only extensions may ask for ReadOnly
// (https://docs.stripe.com/connect/oauth-reference).
const (
	ReadOnly  Scope = "read_only"
	ReadWrite Scope = "read_write"
)

// State tells whether the platform has access to an account.
type State string

// The states of an account.
const (
	Connected    State = "connected"
	Disconnected State = "disconnected"
)

// Reason tells how an account came to be disconnected.
type Reason string

// The reasons.
const (
	ByOwner    Reason = "owner"    // at Stripe
	ByPlatform Reason = "platform" // here
	NoAccess   Reason = "no_access"
)

// Account is a Stripe account of somebody else that is, or was, connected.
type Account struct {
	ID        string // acct_…
	Reference string // the platform's own name of the customer who connected it, "" if not known
	Scope     Scope  // as granted, which may be less than was asked for
	Livemode  bool   // of the connection
	State     State

	Connections    int64     // how often it was connected
	ConnectedAt    time.Time // the last time
	DisconnectedAt time.Time // zero while it is connected
	// ByEvent means that the link's own exchange was never answered: Stripe's
	// event told of the connection.
	ByEvent bool
	Reason  Reason // why it is disconnected, "" while it is connected

	// What Stripe said of it when it was read last.
	ChargesEnabled  bool
	PayoutsEnabled  bool
	Country         string // "FR", "" if not known
	DefaultCurrency string // "eur", "" if not known
	ReadAt          time.Time

	CreatedAt time.Time
	UpdatedAt time.Time
}

// IsConnected reports whether calls may be made for the account.
func (a *Account) IsConnected() bool { return a.State == Connected }

// MayWrite reports whether calls that change something may be made for the
// account.
func (a *Account) MayWrite() bool { return a.IsConnected() && a.Scope == ReadWrite }

// ErrNoAccount is returned for an account that was never connected.
var ErrNoAccount = fault.New(fault.NotFound, "account_not_found", "There is no such connected account.")

// Filter selects accounts. A zero field matches every account.
type Filter struct {
	States    []State
	Reference string
	App       AppFilter
	After     string // the last ID of the previous page
	Limit     int    // 100 if 0

	// PastDueFrom is when a renewal may have failed at the earliest, for an
	// account to be active all the same.
	PastDueFrom time.Time
}

// AppFilter selects accounts by their subscription to the app.
type AppFilter string

// The filters.
const (
	AppActive   AppFilter = "active"
	AppInactive AppFilter = "inactive"
)
