package torture_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"checkoutd/internal/sandbox"
)

// strike is a step at which the server is killed.
type strike struct {
	route string // of Stripe's API, or WEBHOOK and an event type
	at    moment
}

// point is one or several strikes, and the buyer who leads there.
type point struct {
	name    string
	sku     string // "" for mug
	cards   []string
	strikes []strike
	// setUp leads the way to the strikes; undo lets the buyer pay in the end.
	setUp    func(w *world) (undo func())
	settings string // of the server
	// alone: the buyer can pay before undo.
	alone bool
	// when says that it is time to arm; nil: before the buyer begins.
	when func(w *world, b *buyer) bool
}

// The places where a request can be stopped.
const (
	create  = "POST /v1/payment_intents"
	again   = "POST /v1/payment_intents/*/confirm"
	product = "POST /v1/products"
	begin   = "POST /v1/subscriptions"
	naming  = "POST /v1/payment_intents/*"
	read    = "GET /v1/payment_intents/*"
	list    = "GET /v1/events"
	webhook = "WEBHOOK payment_intent.succeeded"
)

// noBackfill leaves it to the webhooks to bring news.
const noBackfill = "BACKFILL_EVERY=0"

// points are the steps of confirm, of the resolver, of event work and of the
// backfill, before and after each commit.
func points() []point {
	good, second := []string{goodCard}, []string{declinedCard, goodCard}
	var all []point
	call := func(name string, cards []string, strikes ...strike) {
		all = append(all, point{
			name:     name,
			cards:    cards,
			strikes:  strikes,
			setUp:    noNews,
			alone:    true,
			settings: noBackfill,
		})
	}

	event := func(setUp func(*world) func(), name string, s strike) {
		all = append(all, point{
			name:     name,
			cards:    []string{secureCard},
			strikes:  []strike{s},
			setUp:    setUp,
			settings: noBackfill,
		})
	}

	call("create, reserved and not sent", good, strike{create, arrived})
	call("create, done by Stripe when the next server runs", good, strike{create, late})
	call("create, done without an answer", good, strike{create, executed})
	call("create, answered and not recorded", good, strike{create, unrecorded})
	call("create, answered", good, strike{create, answered})
	call("create, declined without an answer", second, strike{create, executed})
	call("create, declined and not recorded", second, strike{create, unrecorded})
	call("confirm again, reserved and not sent", second, strike{again, arrived})
	call("confirm again, done by Stripe when the next server runs", second, strike{again, late})
	call("confirm again, done without an answer", second, strike{again, executed})
	call("confirm again, answered and not recorded", second, strike{again, unrecorded})
	call("resolver, done without an answer", good, strike{create, arrived}, strike{create, executed})
	call("resolver, answered and not recorded", good, strike{create, executed}, strike{create, unrecorded})
	event(inOrder, "create, wants 3D Secure without an answer", strike{create, executed})
	event(inOrder, "create, wants 3D Secure and not recorded", strike{create, unrecorded})
	event(inOrder, "event, delivery opened", strike{webhook, arrived})
	event(inOrder, "event, delivered and not committed", strike{webhook, committing})
	event(inOrder, "event, committed and not acknowledged", strike{webhook, executed})
	event(inOrder, "event, acknowledged", strike{webhook, answered})
	event(inOrder, "event, acknowledged and not worked", strike{webhook, unrecorded})
	subscribe := func(what string, cards []string, strikes ...strike) {
		call("subscribe, "+what, cards, strikes...)
		all[len(all)-1].sku = club
	}

	subscribe("product not made", good, strike{product, arrived})
	subscribe("product made without an answer", good, strike{product, executed})
	subscribe("begun without an answer", good, strike{begin, executed})
	subscribe("begun when the next server runs", good, strike{begin, late})
	subscribe("begun and not named", good, strike{naming, arrived})
	subscribe("named without an answer", good, strike{naming, executed})
	subscribe("paid without an answer", good, strike{again, executed})
	subscribe("paid and not recorded", good, strike{again, unrecorded})
	subscribe("declined without an answer", second, strike{again, executed})
	subscribe("resolver, begun and then paid without an answer", good, strike{begin, executed}, strike{again, executed})

	for _, at := range []moment{arrived, executed, unrecorded} {
		event(chargeFirst, fmt.Sprintf("event work, reading %s", at), strike{read, at})
		event(dropped, fmt.Sprintf("backfill, list %s", at), strike{list, at})
		all[len(all)-1].settings, all[len(all)-1].when = "", hasPaidStripe
	}

	return all
}

func (m moment) String() string {
	return []string{"arrived", "late", "committing", "executed", "answered", "unrecorded"}[m]
}

// noNews leaves it to the calls' own answers.
func noNews(w *world) (undo func()) { return w.door.shutFor("") }

