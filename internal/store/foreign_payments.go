package store

import (
	"context"

	"checkoutd/internal/payments"
	"checkoutd/internal/store/sqldb"
)

var foreignPaymentTable = sqldb.NewTable("foreign_payments", func(f *payments.ForeignPayment) []sqldb.Cell {
	return []sqldb.Cell{
		sqldb.ID(&f.ID),
		sqldb.Owner("order_id", &f.OrderID),
		sqldb.Text("intent_id", &f.IntentID),
		sqldb.Text("status", &f.Status),
		sqldb.Int("amount", &f.Amount),
		sqldb.Text("currency", &f.Currency),
		sqldb.Bool("adopted", &f.Adopted),
		sqldb.CreatedAt(&f.CreatedAt),
		sqldb.UpdatedAt(&f.UpdatedAt),
	}
})

// foreignOpen selects the money that a person has yet to decide about; see
// payments.ForeignPayment.Open.
const foreignOpen = `NOT adopted AND status IN ('succeeded', 'requires_capture')`

// OpenForeignPayments returns the intents that a person has to decide about, by
// order. Of several intents of an order it returns one.
func (s *Store) OpenForeignPayments(ctx context.Context) (map[string]string, error) {
	list, err := sqldb.QueryAll(ctx, s.db.Reader(), foreignPaymentTable.Scan,
		foreignPaymentTable.Select()+" WHERE "+foreignOpen)
	if err != nil {
		return nil, err
	}

	intents := make(map[string]string, len(list))
	for _, f := range list {
		intents[f.OrderID] = f.IntentID
	}

	return intents, nil
}

func foreignPayments(st *payments.State) sqldb.Rows {
	return &sqldb.Tracked[payments.ForeignPayment]{
		Table:   foreignPaymentTable,
		List:    &st.ForeignPayments,
		OrderBy: "created_at, id",
	}
}
