package store

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"checkoutd/internal/orders"
	"checkoutd/internal/store/sqldb"
)

var orderTable = sqldb.NewTable("orders", func(o *orders.Order) []sqldb.Cell {
	return []sqldb.Cell{
		sqldb.ID(&o.ID),
		sqldb.Bytes("token_hash", &o.TokenHash),
		sqldb.Text("status", &o.Status),
		sqldb.Text("payment_status", &o.PaymentStatus),
		sqldb.Text("message", &o.Message),
		sqldb.Text("review_reason", &o.ReviewReason),
		sqldb.Int("version", &o.Version), // the rules count it
		sqldb.Text("currency", &o.Currency),
		sqldb.Int("amount", &o.Amount),
		sqldb.Int("captured", &o.Captured),
		sqldb.Int("refunded", &o.Refunded),
		sqldb.JSON("items", &o.Items),
		sqldb.Text("customer_id", &o.CustomerID),
		sqldb.Text("reference", &o.Reference),
		sqldb.Text("customer_reference", &o.CustomerReference),
		sqldb.Text("account", &o.Account),
		sqldb.JSON("connect", &o.Connect),
		sqldb.Bool("livemode", &o.Livemode),
		sqldb.Text("mode", &o.Mode),
		sqldb.JSON("options", &o.Options),
		sqldb.Text("promotion_code", &o.Discount.Code),
		sqldb.Bool("promotion_held", &o.Discount.Held),
		sqldb.Int("promotion_limit", &o.Discount.Limit),
		sqldb.Int("discount", &o.Discount.Amount),
		sqldb.JSON("shipping_rate", &o.ShippingRate),
		sqldb.JSON("contact", &o.Contact),
		sqldb.JSON("payment_method", &o.PaidWith),
		sqldb.JSON("consent", &o.Consent),
		sqldb.JSON("shop", &o.Shop),
		sqldb.Text("trace", &o.Trace),
		sqldb.CreatedAt(&o.CreatedAt),
		sqldb.UpdatedAt(&o.UpdatedAt),
		sqldb.Time("expires_at", &o.ExpiresAt),
		// It follows ExpiresAt when that changes; ClaimExpired moves it.
		sqldb.WrittenTime("expiry_check_at", o.ExpiresAt),
		sqldb.Time("paid_at", &o.PaidAt),
		sqldb.Time("subscription_ends_at", &o.SubscriptionEndsAt),
		sqldb.Time("erased_at", &o.ErasedAt),
	}
})

// selectOrder returns the command that reads an order into o; lock is
// DB.LockRow or "".
func selectOrder(o *orders.Order, id, lock string) sqldb.Command {
	return sqldb.Command{
		Text:   orderTable.Select() + " WHERE id = $1" + lock,
		Args:   []any{id},
		IfNone: orders.ErrNotFound,
		Row: func(row sqldb.Row) (err error) {
			*o, err = orderTable.Scan(row)
			return err
		},
	}
}

// oneOfReference refuses a second order with the shop's own number.
var oneOfReference = sqldb.UniqueIndex{
	Name:    "orders_reference",
	Columns: "orders.reference",
}

// CreateOrder stores a new order; see orders.Store.
func (s *Store) CreateOrder(ctx context.Context, o orders.Order) error {
	err := s.db.Statement(ctx, func(ctx context.Context, q sqldb.Querier) error {
		return q.Run(ctx, orderTable.Insert(&o, s.now()))
	})
	if s.db.Violates(err, oneOfReference) {
		return orders.ErrReferenceTaken
	}
	return err
}

// OrderByReference returns the order with the shop's own number, or
// orders.ErrNotFound.
func (s *Store) OrderByReference(ctx context.Context, reference string) (orders.Order, error) {
	o, ok, err := sqldb.QueryOne(ctx, s.db.Reader(), orderTable.Scan,
		orderTable.Select()+" WHERE reference = $1 AND reference <> ''", reference)
	if err == nil && !ok {
		err = orders.ErrNotFound
	}
	return o, err
}

// Order returns the order, or orders.ErrNotFound.
func (s *Store) Order(ctx context.Context, id string) (o orders.Order, err error) {
	err = s.db.Reader().Run(ctx, selectOrder(&o, id, ""))
	return o, err
}

// Orders returns the orders that the filter selects, newest first. An unknown
// order in f.After is orders.ErrNotFound.
func (s *Store) Orders(ctx context.Context, f orders.Filter) ([]orders.Order, error) {
	created := int64(0) // of f.After
	if f.After != "" {
		var ok bool
		var err error
		created, ok, err = sqldb.QueryOne(ctx, s.db.Reader(), sqldb.ScanInt,
			`SELECT created_at FROM orders WHERE id = $1`, f.After)
		if err == nil && !ok {
			err = orders.ErrNotFound
		}
		if err != nil {
			return nil, err
		}
	}

	text, args := listOrders(f, created)
	return sqldb.QueryAll(ctx, s.db.Reader(), orderTable.Scan, text, args...)
}

