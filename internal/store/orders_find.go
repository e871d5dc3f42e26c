package store

import (
	"context"
	"slices"
	"strings"

	"checkoutd/internal/orders"
	"checkoutd/internal/store/sqldb"
)

// finders are the statements that find orders by an ID, by its prefix. Each
// returns the IDs of orders, and takes the ID that is looked for.
var finders = map[string]string{
	"ord_":  `SELECT id FROM orders WHERE id = $1`,
	"att_":  `SELECT order_id FROM attempts WHERE id = $1`,
	"pi_":   findIntent,
	"seti_": findIntent,
	"sub_":  `SELECT order_id FROM subscriptions WHERE id = $1`,
	"re_":   findRefund,
	"pyr_":  findRefund,
	"dp_":   findDispute,
	"du_":   findDispute,
	"evt_":  `SELECT order_id FROM events WHERE id = $1 AND order_id <> ''`,
	"cus_":  `SELECT id FROM orders WHERE customer_id = $1 AND customer_id <> ''`,
	"eff_":  `SELECT order_id FROM effects WHERE id = $1 AND order_id <> ''`,
	"dlv_":  `SELECT order_id FROM deliveries WHERE id = $1 AND order_id <> ''`,
}

const (
	findIntent = `SELECT order_id FROM intents WHERE id = $1
		UNION SELECT order_id FROM foreign_payments WHERE intent_id = $1`
	// People leave the # out with which some shops' numbers begin.
	ordersByReference = `SELECT id FROM orders WHERE reference IN ($1, $2) AND reference <> ''`

	findRefund  = `SELECT order_id FROM refunds WHERE id = $1`
	findDispute = `SELECT order_id FROM disputes WHERE id = $1`
)

// FindOrders returns the IDs of up to n orders that a word is about, newest
// first: an ID of ours or of Stripe's, an e-mail address, the shop's own number
// of the order or of the customer, or the number that the buyer sees. It is
// empty if there is none.
func (s *Store) FindOrders(ctx context.Context, word string, n int) ([]string, error) {
	ids, err := s.findOrders(ctx, strings.TrimSpace(word))
	if err != nil || len(ids) < 2 {
		return ids, err
	}

	var w sqldb.Where
	sqldb.AddIn(&w, "id", ids)

	return sqldb.QueryAll(ctx, s.db.Reader(), sqldb.ScanString,
		`SELECT id FROM orders`+w.String()+` ORDER BY created_at DESC, id DESC LIMIT `+w.Arg(n), w.Args()...)
}

func (s *Store) findOrders(ctx context.Context, word string) ([]string, error) {
	// A shop's own numbers may look like IDs, and its customers' like e-mail
	// addresses.
	prefix, _, _ := strings.Cut(word, "_")
	if text := finders[prefix+"_"]; text != "" {
		if ids, err := s.ordersWith(ctx, text, word); err != nil || len(ids) > 0 {
			return ids, err
		}
	}

	if strings.Contains(word, "@") {
		if ids, err := s.ordersByEmail(ctx, strings.ToLower(word)); err != nil || len(ids) > 0 {
			return ids, err
		}
	}

	if ids, err := s.ordersWith(ctx, ordersByReference, word, "#"+word); err != nil || len(ids) > 0 {
		return ids, err
	}

	ids, err := s.ordersWith(ctx,
		`SELECT id FROM orders WHERE customer_reference = $1 AND customer_reference <> ''`, word)
	if err != nil || len(ids) > 0 {
		return ids, err
	}

	return s.ordersByNumber(ctx, strings.TrimPrefix(word, "#"))
}

// ordersByNumber finds orders by the number that buyers see, the beginning of
// the ID. The primary key answers a range, whatever the collation: z is the
// last of the characters in an ID.
func (s *Store) ordersByNumber(ctx context.Context, number string) ([]string, error) {
	start := "ord_" + strings.ToLower(number)
	if orders.ShortID(start) != strings.ToUpper(number) || len(number) != orders.ShortIDLength {
		return nil, nil
	}
	return s.ordersWith(ctx, `SELECT id FROM orders WHERE id >= $1 AND id <= $2`, start, start+strings.Repeat("z", 18))
}

// OrdersByNumber returns the orders with a number that buyers see; see
// orders.Store.
func (s *Store) OrdersByNumber(ctx context.Context, number string) ([]orders.Order, error) {
	ids, err := s.ordersByNumber(ctx, number)
	if err != nil {
		return nil, err
	}

	own, err := s.ordersWith(ctx, ordersByReference, number, "#"+number)
	if err != nil {
		return nil, err
	}

	var list []orders.Order
	for _, id := range append(ids, own...) {
		o, err := s.Order(ctx, id)
		if err != nil {
			return nil, err
		}

		list = append(list, o)
	}

	return list, nil
}

func (s *Store) ordersWith(ctx context.Context, text string, args ...any) ([]string, error) {
	ids, err := sqldb.QueryAll(ctx, s.db.Reader(), sqldb.ScanString, text, args...)
	slices.Sort(ids)
	return slices.Compact(ids), err
}
