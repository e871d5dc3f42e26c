package torture_test

import (
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
	cards   []string
	strikes []strike
	// setUp leads the way to the strikes; undo lets the buyer pay in the end.
	setUp func(w *world, b *buyer) (undo func())
	// when says that it is time to arm; nil: before the buyer begins.
	when func(w *world, b *buyer) bool
}

// The places where a request can be stopped.
const (
	create  = "POST /v1/payment_intents"
	again   = "POST /v1/payment_intents/*/confirm"
	read    = "GET /v1/payment_intents/*"
	list    = "GET /v1/events"
	webhook = "WEBHOOK payment_intent.succeeded"
)

// points are the steps of confirm, of the resolver, of event work and of the backfill, before and after each commit.
func points() []point {
	good, secure, second := []string{goodCard}, []string{secureCard}, []string{declinedCard, goodCard}
	var all []point
	add := func(setUp func(*world, *buyer) func(), name string, cards []string, strikes ...strike) {
		all = append(all, point{name: name, cards: cards, strikes: strikes, setUp: setUp})
	}
	add(noNews, "create, reserved and not sent", good, strike{create, arrived})
	add(noNews, "create, done by Stripe when the next server runs", good, strike{create, late})
	add(noNews, "create, done without an answer", good, strike{create, executed})
	add(noNews, "create, answered and not recorded", good, strike{create, unrecorded})
	add(noNews, "create, answered", good, strike{create, answered})
	add(noNews, "create, declined without an answer", second, strike{create, executed})
	add(noNews, "create, declined and not recorded", second, strike{create, unrecorded})
	add(noNews, "confirm again, reserved and not sent", second, strike{again, arrived})
	add(noNews, "confirm again, done by Stripe when the next server runs", second, strike{again, late})
	add(noNews, "confirm again, done without an answer", second, strike{again, executed})
	add(noNews, "confirm again, answered and not recorded", second, strike{again, unrecorded})
	add(noNews, "resolver, done without an answer", good, strike{create, arrived}, strike{create, executed})
	add(noNews, "resolver, answered and not recorded", good, strike{create, executed}, strike{create, unrecorded})
	add(noBackfill, "create, wants 3D Secure without an answer", secure, strike{create, executed})
	add(noBackfill, "create, wants 3D Secure and not recorded", secure, strike{create, unrecorded})
	add(noBackfill, "event, delivery opened", secure, strike{webhook, arrived})
	add(noBackfill, "event, delivered and not committed", secure, strike{webhook, committing})
	add(noBackfill, "event, committed and not acknowledged", secure, strike{webhook, executed})
	add(noBackfill, "event, acknowledged", secure, strike{webhook, answered})
	add(noBackfill, "event, acknowledged and not worked", secure, strike{webhook, unrecorded})
	for _, at := range []moment{arrived, executed, unrecorded} {
		add(chargeFirst, fmt.Sprintf("event work, reading %s", at), secure, strike{read, at})
		add(dropped, fmt.Sprintf("backfill, list %s", at), secure, strike{list, at})
		all[len(all)-1].when = hasPaidStripe
	}
	return all
}

func (m moment) String() string {
	return []string{"arrived", "late", "committing", "executed", "answered", "unrecorded"}[m]
}

// noBackfill leaves it to the webhooks to bring news.
func noBackfill(w *world, _ *buyer) (undo func()) {
	w.stripe.fault(w.t, sandbox.Fault{Route: list, Kind: sandbox.FaultStatus500, Count: -1})
	return w.stripe.ClearFaults
}

// noNews leaves it to the calls' own answers.
func noNews(w *world, b *buyer) (undo func()) {
	clear, open := noBackfill(w, b), w.door.shutFor("")
	return func() { clear(); open() }
}

// chargeFirst keeps the intent's own events back, so that the worker of the charge's has to read the intent.
func chargeFirst(w *world, b *buyer) (undo func()) {
	clear, open := noBackfill(w, b), w.door.shutFor("payment_intent.")
	return func() { clear(); open() }
}

// dropped loses the webhooks that would make the order paid.
func dropped(w *world, _ *buyer) (undo func()) {
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
		route: s.route, at: s.at, goOn: a.goOn,
		hold: func() func() { return w.db.hold(w.t) },
		kill: func() { w.servers[0].kill(); close(a.struck) },
	}
	a.disarm = func() bool { return place.disarm(one) }
	place.arm(one)
	return a
}

// run leads a buyer to the strikes, starts the server again after each, and lets the buyer pay in the end.
func (p point) run(ctx context.Context, t *testing.T, w *world) {
	t.Helper()
	b, err := w.newBuyer(ctx, p.cards...)
	if err != nil {
		t.Fatal(err)
	}
	undo := func() {}
	if p.setUp != nil {
		undo = p.setUp(w, b)
	}
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
	undo()
	if err := <-paid; err != nil {
		t.Error("the buyer could not pay: ", err)
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
