package store

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"checkoutd/internal/customersession"
	"checkoutd/internal/orders"
	"checkoutd/internal/store/sqldb"
)

const (
	// noteUseEvery is how exactly the last use of a token is kept: a day, so
	// that recognizing a buyer is a read on all but one of a day's requests.
	noteUseEvery = 24 * time.Hour
	// maxTokens is how many tokens a buyer has, who is one browser: several
	// only because tabs load at once, or responses are lost. The tokens that
	// were not used for longest go first.
	maxTokens = 10
	// sweep is how many expired tokens go with each new one, so that the table
	// cannot grow by tokens that nobody uses.
	sweep = 20
)

// UseToken returns the token with that hash, if it is valid; see
// customersession.Store.
func (s *Store) UseToken(
	ctx context.Context, hash []byte, now time.Time,
) (t customersession.Token, ok bool, err error) {
	type row struct {
		customersession.Token
		lastUsed time.Time
	}

	found, ok, err := sqldb.QueryOne(ctx, s.db.Reader(), func(r sqldb.Row) (row, error) {
		var created, used, expires int64
		out := row{Token: customersession.Token{Hash: hash}}
		err := r.Scan(&out.BuyerID, &out.Payments.Last, &out.Payments.Paid, &created, &used, &expires)
		out.CreatedAt, out.ExpiresAt = sqldb.FromMicros(created), sqldb.FromMicros(expires)
		out.lastUsed = sqldb.FromMicros(used)

		return out, err
	}, `SELECT buyer_id, last_attempt_id, paid_attempt_id, created_at, last_used_at, expires_at FROM buyer_tokens
		WHERE hash = $1 AND revoked_at = 0 AND expires_at > $2`, hash, sqldb.Micros(now))
	if err != nil || !ok {
		return t, false, err
	}

	if now.Sub(found.lastUsed) >= noteUseEvery {
		_, err = s.db.Exec(ctx, `UPDATE buyer_tokens SET last_used_at = $2 WHERE hash = $1`,
			hash, sqldb.Micros(now))
	}

	return found.Token, true, err
}

// AddToken stores a token unless its buyer was revoked; see
// customersession.Store. Tokens beyond maxTokens go, and some that have
// expired.
func (s *Store) AddToken(
	ctx context.Context, t customersession.Token, former []byte, formerEnds time.Time,
) (added bool, err error) {
	err = s.db.Transact(ctx, t.BuyerID, func(ctx context.Context, q sqldb.Querier) ([]sqldb.Command, error) {
		// The lock makes a revocation that runs at the same time see the token.
		// The buyer has a row for each account.
		revoked, err := sqldb.QueryAll(ctx, q, sqldb.ScanInt,
			`SELECT revoked_at FROM buyers WHERE id = $1 ORDER BY account`+s.db.LockRow(), t.BuyerID)
		added = err == nil && !slices.ContainsFunc(revoked, func(at int64) bool { return at != 0 })
		if !added {
			return nil, err
		}

		created := sqldb.Micros(t.CreatedAt)

		return []sqldb.Command{
			{
				Text: `INSERT INTO buyer_tokens (hash, buyer_id, last_attempt_id, paid_attempt_id, created_at,
						last_used_at, expires_at, revoked_at)
					VALUES ($1, $2, $3, $4, $5, $5, $6, 0)`,
				Args: []any{
					t.Hash, t.BuyerID, t.Payments.Last, t.Payments.Paid, created, sqldb.Micros(t.ExpiresAt),
				},
			},
			{
				Text: `UPDATE buyer_tokens SET expires_at = $2 WHERE hash = $1 AND expires_at > $2`,
				Args: []any{nonNil(former), sqldb.Micros(formerEnds)},
			},
			{
				Text: `DELETE FROM buyer_tokens WHERE hash IN (SELECT hash FROM buyer_tokens
					WHERE buyer_id = $1 AND hash <> $2 AND revoked_at = 0
					ORDER BY last_used_at DESC, hash LIMIT 1000 OFFSET $3` + s.db.SkipLocked() + `)`,
				Args: []any{t.BuyerID, t.Hash, maxTokens - 1},
			},
			{
				Text: `DELETE FROM buyer_tokens WHERE hash IN (SELECT hash FROM buyer_tokens
					WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2` + s.db.SkipLocked() + `)`,
				Args: []any{created, sweep},
			},
		}, nil
	})

	return added && err == nil, err
}

// NotePayment sets the attempt that a browser made last; see
// customersession.Store.
func (s *Store) NotePayment(ctx context.Context, hash []byte, attemptID string) error {
	_, err := s.db.Exec(ctx, `UPDATE buyer_tokens SET last_attempt_id = $2,
			paid_attempt_id = CASE WHEN EXISTS (SELECT 1 FROM attempts a
				WHERE a.id = buyer_tokens.last_attempt_id AND a.state IN ('succeeded', 'requires_capture'))
				THEN last_attempt_id ELSE paid_attempt_id END
		WHERE hash = $1`, hash, attemptID)
	return err
}

// PaidContact returns the contact details of a paid order; see
// customersession.Store.
func (s *Store) PaidContact(
	ctx context.Context, account string, p customersession.Payments,
) (c orders.Contact, err error) {
	text, ok, err := sqldb.QueryOne(ctx, s.db.Reader(), sqldb.ScanString, `SELECT o.contact
		FROM attempts a JOIN orders o ON o.id = a.order_id
		WHERE a.id IN ($1, $2) AND a.state IN ('succeeded', 'requires_capture')
			AND o.account = $3 AND o.status IN ('paid', 'authorized') AND o.erased_at = 0
		ORDER BY a.created_at DESC LIMIT 1`, p.Last, p.Paid, account)
	if err == nil && ok {
		err = json.Unmarshal([]byte(text), &c)
	}
	return c, err
}

// nonNil returns b, and an empty slice for nil, which the databases would take
// for NULL.
func nonNil(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// RevokeBuyers ends every token of the buyers who have the customer, or of all
// buyers if customerID is "". No browser is recognized as one of them again. It
// returns how many tokens were valid.
func (s *Store) RevokeBuyers(ctx context.Context, customerID string, now time.Time) (tokens int, err error) {
	var n int64
	at := sqldb.Micros(now)
	err = s.db.Transact(ctx, customerID, func(context.Context, sqldb.Querier) ([]sqldb.Command, error) {
		return []sqldb.Command{
			{ // first, because AddToken locks this row
				Text: `UPDATE buyers SET revoked_at = $1
					WHERE revoked_at = 0 AND ($2 = '' OR id IN (SELECT id FROM buyers WHERE customer_id = $2))`,
				Args: []any{at, customerID},
			},
			{
				Text: `UPDATE buyer_tokens SET revoked_at = $1 WHERE revoked_at = 0 AND expires_at > $1
					AND ($2 = '' OR buyer_id IN (SELECT id FROM buyers WHERE customer_id = $2))`,
				Args:  []any{at, customerID},
				Count: &n,
			},
		}, nil
	})

	return int(n), err
}
