package store

import (
	"context"
	"slices"

	"checkoutd/internal/payments"
	"checkoutd/internal/store/sqldb"
)

var disputeTable = sqldb.NewTable("disputes", func(d *payments.Dispute) []sqldb.Cell {
	return []sqldb.Cell{
		sqldb.ID(&d.ID),
		sqldb.Owner("order_id", &d.OrderID),
		sqldb.Text("intent_id", &d.IntentID),
		sqldb.Int("amount", &d.Amount),
		sqldb.Text("currency", &d.Currency),
		sqldb.Text("status", &d.Status),
		sqldb.Text("reason", &d.Reason),
		sqldb.Time("evidence_due_by", &d.EvidenceDueBy),
		sqldb.CreatedAt(&d.CreatedAt),
		sqldb.UpdatedAt(&d.UpdatedAt),
	}
})

func disputes(st *payments.State) sqldb.Rows {
	return &sqldb.Tracked[payments.Dispute]{
		Table:   disputeTable,
		List:    &st.Disputes,
		OrderBy: "id",
	}
}

// Disputes returns the disputes of several orders.
func (s *Store) Disputes(ctx context.Context, orderIDs []string) (list []payments.Dispute, err error) {
	for chunk := range slices.Chunk(orderIDs, maxIDs) {
		var w sqldb.Where
		sqldb.AddIn(&w, "order_id", chunk)

		found, err := sqldb.QueryAll(ctx, s.db.Reader(), disputeTable.Scan,
			disputeTable.Select()+w.String()+" ORDER BY id", w.Args()...)
		if err != nil {
			return nil, err
		}

		list = append(list, found...)
	}

	return list, nil
}
