package store

import (
	"time"

	"checkoutd/internal/payments"
)

func attemptTable() *table[payments.Attempt] {
	return &table[payments.Attempt]{
		name: "attempts",
		columns: []string{"id", "order_id", "n", "token", "idempotency_key", "params", "intent_id", "state",
			"error_type", "error_code", "decline_code", "message", "checks", "check_at", "created_at", "updated_at"},
		values: func(a *payments.Attempt) []any {
			return []any{a.ID, a.OrderID, a.N, a.Params.Token, a.IdempotencyKey, toJSON(a.Params), a.IntentID, string(a.State),
				a.ErrorType, a.ErrorCode, a.DeclineCode, a.Message, a.Checks, micros(a.CheckAt), micros(a.CreatedAt), micros(a.UpdatedAt)}
		},
		scan:    scanAttempt,
		stamped: []string{"updated_at"},
		stamp: func(a, _ *payments.Attempt, now time.Time) {
			a.UpdatedAt = now
			if a.CreatedAt.IsZero() {
				a.CreatedAt = now
			}
		},
	}
}

func scanAttempt(row scanner) (a payments.Attempt, err error) {
	var check, created, updated int64
	var params string
	err = row.Scan(&a.ID, &a.OrderID, &a.N, &a.Params.Token, &a.IdempotencyKey, &params, &a.IntentID, &a.State,
		&a.ErrorType, &a.ErrorCode, &a.DeclineCode, &a.Message, &a.Checks, &check, &created, &updated)
	if err != nil {
		return a, err
	}
	a.CheckAt, a.CreatedAt, a.UpdatedAt = fromMicros(check), fromMicros(created), fromMicros(updated)
	return a, fromJSON(params, &a.Params)
}

func intentTable() *table[payments.Intent] {
	return &table[payments.Intent]{
		name: "intents",
		columns: []string{"id", "order_id", "status", "client_secret", "amount", "captured", "currency",
			"capture_before", "subscription_id", "renewal", "version", "created_at", "updated_at"},
		values: func(i *payments.Intent) []any {
			return []any{i.ID, i.OrderID, string(i.Status), i.ClientSecret, i.Amount, i.Captured, i.Currency,
				micros(i.CaptureBefore), i.SubscriptionID, i.Renewal, i.Version, micros(i.CreatedAt), micros(i.UpdatedAt)}
		},
		scan: func(row scanner) (i payments.Intent, err error) {
			var before, created, updated int64
			err = row.Scan(&i.ID, &i.OrderID, &i.Status, &i.ClientSecret, &i.Amount, &i.Captured, &i.Currency,
				&before, &i.SubscriptionID, &i.Renewal, &i.Version, &created, &updated)
			i.CaptureBefore, i.CreatedAt, i.UpdatedAt = fromMicros(before), fromMicros(created), fromMicros(updated)
			return i, err
		},
		stamped: []string{"version", "updated_at"},
		stamp: func(i, was *payments.Intent, now time.Time) {
			i.Version, i.UpdatedAt = 1, now
			if was != nil {
				i.Version = was.Version + 1
			}
			if i.CreatedAt.IsZero() {
				i.CreatedAt = now
			}
		},
	}
}

func refundTable() *table[payments.Refund] {
	return &table[payments.Refund]{
		name: "refunds",
		columns: []string{"id", "order_id", "intent_id", "amount", "currency", "status", "reason",
			"operation_id", "created_at", "updated_at"},
		values: func(r *payments.Refund) []any {
			return []any{r.ID, r.OrderID, r.IntentID, r.Amount, r.Currency, r.Status, r.Reason,
				r.OperationID, micros(r.CreatedAt), micros(r.UpdatedAt)}
		},
		scan: func(row scanner) (r payments.Refund, err error) {
			var created, updated int64
			err = row.Scan(&r.ID, &r.OrderID, &r.IntentID, &r.Amount, &r.Currency, &r.Status, &r.Reason,
				&r.OperationID, &created, &updated)
			r.CreatedAt, r.UpdatedAt = fromMicros(created), fromMicros(updated)
			return r, err
		},
		stamped: []string{"updated_at"},
		stamp:   func(r, _ *payments.Refund, now time.Time) { r.UpdatedAt = now },
	}
}

func disputeTable() *table[payments.Dispute] {
	return &table[payments.Dispute]{
		name:    "disputes",
		columns: []string{"id", "order_id", "intent_id", "amount", "currency", "status", "reason", "updated_at"},
		values: func(d *payments.Dispute) []any {
			return []any{d.ID, d.OrderID, d.IntentID, d.Amount, d.Currency, d.Status, d.Reason, micros(d.UpdatedAt)}
		},
		scan: func(row scanner) (d payments.Dispute, err error) {
			var updated int64
			err = row.Scan(&d.ID, &d.OrderID, &d.IntentID, &d.Amount, &d.Currency, &d.Status, &d.Reason, &updated)
			d.UpdatedAt = fromMicros(updated)
			return d, err
		},
		stamped: []string{"updated_at"},
		stamp:   func(d, _ *payments.Dispute, now time.Time) { d.UpdatedAt = now },
	}
}
