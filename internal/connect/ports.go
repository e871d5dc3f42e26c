package connect

import (
	"context"
	"time"

	"checkoutd/internal/queue"
)

// Accounts reads the connected accounts. It is safe for concurrent use.
type Accounts interface {
	// ConnectAccount returns the account, or ErrNoAccount.
	ConnectAccount(ctx context.Context, id string) (Account, error)
	// ConnectAccounts returns a page of the accounts that the filter selects,
	// newest first. An unknown account in f.After is ErrNoAccount.
	ConnectAccounts(ctx context.Context, f Filter) ([]Account, error)
}

// Store keeps accounts and links. Every method is one transaction and safe for
// concurrent use from several processes.
type Store interface {
	Accounts

	// AddConnectLink stores a link, or returns the one that has its ID.
	AddConnectLink(ctx context.Context, l Link) (Link, error)
	// ConnectLink returns the link, or ErrNoLink.
	ConnectLink(ctx context.Context, id string) (Link, error)
	// AddConnectState stores a state of a link.
	AddConnectState(ctx context.Context, st AuthState) error
	// TakeConnectState deletes the state with a hash, unless it has expired or
	// is another browser's, and passes its link to change under the link's
	// lock. Without one, taken is false, and the link is the one whose last
	// callback had the state, or ErrNoLink.
	TakeConnectState(
		ctx context.Context, stateHash, browserHash []byte, now time.Time, change func(*Link) error,
	) (l Link, taken bool, err error)

	// UpdateConnection locks an account and a link, passes both to change and
	// stores what change made of them, together with the end of the claim, if
	// there is one. An account that is not connected any more then loses
	// everything that gives access to it. change may run again, and must not
	// call out.
	UpdateConnection(ctx context.Context, at At, change func(*Connection) error) (Connection, error)
	// ExchangingLinks returns the links whose exchange began between two times
	// and has no outcome yet.
	ExchangingLinks(ctx context.Context, from, to time.Time) ([]Link, error)

	// AppSubscriptions returns the subscriptions of accounts to the platform's
	// app, ended ones too.
	AppSubscriptions(ctx context.Context, accountIDs []string) ([]AppSubscription, error)

	// StaleAccounts returns up to n connected accounts that were read before a
	// time.
	StaleAccounts(ctx context.Context, readBefore time.Time, n int) ([]Account, error)
	// SweepConnectLinks forgets states and terms that have expired, and removes
	// links that expired before a time.
	SweepConnectLinks(ctx context.Context, now, before time.Time) error
}

// At is what UpdateConnection locks. An empty LinkID is no link, a nil Claim no
// claim.
type At struct {
	AccountID string
	LinkID    string
	Claim     *queue.Claim
}

// Connection is an account with the link that it is connected by. An account
// that is not stored has no State.
type Connection struct {
	Account Account
	Link    *Link // nil for none
	// Happened is the kinds of effect that follow.
	Happened []string
}

// Stripe is what this package needs of Stripe. It is safe for concurrent use.
type Stripe interface {
	// Exchange redeems a code. It sends the request at most once: the second
	// one would revoke what the first has given. The error is a Refusal, or the
	// outcome is not known.
	Exchange(ctx context.Context, code string) (Grant, error)
	// Deauthorize ends the connection. That it has ended already is no error.
	Deauthorize(ctx context.Context, clientID, accountID string) error
	// CancelSubscription cancels a subscription of the platform's own account
	// at once. That it is canceled already is no error.
	CancelSubscription(ctx context.Context, subscriptionID string) error
	// ConnectedAccount reads an account. The error is ErrAccessLost if the
	// platform has no access to it.
	ConnectedAccount(ctx context.Context, id string) (Reading, error)
}

// Grant is what Stripe gave for a code. Its tokens are not kept: calls are made
// with the platform's key.
type Grant struct {
	AccountID string
	Scope     Scope
	Livemode  bool
}

// Reading is what Stripe says of an account.
type Reading struct {
	ChargesEnabled  bool
	PayoutsEnabled  bool
	Country         string
	DefaultCurrency string
}

// Refusal is Stripe's certain answer that a code gives nothing.
type Refusal struct {
	Code string // invalid_grant and its like
	// Misset means that not the code but the platform's key or ID was refused.
	Misset bool
}

// Error returns the code alone: Stripe's description repeats the authorization
// code.
func (r *Refusal) Error() string { return "Stripe refused the exchange: " + r.Code }
