package store

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
	"checkoutd/internal/people"
	"checkoutd/internal/store/sqldb"
)

// customerOrder is what an erasure reads of an order.
type customerOrder struct {
	id        string
	customer  people.StripeCustomer
	reference string // the shop's, of the customer
	contact   orders.Contact
	blocks    bool // it needs the customer's data
}

// customerOrdersText reads orders. One blocks an erasure while it may still be
// paid, or while an operation is on its way.
const customerOrdersText = `SELECT id, account, customer_id, customer_reference, contact,
		status IN ('open', 'authorized')
		OR EXISTS (SELECT 1 FROM attempts a WHERE a.order_id = orders.id
			AND a.state IN ('started', 'unknown', 'requires_action', 'processing', 'requires_capture'))
		OR EXISTS (SELECT 1 FROM operations p WHERE p.order_id = orders.id AND p.state = 'started')
	FROM orders`

func scanCustomerOrder(row sqldb.Row) (o customerOrder, err error) {
	var contact string
	if err = row.Scan(&o.id, &o.customer.Account, &o.customer.ID, &o.reference, &contact, &o.blocks); err == nil {
		err = json.Unmarshal([]byte(contact), &o.contact)
	}
	return o, err
}

// person is what the database has of one customer of the shop.
type person struct {
	orders    []customerOrder
	customers []people.StripeCustomer // at Stripe, whose orders are all among orders
	shared    []people.StripeCustomer // that orders of somebody else have, too
}

func (p *person) empty() bool { return len(p.orders) == 0 && len(p.customers) == 0 }

// maxBlocking is how many orders a refusal names.
const maxBlocking = 10

// blocking returns the orders that keep their customer from being erased.
func (p *person) blocking() (ids []string) {
	for _, o := range p.orders {
		if o.blocks && len(ids) < maxBlocking {
			ids = append(ids, o.id)
		}
	}
	return ids
}

// ids returns the IDs of the orders and of the customers at Stripe, each once,
// in the order in which two writers do not block each other.
func (p *person) ids() (ids []string) {
	for _, c := range p.customers {
		ids = append(ids, c.ID)
	}
	for _, o := range p.orders {
		ids = append(ids, o.id)
	}

	slices.Sort(ids)
	return slices.Compact(ids)
}

// personOf returns what the database has of a customer: the orders under the
// reference, those whose IDs are in named, and those that nobody else can be
// meant by. left are the customers that former erasures left at Stripe and that
// are to be deleted now. lock is DB.LockRow or "".
func personOf(
	ctx context.Context, q sqldb.Querier, who people.Subject, named []string, left []people.StripeCustomer, lock string,
) (p person, err error) {
	bound, err := sqldb.QueryAll(ctx, q, scanStripeCustomer, buyersCustomers+lock, who.BuyerID)
	if err != nil {
		return p, err
	}

	ask := func(condition string, args ...any) ([]customerOrder, error) {
		return sqldb.QueryAll(ctx, q, scanCustomerOrder, customerOrdersText+" WHERE "+condition+" ORDER BY id"+lock, args...)
	}

	if who.Reference != "" {
		if p.orders, err = ask("customer_reference = $1 AND customer_reference <> ''", who.Reference); err != nil {
			return p, err
		}
	}

	for part := range slices.Chunk(named, idsAtOnce) {
		set, args := setOf(part)
		more, err := ask("id IN "+set, args...)
		if err != nil {
			return p, err
		}

		p.add(more)
	}

	ordersOf := func(customerID string) ([]customerOrder, error) {
		return ask("customer_id = $1 AND customer_id <> ''", customerID)
	}
	if err := p.divide(bound, who, ordersOf); err != nil {
		return p, err
	}

	return p, p.takeIn(left, who, ordersOf)
}

// divide takes in the other orders of the customers at Stripe that show no
// other person, and finds the customers that somebody else has, too: a browser
// may have served two people.
func (p *person) divide(
	bound []people.StripeCustomer, who people.Subject, ordersOf func(customerID string) ([]customerOrder, error),
) error {
	emails := []string{strings.ToLower(who.Email)}
	for _, o := range p.orders {
		emails = append(emails, strings.ToLower(o.contact.Email))
	}

	for _, c := range customersOf(p.orders, bound) {
		all, err := ordersOf(c.ID)
		if err != nil {
			return err
		}

		same := slices.DeleteFunc(all, func(o customerOrder) bool { return o.customer != c })
		mine := slices.DeleteFunc(slices.Clone(same), func(o customerOrder) bool {
			another := o.reference != "" && o.reference != who.Reference ||
				o.contact.Email != "" && !slices.Contains(emails, strings.ToLower(o.contact.Email))
			return another && !p.has(o.id)
		})

		p.add(mine)

		if len(mine) == len(same) {
			p.customers = append(p.customers, c)
		} else {
			p.shared = append(p.shared, c)
		}
	}

	return nil
}

