package store

import (
	"context"
	"fmt"
	"strings"

	"checkoutd/internal/connect"
	"checkoutd/internal/connect/mirror"
	"checkoutd/internal/queue"
	"checkoutd/internal/store/sqldb"
)

// mirrorTable is a table of mirrored objects.
type mirrorTable struct {
	name    string
	columns []string // after the account
}

// newMirrorTable returns a table whose rows are replaced by newer readings
// only. The columns end with those of a reading.
func newMirrorTable(name string, columns ...string) mirrorTable {
	return mirrorTable{name, append(columns, "phase", "as_of", "step")}
}

var (
	mirrorPayments = newMirrorTable("mirror_payments", "id", "amount", "received", "application_fee", "currency",
		"status", "latest_charge", "error_code", "decline_code", "created_at", "canceled_at")
	mirrorCharges = newMirrorTable("mirror_charges", "id", "payment_id", "amount", "captured", "refunded", "currency",
		"status", "disputed", "failure_code", "decline_code", "card_brand", "card_last4", "created_at")
	mirrorRefunds = newMirrorTable("mirror_refunds", "id", "charge_id", "payment_id", "amount", "currency", "status",
		"reason", "created_at")
	mirrorDisputes = newMirrorTable("mirror_disputes", "id", "charge_id", "payment_id", "amount", "currency", "status",
		"reason", "fee", "fee_currency", "created_at")

	mirrorTables = []mirrorTable{mirrorPayments, mirrorCharges, mirrorRefunds, mirrorDisputes}
)

// upsert returns the statement that stores n rows, each unless the stored
// reading is newer.
func (t mirrorTable) upsert(n int) string {
	var sets []string
	for _, c := range t.columns {
		if c != "id" {
			sets = append(sets, c+" = excluded."+c)
		}
	}

	return "INSERT INTO " + t.name + " (account, " + strings.Join(t.columns, ", ") + ")" +
		" VALUES " + placeholders(n, len(t.columns)) +
		" ON CONFLICT (account, id) DO UPDATE SET " + strings.Join(sets, ", ") +
		" WHERE (excluded.phase, excluded.as_of, excluded.step) >= (" +
		t.name + ".phase, " + t.name + ".as_of, " + t.name + ".step)"
}

// placeholders returns n rows for VALUES: the account, $1, then the columns.
func placeholders(n, columns int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString("($1")
		for c := range columns {
			fmt.Fprintf(&b, ", $%d", 2+i*columns+c)
		}
		b.WriteString(")")
	}
	return b.String()
}

// mirrorSteps are how many rows a statement has. A page is one statement, and
// few texts have to be prepared.
var mirrorSteps = []int{100, 10, 1}

// inSteps splits rows into statements.
func inSteps(account string, rows [][]any, text func(n int) string) (writes []sqldb.Command) {
	for _, n := range mirrorSteps {
		for ; len(rows) >= n; rows = rows[n:] {
			args := []any{account}
			for _, r := range rows[:n] {
				args = append(args, r...)
			}
			writes = append(writes, sqldb.Command{Text: text(n), Args: args})
		}
	}
	return writes
}

// mirrorRows collects the rows of a table. Of an object that comes twice it
// keeps the newer reading: PostgreSQL stores a row once in a statement.
type mirrorRows struct {
	rows [][]any
	of   map[string]int // the row of an ID
	read []mirror.Reading
}

func (m *mirrorRows) add(r mirror.Reading, id string, values ...any) {
	row := append([]any{id}, values...)
	row = append(row, r.Phase, sqldb.Micros(r.AsOf), r.Step)

	i, twice := m.of[id]
	switch {
	case !twice:
		if m.of == nil {
			m.of = map[string]int{}
		}
		m.of[id] = len(m.rows)
		m.rows, m.read = append(m.rows, row), append(m.read, r)
	case r.Compare(m.read[i]) >= 0:
		m.rows[i], m.read[i] = row, r
	}
}

