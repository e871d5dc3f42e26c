package customersession

import "context"

// Store keeps which Stripe customer a buyer is.
type Store interface {
	// Buyer returns the Stripe customer of a buyer, "" if there is none yet.
	Buyer(ctx context.Context, buyerID string) (customerID string, err error)
	// SetBuyer binds a customer to a buyer and returns the one that is bound
	// in the end: an earlier one stays.
	SetBuyer(ctx context.Context, buyerID, customerID string) (string, error)
	// ForgetBuyer takes the customer from a buyer whose customer it is still.
	ForgetBuyer(ctx context.Context, buyerID, customerID string) error
	// SetCustomer names the Stripe customer of an open order whose customer is old, "" for
	// none yet, and returns the one it has in the end. An old one stays once there is
	// an intent, or an attempt that may make one: they are of that customer.
	SetCustomer(ctx context.Context, orderID, old, customerID string) (string, error)
	// HasSubscription reports whether a subscription of the customer goes on, or may yet begin.
	HasSubscription(ctx context.Context, customerID string) (bool, error)
	// Key returns the named random 32-byte key, made on first use and the same in
	// every process.
	Key(ctx context.Context, name string) ([]byte, error)
}
