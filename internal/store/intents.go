package store

import (
	"context"

	"checkoutd/internal/payments"
	"checkoutd/internal/store/sqldb"
)

func newIntentTable(v sqldb.Vault) *sqldb.Table[payments.Intent] {
	return sqldb.NewTable("intents", func(i *payments.Intent) []sqldb.Cell { return intentCells(i, v) })
}

func intentCells(i *payments.Intent, v sqldb.Vault) []sqldb.Cell {
	return []sqldb.Cell{
		sqldb.ID(&i.ID),
		sqldb.Owner("order_id", &i.OrderID),
		sqldb.Text("status", &i.Status),
		// Without it a buyer could not resume a 3D Secure check after a reload.
		sqldb.Secret("client_secret", &i.ClientSecret, v, func() string { return intentSecrets.use(i.ID) }),
		sqldb.Int("amount", &i.Amount),
		sqldb.Int("captured", &i.Captured),
		sqldb.Text("currency", &i.Currency),
		sqldb.Time("capture_before", &i.CaptureBefore),
		sqldb.Text("subscription_id", &i.SubscriptionID),
		sqldb.Bool("renewal", &i.Renewal),
		sqldb.Bool("paid_out_of_band", &i.PaidOutOfBand),
		sqldb.Version(&i.Version),
		sqldb.CreatedAt(&i.CreatedAt),
		sqldb.UpdatedAt(&i.UpdatedAt),
	}
}

func (s *Store) intents(st *payments.State) sqldb.Rows {
	return &sqldb.Tracked[payments.Intent]{
		Table:   s.intentTable,
		List:    &st.Intents,
		OrderBy: "created_at, id",
	}
}

// OrderOfIntent returns the ID of the order of the account that an intent is
// linked to, or "".
func (s *Store) OrderOfIntent(ctx context.Context, account, intentID string) (string, error) {
	id, _, err := sqldb.QueryOne(ctx, s.db.Reader(), sqldb.ScanString,
		`SELECT o.id FROM intents i JOIN orders o ON o.id = i.order_id
			WHERE i.id = $1 AND o.account = $2`, intentID, account)
	return id, err
}

// LastIntent returns the ID of the last PaymentIntent of a recent order of the
// platform's own account, "" if there is none.
func (s *Store) LastIntent(ctx context.Context) (string, error) {
	id, _, err := sqldb.QueryOne(ctx, s.db.Reader(), sqldb.ScanString,
		`SELECT i.id FROM (SELECT id FROM orders WHERE account = '' ORDER BY created_at DESC LIMIT 1000) o
			JOIN intents i ON i.order_id = o.id WHERE substr(i.id, 1, 3) = 'pi_'
			ORDER BY i.created_at DESC, i.id LIMIT 1`)
	return id, err
}

// OrderWithIntent returns the ID of the order that an intent of any account is
// linked to, or "".
func (s *Store) OrderWithIntent(ctx context.Context, intentID string) (string, error) {
	id, _, err := sqldb.QueryOne(ctx, s.db.Reader(), sqldb.ScanString,
		`SELECT order_id FROM intents WHERE id = $1`, intentID)
	return id, err
}