// takeIn adds customers that a former erasure left at Stripe, with their
// orders. One that orders of somebody else have stays where it is.
func (p *person) takeIn(
	left []people.StripeCustomer, who people.Subject, ordersOf func(customerID string) ([]customerOrder, error),
) error {
	for _, c := range left {
		if slices.Contains(p.customers, c) || slices.Contains(p.shared, c) {
			continue
		}

		var one person
		if err := one.divide([]people.StripeCustomer{c}, who, ordersOf); err != nil {
			return err
		}

		if len(one.shared) == 0 {
			p.add(one.orders)
			p.customers = append(p.customers, c)
		}
	}

	return nil
}

func (p *person) has(orderID string) bool {
	return slices.ContainsFunc(p.orders, func(o customerOrder) bool { return o.id == orderID })
}

// add adds the orders that are not there yet.
func (p *person) add(list []customerOrder) {
	for _, o := range list {
		if !p.has(o.id) {
			p.orders = append(p.orders, o)
		}
	}
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

// searchPage is how many rows a statement of a search looks at: each is short,
// whatever the size of the shop.
const searchPage = 2000

// ordersByEmail returns the IDs of the orders that have, or that were tried to
// be paid with, an e-mail address, in any case of its letters.
func (s *Store) ordersByEmail(ctx context.Context, email string) (ids []string, err error) {
	if email == "" {
		return nil, nil
	}
	if strings.ContainsFunc(email, func(r rune) bool { return r > unicode.MaxASCII }) {
		return s.ordersByAnyEmail(ctx, email)
	}

	for _, text := range []string{s.ordersOfEmail(), s.attemptsOfEmail()} {
		found, err := sqldb.QueryAll(ctx, s.db.Reader(), sqldb.ScanString, text, strings.ToLower(email))
		if err != nil {
			return nil, err
		}

		ids = append(ids, found...)
	}

	slices.Sort(ids)
	return slices.Compact(ids), nil
}

func (s *Store) ordersOfEmail() string {
	return "SELECT id FROM orders WHERE " + s.db.LowerJSON("contact.email") + " = $1"
}

func (s *Store) attemptsOfEmail() string {
	return "SELECT order_id FROM attempts WHERE " + s.db.LowerJSON("params.contact.email") + " = $1"
}

// ordersByAnyEmail is ordersByEmail for an address with other letters than
// ASCII's, which the engines lower in different ways. It looks at every order.
func (s *Store) ordersByAnyEmail(ctx context.Context, email string) (ids []string, err error) {
	found, err := s.search(ctx, "orders", "id", "contact", email, func(text []byte) (string, error) {
		var c orders.Contact
		err := json.Unmarshal(text, &c)
		return c.Email, err
	})
	if err != nil {
		return nil, err
	}

	tried, err := s.search(ctx, "attempts", "order_id", "params", email, func(text []byte) (string, error) {
		var p payments.Params
		err := json.Unmarshal(text, &p)
		return p.Contact.Email, err
	})

	ids = append(found, tried...)
	slices.Sort(ids)

	return slices.Compact(ids), err
}

// search returns the orders of the rows whose JSON has the e-mail address. The
// database finds the rows that may have it, and read decides.
func (s *Store) search(
	ctx context.Context, table, order, column, email string, read func([]byte) (string, error),
) (ids []string, err error) {
	type row struct{ id, order, text string }

	text := fmt.Sprintf(`SELECT id, %[2]s, CASE WHEN lower(%[3]s) LIKE $2 ESCAPE '\' THEN %[3]s ELSE '' END
		FROM %[1]s WHERE id > $1 ORDER BY id LIMIT %[4]d`, table, order, column, searchPage)

	for last, more := "", true; more; {
		page, err := sqldb.QueryAll(ctx, s.db.Reader(), func(r sqldb.Row) (v row, err error) {
			return v, r.Scan(&v.id, &v.order, &v.text)
		}, text, last, likeJSON(email))
		if err != nil {
			return nil, err
		}

		for _, r := range page {
			last = r.id
			if r.text == "" {
				continue
			}

			found, err := read([]byte(r.text))
			if err != nil {
				return nil, fmt.Errorf("store: read %s.%s of %s: %w", table, column, r.id, err)
			}

			if strings.EqualFold(found, email) {
				ids = append(ids, r.order)
			}
		}

		more = len(page) == searchPage
	}

	return ids, nil
}

// likeJSON returns the pattern of a JSON text that holds a string, in lower
// case. SQLite lowers ASCII alone, so that any other letter may be anything.
func likeJSON(s string) string {
	text := strings.Trim(sqldb.EncodeJSON(strings.ToLower(s)), `"`)

	var b strings.Builder
	for _, r := range text {
		switch {
		case r > 126:
			b.WriteByte('%')
		case strings.ContainsRune(`\%_`, r):
			b.WriteRune('\\')
			b.WriteRune(r)
		default:
			b.WriteRune(r)
		}
	}

	return "%" + b.String() + "%"
}
