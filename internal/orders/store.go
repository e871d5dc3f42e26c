package orders

import (
	"context"
	"time"
)

// Store stores orders. Each method is one transaction and safe for concurrent
// use.
type Store interface {
	// CreateOrder stores a new order. If another one has its reference, that is
	// ErrReferenceTaken.
	CreateOrder(ctx context.Context, o Order) error
	// OrderByReference returns the order with the shop's own number, or
	// ErrNotFound.
	OrderByReference(ctx context.Context, reference string) (Order, error)
	// OrdersByNumber returns the orders with a number as their buyers see it:
	// the shop's own, which may begin with a # that number has not, or the
	// beginning of the ID (ShortID). There are none or one, unless one number
	// of the shop looks like another, or like ours.
	OrdersByNumber(ctx context.Context, number string) ([]Order, error)
	// Order returns the order, or ErrNotFound.
	Order(ctx context.Context, id string) (Order, error)
	// UpdateOrder locks the order, calls change with it, commits what change
	// made of it and returns that. An error of change rolls back and is
	// returned unchanged; a wrong ID is ErrNotFound. change may run again on a
	// fresh copy: it must keep nothing from an earlier run and have no side
	// effects.
	//
	// Attempts are reserved under the same lock, where PaymentStatus tells
	// whether a payment is in flight: so an order never changes under a
	// payment.
	//
	// Every write of an order also counts the uses of its promotion code in the
	// same transaction. The count grows when Discount.Held becomes true; beyond
	// Discount.Limit that is ErrPromotionUsedUp, and nothing is written. The
	// count shrinks when Held becomes false and when another code replaces this
	// one. An order that ends unpaid releases its use (GiveBack).
	UpdateOrder(ctx context.Context, id string, change func(*Order) error) (Order, error)
	// PromotionUses returns the number of orders that hold a use of the code.
	PromotionUses(ctx context.Context, code string) (int64, error)
}

// Filter selects orders for the shop. Zero fields match every order.
type Filter struct {
	Statuses  []Status
	Payments  []PaymentStatus
	Reference string    // the shop's order number
	Customer  string    // the customer's reference, or its ID at Stripe
	Disputed  bool      // only orders with a dispute
	From      time.Time // created at or after
	To        time.Time // created before
	After     string    // the last ID of the previous page: only orders that follow it
	Limit     int       // 100 if 0
}
