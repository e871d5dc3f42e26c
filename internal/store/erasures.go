package store

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"time"

	"checkoutd/internal/people"
	"checkoutd/internal/queue"
	"checkoutd/internal/store/sqldb"
)

var erasureTable = sqldb.NewTable("erasures", func(j *people.Job) []sqldb.Cell {
	e := &j.Erasure
	return []sqldb.Cell{
		sqldb.ID(&e.ID),
		sqldb.Text("subject", &e.Subject),
		sqldb.Text("reference", &e.Reference),
		sqldb.JSON("customers", &e.Customers),
		sqldb.JSON("proof", &e.Proof),
		sqldb.Text("state", &e.State),
		sqldb.Int("tries", &e.Tries),
		sqldb.Time("next_at", &e.NextAt),
		sqldb.CreatedAt(&e.CreatedAt),
		sqldb.Time("done_at", &e.DoneAt),
		sqldb.Text("lease_token", &j.Claim.Token),
	}
})

// Erased takes the place of a stored payload or answer whose personal data was
// removed.
const Erased = erasedHead + `}`

const erasedHead = `{"erased":true`

// ReadCustomer returns what is stored of a customer; see people.Store.
func (s *Store) ReadCustomer(ctx context.Context, who people.Subject) (c people.Customer, ok bool, err error) {
	named, err := s.ordersByEmail(ctx, who.Email)
	if err != nil {
		return c, false, err
	}

	p, err := personOf(ctx, s.db.Reader(), who, named, nil, "")
	if err != nil {
		return c, false, err
	}

	_, erasing, err := s.pendingErasure(ctx, s.db.Reader(), who)
	c = people.Customer{
		Orders:   len(p.orders),
		Blocking: p.blocking(),
		Erasing:  erasing,
	}

	for _, known := range slices.Concat(p.shared, p.customers) {
		if known.Account == "" {
			c.CustomerID = known.ID
		}
	}

	return c, !p.empty() || erasing, err
}

// pendingErasure returns the ID of an erasure of a customer that still has
// customers to delete at Stripe. A former release stored the reference.
func (s *Store) pendingErasure(ctx context.Context, q sqldb.Querier, who people.Subject) (string, bool, error) {
	return sqldb.QueryOne(ctx, q, sqldb.ScanString, `SELECT id FROM erasures
		WHERE state = 'deleting' AND (subject = $1 AND subject <> '' OR reference = $2 AND reference <> '') LIMIT 1`,
		who.Hash, who.Reference)
}

// Erasures returns the newest erasures; see people.Store.
func (s *Store) Erasures(ctx context.Context, subject string, n int) (list []people.Erasure, err error) {
	var w sqldb.Where
	if subject != "" {
		w.AddArg("subject <> '' AND subject =", subject)
	}

	jobs, err := sqldb.QueryAll(ctx, s.db.Reader(), erasureTable.Scan,
		erasureTable.Select()+w.String()+" ORDER BY created_at DESC, id LIMIT "+w.Arg(n), w.Args()...)
	for _, j := range jobs {
		list = append(list, j.Erasure)
	}

	return list, err
}

// BeginErasure removes what is stored of a customer and stores the erasure; see
// people.Store.
func (s *Store) BeginErasure(
	ctx context.Context, e people.Erasure, who people.Subject, atStripe bool, claim queue.Claim,
) (j people.Job, begun, pending bool, err error) {
	named, err := s.ordersByEmail(ctx, who.Email)
	if err != nil {
		return j, false, false, err
	}

	err = s.db.Transact(ctx, who.Hash, func(ctx context.Context, q sqldb.Querier) ([]sqldb.Command, error) {
		j, begun, pending = people.Job{Erasure: e, Claim: claim}, false, false

		var left []people.StripeCustomer
		if atStripe {
			if left, err = leftAtStripe(ctx, q, who.Hash); err != nil {
				return nil, err
			}
		}

		p, err := personOf(ctx, q, who, named, left, s.db.LockRow())
		if err != nil {
			return nil, err
		}

		if ids := p.blocking(); len(ids) > 0 {
			return nil, people.ErrInUse.With("orders", ids)
		}

		if p.empty() {
			_, pending, err = s.pendingErasure(ctx, q, who)
			return nil, err
		}

		begun = true
		if err := s.writeErased(ctx, q, e.ID, p.ids()); err != nil {
			return nil, err
		}
		if err := subscribed(ctx, q, e.ID); err != nil {
			return nil, err
		}

		j.Proof = people.Proof{By: who.By(), Orders: len(p.orders), Kept: p.shared}
		if atStripe {
			j.Customers, j.Proof.Deleted = p.customers, p.customers
		} else {
			j.Proof.Kept = append(j.Proof.Kept, p.customers...)
		}

		if j.Proof.Removed, err = s.erase(ctx, q, e.ID); err != nil {
			return nil, err
		}

		return []sqldb.Command{erasureTable.Insert(&j, s.now())}, nil
	})
	if err != nil {
		return people.Job{}, false, false, err
	}

	return j, begun, pending, nil
}

