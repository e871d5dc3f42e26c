package store

import (
	"time"

	"checkoutd/internal/payments"
)

func operationTable() *table[payments.Operation] {
	return &table[payments.Operation]{
		name: "operations",
		columns: []string{"id", "order_id", "intent_id", "kind", "amount", "reason", "idempotency_key",
			"state", "note", "created_at", "updated_at"},
		values: func(o *payments.Operation) []any {
			return []any{o.ID, o.OrderID, o.IntentID, string(o.Kind), o.Amount, o.Reason, o.IdempotencyKey,
				string(o.State), o.Note, micros(o.CreatedAt), micros(o.UpdatedAt)}
		},
		scan: func(row scanner) (o payments.Operation, err error) {
			var created, updated int64
			err = row.Scan(&o.ID, &o.OrderID, &o.IntentID, &o.Kind, &o.Amount, &o.Reason, &o.IdempotencyKey,
				&o.State, &o.Note, &created, &updated)
			o.CreatedAt, o.UpdatedAt = fromMicros(created), fromMicros(updated)
			return o, err
		},
		stamped: []string{"updated_at"},
		stamp: func(o, _ *payments.Operation, now time.Time) {
			o.UpdatedAt = now
			if o.CreatedAt.IsZero() {
				o.CreatedAt = now
			}
		},
	}
}