// putMirror returns the statements that store the objects of an account.
func putMirror(account string, b *mirror.Batch) (writes []sqldb.Command) {
	var payments, charges, refunds, disputes mirrorRows
	var charged [][]any
	for _, p := range b.Payments {
		payments.add(p.Reading, p.ID, p.Amount, p.Received, p.ApplicationFee, p.Currency, p.Status, p.LatestCharge,
			p.ErrorCode, p.DeclineCode, sqldb.Micros(p.CreatedAt), sqldb.Micros(p.CanceledAt))
	}
	for _, c := range b.Charges {
		charged = append(charged, []any{c.ID})
		charges.add(c.Reading, c.ID, c.PaymentID, c.Amount, c.Captured, c.Refunded, c.Currency, c.Status, c.Disputed,
			c.FailureCode, c.DeclineCode, c.CardBrand, c.CardLast4, sqldb.Micros(c.CreatedAt))
	}
	for _, r := range b.Refunds {
		refunds.add(r.Reading, r.ID, r.ChargeID, r.PaymentID, r.Amount, r.Currency, r.Status, r.Reason,
			sqldb.Micros(r.CreatedAt))
	}
	for _, d := range b.Disputes {
		disputes.add(d.Reading, d.ID, d.ChargeID, d.PaymentID, d.Amount, d.Currency, d.Status, d.Reason, d.Fee,
			d.FeeCurrency, sqldb.Micros(d.CreatedAt))
	}

	for i, m := range []mirrorRows{payments, charges, refunds, disputes} {
		writes = append(writes, inSteps(account, m.rows, mirrorTables[i].upsert)...)
	}

	// A dispute changes its charge, and no event shows the charge then.
	for _, d := range b.Disputes {
		writes = append(writes, sqldb.Command{
			Text: `UPDATE mirror_charges SET disputed = TRUE, phase = 2 WHERE account = $1 AND id = $2`,
			Args: []any{account, d.ChargeID},
		})
	}

	// The charges are there by now, or another list of the pass brings them
	// with their fees.
	var fees [][]any
	for _, f := range b.Fees {
		fees = append(fees, []any{f.ChargeID, f.Amount, f.Currency})
	}

	writes = append(writes, inSteps(account, fees, putFees)...)
	return append(writes, inSteps(account, charged, hideErased)...)
}

// hideErased returns the statement that empties the cards of those among n
// charges whose buyers were erased: a reading brings them back.
func hideErased(n int) string {
	holders := make([]string, n)
	for i := range holders {
		holders[i] = fmt.Sprintf("$%d", 2+i)
	}

	return `UPDATE mirror_charges SET card_last4 = '' WHERE account = $1 AND id IN (` + strings.Join(holders, ", ") + `)
		AND card_last4 <> '' AND payment_id IN (SELECT id FROM erased)`
}

// putFees returns the statement that stores n fees. It finds the charges by
// their IDs, on both engines: a join might read all charges of the account.
func putFees(n int) string {
	var fee, currency, ids strings.Builder
	for i := range n {
		id := fmt.Sprintf("$%d", 2+3*i)
		fmt.Fprintf(&fee, " WHEN %s THEN CAST($%d AS BIGINT)", id, 3+3*i)
		fmt.Fprintf(&currency, " WHEN %s THEN CAST($%d AS TEXT)", id, 4+3*i)
		if i > 0 {
			ids.WriteString(", ")
		}
		ids.WriteString(id)
	}

	return `UPDATE mirror_charges SET fee = CASE id` + fee.String() + ` END,
			fee_currency = CASE id` + currency.String() + ` END
		WHERE account = $1 AND id IN (` + ids.String() + `)`
}

// CommitMirror stores a page with the cursor behind it; see mirror.Store. The
// row of the mirror comes first: whoever disconnects the account takes it, too.
func (s *Store) CommitMirror(ctx context.Context, claim queue.Claim, m *mirror.Mirror, b *mirror.Batch) error {
	return s.db.Transact(ctx, m.ID, func(context.Context, sqldb.Querier) ([]sqldb.Command, error) {
		m.UpdatedAt = s.now()
		update := sqldb.Command{
			Text: `UPDATE mirror_accounts SET since = $3, connection_at = $4, first_at = $5, pass = $6, pass_from = $7,
					started_at = $8, lists = $9, objects = $10, calls = $11, backfilled_at = $12, failures = $13,
					problem = $14, pause = $15, next_at = $16, updated_at = $17, lease_token = ''
				WHERE id = $1 AND lease_token = $2 AND EXISTS (
					SELECT 1 FROM connect_accounts c WHERE c.id = $1 AND c.state = 'connected')`,
			Args: []any{
				m.ID, claim.Token, sqldb.Micros(m.Since), sqldb.Micros(m.ConnectionAt), sqldb.Micros(m.FirstAt), m.Pass,
				sqldb.Micros(m.From), sqldb.Micros(m.StartedAt), sqldb.EncodeJSON(m.Lists), m.Objects, m.Calls,
				sqldb.Micros(m.BackfilledAt), m.Failures, m.Problem, int64(m.Pause), sqldb.Micros(m.NextAt),
				sqldb.Micros(m.UpdatedAt),
			},
			IfNone: queue.ErrClaimLost,
		}

		return append([]sqldb.Command{update}, putMirror(m.ID, b)...), nil
	})
}

