package store

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"time"

	"checkoutd/internal/deliveries"
	"checkoutd/internal/payments"
	"checkoutd/internal/queue"
	"checkoutd/internal/store/sqldb"
)

var deliveryTable = sqldb.NewTable("deliveries", deliveryCells)

func deliveryCells(d *deliveries.Delivery) []sqldb.Cell {
	return []sqldb.Cell{
		sqldb.ID(&d.ID),
		sqldb.Owner("endpoint_id", &d.EndpointID),
		sqldb.Text("effect_id", &d.EffectID),
		sqldb.Text("order_id", &d.OrderID),
		sqldb.Text("account_id", &d.AccountID),
		sqldb.Int("n", &d.N),
		sqldb.Text("kind", &d.Kind),
		sqldb.Text("state", &d.State),
		sqldb.Text("note", &d.Note),
		sqldb.Int("tries", &d.Tries),
		sqldb.Time("began_at", &d.BeganAt),
		sqldb.Time("next_at", &d.NextAt),
		sqldb.CreatedAt(&d.CreatedAt),
		sqldb.Time("finished_at", &d.FinishedAt),
	}
}

// deliveryJobTable reads deliveries as work.
var deliveryJobTable = sqldb.NewTable("deliveries", func(j *deliveries.Job) []sqldb.Cell {
	return append(deliveryCells(&j.Delivery), sqldb.Text("lease_token", &j.Claim.Token))
})

func newTryTable(v sqldb.Vault) *sqldb.Table[deliveries.Try] {
	return sqldb.NewTable("delivery_tries", func(t *deliveries.Try) []sqldb.Cell {
		return []sqldb.Cell{
			sqldb.ID(&t.ID),
			sqldb.Owner("delivery_id", &t.DeliveryID),
			sqldb.Time("at", &t.At),
			sqldb.Int("took", (*int64)(&t.Took)),
			sqldb.Int("status", &t.Status),
			sqldb.Text("problem", &t.Problem),
			sqldb.Secret("excerpt", &t.Excerpt, v, func() string { return excerptSecrets.use(t.ID) }),
		}
	})
}

// insertDelivery returns the statement that adds the delivery of an effect to
// an endpoint, unless there is one.
func insertDelivery(id string, e *deliveries.Endpoint, effect *payments.Effect, now time.Time) sqldb.Command {
	return sqldb.Command{
		Text: `INSERT INTO deliveries (id, endpoint_id, effect_id, order_id, account_id, n, kind, state, note,
				tries, began_at, next_at, lease_token, created_at, finished_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, 'pending', '', 0, $8, $8, '', $8, 0)
			ON CONFLICT (endpoint_id, effect_id) DO NOTHING`,
		Args: []any{id, e.ID, effect.ID, effect.OrderID, effect.AccountID, effect.N, effect.Kind, sqldb.Micros(now)},
	}
}

// oneOfOrder refuses a second delivery of an order to an endpoint at a time.
var oneOfOrder = sqldb.UniqueIndex{
	Name:    "deliveries_one_of_order",
	Columns: "deliveries.endpoint_id, deliveries.order_id, deliveries.account_id",
}

// claimDeliveriesText claims the deliveries of an endpoint that have been due
// longest. Of an order, or an account, only the first that is pending can be
// claimed, and only while none is held; the unique index enforces that against
// claims that run at the same time. The conditions repeat those of the indexes
// word for word.
const claimDeliveriesText = `WITH picked AS MATERIALIZED (
	SELECT d.id AS picked_id FROM deliveries d
	WHERE d.endpoint_id = $5 AND d.state = 'pending' AND d.lease_token = '' AND d.next_at <= $1
		AND NOT EXISTS (SELECT 1 FROM deliveries o WHERE o.state = 'pending'
			AND o.endpoint_id = d.endpoint_id AND o.order_id = d.order_id AND o.account_id = d.account_id AND o.n < d.n)
		AND NOT EXISTS (SELECT 1 FROM deliveries w WHERE w.lease_token <> ''
			AND w.endpoint_id = d.endpoint_id AND w.order_id = d.order_id AND w.account_id = d.account_id)
	ORDER BY d.next_at LIMIT $2%s)
UPDATE deliveries SET lease_token = $3, next_at = $4, tries = tries + 1
FROM picked WHERE id = picked_id
RETURNING %s`

func (s *Store) claimDeliveriesText() string {
	return fmt.Sprintf(claimDeliveriesText, s.db.SkipLocked(), deliveryJobTable.Columns())
}

