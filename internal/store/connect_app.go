package store

import (
	"context"
	"slices"

	"checkoutd/internal/connect"
	"checkoutd/internal/store/sqldb"
)

// pastDueSince selects when a renewal of an order's subscription failed last.
const pastDueSince = `COALESCE((SELECT MAX(e.created_at) FROM effects e
	WHERE e.order_id = o.id AND e.account_id = '' AND e.kind = 'subscription.past_due'), 0)`

// appStatus selects a subscription's status. Stripe's trialing says nothing
// before the payment method is saved, which pays the order.
const appStatus = `CASE WHEN s.status = 'trialing' AND o.paid_at = 0 THEN 'incomplete' ELSE s.status END`

// appActive begins the condition that an account may use the platform's app;
// the time from which a failed renewal still counts follows.
const appActive = `EXISTS (SELECT 1 FROM orders o JOIN subscriptions s ON s.order_id = o.id
	WHERE o.customer_reference <> '' AND o.customer_reference = connect_accounts.id AND o.account = ''
		AND (s.status = 'active' OR s.status = 'trialing' AND o.paid_at > 0
			OR s.status = 'past_due' AND ` + pastDueSince + ` > `

// AppSubscriptions returns the subscriptions of accounts to the platform's app;
// see connect.Store.
func (s *Store) AppSubscriptions(ctx context.Context, accountIDs []string) (all []connect.AppSubscription, err error) {
	for chunk := range slices.Chunk(accountIDs, maxIDs) {
		var w sqldb.Where
		w.Add("o.customer_reference <> '' AND o.account = ''")
		sqldb.AddIn(&w, "o.customer_reference", chunk)

		list, err := sqldb.QueryAll(ctx, s.db.Reader(), scanAppSubscription,
			`SELECT s.id, o.customer_reference, o.id, s.customer_id, `+appStatus+`,
				s.cancel_at_period_end, s.period_end,
				s.ends_at, s.created_at, `+pastDueSince+`
				FROM orders o JOIN subscriptions s ON s.order_id = o.id`+w.String()+
				" ORDER BY s.created_at, s.id", w.Args()...)
		if err != nil {
			return nil, err
		}

		all = append(all, list...)
	}

	return all, nil
}

func scanAppSubscription(row sqldb.Row) (a connect.AppSubscription, err error) {
	var periodEnd, endsAt, createdAt, pastDue int64
	err = row.Scan(&a.ID, &a.AccountID, &a.OrderID, &a.CustomerID, &a.Status, &a.CancelAtPeriodEnd,
		&periodEnd, &endsAt, &createdAt, &pastDue)
	a.PeriodEnd, a.EndsAt = sqldb.FromMicros(periodEnd), sqldb.FromMicros(endsAt)
	a.CreatedAt, a.PastDueSince = sqldb.FromMicros(createdAt), sqldb.FromMicros(pastDue)
	return a, err
}