// ApplyMirror stores what an event says; see mirror.Store. An account without a
// mirror costs one reading.
func (s *Store) ApplyMirror(ctx context.Context, account string, b *mirror.Batch) (applied bool, err error) {
	const text = `SELECT since FROM mirror_accounts m WHERE m.id = $1 AND EXISTS (
		SELECT 1 FROM connect_accounts c WHERE c.id = $1 AND c.state = 'connected')`

	_, known, err := sqldb.QueryOne(ctx, s.db.Reader(), sqldb.ScanInt, text, account)
	if err != nil || !known {
		return false, err
	}

	err = s.db.Transact(ctx, account, func(ctx context.Context, q sqldb.Querier) ([]sqldb.Command, error) {
		var since int64
		since, applied, err = sqldb.QueryOne(ctx, q, sqldb.ScanInt, text+s.db.LockRow(), account)
		if err != nil || !applied {
			return nil, err
		}

		young := *b
		young.Since(sqldb.FromMicros(since))
		return putMirror(account, &young), nil
	})

	return applied, err
}

// EraseMirror erases a part of what is stored of an account; see mirror.Store.
func (s *Store) EraseMirror(ctx context.Context, claim queue.Claim, n int) (erased bool, err error) {
	err = s.db.Transact(ctx, claim.ID, func(ctx context.Context, q sqldb.Querier) ([]sqldb.Command, error) {
		erased = false
		_, held, err := sqldb.QueryOne(ctx, q, sqldb.ScanString,
			`SELECT m.id FROM mirror_accounts m WHERE m.id = $1 AND m.lease_token = $2 AND NOT EXISTS (
				SELECT 1 FROM connect_accounts c WHERE c.id = $1 AND c.state = 'connected')`+s.db.LockRow(),
			claim.ID, claim.Token)
		if err == nil && !held {
			err = queue.ErrClaimLost
		}
		if err != nil {
			return nil, err
		}

		var gone int64
		for _, t := range mirrorTables {
			k, err := sqldb.Exec(ctx, q, `DELETE FROM `+t.name+` WHERE account = $1 AND id IN (
				SELECT id FROM `+t.name+` WHERE account = $1 LIMIT $2)`, claim.ID, n)
			if err != nil {
				return nil, err
			}

			gone += k
		}

		end := sqldb.Command{
			Text: `UPDATE mirror_accounts SET lease_token = '', next_at = 0 WHERE id = $1`,
			Args: []any{claim.ID},
		}

		if erased = gone == 0; erased {
			end.Text = `DELETE FROM mirror_accounts WHERE id = $1`
		}

		return []sqldb.Command{end}, nil
	})

	return erased && err == nil, err
}

// stopMirror returns the statement that stops the mirror of an account that is
// disconnected in the same transaction: whoever reads a page of it commits
// nothing, and what is stored can be erased at once.
func stopMirror(account string) sqldb.Command {
	return sqldb.Command{
		Text: `UPDATE mirror_accounts SET lease_token = '', next_at = 0 WHERE id = $1`,
		Args: []any{account},
	}
}

// ChangeMirror changes or adds the mirror of an account; see mirror.Store.
func (s *Store) ChangeMirror(
	ctx context.Context, account string, change func(*mirror.Mirror),
) (m mirror.Mirror, err error) {
	err = s.db.Transact(ctx, account, func(ctx context.Context, q sqldb.Querier) (writes []sqldb.Command, err error) {
		a, known, err := sqldb.QueryOne(ctx, q, connectAccountTable.Scan,
			connectAccountTable.Select()+" WHERE id = $1"+s.db.LockRow(), account)
		switch {
		case err != nil:
			return nil, err
		case !known:
			return nil, connect.ErrNoAccount
		case !a.IsConnected():
			return nil, connect.ErrNotConnected
		}

		m, known, err = sqldb.QueryOne(ctx, q, mirrorAccountTable.Scan,
			mirrorAccountTable.Select()+" WHERE id = $1"+s.db.LockRow(), account)
		if err != nil {
			return nil, err
		}

		if !known {
			m = mirror.Mirror{ID: account}
			change(&m)
			return []sqldb.Command{mirrorJobTable.Insert(&mirror.Job{Mirror: m}, s.now())}, nil
		}

		prev := mirrorAccountTable.Values(&m)
		change(&m)
		writes, err = mirrorAccountTable.Update(prev, &m, s.now())

		return append(writes, sqldb.Command{
			Text: `UPDATE mirror_accounts SET lease_token = '' WHERE id = $1`,
			Args: []any{account},
		}), err
	})

	return m, err
}
