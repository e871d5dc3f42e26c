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

var letterTable = sqldb.NewTable("letters", func(l *mail.Letter) []sqldb.Cell {
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
		sqldb.Text("lease_token", &l.Claim.Token),
		sqldb.CreatedAt(&l.CreatedAt),
		sqldb.Time("done_at", &l.DoneAt),
	}
})

// insertLetters returns the inserts of the letters that follow from an effect.
// One that is stored already is left alone.
func insertLetters(j *effects.Job, plan effects.Plan, now time.Time) (writes []sqldb.Command) {
	for _, to := range plan.Letters {
		writes = append(writes, sqldb.Command{
			Text: `INSERT INTO letters (id, effect_id, order_id, kind, subject, recipient, state, tries, problem,
					next_at, lease_token, created_at, done_at)
				VALUES ($1, $2, $3, $4, $5, $6, 'due', 0, '', $7, '', $7, 0) ON CONFLICT DO NOTHING`,
			Args: []any{
				orders.NewID("let_"), j.ID, j.OrderID, j.Kind, j.Subject, to, sqldb.Micros(now),
			},
		})
	}
	return writes
}

// ClaimLetters claims due letters, and marks as unknown those whose sender
// died; see mail.Store.
func (s *Store) ClaimLetters(
	ctx context.Context, now, leaseUntil time.Time, n int,
) (list []mail.Letter, err error) {
	_, err = s.db.Exec(ctx, `UPDATE letters SET state = 'unknown', done_at = $1, next_at = 0, lease_token = '',
			problem = 'the server stopped while it was being sent'
		WHERE state = 'sending' AND next_at <= $1`, sqldb.Micros(now))
	if err != nil {
		return nil, err
	}

	text := fmt.Sprintf(`WITH picked AS MATERIALIZED (
			SELECT id AS picked_id FROM letters WHERE state = 'due' AND next_at <= $1
			ORDER BY next_at LIMIT $2%s)
		UPDATE letters SET state = 'sending', lease_token = $3, next_at = $4, tries = tries + 1
		FROM picked WHERE id = picked_id AND state = 'due' RETURNING %s`, s.db.SkipLocked(), letterTable.Columns())
	token := rand.Text()

	err = s.db.Statement(ctx, func(ctx context.Context, q sqldb.Querier) (err error) {
		list, err = sqldb.QueryAll(ctx, q, letterTable.Scan, text,
			sqldb.Micros(now), n, token, sqldb.Micros(leaseUntil))
		return err
	})

	for i := range list {
		list[i].Claim.ID = list[i].ID
	}

	slices.SortFunc(list, func(a, b mail.Letter) int { return a.CreatedAt.Compare(b.CreatedAt) })
	return list, err
}

// EndLetter stores what became of a letter; see mail.Store.
func (s *Store) EndLetter(ctx context.Context, l mail.Letter, dueAt time.Time) error {
	done := time.Time{}
	if l.State != mail.Due {
		done = s.now()
	}

	return s.endClaim(ctx, `UPDATE letters SET state = $3, problem = $4, next_at = $5, done_at = $6, tries = $7,
			lease_token = ''
		WHERE id = $1 AND lease_token = $2 AND state = 'sending'`,
		l.Claim.ID, l.Claim.Token, string(l.State), l.Problem, sqldb.Micros(dueAt), sqldb.Micros(done), l.Tries)
}

// Letters returns the newest letters, at most n, of an order or of all if
// orderID is "".
func (s *Store) Letters(ctx context.Context, orderID string, n int) ([]mail.Letter, error) {
	return sqldb.QueryAll(ctx, s.db.Reader(), letterTable.Scan,
		letterTable.Select()+" WHERE $1 = '' OR order_id = $1 ORDER BY created_at DESC, id LIMIT $2", orderID, n)
}

// ResendLetter makes a letter due that failed, is unknown or was skipped. ok is
// false if there is no such letter.
func (s *Store) ResendLetter(ctx context.Context, id string) (ok bool, err error) {
	n, err := s.db.Exec(ctx, `UPDATE letters SET state = 'due', next_at = $2, done_at = 0, problem = ''
		WHERE id = $1 AND state IN ('failed', 'unknown', 'skipped')`, id, sqldb.Micros(s.now()))
	return n > 0, err
}
