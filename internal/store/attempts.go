package store

import (
	"context"
	"time"

	"checkoutd/internal/payments"
	"checkoutd/internal/store/sqldb"
)

var attemptTable = sqldb.NewTable("attempts", func(a *payments.Attempt) []sqldb.Cell {
	return []sqldb.Cell{
		sqldb.ID(&a.ID),
		sqldb.Owner("order_id", &a.OrderID),
		sqldb.Int("n", &a.N),
		sqldb.Text("token", &a.Params.Token),
		sqldb.Text("idempotency_key", &a.IdempotencyKey),
		sqldb.JSON("params", &a.Params),
		sqldb.Text("intent_id", &a.IntentID),
		sqldb.Text("state", &a.State),
		sqldb.Text("error_type", &a.ErrorType),
		sqldb.Text("error_code", &a.ErrorCode),
		sqldb.Text("decline_code", &a.DeclineCode),
		sqldb.Text("message", &a.Message),
		sqldb.Text("method_type", &a.MethodType),
		sqldb.Text("instructions", &a.Instructions.Kind),
		sqldb.Time("instructions_until", &a.Instructions.Until),
		sqldb.Text("instructions_url", &a.Instructions.URL),
		sqldb.Int("funded", &a.Instructions.Funded),
		sqldb.Text("source", &a.Source),
		sqldb.Text("verdict", &a.Verdict),
		sqldb.Int("checks", &a.Checks),
		sqldb.Time("check_at", &a.CheckAt),
		sqldb.Text("trace", &a.Trace),
		sqldb.CreatedAt(&a.CreatedAt),
		sqldb.UpdatedAt(&a.UpdatedAt),
	}
})

// oneActiveAttempt refuses a second attempt that may still take money.
var oneActiveAttempt = sqldb.UniqueIndex{
	Name:    "attempts_one_active",
	Columns: "attempts.order_id",
}

func attempts(st *payments.State) sqldb.Rows {
	return &sqldb.Tracked[payments.Attempt]{
		Table:   attemptTable,
		List:    &st.Attempts,
		OrderBy: "n",
		// An attempt that ends makes room for the next one under
		// oneActiveAttempt, so it is written first.
		Early: func(a *payments.Attempt) bool { return !a.State.Active() },
	}
}

// ClaimAttempts claims active attempts that are due; see payments.Store.
func (s *Store) ClaimAttempts(
	ctx context.Context, now, leaseUntil time.Time, n int,
) (claimed []payments.Attempt, err error) {
	text := `WITH due AS MATERIALIZED (
			SELECT id AS due_id FROM attempts
			WHERE state IN ('started', 'unknown', 'requires_action', 'processing', 'requires_capture')
				AND check_at > 0 AND check_at <= $1
			ORDER BY check_at LIMIT $2` + s.db.SkipLocked() + `)
		UPDATE attempts SET check_at = $3 FROM due WHERE id = due_id
		RETURNING ` + attemptTable.Columns()

	err = s.db.Statement(ctx, func(ctx context.Context, q sqldb.Querier) (err error) {
		claimed, err = sqldb.QueryAll(ctx, q, attemptTable.Scan, text,
			sqldb.Micros(now), n, sqldb.Micros(leaseUntil))
		return err
	})

	return claimed, err
}

// OrderOfTransfer returns the ID of the customer's order that a bank transfer
// is for; see payments.Store.
func (s *Store) OrderOfTransfer(ctx context.Context, account, customerID string) (string, error) {
	id, _, err := sqldb.QueryOne(ctx, s.db.Reader(), sqldb.ScanString,
		`SELECT o.id FROM orders o JOIN attempts a ON a.order_id = o.id
		WHERE o.customer_id = $1 AND o.customer_id <> '' AND a.instructions = $2 AND o.account = $3
		ORDER BY CASE o.status WHEN 'open' THEN 0 WHEN 'expired' THEN 1 WHEN 'canceled' THEN 1 ELSE 2 END,
			a.created_at DESC, o.id LIMIT 1`, customerID, payments.KindTransfer, account)
	return id, err
}