// inOrder lets the webhooks come as they come.
func inOrder(*world) (undo func()) { return func() {} }

// chargeFirst keeps the intent's own events back, so that the worker of the
// charge's has to read the intent.
func chargeFirst(w *world) (undo func()) { return w.door.shutFor("payment_intent.") }

// dropped loses the webhooks that would make the order paid.
func dropped(w *world) (undo func()) {
	for _, route := range []string{"WEBHOOK payment_intent.succeeded", "WEBHOOK charge.*"} {
		w.stripe.fault(w.t, sandbox.Fault{Route: route, Kind: sandbox.FaultDrop, Count: -1})
	}
	return w.stripe.ClearFaults
}

// hasPaidStripe: the buyer has done all, and only the shop does not know.
func hasPaidStripe(w *world, b *buyer) bool {
	for _, in := range w.stripe.Ledger().Intents {
		if in.Metadata["checkoutd_order"] == b.order {
			return in.Status == "succeeded"
		}
	}
	return false
}

// armed is a strike that waits for its request.
type armed struct {
	struck chan struct{} // closed when the server is dead
	goOn   chan struct{} // to be closed when the next one runs
	disarm func() bool   // false: too late
}

func (w *world) arm(s strike) armed {
	place := &w.stripe.stops
	if strings.HasPrefix(s.route, "WEBHOOK ") {
		place = &w.door.stops
	}

	a := armed{struck: make(chan struct{}), goOn: make(chan struct{})}
	one := &stop{
		route: s.route,
		at:    s.at,
		goOn:  a.goOn,
		hold:  func() func() { return w.db.hold(w.t) },
		kill:  func() { w.servers[0].kill(); close(a.struck) },
	}

	a.disarm = func() bool { return place.disarm(one) }
	place.arm(one)

	return a
}

// run leads a buyer to the strikes, starts the server again after each, and
// lets the buyer pay in the end.
func (p point) run(ctx context.Context, t *testing.T, w *world) {
	t.Helper()
	b, err := w.newBuyerOf(ctx, cmp.Or(p.sku, mug), p.cards...)
	if err != nil {
		t.Fatal(err)
	}

	undo := p.setUp(w)
	var next armed
	if p.when == nil {
		next = w.arm(p.strikes[0])
	}

	paid := make(chan error, 1)
	go func() { paid <- b.pay(ctx) }()

	if p.when != nil {
		if err := b.until(ctx, func() error { return unless(p.when(w, b)) }); err != nil {
			t.Fatal("the buyer did not get to the point: ", err)
		}

		next = w.arm(p.strikes[0])
	}

	for i := range p.strikes {
		now := next
		select {
		case <-now.struck:
		case <-ctx.Done():
			t.Fatalf("strike %d met nothing: %v", i, ctx.Err())
		}

		if err := w.left(ctx, b, p.strikes[i]); err != nil {
			t.Errorf("the server was killed somewhere else: %v", err)
		}

		if i+1 < len(p.strikes) {
			next = w.arm(p.strikes[i+1])
		}

		w.restart()
		close(now.goOn)
	}

	if !p.alone {
		undo()
	}

	if err := <-paid; err != nil {
		t.Error("the buyer could not pay: ", err)
	}

	if p.alone {
		undo()
	}
}

// left tells whether a strike left behind what a kill at that step leaves.
func (w *world) left(ctx context.Context, b *buyer, s strike) error {
	r, err := w.db.read(ctx)
	if err != nil {
		return err
	}

	open, inbox, working := 0, 0, 0
	for _, a := range r.attempts {
		if a.order == b.order && (a.state == "started" || a.state == "unknown") {
			open++
		}
	}

	for _, e := range r.events {
		if e.kind == "payment_intent.succeeded" && strings.Contains(e.payload, b.order) {
			inbox++
		}

		if e.state == "working" {
			working++
		}
	}

	switch method, _, _ := strings.Cut(s.route, " "); {
	case method == "POST" && s.at != answered && open != 1:
		return fmt.Errorf("the order has %d attempts whose outcome is open, want 1", open)
	case method == "WEBHOOK" && (s.at == arrived || s.at == committing) && inbox != 0:
		return errors.New("the event is in the inbox")
	case method == "WEBHOOK" && (s.at == executed || s.at == answered || s.at == unrecorded) && inbox != 1:
		return errors.New("the event is not in the inbox")
	case s.route == "GET /v1/events" && inbox != 0:
		return errors.New("the lost event is in the inbox")
	case strings.HasPrefix(s.route, "GET /v1/payment_intents/") && working == 0:
		return errors.New("no event was being worked")
	}

	return nil
}

func unless(done bool) error {
	if done {
		return nil
	}
	return errNotYet
}
