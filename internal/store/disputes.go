package store

import (
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
