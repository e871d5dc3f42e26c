package torture_test

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"sync"

	"checkoutd/internal/sandbox"
)

// promises records what the shop has told others. It is safe for concurrent
// use.
type promises struct {
	mu      sync.Mutex
	orders  map[string]int64 // created with a 201, with their amounts
	paid    map[string]bool  // reported to a buyer as paid
	refunds map[string]int64 // answered with a 200 to the shop's backend: amounts by order
	events  map[string]bool  // acknowledged to Stripe with a 2xx

	destinations map[string]string // the accounts that get the money of orders
}

func newPromises() *promises {
	return &promises{
		orders:  map[string]int64{},
		paid:    map[string]bool{},
		refunds: map[string]int64{},
		events:  map[string]bool{},

		destinations: map[string]string{},
	}
}

func (p *promises) order(id string, amount int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.orders[id] = amount
}

func (p *promises) destination(order, account string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.destinations[order] = account
}

func (p *promises) payment(order string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.paid[order] = true
}

func (p *promises) refund(order string, amount int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refunds[order] = amount
}

func (p *promises) event(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.events[id] = true
}

func (p *promises) copy() *promises {
	p.mu.Lock()
	defer p.mu.Unlock()
	return &promises{
		orders:  maps.Clone(p.orders),
		paid:    maps.Clone(p.paid),
		refunds: maps.Clone(p.refunds),
		events:  maps.Clone(p.events),

		destinations: maps.Clone(p.destinations),
	}
}

// facts are the sides of the comparison.
type facts struct {
	promised *promises      // read before the shop
	ledger   sandbox.Ledger // what Stripe did; read before the shop
	sent     []string       // the IDs of all events of Stripe; read before the shop
	own      string         // the platform's own account
	shop     rows
}

// compare is the one comparison with which every test ends. It returns a
// sentence for every disagreement. While the shop still works, there are some
// that will disappear.
func compare(f facts) []string {
	c := comparison{facts: f, orders: map[string]orderRow{}}
	for _, o := range f.shop.orders {
		c.orders[o.id] = o
	}

	c.charges()
	c.intents()
	c.promises()
	c.effects()
	c.leftovers()
	slices.Sort(c.found)

	return c.found
}

type comparison struct {
	facts
	orders map[string]orderRow
	found  []string
}

func (c *comparison) mismatch(format string, args ...any) {
	c.found = append(c.found, fmt.Sprintf(format, args...))
}

// charges checks that every successful charge has a paid order, and that every
// paid order has one charge of the right amount.
func (c *comparison) charges() {
	orderOf, charged := map[string]string{}, map[string]int{}
	foreign := map[string]bool{}
	for _, in := range c.ledger.Intents {
		orderOf[in.ID] = in.Metadata["checkoutd_order"]
		foreign[in.ID] = isForeign(in)
	}

	for _, ch := range c.ledger.Charges {
		if ch.Status != "succeeded" || foreign[ch.PaymentIntent] {
			continue
		}

		o, known := c.orders[orderOf[ch.PaymentIntent]]
		switch {
		case !known:
			c.mismatch("charge %s of intent %s belongs to no order", ch.ID, ch.PaymentIntent)
			continue
		case o.status != "paid":
			c.mismatch("charge %s was made for order %s, which is %s", ch.ID, o.id, o.status)
		case ch.Account != cmp.Or(o.account, c.own):
			c.mismatch("charge %s was made in %s, order %s is of %q", ch.ID, ch.Account, o.id, o.account)
		case ch.AmountCaptured != o.amount || ch.Currency != o.currency:
			c.mismatch("charge %s is over %d %s, order %s over %d %s",
				ch.ID, ch.AmountCaptured, ch.Currency, o.id, o.amount, o.currency)
		}

		if asked := c.promised.refunds[o.id]; ch.AmountRefunded != asked {
			c.mismatch("%d of charge %s were refunded, and %d asked for", ch.AmountRefunded, ch.ID, asked)
		}

		charged[o.id]++
	}

	for _, o := range c.orders {
		if n := charged[o.id]; n > 1 || n == 0 && o.status == "paid" {
			c.mismatch("order %s is %s and has %d charges", o.id, o.status, n)
		}
	}
}

// isForeign reports whether others made an intent, in an account that the order
// which it names is not of; see harness.meddle.
func isForeign(in sandbox.LedgerIntent) bool { return in.Metadata[foreignMark] != "" }

// intents checks that every live PaymentIntent belongs to an order, and that no
// order has two of them.
func (c *comparison) intents() {
	live := map[string]int{}
	for _, in := range c.ledger.Intents {
		order := in.Metadata["checkoutd_order"]
		switch {
		case in.Status == "canceled", isForeign(in):
		case order == "":
			c.mismatch("intent %s belongs to no order", in.ID)
		default:
			live[order]++
		}
	}

	for order, n := range live {
		if n > 1 {
			c.mismatch("order %s has %d live intents", order, n)
		}
	}
}

// promises checks that nothing that was acknowledged is missing.
func (c *comparison) promises() {
	for id, amount := range c.promised.orders {
		if o, ok := c.orders[id]; !ok || o.amount != amount {
			c.mismatch("order %s over %d was acknowledged, but is %+v", id, amount, o)
		}
	}

	for id := range c.promised.paid {
		if o := c.orders[id]; o.status != "paid" {
			c.mismatch("the buyer of order %s was told that it is paid, but it is %q", id, o.status)
		}
	}

	inbox := map[string]bool{}
	for _, e := range c.shop.events {
		inbox[e.id] = true
	}

	for id := range c.promised.events {
		if !inbox[id] {
			c.mismatch("event %s was acknowledged, but is not in the inbox", id)
		}
	}

	for _, id := range c.sent {
		if !inbox[id] {
			c.mismatch("event %s of Stripe is not in the inbox", id)
		}
	}
}

// effects checks that a paid order has exactly one effect order.paid, and any
// other order none.
func (c *comparison) effects() {
	effects := map[string]int{}
	for _, e := range c.shop.effects {
		if e.kind == "order.paid" {
			effects[e.order]++
		}
	}

	for _, o := range c.orders {
		want := 0
		if o.status == "paid" {
			want = 1
		}

		if effects[o.id] != want {
			c.mismatch("order %s is %s and has %d effects order.paid", o.id, o.status, effects[o.id])
		}
	}
}

// leftovers checks that nothing waits for a person and no outcome is open.
func (c *comparison) leftovers() {
	for _, o := range c.orders {
		if o.status == "review" {
			c.mismatch("order %s is in review: %s", o.id, o.reason)
		}
	}

	for _, a := range c.shop.attempts {
		if a.state == "started" || a.state == "unknown" {
			c.mismatch("attempt %s of order %s is %s", a.id, a.order, a.state)
		}
	}

	for _, e := range c.shop.events {
		if e.state != "done" && e.state != "ignored" {
			c.mismatch("event %s (%s) is %s: %s", e.id, e.kind, e.state, e.note)
		}
	}
}
