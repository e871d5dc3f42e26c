package orders

import "context"

// Store keeps orders. Each method is one transaction and safe for concurrent use.
type Store interface {
	// CreateOrder stores a new order.
	CreateOrder(ctx context.Context, o Order) error
	// Order returns the order, or ErrNotFound.
	Order(ctx context.Context, id string) (Order, error)
}
