package store

import (
	"context"
	"time"

	"checkoutd/internal/connect/mirror"
	"checkoutd/internal/store/sqldb"
)

// microsOfDay is a day as the database counts time.
const microsOfDay = "86400000000"

// mirrorReport is the statement of a report: the day, keys texts, then figures
// numbers, about what was created from $2 until before $3.
type mirrorReport struct {
	keys, figures int
	text          string
}

// reportText returns a statement over one table. The keys are columns, and the
// figures are sums besides the count.
func reportText(table, keys, figures, condition string) string {
	return `SELECT created_at / ` + microsOfDay + ` AS day, ` + keys + `, COUNT(*), ` + figures + `
		FROM ` + table + ` WHERE account = $1 AND created_at >= $2 AND created_at < $3` + condition + `
		GROUP BY created_at / ` + microsOfDay + `, ` + keys + ` ORDER BY 1, 2, 3`
}

// sum returns a sum as both engines return it: PostgreSQL would make it a
// numeric.
func sum(column string) string { return `CAST(COALESCE(SUM(` + column + `), 0) AS BIGINT)` }

// wasAttempted selects the payments that somebody has tried to pay. The others
// were only begun.
const wasAttempted = `CASE WHEN latest_charge <> '' OR error_code <> ''
	OR status IN ('succeeded', 'processing', 'requires_capture') THEN 1 ELSE 0 END`

var mirrorReports = map[string]mirrorReport{
	"payments": {2, 3, reportText("mirror_payments", "currency, status", sum("amount")+", "+sum("received"), "")},
	"success": {1, 3, reportText("mirror_payments", "currency",
		sum(wasAttempted)+", "+sum("CASE WHEN status = 'succeeded' THEN 1 ELSE 0 END"), "")},
	"declines": {2, 2, reportText("mirror_charges", "currency, decline_code", sum("amount"), " AND status = 'failed'")},
	"refunds":  {3, 2, reportText("mirror_refunds", "currency, status, reason", sum("amount"), "")},
	"disputes": {3, 2, reportText("mirror_disputes", "currency, status, reason", sum("amount"), "")},

	// Of charges it is all that was taken from the account, the application's
	// fee included, in the currency of the account's balance.
	"fees": {2, 2, `SELECT day, currency, kind, CAST(SUM(n) AS BIGINT), CAST(SUM(amount) AS BIGINT) FROM (
			SELECT created_at / ` + microsOfDay + ` AS day, fee_currency AS currency, 'charges' AS kind,
				COUNT(*) AS n, SUM(fee) AS amount
			FROM mirror_charges WHERE account = $1 AND created_at >= $2 AND created_at < $3 AND fee_currency <> ''
			GROUP BY 1, 2
			UNION ALL
			SELECT created_at / ` + microsOfDay + `, fee_currency, 'disputes', COUNT(*), SUM(fee)
			FROM mirror_disputes WHERE account = $1 AND created_at >= $2 AND created_at < $3 AND fee_currency <> ''
			GROUP BY 1, 2
			UNION ALL
			SELECT created_at / ` + microsOfDay + `, currency, 'application', COUNT(*), SUM(application_fee)
			FROM mirror_payments WHERE account = $1 AND created_at >= $2 AND created_at < $3
				AND application_fee > 0 AND status = 'succeeded'
			GROUP BY 1, 2
		) fees GROUP BY day, currency, kind ORDER BY day, currency, kind`},
}

// MirrorReport returns the rows of a report; see mirror.Store.
func (s *Store) MirrorReport(
	ctx context.Context, account, report string, from, to time.Time,
) ([]mirror.Row, error) {
	r, ok := mirrorReports[report]
	if !ok {
		return nil, mirror.ErrNoReport
	}

	scan := func(row sqldb.Row) (out mirror.Row, err error) {
		out.Keys, out.Figures = make([]string, r.keys), make([]int64, r.figures)

		var day int64
		dests := []any{&day}
		for i := range out.Keys {
			dests = append(dests, &out.Keys[i])
		}

		for i := range out.Figures {
			dests = append(dests, &out.Figures[i])
		}

		err = row.Scan(dests...)
		out.Day = time.Unix(day*24*60*60, 0).UTC()

		return out, err
	}

	return sqldb.QueryAll(ctx, s.db.Reader(), scan, r.text, account, sqldb.Micros(from), sqldb.Micros(to))
}

// MirrorOldest returns when the oldest object was created; see mirror.Store.
func (s *Store) MirrorOldest(ctx context.Context, account string) (oldest time.Time, err error) {
	for _, t := range mirrorTables {
		found, ok, err := sqldb.QueryOne(ctx, s.db.Reader(), sqldb.ScanInt,
			`SELECT created_at FROM `+t.name+` WHERE account = $1 ORDER BY created_at LIMIT 1`, account)
		if err != nil {
			return oldest, err
		}

		if at := sqldb.FromMicros(found); ok && (oldest.IsZero() || at.Before(oldest)) {
			oldest = at
		}
	}

	return oldest, nil
}
