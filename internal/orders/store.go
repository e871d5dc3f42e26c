package orders

import (
	"context"
	"time"
)

// Store keeps orders. Each method is one transaction and safe for concurrent use.
type Store interface {
	// CreateOrder stores a new order.
	CreateOrder(ctx context.Context, o Order) error
	// Order returns the order, or ErrNotFound.
	Order(ctx context.Context, id string) (Order, error)
}

// Filter chooses orders for the shop's own eyes. Zero fields do not choose.
type Filter struct {
	Statuses []Status
	From     time.Time // created at or after
	To       time.Time // created before
	Limit    int       // 100 if 0
}
