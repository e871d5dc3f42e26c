package deliveries

import (
	"context"
	"time"

	"checkoutd/internal/connect"
	"checkoutd/internal/drift"
	"checkoutd/internal/payments"
	"checkoutd/internal/queue"
)

// Store keeps endpoints and deliveries for the workers. Every method is one
// transaction and safe for concurrent use from several processes.
type Store interface {
	// Endpoints returns all endpoints, oldest first.
	Endpoints(ctx context.Context) ([]Endpoint, error)

	// ClaimDeliveries claims up to n due deliveries of an endpoint until
	// leaseUntil. Of an order, only the first that is pending can be claimed,
	// and only while no other one is held.
	ClaimDeliveries(ctx context.Context, endpointID string, now, leaseUntil time.Time, n int) ([]Job, error)
	// RescueDeliveries frees the deliveries of an endpoint whose lease has
	// expired.
	RescueDeliveries(ctx context.Context, endpointID string, now time.Time) (int, error)
	// FinishTry ends a claim: it stores the try and d. If change is not nil, it
	// locks the endpoint, passes it to change and stores what change made of
	// it; if it is switched off then, d and the endpoint's other pending
	// deliveries fail. A lost claim returns queue.ErrClaimLost and changes
	// nothing. change may run again, and must not call out.
	FinishTry(ctx context.Context, claim queue.Claim, d Delivery, try Try, change func(*Endpoint)) error
	// ReleaseDelivery returns a claimed delivery that was not tried.
	ReleaseDelivery(ctx context.Context, claim queue.Claim, dueAt time.Time) error

	// Effect returns an effect, ErrNotFound if there is none.
	Effect(ctx context.Context, id string) (payments.Effect, error)
	// Read returns an order's state; see payments.Store.
	Read(ctx context.Context, orderID string) (*payments.State, error)
	// ConnectAccount returns a connected account; see connect.Accounts.
	ConnectAccount(ctx context.Context, id string) (connect.Account, error)

	// DriftFinding returns a finding; see drift.Store.
	DriftFinding(ctx context.Context, id string) (drift.Finding, error)

	// EndOrphans fails the pending deliveries of endpoints that are off, unless
	// a worker holds them, and returns how many there were.
	EndOrphans(ctx context.Context, now time.Time) (int, error)
	// PruneDeliveries removes up to n deliveries that ended before a time, with
	// their tries, and returns how many there were.
	PruneDeliveries(ctx context.Context, before time.Time, n int) (int, error)
}

// Admin is what the commands and the API need. Every method is one transaction,
// unless it says otherwise.
type Admin interface {
	Endpoints(ctx context.Context) ([]Endpoint, error)
	AddEndpoint(ctx context.Context, e Endpoint) error
	// ChangeEndpoint locks an endpoint, passes it to change and stores what
	// change made of it. The pending deliveries of one that is switched off
	// fail. The error is ErrNotFound, or that of change.
	ChangeEndpoint(ctx context.Context, id string, change func(*Endpoint) error) (Endpoint, error)
	// RemoveEndpoint removes an endpoint with its deliveries.
	RemoveEndpoint(ctx context.Context, id string) error

	// Deliveries returns the deliveries that f selects, newest first. An
	// unknown delivery in f.After is ErrNotFound.
	Deliveries(ctx context.Context, f Filter) ([]Delivery, error)
	// Tries returns the tries of deliveries, oldest first.
	Tries(ctx context.Context, deliveryIDs ...string) ([]Try, error)
	// Redeliver makes the deliveries of an endpoint that f selects due at now,
	// except those that are held. If f.Since is set, effects that have no
	// delivery get one. It works in several transactions; what is done already
	// is done again when it is repeated. The error is ErrNotFound, or
	// ErrDisabled.
	Redeliver(ctx context.Context, endpointID string, f Filter, now time.Time) (int, error)
}

// Filter selects deliveries. A zero field selects all.
type Filter struct {
	IDs        []string
	EndpointID string
	OrderID    string
	States     []DeliveryState
	Since      time.Time // their effects happened then or later
	After      string    // of a list: what follows this delivery
	Limit      int       // of a list
}

// Meter measures the requests to endpoints.
type Meter interface {
	// DeliveryTried is called after each try. status is 0 without an answer.
	DeliveryTried(status int, took time.Duration)
}