// leftAtStripe returns the customers that former erasures of a subject did not
// delete at Stripe.
func leftAtStripe(ctx context.Context, q sqldb.Querier, subject string) (left []people.StripeCustomer, err error) {
	former, err := sqldb.QueryAll(ctx, q, erasureTable.Scan,
		erasureTable.Select()+" WHERE subject <> '' AND subject = $1 ORDER BY created_at, id", subject)
	for _, j := range former {
		left = slices.DeleteFunc(left, func(c people.StripeCustomer) bool {
			return slices.Contains(j.Proof.Deleted, c)
		})
		left = append(left, j.Proof.Kept...)

		for _, r := range j.Proof.Refused {
			left = append(left, r.StripeCustomer)
		}
	}

	return left, err
}

// writeErased stores what belongs to an erasure: orders and customers, and the
// intents and subscriptions of the orders.
func (s *Store) writeErased(ctx context.Context, q sqldb.Querier, erasureID string, ids []string) error {
	const insert = ` ON CONFLICT (id) DO UPDATE SET erasure_id = excluded.erasure_id`
	for _, id := range ids {
		_, err := sqldb.Exec(ctx, q, `INSERT INTO erased (id, erasure_id) VALUES ($1, $2)`+insert, id, erasureID)
		if err != nil {
			return err
		}
	}

	for _, table := range []string{"intents", "subscriptions"} {
		_, err := sqldb.Exec(ctx, q, `INSERT INTO erased (id, erasure_id)
			SELECT id, $1 FROM `+table+` WHERE order_id IN (SELECT id FROM erased WHERE erasure_id = $1)
			ORDER BY id`+insert, erasureID)
		if err != nil {
			return err
		}
	}

	return nil
}

// subscribed returns people.ErrSubscribed if a subscription of the erasure's
// orders is running, or may still begin.
func subscribed(ctx context.Context, q sqldb.Querier, erasureID string) error {
	_, running, err := sqldb.QueryOne(ctx, q, sqldb.ScanString, `SELECT id FROM subscriptions
		WHERE order_id IN (SELECT id FROM erased WHERE erasure_id = $1)
			AND status NOT IN ('canceled', 'incomplete_expired') LIMIT 1`, erasureID)
	if err == nil && running {
		err = people.ErrSubscribed
	}
	return err
}

// payloadKept keeps the payload of an event, unless its work ends and it is
// about somebody who was erased. ends, order and erased are the SQL of whether
// it ends, of its order's ID and of what takes the payload's place.
func payloadKept(ends, order, erased string) string {
	return fmt.Sprintf(`payload = CASE
		WHEN %s AND EXISTS (SELECT 1 FROM erased WHERE erased.id IN (events.event_group, %s)) THEN %s
		ELSE payload END`, ends, order, erased)
}

// ClaimErasures claims due erasures under a lease; see people.Store.
func (s *Store) ClaimErasures(ctx context.Context, now, leaseUntil time.Time, n int) (jobs []people.Job, err error) {
	text := `WITH picked AS MATERIALIZED (
			SELECT id AS picked_id FROM erasures WHERE state <> 'done' AND next_at <= $1
			ORDER BY next_at LIMIT $2` + s.db.SkipLocked() + `)
		UPDATE erasures SET lease_token = $3, next_at = $4, tries = tries + 1
		FROM picked WHERE id = picked_id
		RETURNING ` + erasureTable.Columns()

	token := rand.Text()
	err = s.db.Statement(ctx, func(ctx context.Context, q sqldb.Querier) (err error) {
		jobs, err = sqldb.QueryAll(ctx, q, erasureTable.Scan, text,
			sqldb.Micros(now), n, token, sqldb.Micros(leaseUntil))
		return err
	})

	for i := range jobs {
		jobs[i].Claim.ID = jobs[i].ID
	}

	return jobs, err
}

// SaveErasure ends a claim; see people.Store.
func (s *Store) SaveErasure(ctx context.Context, claim queue.Claim, e people.Erasure) error {
	return s.db.Transact(ctx, e.ID, func(ctx context.Context, q sqldb.Querier) ([]sqldb.Command, error) {
		if _, err := s.erase(ctx, q, e.ID); err != nil {
			return nil, err
		}

		return []sqldb.Command{{
			Text: `UPDATE erasures SET reference = $3, customers = $4, state = $5, tries = $6, next_at = $7,
					done_at = $8, proof = $9, lease_token = ''
				WHERE id = $1 AND lease_token = $2`,
			Args: []any{
				claim.ID, claim.Token, e.Reference, sqldb.EncodeJSON(e.Customers), string(e.State), e.Tries,
				sqldb.Micros(e.NextAt), sqldb.Micros(e.DoneAt), sqldb.EncodeJSON(e.Proof),
			},
			IfNone: queue.ErrClaimLost,
		}}, nil
	})
}
