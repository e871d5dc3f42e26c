package store

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"time"

	"checkoutd/internal/effects"
	"checkoutd/internal/mail"
	"checkoutd/internal/orders"
	"checkoutd/internal/store/sqldb"
)

var emailTable = sqldb.NewTable("emails", func(l *mail.Email) []sqldb.Cell {
	return []sqldb.Cell{
		sqldb.ID(&l.ID),
		sqldb.Text("effect_id", &l.EffectID),
		sqldb.Text("order_id", &l.OrderID),
		sqldb.Text("kind", &l.Kind),
		sqldb.Text("subject", &l.Subject),
		sqldb.Text("recipient", &l.Recipient),
		sqldb.Text("state", &l.State),
		sqldb.Int("tries", &l.Tries),
		sqldb.Text("problem", &l.Problem),
		sqldb.Text("trace", &l.Trace),
		sqldb.Text("lease_token", &l.Claim.Token),
		sqldb.CreatedAt(&l.CreatedAt),
		sqldb.Time("done_at", &l.DoneAt),
	}
})

// insertEmails returns the inserts of the e-mails that follow from an effect.
// One that is stored already is left alone.
func insertEmails(j *effects.Job, plan effects.Plan, now time.Time, trace string) (writes []sqldb.Command) {
	for _, to := range plan.Emails {
		writes = append(writes, sqldb.Command{
			Text: `INSERT INTO emails (id, effect_id, order_id, kind, subject, recipient, state, tries, problem,
					next_at, lease_token, created_at, done_at, trace)
				VALUES ($1, $2, $3, $4, $5, $6, 'due', 0, '', $7, '', $7, 0, $8) ON CONFLICT DO NOTHING`,
			Args: []any{
				orders.NewID("eml_"), j.ID, j.OrderID, j.Kind, j.Subject, to, sqldb.Micros(now), trace,
			},
		})
	}
	return writes
}

// ClaimEmails claims due e-mails, and marks as unknown those whose sender
// died; see mail.Store.
func (s *Store) ClaimEmails(
	ctx context.Context, now, leaseUntil time.Time, n int,
) (list []mail.Email, err error) {
	_, err = s.db.Exec(ctx, `UPDATE emails SET state = 'unknown', done_at = $1, next_at = 0, lease_token = '',
			problem = 'the server stopped while it was being sent'
		WHERE state = 'sending' AND next_at <= $1`, sqldb.Micros(now))
	if err != nil {
		return nil, err
	}

	text := fmt.Sprintf(`WITH picked AS MATERIALIZED (
			SELECT id AS picked_id FROM emails WHERE state = 'due' AND next_at <= $1
			ORDER BY next_at LIMIT $2%s)
		UPDATE emails SET state = 'sending', lease_token = $3, next_at = $4, tries = tries + 1
		FROM picked WHERE id = picked_id AND state = 'due' RETURNING %s`, s.db.SkipLocked(), emailTable.Columns())
	token := rand.Text()

	err = s.db.Statement(ctx, func(ctx context.Context, q sqldb.Querier) (err error) {
		list, err = sqldb.QueryAll(ctx, q, emailTable.Scan, text,
			sqldb.Micros(now), n, token, sqldb.Micros(leaseUntil))
		return err
	})

	for i := range list {
		list[i].Claim.ID = list[i].ID
	}

	slices.SortFunc(list, func(a, b mail.Email) int { return a.CreatedAt.Compare(b.CreatedAt) })
	return list, err
}

// EndEmail stores what became of an e-mail; see mail.Store.
func (s *Store) EndEmail(ctx context.Context, l mail.Email, dueAt time.Time) error {
	done := time.Time{}
	if l.State != mail.Due {
		done = s.now()
	}

	return s.endClaim(ctx, `UPDATE emails SET state = $3, problem = $4, next_at = $5, done_at = $6, tries = $7,
			lease_token = ''
		WHERE id = $1 AND lease_token = $2 AND state = 'sending'`,
		l.Claim.ID, l.Claim.Token, string(l.State), l.Problem, sqldb.Micros(dueAt), sqldb.Micros(done), l.Tries)
}

// Emails returns the newest e-mails, at most n, of an order or of all if
// orderID is "".
func (s *Store) Emails(ctx context.Context, orderID string, n int) ([]mail.Email, error) {
	return sqldb.QueryAll(ctx, s.db.Reader(), emailTable.Scan,
		emailTable.Select()+" WHERE $1 = '' OR order_id = $1 ORDER BY created_at DESC, id LIMIT $2", orderID, n)
}

// ResendEmail makes an e-mail due that failed, is unknown or was skipped. ok is
// false if there is no such e-mail.
func (s *Store) ResendEmail(ctx context.Context, id string) (ok bool, err error) {
	n, err := s.db.Exec(ctx, `UPDATE emails SET state = 'due', next_at = $2, done_at = 0, problem = ''
		WHERE id = $1 AND state IN ('failed', 'unknown', 'skipped')`, id, sqldb.Micros(s.now()))
	return n > 0, err
}
