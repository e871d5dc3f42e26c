package store

import (
	"checkoutd/internal/payments"
	"checkoutd/internal/store/sqldb"
)

var refundTable = sqldb.NewTable("refunds", func(r *payments.Refund) []sqldb.Cell {
	return []sqldb.Cell{
		sqldb.ID(&r.ID),
		sqldb.Owner("order_id", &r.OrderID),
		sqldb.Text("intent_id", &r.IntentID),
		sqldb.Int("amount", &r.Amount),
		sqldb.Text("currency", &r.Currency),
		sqldb.Text("status", &r.Status),
		sqldb.Text("reason", &r.Reason),
		sqldb.Text("operation_id", &r.OperationID),
		sqldb.Time("created_at", &r.CreatedAt), // by Stripe's clock
		sqldb.UpdatedAt(&r.UpdatedAt),
	}
})

func refunds(st *payments.State) sqldb.Rows {
	return &sqldb.Tracked[payments.Refund]{
		Table:   refundTable,
		List:    &st.Refunds,
		OrderBy: "created_at, id",
	}
}
