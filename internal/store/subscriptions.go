package store

import (
	"context"

	"checkoutd/internal/payments"
	"checkoutd/internal/store/sqldb"
)

var subscriptionTable = sqldb.NewTable("subscriptions", func(s *payments.Subscription) []sqldb.Cell {
	return []sqldb.Cell{
		sqldb.ID(&s.ID),
		sqldb.Owner("order_id", &s.OrderID),
		sqldb.Text("customer_id", &s.CustomerID),
		sqldb.Text("status", &s.Status),
		sqldb.Bool("cancel_at_period_end", &s.CancelAtPeriodEnd),
		sqldb.Time("period_end", &s.PeriodEnd),
		sqldb.Time("ends_at", &s.EndsAt),
		sqldb.Int("readings", &s.Readings),
		sqldb.CreatedAt(&s.CreatedAt),
		sqldb.UpdatedAt(&s.UpdatedAt),
	}
})

func subscriptions(st *payments.State) sqldb.Rows {
	return &sqldb.Tracked[payments.Subscription]{
		Table:   subscriptionTable,
		List:    &st.Subscriptions,
		OrderBy: "created_at, id",
	}
}

// OrderOfSubscription returns the ID of the order of the account that a
// subscription began with, or "".
func (s *Store) OrderOfSubscription(ctx context.Context, account, subscriptionID string) (string, error) {
	id, _, err := sqldb.QueryOne(ctx, s.db.Reader(), sqldb.ScanString,
		`SELECT o.id FROM subscriptions s JOIN orders o ON o.id = s.order_id
			WHERE s.id = $1 AND o.account = $2`, subscriptionID, account)
	return id, err
}

// HasSubscription reports whether the account's customer has a subscription
// that continues, or may still begin. One that is canceled or
// incomplete_expired never comes back
// (https://docs.stripe.com/billing/subscriptions/overview#subscription-statuses).
func (s *Store) HasSubscription(ctx context.Context, account, customerID string) (bool, error) {
	_, found, err := sqldb.QueryOne(ctx, s.db.Reader(), sqldb.ScanString,
		`SELECT s.id FROM subscriptions s JOIN orders o ON o.id = s.order_id
			WHERE s.customer_id = $1 AND s.status NOT IN ('canceled', 'incomplete_expired')
				AND o.account = $2
			LIMIT 1`, customerID, account)
	return found, err
}
