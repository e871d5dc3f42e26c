package customersession

import (
	"context"
	"errors"
	"time"

	"checkoutd/internal/orders"
)

// Stripe is the calls to Stripe that this package needs.
type Stripe interface {
	// CreateCustomer creates the customer of a buyer. The same key returns the
	// same customer.
	CreateCustomer(ctx context.Context, buyerID, idempotencyKey string) (customerID string, err error)
	// CheckCustomer returns an ErrNoCustomer if the customer does not exist, or
	// no longer does.
	CheckCustomer(ctx context.Context, customerID string) error
	// CreateCustomerSession creates a session with the features and returns its
	// client secret. It returns an ErrNoCustomer if the customer does not
	// exist, or no longer does.
	CreateCustomerSession(
		ctx context.Context, customerID string, f Features, idempotencyKey string,
	) (clientSecret string, err error)
}

// ErrNoCustomer means that Stripe has no such customer. Somebody deleted it
// there, which cannot be undone
// (https://docs.stripe.com/api/customers/delete).
var ErrNoCustomer = errors.New("customersession: Stripe has no such customer")

// Store keeps the Stripe customers of buyers.
type Store interface {
	// Buyer returns the Stripe customer of a buyer in an account, "" if there
	// is none yet. The account "" is the platform's own.
	Buyer(ctx context.Context, account, buyerID string) (customerID string, err error)
	// SetBuyer binds a customer of an account to a buyer unless the buyer has
	// one there, or the customer is erased. It returns the customer that is
	// bound afterwards, "" for none.
	SetBuyer(ctx context.Context, account, buyerID, customerID string) (string, error)
	// ForgetBuyer removes the customer of a buyer in an account if it is still
	// customerID.
	ForgetBuyer(ctx context.Context, account, buyerID, customerID string) error
	// SetCustomer sets the Stripe customer of an open order if its customer and
	// the shop's name for its buyer are still those of read, the order as it
	// was read. It returns the customer that the order has afterwards, "" for
	// none. The previous customer stays while the order has an intent that is
	// not canceled, or an attempt that may create one: they belong to that
	// customer.
	SetCustomer(ctx context.Context, read orders.Order, customerID string) (string, error)
	// HasSubscription reports whether a subscription of the account's customer
	// is running or may still begin.
	HasSubscription(ctx context.Context, account, customerID string) (bool, error)
	// UseToken returns the token with that hash and notes that it was used; ok
	// is false if there is none, or if it has expired or was revoked.
	UseToken(ctx context.Context, hash []byte, now time.Time) (t Token, ok bool, err error)
	// AddToken stores a token and makes the one with the hash former, nil for
	// none, expire at formerEnds at the latest. It stores nothing and returns
	// false if the buyer was revoked.
	AddToken(ctx context.Context, t Token, former []byte, formerEnds time.Time) (added bool, err error)
	// NotePayment makes an attempt the last one of the token with that hash, if
	// there is one. The former last one becomes Paid if it has paid its order.
	NotePayment(ctx context.Context, hash []byte, attemptID string) error
	// PaidContact returns the contact details of the order of the account that
	// the newest of the attempts has paid, also if the money is held only. They
	// are zero if there is none or if it is erased.
	PaidContact(ctx context.Context, account string, p Payments) (orders.Contact, error)
}
