package store

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"checkoutd/internal/orders"
)

// orderTable has one column more than the type: expiry_check_at follows
// ExpiresAt when that changes, and ClaimExpired moves it on its own.
func orderTable() *table[orders.Order] {
	return &table[orders.Order]{
		name: "orders",
		columns: []string{"id", "token_hash", "status", "payment_status", "message", "review_reason", "version",
			"currency", "amount", "refunded", "items", "customer_id", "livemode",
			"mode", "options", "captured", "promotion_code", "promotion_held", "promotion_limit", "discount", "shipping_rate", "contact",
			"created_at", "updated_at", "expires_at", "expiry_check_at", "paid_at"},
		values: func(o *orders.Order) []any {
			return []any{o.ID, blob(o.TokenHash), string(o.Status), string(o.PaymentStatus), o.Message, o.ReviewReason, o.Version,
				o.Currency, o.Amount, o.Refunded, toJSON(o.Items), o.CustomerID, o.Livemode,
				string(o.Mode), toJSON(o.Options), o.Captured,
				o.Discount.Code, o.Discount.Held, o.Discount.Limit, o.Discount.Amount, toJSON(o.ShippingRate), toJSON(o.Contact),
				micros(o.CreatedAt), micros(o.UpdatedAt), micros(o.ExpiresAt), micros(o.ExpiresAt), micros(o.PaidAt)}
		},
		scan:    scanOrder,
		stamped: []string{"updated_at"},
		stamp: func(o, _ *orders.Order, now time.Time) {
			o.UpdatedAt = now
			if o.CreatedAt.IsZero() {
				o.CreatedAt = now
			}
		},
	}
}

func scanOrder(row scanner) (o orders.Order, err error) {
	var created, updated, expires, check, paid int64
	var items, options, rate, contact string
	err = row.Scan(&o.ID, &o.TokenHash, &o.Status, &o.PaymentStatus, &o.Message, &o.ReviewReason, &o.Version,
		&o.Currency, &o.Amount, &o.Refunded, &items, &o.CustomerID, &o.Livemode,
		&o.Mode, &options, &o.Captured, &o.Discount.Code, &o.Discount.Held, &o.Discount.Limit, &o.Discount.Amount, &rate, &contact,
		&created, &updated, &expires, &check, &paid)
	if err != nil {
		return o, err
	}
	o.CreatedAt, o.UpdatedAt = fromMicros(created), fromMicros(updated)
	o.ExpiresAt, o.PaidAt = fromMicros(expires), fromMicros(paid)
	return o, errors.Join(fromJSON(items, &o.Items), fromJSON(options, &o.Options),
		fromJSON(rate, &o.ShippingRate), fromJSON(contact, &o.Contact))
}

// CreateOrder stores a new order.
func (s *Store) CreateOrder(ctx context.Context, o orders.Order) error {
	return s.statement(ctx, func(q querier) error {
		return q.run(ctx, orderTable().insert(&o, s.stamp()))
	})
}

// Order returns the order, or orders.ErrNotFound.
func (s *Store) Order(ctx context.Context, id string) (o orders.Order, err error) {
	err = s.reader(ctx).run(ctx, orderByID(&o, id, ""))
	return o, s.public(ctx, err)
}

// Orders lists what the filter chooses, newest first.
func (s *Store) Orders(ctx context.Context, f orders.Filter) ([]orders.Order, error) {
	var w where
	in(&w, "status", f.Statuses)
	if !f.From.IsZero() {
		w.add("created_at >=", micros(f.From))
	}
	if !f.To.IsZero() {
		w.add("created_at <", micros(f.To))
	}
	t := orderTable()
	list, err := queryAll(ctx, s.reader(ctx), t.scan, t.selects()+w.String()+
		" ORDER BY created_at DESC, id DESC LIMIT "+w.holder(cmp.Or(f.Limit, 100)), w.args...)
	return list, s.public(ctx, err)
}

// orderByID reads an order into o.
func orderByID(o *orders.Order, id, suffix string) command {
	t := orderTable()
	return command{text: t.selects() + " WHERE id = $1" + suffix, args: []any{id}, none: orders.ErrNotFound,
		row: func(row scanner) (err error) { *o, err = t.scan(row); return err }}
}

// toJSON is for types that always marshal. An empty list or map is kept as
// null, so that it reads back as it was.
func toJSON(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("store: %T does not marshal: %v", v, err))
	}
	return string(data)
}

func fromJSON(text string, into any) error {
	if err := json.Unmarshal([]byte(text), into); err != nil {
		return fmt.Errorf("kept JSON of %T: %w", into, err)
	}
	return nil
}

// blob is never NULL.
func blob(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}
