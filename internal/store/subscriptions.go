package store

import (
	"context"
	"time"

	"checkoutd/internal/payments"
)

func subscriptionTable() *table[payments.Subscription] {
	return &table[payments.Subscription]{
		name: "subscriptions",
		columns: []string{"id", "order_id", "customer_id", "status", "cancel_at_period_end", "period_end",
			"readings", "created_at", "updated_at"},
		values: func(s *payments.Subscription) []any {
			return []any{s.ID, s.OrderID, s.CustomerID, string(s.Status), s.CancelAtPeriodEnd, micros(s.PeriodEnd),
				s.Readings, micros(s.CreatedAt), micros(s.UpdatedAt)}
		},
		scan: func(row scanner) (s payments.Subscription, err error) {
			var end, created, updated int64
			err = row.Scan(&s.ID, &s.OrderID, &s.CustomerID, &s.Status, &s.CancelAtPeriodEnd, &end,
				&s.Readings, &created, &updated)
			s.PeriodEnd, s.CreatedAt, s.UpdatedAt = fromMicros(end), fromMicros(created), fromMicros(updated)
			return s, err
		},
		stamped: []string{"updated_at"},
		stamp: func(s, _ *payments.Subscription, now time.Time) {
			s.UpdatedAt = now
			if s.CreatedAt.IsZero() {
				s.CreatedAt = now
			}
		},
	}
}

// OrderOfSubscription names the order that a subscription began with, "" if none.
func (s *Store) OrderOfSubscription(ctx context.Context, subscriptionID string) (string, error) {
	id, _, err := queryOne(ctx, s.reader(ctx), scanString, `SELECT order_id FROM subscriptions WHERE id = $1`, subscriptionID)
	return id, s.public(ctx, err)
}
