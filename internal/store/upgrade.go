package store

import (
	"context"
	"time"

	"checkoutd/internal/orders"
)

// longestHold is for how long an authorized order may become open again, since no hold
// of a payment lives longer (https://docs.stripe.com/payments/place-a-hold-on-a-payment-method).
const longestHold = 40 * 24 * time.Hour

// AdoptOptions gives o to the orders that may still be paid and were made by a release that kept no
// options with them: it took them from its configuration, under which their buyers were
// offered to pay. It says how many they were. An order that this release makes always
// has a capture method, so that it is left alone.
func (s *Store) AdoptOptions(ctx context.Context, o orders.Options, now time.Time) (n int, err error) {
	const text = `UPDATE orders SET options = $1 WHERE mode = 'payment' AND options = '{}' AND `
	open, err := s.change(ctx, text+`status = 'open'`, toJSON(o))
	if err != nil {
		return 0, err
	}
	held, err := s.change(ctx, text+`status = 'authorized' AND created_at >= $2`, toJSON(o), micros(now.Add(-longestHold)))
	return open + held, err
}
