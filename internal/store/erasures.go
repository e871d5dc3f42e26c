package store

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"time"

	"checkoutd/internal/orders"
	"checkoutd/internal/people"
	"checkoutd/internal/queue"
	"checkoutd/internal/store/sqldb"
)

var erasureTable = sqldb.NewTable("erasures", func(j *people.Job) []sqldb.Cell {
	e := &j.Erasure
	return []sqldb.Cell{
		sqldb.ID(&e.ID),
		sqldb.Text("reference", &e.Reference),
		sqldb.JSON("customers", &e.Customers),
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
const Erased = `{"erased":true}`

// customerOrder is what an erasure reads of an order.
type customerOrder struct {
	id       string
	customer people.StripeCustomer
	blocks   bool // it needs the customer's data
}

// customerOrdersText reads the orders of a customer of the shop. One blocks an
// erasure while it may still be paid, or while an operation is on its way.
const customerOrdersText = `SELECT id, account, customer_id, status IN ('open', 'authorized')
		OR EXISTS (SELECT 1 FROM attempts a WHERE a.order_id = orders.id
			AND a.state IN ('started', 'unknown', 'requires_action', 'processing', 'requires_capture'))
		OR EXISTS (SELECT 1 FROM operations p WHERE p.order_id = orders.id AND p.state = 'started')
	FROM orders WHERE customer_reference = $1 AND customer_reference <> '' ORDER BY id`

func scanCustomerOrder(row sqldb.Row) (o customerOrder, err error) {
	return o, row.Scan(&o.id, &o.customer.Account, &o.customer.ID, &o.blocks)
}

// maxBlocking is how many orders a refusal names.
const maxBlocking = 10

// blocking returns the orders that keep their customer from being erased.
func blocking(list []customerOrder) (ids []string) {
	for _, o := range list {
		if o.blocks && len(ids) < maxBlocking {
			ids = append(ids, o.id)
		}
	}
	return ids
}

// ReadCustomer returns what is stored of a customer; see people.Store.
func (s *Store) ReadCustomer(
	ctx context.Context, reference, buyerID string,
) (c people.Customer, ok bool, err error) {
	list, err := sqldb.QueryAll(ctx, s.db.Reader(), scanCustomerOrder, customerOrdersText, reference)
	if err != nil {
		return c, false, err
	}

	bound, err := sqldb.QueryAll(ctx, s.db.Reader(), scanStripeCustomer, buyersCustomers, buyerID)
	if err != nil {
		return c, false, err
	}

	_, erasing, err := s.pendingErasure(ctx, s.db.Reader(), reference)
	c = people.Customer{
		Reference: reference,
		Orders:    len(list),
		Blocking:  blocking(list),
		Erasing:   erasing,
	}
	for _, known := range customersOf(list, bound) {
		if known.Account == "" {
			c.CustomerID = known.ID
		}
	}

	return c, len(list) > 0 || len(bound) > 0 || erasing, err
}

// pendingErasure returns the ID of an erasure of a reference that still has
// customers to delete at Stripe.
func (s *Store) pendingErasure(ctx context.Context, q sqldb.Querier, reference string) (string, bool, error) {
	return sqldb.QueryOne(ctx, q, sqldb.ScanString, `SELECT id FROM erasures
		WHERE reference = $1 AND reference <> '' AND state = 'deleting' LIMIT 1`, reference)
}

// BeginErasure removes what is stored of a customer and stores the erasure; see
// people.Store.
func (s *Store) BeginErasure(
	ctx context.Context, e people.Erasure, claim queue.Claim, buyerID string,
) (j people.Job, begun, pending bool, err error) {
	err = s.db.Transact(ctx, e.Reference, func(ctx context.Context, q sqldb.Querier) ([]sqldb.Command, error) {
		j, begun, pending = people.Job{Erasure: e, Claim: claim}, false, false
		list, err := sqldb.QueryAll(ctx, q, scanCustomerOrder, customerOrdersText+s.db.LockRow(), e.Reference)
		if err != nil {
			return nil, err
		}
		if ids := blocking(list); len(ids) > 0 {
			return nil, people.ErrInUse.With("orders", ids)
		}

		bound, err := sqldb.QueryAll(ctx, q, scanStripeCustomer, buyersCustomers+s.db.LockRow(), buyerID)
		if err != nil {
			return nil, err
		}

		j.Customers = customersOf(list, bound)
		if len(list) == 0 && len(j.Customers) == 0 {
			_, pending, err = s.pendingErasure(ctx, q, e.Reference)
			return nil, err
		}

		begun = true
		if err := s.writeErased(ctx, q, e.ID, list, j.Customers); err != nil {
			return nil, err
		}
		if err := subscribed(ctx, q, e.ID); err != nil {
			return nil, err
		}

		insert := erasureTable.Insert(&j, s.now())
		writes, err := s.erase(ctx, q, e.ID)
		return append(append([]sqldb.Command{insert}, forgetBrowsers(j.Customers)...), writes...), err
	})
	if err != nil {
		return people.Job{}, false, false, err
	}

	return j, begun, pending, nil
}

// buyersCustomers reads the customers of a buyer, one in each account.
const buyersCustomers = `SELECT account, customer_id FROM buyers WHERE id = $1 ORDER BY account`

func scanStripeCustomer(row sqldb.Row) (c people.StripeCustomer, err error) {
	return c, row.Scan(&c.Account, &c.ID)
}

// customersOf returns the customers at Stripe of orders and of a buyer, each
// once.
func customersOf(list []customerOrder, bound []people.StripeCustomer) (all []people.StripeCustomer) {
	all = slices.Clone(bound)
	for _, o := range list {
		all = append(all, o.customer)
	}

	slices.SortFunc(all, func(a, b people.StripeCustomer) int {
		return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.ID, b.ID))
	})
	return slices.DeleteFunc(slices.Compact(all), func(c people.StripeCustomer) bool { return c.ID == "" })
}

// writeErased stores what belongs to an erasure: the orders and customers, and
// the intents and subscriptions of the orders.
func (s *Store) writeErased(
	ctx context.Context, q sqldb.Querier, erasureID string, list []customerOrder, customers []people.StripeCustomer,
) error {
	var ids []string
	for _, c := range customers {
		ids = append(ids, c.ID)
	}
	for _, o := range list {
		ids = append(ids, o.id)
	}

	slices.Sort(ids) // two writers must not block each other
	ids = slices.Compact(ids)

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

// forgetBrowsers returns the statements that remove the bindings of customers.
func forgetBrowsers(customers []people.StripeCustomer) (writes []sqldb.Command) {
	for _, c := range customers {
		args := []any{c.Account, c.ID}
		writes = append(writes,
			sqldb.Command{
				Text: `DELETE FROM buyer_tokens WHERE buyer_id IN
					(SELECT id FROM buyers WHERE account = $1 AND customer_id = $2)`,
				Args: args,
			},
			sqldb.Command{Text: `DELETE FROM buyers WHERE account = $1 AND customer_id = $2`, Args: args})
	}
	return writes
}

// erase returns the statements that remove the personal data of an erasure's
// orders. Repeating them changes nothing.
func (s *Store) erase(ctx context.Context, q sqldb.Querier, erasureID string) (writes []sqldb.Command, err error) {
	const ofErasure = ` IN (SELECT id FROM erased WHERE erasure_id = $1)`
	now := sqldb.Micros(s.now())
	do := func(text string, args ...any) {
		writes = append(writes, sqldb.Command{Text: text, Args: append([]any{erasureID}, args...)})
	}

	do(`UPDATE orders SET contact = '{}', customer_reference = '', message = '', updated_at = $2,
			erased_at = CASE WHEN erased_at > 0 THEN erased_at ELSE $2 END
		WHERE id`+ofErasure, now)
	do(`UPDATE delivery_tries SET excerpt = '' WHERE excerpt <> ''
		AND delivery_id IN (SELECT id FROM deliveries WHERE order_id` + ofErasure + `)`)
	do(`UPDATE api_requests SET answer = $2 WHERE length(answer) > 0 AND order_id`+ofErasure, []byte(Erased))
	do(`UPDATE emails SET problem = '' WHERE problem <> '' AND order_id` + ofErasure)

	const ended = `UPDATE events SET payload = $2
		WHERE state NOT IN ('received', 'unmatched', 'working') AND `
	do(ended+`event_group`+ofErasure, []byte(Erased))
	do(ended+`order_id <> '' AND order_id`+ofErasure, []byte(Erased))

	attempts, err := sqldb.QueryAll(ctx, q, attemptTable.Scan,
		attemptTable.Select()+` WHERE order_id`+ofErasure, erasureID)
	for _, a := range attempts {
		a.Params.Contact = orders.Contact{}
		writes = append(writes, sqldb.Command{
			Text: `UPDATE attempts SET params = $2, message = '', source = '' WHERE id = $1`,
			Args: []any{a.ID, sqldb.EncodeJSON(a.Params)},
		})
	}

	return writes, err
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
	return s.db.Transact(ctx, e.ID, func(ctx context.Context, q sqldb.Querier) (writes []sqldb.Command, err error) {
		if e.State == people.Done {
			if writes, err = s.erase(ctx, q, e.ID); err != nil {
				return nil, err
			}
		}

		return append([]sqldb.Command{{
			Text: `UPDATE erasures SET reference = $3, customers = $4, state = $5, tries = $6, next_at = $7,
					done_at = $8, lease_token = ''
				WHERE id = $1 AND lease_token = $2`,
			Args: []any{
				claim.ID, claim.Token, e.Reference, sqldb.EncodeJSON(e.Customers), string(e.State), e.Tries,
				sqldb.Micros(e.NextAt), sqldb.Micros(e.DoneAt),
			},
			IfNone: queue.ErrClaimLost,
		}}, writes...), nil
	})
}
