package store

import (
	"checkoutd/internal/payments"
	"checkoutd/internal/store/sqldb"
)

var operationTable = sqldb.NewTable("operations", func(o *payments.Operation) []sqldb.Cell {
	return []sqldb.Cell{
		sqldb.ID(&o.ID),
		sqldb.Owner("order_id", &o.OrderID),
		sqldb.Text("intent_id", &o.IntentID),
		sqldb.Text("kind", &o.Kind),
		sqldb.Int("amount", &o.Amount),
		sqldb.Text("reason", &o.Reason),
		sqldb.Int("fee", &o.Fee),
		sqldb.Int("transfer", &o.Transfer),
		sqldb.Bool("refund_fee", &o.RefundFee),
		sqldb.Bool("reverse_transfer", &o.ReverseTransfer),
		sqldb.Text("idempotency_key", &o.IdempotencyKey),
		sqldb.Text("state", &o.State),
		sqldb.Text("note", &o.Note),
		sqldb.Text("proof", &o.Proof),
		sqldb.CreatedAt(&o.CreatedAt),
		sqldb.UpdatedAt(&o.UpdatedAt),
	}
})

// oneStartedOperation refuses a second operation while the outcome of one is
// not known.
var oneStartedOperation = sqldb.UniqueIndex{
	Name:    "operations_one_started",
	Columns: "operations.order_id",
}

func operations(st *payments.State) sqldb.Rows {
	return &sqldb.Tracked[payments.Operation]{
		Table:   operationTable,
		List:    &st.Operations,
		OrderBy: "created_at, id",
	}
}
