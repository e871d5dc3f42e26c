package store

import (
	"context"

	"checkoutd/internal/orders"
	"checkoutd/internal/store/sqldb"
)

// PromotionUses returns how many orders hold a use of the code.
func (s *Store) PromotionUses(ctx context.Context, code string) (int64, error) {
	n, _, err := sqldb.QueryOne(ctx, s.db.Reader(), sqldb.ScanInt,
		`SELECT uses FROM promotions WHERE code = $1`, code)
	return n, err
}

// countPromotion returns the writes that keep the count of a code's uses in
// step with an order that held a use of prev. They run after the order's own
// write: its lock comes first, and only orders with the same code wait for
// each other.
func countPromotion(prev string, o *orders.Order) (writes []sqldb.Command) {
	next := heldPromotion(o)
	if prev == next {
		return nil
	}

	if prev != "" {
		writes = append(writes, sqldb.Command{
			Text: `UPDATE promotions SET uses = uses - 1 WHERE code = $1 AND uses > 0`,
			Args: []any{prev},
		})
	}

	if next != "" {
		// A conflict locks the existing row, so that the limit holds for orders
		// that take their use at the same time.
		writes = append(writes, sqldb.Command{
			Text: `INSERT INTO promotions (code, uses) VALUES ($1, 1)
				ON CONFLICT (code) DO UPDATE SET uses = promotions.uses + 1
				WHERE promotions.uses < $2`,
			Args:   []any{next, o.Discount.Limit},
			IfNone: orders.ErrPromotionUsedUp,
		})
	}

	return writes
}

// heldPromotion returns the code of which the order holds a use, or "".
func heldPromotion(o *orders.Order) string {
	if !o.Discount.Held {
		return ""
	}
	return o.Discount.Code
}