// listOrders returns the query of Orders. created is when f.After was created.
func listOrders(f orders.Filter, created int64) (text string, args []any) {
	var w sqldb.Where
	addStatuses(&w, f.Statuses)
	sqldb.AddIn(&w, "payment_status", f.Payments)

	if f.Reference != "" {
		w.AddArg("reference <> '' AND reference =", f.Reference)
	}

	if f.Customer != "" {
		who := w.Arg(f.Customer)
		w.Add("(customer_reference <> '' AND customer_reference = " + who +
			" OR customer_id <> '' AND customer_id = " + who + ")")
	}

	if f.Disputed {
		w.Add("EXISTS (SELECT 1 FROM disputes d WHERE d.order_id = orders.id)")
	}

	if !f.From.IsZero() {
		w.AddArg("created_at >=", sqldb.Micros(f.From))
	}

	if !f.To.IsZero() {
		w.AddArg("created_at <", sqldb.Micros(f.To))
	}

	if f.After != "" {
		w.Add("(created_at, id) < (" + w.Arg(created) + ", " + w.Arg(f.After) + ")")
	}

	text = orderTable.Select() + w.String() +
		" ORDER BY created_at DESC, id DESC LIMIT " + w.Arg(cmp.Or(f.Limit, 100))
	return text, w.Args()
}

// addStatuses selects orders by status. Money that a person has to decide about
// puts an order among those in review, whatever its status.
func addStatuses(w *sqldb.Where, list []orders.Status) {
	if !slices.Contains(list, orders.Review) {
		sqldb.AddIn(w, "status", list)
		return
	}

	holders := make([]string, len(list))
	for i, s := range list {
		holders[i] = w.Arg(string(s))
	}

	w.Add("(status IN (" + strings.Join(holders, ", ") + ")" +
		" OR id IN (SELECT order_id FROM foreign_payments WHERE " + foreignOpen + "))")
}

// UpdateOrder changes an order under its lock; see orders.Store.
func (s *Store) UpdateOrder(
	ctx context.Context, id string, change func(*orders.Order) error,
) (o orders.Order, err error) {
	err = s.db.Transact(ctx, id, func(ctx context.Context, q sqldb.Querier) ([]sqldb.Command, error) {
		o = orders.Order{}
		if err := q.Run(ctx, selectOrder(&o, id, s.db.LockRow())); err != nil {
			return nil, err
		}

		prev := rememberOrder(&o)

		if err := change(&o); err != nil {
			return nil, err
		}

		return prev.save(&o, s.now())
	})
	if err != nil {
		return orders.Order{}, err
	}

	return o, nil
}

// loadedOrder is an order as it was read.
type loadedOrder struct {
	values    []any
	promotion string // the code of which it held a use
}

func rememberOrder(o *orders.Order) loadedOrder {
	return loadedOrder{orderTable.Values(o), heldPromotion(o)}
}

// save returns the writes for an order that was changed. Every write of an
// order goes through here, so that the count of a promotion code's uses always
// follows its orders.
func (prev loadedOrder) save(o *orders.Order, now time.Time) ([]sqldb.Command, error) {
	o.GiveBack()
	if o.Status == orders.Open && o.Contact != (orders.Contact{}) {
		o.ErasedAt = time.Time{} // its buyer came back after the retention
	}

	writes, err := orderTable.Update(prev.values, o, now)
	if err != nil {
		return nil, err
	}
	return append(writes, countPromotion(prev.promotion, o)...), nil
}

// ClaimExpired claims open orders that have expired; see payments.Store.
func (s *Store) ClaimExpired(
	ctx context.Context, now, leaseUntil time.Time, n int,
) (ids []string, err error) {
	text := `WITH due AS MATERIALIZED (
			SELECT id AS due_id FROM orders
			WHERE status = 'open' AND expiry_check_at <= $1 AND expires_at <= $1
			ORDER BY expiry_check_at LIMIT $2` + s.db.SkipLocked() + `)
		UPDATE orders SET expiry_check_at = $3 FROM due WHERE id = due_id
		RETURNING id`

	err = s.db.Statement(ctx, func(ctx context.Context, q sqldb.Querier) (err error) {
		ids, err = sqldb.QueryAll(ctx, q, sqldb.ScanString, text,
			sqldb.Micros(now), n, sqldb.Micros(leaseUntil))
		return err
	})

	return ids, err
}
