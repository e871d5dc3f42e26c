package orders

import (
	"context"
	"time"
)

// Store keeps orders. Each method is one transaction and safe for concurrent
// use.
type Store interface {
	// CreateOrder stores a new order.
	CreateOrder(ctx context.Context, o Order) error
	// Order returns the order, or ErrNotFound.
	Order(ctx context.Context, id string) (Order, error)
	// UpdateOrder locks the order, hands it to change and commits what it
	// became, which it returns. An error of change rolls back and is returned
	// as it is; a wrong id is ErrNotFound. change may run again on an order
	// read afresh: it keeps nothing of a former run and calls nobody.
	//
	// The lock is the one under which an attempt to pay is reserved, and
	// PaymentStatus says there whether one is under way: a change and a payment
	// never cross.
	//
	// Whoever writes an order, the count of a promotion code's uses follows its
	// Discount in the same transaction: it grows when Held becomes true, but
	// never over Limit, which is ErrPromotionUsedUp and changes nothing; it
	// shrinks when Held becomes false, when another code takes its place, and
	// when the order is over (GiveBack).
	UpdateOrder(ctx context.Context, id string, change func(*Order) error) (Order, error)
	// PromotionUses is how many orders hold a use of the code.
	PromotionUses(ctx context.Context, code string) (int64, error)
}

// Filter chooses orders for the shop's own eyes. Zero fields do not choose.
type Filter struct {
	Statuses []Status
	From     time.Time // created at or after
	To       time.Time // created before
	Limit    int       // 100 if 0
}