// ClaimDeliveries claims due deliveries of an endpoint under a lease; see
// deliveries.Store.
func (s *Store) ClaimDeliveries(
	ctx context.Context, endpointID string, now, leaseUntil time.Time, n int,
) (jobs []deliveries.Job, err error) {
	text, token := s.claimDeliveriesText(), rand.Text()
	err = s.db.Statement(ctx, func(ctx context.Context, q sqldb.Querier) (err error) {
		jobs, err = sqldb.QueryAll(ctx, q, deliveryJobTable.Scan, text,
			sqldb.Micros(now), n, token, sqldb.Micros(leaseUntil), endpointID)
		if s.db.Violates(err, oneOfOrder) {
			err = errGroupTaken
		}

		return err
	})
	if errors.Is(err, errGroupTaken) {
		return nil, nil // others are at work; the next claim finds the rest
	}

	for i := range jobs {
		jobs[i].Claim.ID = jobs[i].ID
	}

	slices.SortFunc(jobs, func(a, b deliveries.Job) int {
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.ID, b.ID))
	})

	return jobs, err
}

// RescueDeliveries frees deliveries whose lease has expired; see
// deliveries.Store.
func (s *Store) RescueDeliveries(ctx context.Context, endpointID string, now time.Time) (int, error) {
	return s.db.Exec(ctx, `UPDATE deliveries SET lease_token = ''
		WHERE id IN (SELECT id FROM deliveries
			WHERE endpoint_id = $2 AND lease_token <> '' AND next_at <= $1`+s.db.SkipLocked()+`)`,
		sqldb.Micros(now), endpointID)
}

// FinishTry ends a claim with the outcome of a try; see deliveries.Store.
func (s *Store) FinishTry(
	ctx context.Context, claim queue.Claim, d deliveries.Delivery, try deliveries.Try,
	change func(*deliveries.Endpoint),
) error {
	key := "" // nothing is locked
	if change != nil {
		key = d.EndpointID
	}

	return s.db.Transact(ctx, key, func(ctx context.Context, q sqldb.Querier) (writes []sqldb.Command, err error) {
		now, d := s.now(), d
		if change != nil {
			var e deliveries.Endpoint
			e, writes, err = s.changeEndpoint(ctx, q, d.EndpointID, func(e *deliveries.Endpoint) error {
				change(e)
				return nil
			})
			if err != nil {
				return nil, err
			}

			if e.State == deliveries.Disabled && d.State == deliveries.Pending {
				d.State, d.Note, d.NextAt, d.FinishedAt = deliveries.Failed, switchedOff+e.Reason, time.Time{}, now
			}
		}

		finish := sqldb.Command{
			Text: `UPDATE deliveries SET state = $3, note = $4, next_at = $5, finished_at = $6, lease_token = ''
				WHERE id = $1 AND lease_token = $2`,
			Args: []any{
				claim.ID, claim.Token, string(d.State), d.Note, sqldb.Micros(d.NextAt), sqldb.Micros(d.FinishedAt),
			},
			IfNone: queue.ErrClaimLost,
		}

		return append([]sqldb.Command{finish, s.tryTable.Insert(&try, now)}, writes...), nil
	})
}

// ReleaseDelivery returns a claimed delivery that was not tried; see
// deliveries.Store.
func (s *Store) ReleaseDelivery(ctx context.Context, claim queue.Claim, dueAt time.Time) error {
	return s.endClaim(ctx, `UPDATE deliveries SET lease_token = '', next_at = $3, tries = tries - 1
		WHERE id = $1 AND lease_token = $2`, claim.ID, claim.Token, sqldb.Micros(dueAt))
}

// Effect returns an effect; see deliveries.Store.
func (s *Store) Effect(ctx context.Context, id string) (payments.Effect, error) {
	e, ok, err := sqldb.QueryOne(ctx, s.db.Reader(), effectTable.Scan, effectTable.Select()+" WHERE id = $1", id)
	if err == nil && !ok {
		err = deliveries.ErrNotFound
	}
	return e, err
}

// PruneDeliveries removes deliveries that ended long ago; see deliveries.Store.
// It locks them first: another server may remove, and the shop redeliver, the
// same ones.
func (s *Store) PruneDeliveries(ctx context.Context, before time.Time, n int) (removed int, err error) {
	text := `SELECT id FROM deliveries WHERE finished_at > 0 AND finished_at < $1 AND state <> 'pending'
		ORDER BY finished_at LIMIT $2` + s.db.SkipLocked()

	err = s.db.Transact(ctx, "", func(ctx context.Context, q sqldb.Querier) ([]sqldb.Command, error) {
		ids, err := sqldb.QueryAll(ctx, q, sqldb.ScanString, text, sqldb.Micros(before), n)
		if removed = len(ids); err != nil || removed == 0 {
			return nil, err
		}

		var tries, list sqldb.Where
		sqldb.AddIn(&tries, "delivery_id", ids)
		sqldb.AddIn(&list, "id", ids)

		return []sqldb.Command{
			{Text: `DELETE FROM delivery_tries` + tries.String(), Args: tries.Args()},
			{Text: `DELETE FROM deliveries` + list.String(), Args: list.Args()},
		}, nil
	})
	if err != nil {
		return 0, err
	}

	return removed, nil
}
