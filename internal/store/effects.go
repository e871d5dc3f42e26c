package store

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"checkoutd/internal/deliveries"
	"checkoutd/internal/effects"
	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
	"checkoutd/internal/queue"
	"checkoutd/internal/store/sqldb"
	"checkoutd/internal/tracing"
)

var effectTable = sqldb.NewTable("effects", effectCells)

func effectCells(e *payments.Effect) []sqldb.Cell {
	return []sqldb.Cell{
		sqldb.ID(&e.ID),
		sqldb.Owner("order_id", &e.OrderID),
		sqldb.Owner("account_id", &e.AccountID),
		sqldb.Int("n", &e.N),
		sqldb.Text("kind", &e.Kind),
		sqldb.Text("subject", &e.Subject),
		sqldb.Text("object_status", &e.ObjectStatus),
		sqldb.JSON("order_then", &e.Then),
		sqldb.Text("trace", &e.Trace),
		sqldb.CreatedAt(&e.CreatedAt),
	}
}

// jobTable reads effects as work.
var jobTable = sqldb.NewTable("effects", func(j *effects.Job) []sqldb.Cell {
	return append(effectCells(&j.Effect),
		sqldb.Int("tries", &j.Tries),
		sqldb.Text("lease_token", &j.Claim.Token))
})

// insertEffectText adds an effect of an order or an account, whose lock makes
// its numbers follow each other. One that is stored already is left alone.
const insertEffectText = `INSERT INTO effects (id, order_id, account_id, n, kind, subject, object_status, order_then,
		created_at, next_at, trace, tries, lease_token, done_at)
	VALUES ($1, $2, $3, (SELECT COALESCE(MAX(n), 0) + 1 FROM effects WHERE order_id = $2 AND account_id = $3),
		$4, $5, $6, $7, $8, $9, $10, 0, '', 0)
	ON CONFLICT DO NOTHING`

// insertEffects returns the inserts of the effects that the rules added. One
// that is stored already is left alone: an effect happens once. trace is the
// span that caused them.
func insertEffects(st *payments.State, now time.Time, trace string) (writes []sqldb.Command) {
	for _, e := range st.Effects {
		at := e.CreatedAt
		if at.IsZero() {
			at = now
		}

		writes = append(writes, sqldb.Command{
			Text: insertEffectText,
			Args: []any{
				orders.NewID("eff_"), st.Order.ID, "", e.Kind, e.Subject, e.ObjectStatus,
				sqldb.EncodeJSON(payments.ThenOf(&st.Order)), sqldb.Micros(at), sqldb.Micros(now), trace,
			},
		})
	}
	return writes
}

// Effects returns the effects of an order, in the order in which they happened.
func (s *Store) Effects(ctx context.Context, orderID string) ([]payments.Effect, error) {
	return sqldb.QueryAll(ctx, s.db.Reader(), effectTable.Scan,
		effectTable.Select()+" WHERE order_id = $1 ORDER BY n", orderID)
}

// OnEffects makes the store call wake after every commit that may have added
// effects. wake must not block.
func (s *Store) OnEffects(wake func()) { s.wakeEffects.Store(&wake) }

// effectsCommitted calls what OnEffects has set.
func (s *Store) effectsCommitted() {
	if wake := s.wakeEffects.Load(); wake != nil {
		(*wake)()
	}
}

// claimEffectsText claims the effects that have been due longest. Of an order,
// or an account, only the first that is not done can be claimed; so they are
// worked one at a time and in their order, whatever claims run at once.
const claimEffectsText = `WITH picked AS MATERIALIZED (
	SELECT e.id AS picked_id FROM effects e
	WHERE e.done_at = 0 AND e.next_at <= $1
		AND NOT EXISTS (SELECT 1 FROM effects o WHERE o.done_at = 0
			AND o.order_id = e.order_id AND o.account_id = e.account_id AND o.n < e.n)
	ORDER BY e.next_at LIMIT $2%s)
UPDATE effects SET lease_token = $3, next_at = $4, tries = tries + 1
FROM picked WHERE id = picked_id
RETURNING %s`

func (s *Store) claimEffectsText() string {
	return fmt.Sprintf(claimEffectsText, s.db.SkipLocked(), jobTable.Columns())
}

// ClaimEffects claims due effects under a lease; see effects.Store.
func (s *Store) ClaimEffects(ctx context.Context, now, leaseUntil time.Time, n int) (jobs []effects.Job, err error) {
	text, token := s.claimEffectsText(), rand.Text()
	err = s.db.Statement(ctx, func(ctx context.Context, q sqldb.Querier) (err error) {
		jobs, err = sqldb.QueryAll(ctx, q, jobTable.Scan, text,
			sqldb.Micros(now), n, token, sqldb.Micros(leaseUntil))
		return err
	})

	for i := range jobs {
		jobs[i].Claim.ID = jobs[i].ID
	}

	slices.SortFunc(jobs, func(a, b effects.Job) int {
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.ID, b.ID))
	})

	return jobs, err
}

// FinishEffect stores what follows from an effect and ends the claim; see
// effects.Store.
func (s *Store) FinishEffect(ctx context.Context, j effects.Job, plan effects.Plan) error {
	trace := cmp.Or(tracing.Traceparent(ctx), j.Trace)

	return s.db.Transact(ctx, "", func(ctx context.Context, q sqldb.Querier) ([]sqldb.Command, error) {
		now := s.now()
		writes := []sqldb.Command{{
			Text: `UPDATE effects SET done_at = $3, next_at = 0, lease_token = '', trace = $4
				WHERE id = $1 AND lease_token = $2 AND done_at = 0`,
			Args:   []any{j.Claim.ID, j.Claim.Token, sqldb.Micros(now), trace},
			IfNone: queue.ErrClaimLost,
		}}
		writes = append(writes, insertEmails(&j, plan, now, trace)...)
		if !plan.Announce {
			return writes, nil
		}

		list, err := sqldb.QueryAll(ctx, q, scanListener,
			`SELECT id, types FROM endpoints WHERE state = 'enabled' ORDER BY created_at, id`)
		for i := range list {
			if list[i].Wants(j.Kind) {
				writes = append(writes, insertDelivery(orders.NewID("dlv_"), &list[i], &j.Effect, now))
			}
		}

		return writes, err
	})
}

// scanListener reads what an enabled endpoint wants.
func scanListener(row sqldb.Row) (deliveries.Endpoint, error) {
	e := deliveries.Endpoint{State: deliveries.Enabled}
	var types string
	if err := row.Scan(&e.ID, &types); err != nil {
		return e, err
	}
	return e, json.Unmarshal([]byte(types), &e.Types)
}

// RetryEffect ends a claim without a consequence; see effects.Store.
func (s *Store) RetryEffect(ctx context.Context, claim queue.Claim, dueAt time.Time) error {
	return s.endClaim(ctx, `UPDATE effects SET next_at = $3, lease_token = ''
		WHERE id = $1 AND lease_token = $2 AND done_at = 0`,
		claim.ID, claim.Token, sqldb.Micros(dueAt))
}
