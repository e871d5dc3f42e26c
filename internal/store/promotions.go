package store

import (
	"context"

	"checkoutd/internal/orders"
)

// UpdateOrder changes an order under its lock; see orders.Store.
func (s *Store) UpdateOrder(ctx context.Context, id string, change func(*orders.Order) error) (o orders.Order, err error) {
	err = s.transact(ctx, func(q querier) ([]command, error) {
		o = orders.Order{}
		if err := q.run(ctx, orderByID(&o, id, s.dialect.lockRow())); err != nil {
			return nil, err
		}
		was := orderTable().remember([]orders.Order{o})
		if err := change(&o); err != nil {
			return nil, err
		}
		o.GiveBack()
		writes, err := orderTable().update(nil, &was[0], &o, s.stamp())
		if err != nil {
			return nil, err
		}
		return append(writes, promotionUses(&was[0].value, &o)...), nil
	})
	if err != nil {
		return orders.Order{}, err
	}
	return o, nil
}

// PromotionUses is how many orders hold a use of the code.
func (s *Store) PromotionUses(ctx context.Context, code string) (int64, error) {
	n, _, err := queryOne(ctx, s.reader(ctx), scanInt, `SELECT uses FROM promotions WHERE code = $1`, code)
	return n, s.public(ctx, err)
}

// promotionUses gives what makes the count of a code's uses follow an order. It comes with
// the order's own write, whose lock is had before: orders wait for each other here only.
func promotionUses(was, now *orders.Order) (writes []command) {
	before, after := held(was), held(now)
	if before == after {
		return nil
	}
	if before != "" {
		writes = append(writes, command{text: `UPDATE promotions SET uses = uses - 1 WHERE code = $1 AND uses > 0`, args: []any{before}})
	}
	if after != "" {
		// One that is there already is locked by the conflict: the limit holds among many.
		writes = append(writes, command{text: `INSERT INTO promotions (code, uses) VALUES ($1, 1)
			ON CONFLICT (code) DO UPDATE SET uses = promotions.uses + 1 WHERE promotions.uses < $2`,
			args: []any{after, now.Discount.Limit}, none: orders.ErrPromotionUsedUp})
	}
	return writes
}

// held is the code of which the order holds a use, "" for none.
func held(o *orders.Order) string {
	if !o.Discount.Held {
		return ""
	}
	return o.Discount.Code
}
