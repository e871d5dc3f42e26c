package api

import (
	"context"
	"time"

	"checkoutd/internal/fault"
	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
	"checkoutd/internal/webhooks"
)

// KeyStore keeps the keys. Every method is one transaction and safe for
// concurrent use from several processes.
type KeyStore interface {
	// UseAPIKey returns the valid key with that hash, and notes that it was
	// used, at most once a minute. ok is false if there is none, or if it was
	// revoked: both take the same statements.
	UseAPIKey(ctx context.Context, hash []byte, now time.Time) (k Key, ok bool, err error)
}

// RequestStore keeps the requests that have an Idempotency-Key, with their
// answers. Every method is one transaction and safe for concurrent use from
// several processes.
type RequestStore interface {
	// BeginRequest stores r and returns it, unless there is a request with the
	// same KeyHash that has not expired at now: then it returns that one. begun
	// is true if r.Lease holds the request afterwards. That is so for a new
	// one, and for one with r's Fingerprint, without an answer, whose lease has
	// ended.
	BeginRequest(ctx context.Context, r Request, now time.Time) (stored Request, begun bool, err error)
	// FinishRequest stores the answer of a request that the lease holds, and
	// the order that the answer is about, "" for none. It changes nothing if
	// another one holds it.
	FinishRequest(ctx context.Context, id, lease, orderID string, answer []byte) error
	// ReleaseRequest ends the lease, so that a repetition is carried out.
	ReleaseRequest(ctx context.Context, id, lease string) error
	// ForgetRequest removes a request that the lease holds: nothing was done.
	ForgetRequest(ctx context.Context, id, lease string) error
	// DeleteRequests removes up to n requests that have expired at now, with
	// their answers, and returns how many there were.
	DeleteRequests(ctx context.Context, now time.Time, n int) (int, error)
}

// OrderStore reads orders. A wrong ID is orders.ErrNotFound.
type OrderStore interface {
	Order(ctx context.Context, id string) (orders.Order, error)
	// Orders returns the orders that match f, newest first.
	Orders(ctx context.Context, f orders.Filter) ([]orders.Order, error)
	// Read returns an order with its payments.
	Read(ctx context.Context, orderID string) (*payments.State, error)
	// Effects returns the effects of an order.
	Effects(ctx context.Context, orderID string) ([]payments.Effect, error)
	// Events returns the events that match f, newest first.
	Events(ctx context.Context, f webhooks.Filter) ([]webhooks.Event, error)
}

// ErrNoKey is the answer to a wrong ID of a key.
var ErrNoKey = fault.New(fault.NotFound, "key_not_found", "There is no such key.")
