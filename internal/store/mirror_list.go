package store

import (
	"cmp"
	"context"
	"math"

	"checkoutd/internal/connect/mirror"
	"checkoutd/internal/store/sqldb"
)

// fewByAmount is how many payments may be sorted. If more have an amount in the
// range, they are so frequent that a page is found on the way through the
// newest.
const fewByAmount = 20_000

// listedText reads the payments that picked has found. SQLite reads the tables
// of a CROSS JOIN in this order; of any other it might read all payments first.
const listedText = `
SELECT p.id, p.amount, p.received, p.application_fee, p.currency, p.status, p.latest_charge, p.error_code,
	p.decline_code, p.created_at, p.canceled_at,
	COALESCE(c.refunded, 0), COALESCE(c.disputed, FALSE), COALESCE(c.fee, 0), COALESCE(c.fee_currency, ''),
	COALESCE(c.card_brand, ''), COALESCE(c.card_last4, '')
FROM picked CROSS JOIN mirror_payments p
LEFT JOIN mirror_charges c ON c.account = $1 AND c.id = p.latest_charge
WHERE p.account = $1 AND p.id = picked_id
ORDER BY p.created_at DESC, p.id DESC`

func scanListed(row sqldb.Row) (l mirror.Listed, err error) {
	var created, canceled int64
	err = row.Scan(&l.ID, &l.Amount, &l.Received, &l.ApplicationFee, &l.Currency, &l.Status, &l.LatestCharge,
		&l.ErrorCode, &l.DeclineCode, &created, &canceled,
		&l.Refunded, &l.Disputed, &l.Fee, &l.FeeCurrency, &l.CardBrand, &l.CardLast4)
	l.CreatedAt, l.CanceledAt = sqldb.FromMicros(created), sqldb.FromMicros(canceled)
	return l, err
}

// MirrorPayments returns a page of payments; see mirror.Store.
func (s *Store) MirrorPayments(ctx context.Context, account string, f mirror.Filter) ([]mirror.Listed, error) {
	few, err := s.fewByAmount(ctx, account, f)
	if err != nil {
		return nil, err
	}

	text, args, err := s.mirrorPaymentsText(ctx, account, f, few)
	if err != nil {
		return nil, err
	}

	return sqldb.QueryAll(ctx, s.db.Reader(), scanListed, text, args...)
}

// mirrorPaymentsText returns the statement of a page. The engines choose the
// index by the conditions: SQLite has no statistics, so the condition on the
// amount must not look like one that an index could serve, unless few payments
// meet it.
func (s *Store) mirrorPaymentsText(
	ctx context.Context, account string, f mirror.Filter, few bool,
) (text string, args []any, err error) {
	var w sqldb.Where
	owner := w.Arg(account)
	from, amount := "mirror_payments", "amount + 0"
	if few {
		from, amount = "few", "amount"
		text = `WITH few AS MATERIALIZED (SELECT account, id, created_at, status, currency, amount
			FROM mirror_payments WHERE account = ` + owner +
			` AND amount BETWEEN ` + w.Arg(f.AmountMin) + ` AND ` + w.Arg(maxAmount(f)) + `), `
	} else {
		text = `WITH `
	}

	w.Add("account = " + owner)
	if f.Status != "" {
		w.AddArg("status =", f.Status)
	}

	if f.Currency != "" {
		w.AddArg("currency =", f.Currency)
	}

	if !f.From.IsZero() {
		w.AddArg("created_at >=", sqldb.Micros(f.From))
	}

	if !f.To.IsZero() {
		w.AddArg("created_at <", sqldb.Micros(f.To))
	}

	if f.AmountMin > 0 {
		w.AddArg(amount+" >=", f.AmountMin)
	}

	if f.AmountMax > 0 {
		w.AddArg(amount+" <=", f.AmountMax)
	}

	if f.After != "" {
		created, ok, err := sqldb.QueryOne(ctx, s.db.Reader(), sqldb.ScanInt,
			`SELECT created_at FROM mirror_payments WHERE account = $1 AND id = $2`, account, f.After)
		if err == nil && !ok {
			err = mirror.ErrNoCursor
		}
		if err != nil {
			return "", nil, err
		}

		w.Add("(created_at, id) < (" + w.Arg(created) + ", " + w.Arg(f.After) + ")")
	}

	text += `picked AS MATERIALIZED (SELECT id AS picked_id FROM ` + from + w.String() +
		` ORDER BY created_at DESC, id DESC LIMIT ` + w.Arg(cmp.Or(f.Limit, 100)) + `)` + listedText

	return text, w.Args(), nil
}

// fewByAmount reports whether the amounts select so few payments that their
// index is the one to use.
func (s *Store) fewByAmount(ctx context.Context, account string, f mirror.Filter) (bool, error) {
	if f.AmountMin <= 0 && f.AmountMax <= 0 {
		return false, nil
	}

	n, _, err := sqldb.QueryOne(ctx, s.db.Reader(), sqldb.ScanInt, `SELECT COUNT(*) FROM (
		SELECT 1 AS one FROM mirror_payments WHERE account = $1 AND amount BETWEEN $2 AND $3 LIMIT $4) counted`,
		account, f.AmountMin, maxAmount(f), fewByAmount+1)

	return n <= fewByAmount, err
}

// maxAmount returns the highest amount that a filter selects.
func maxAmount(f mirror.Filter) int64 {
	if f.AmountMax <= 0 {
		return math.MaxInt64
	}
	return f.AmountMax
}
