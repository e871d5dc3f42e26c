package store

import (
	"context"
	"time"

	"checkoutd/internal/payments"
	"checkoutd/internal/store/sqldb"
)

var effectTable = sqldb.NewTable("effects", func(e *payments.Effect) []sqldb.Cell {
	return []sqldb.Cell{
		sqldb.Owner("order_id", &e.OrderID),
		sqldb.Text("kind", &e.Kind),
		sqldb.Text("subject", &e.Subject),
		sqldb.CreatedAt(&e.CreatedAt),
	}
})

// insertEffects returns the inserts of the effects that the rules added. One
// that is stored already is left alone: an effect happens once.
func insertEffects(st *payments.State, now time.Time) (writes []sqldb.Command) {
	for _, e := range st.Effects {
		e.OrderID = st.Order.ID
		insert := effectTable.Insert(&e, now)
		insert.Text += " ON CONFLICT DO NOTHING"
		writes = append(writes, insert)
	}
	return writes
}

// Effects returns the effects of an order, oldest first.
func (s *Store) Effects(ctx context.Context, orderID string) ([]payments.Effect, error) {
	return sqldb.QueryAll(ctx, s.db.Reader(), effectTable.Scan,
		effectTable.Select()+" WHERE order_id = $1 ORDER BY created_at, kind, subject", orderID)
}
