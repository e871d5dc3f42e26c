package torture_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"checkoutd/internal/sandbox"
	"checkoutd/internal/store"
)

// kill is a step at which the server is killed.
type kill struct {
	route  string // of Stripe's API, or WEBHOOK and an event type
	moment moment
}

// scenario is a purchase during which the server is killed, once or several
// times.
type scenario struct {
	name     string
	sku      string // "" for mug
	cards    []string
	settings string // of the server
	kills    []kill

	// setUp makes the purchase reach the first kill. undo ends what it set up.
	setUp func(h *harness) (undo func())
	// paysBeforeUndo means that the buyer can pay before undo is called.
	paysBeforeUndo bool
	// ready reports whether to set the first breakpoint now. nil: set it before
	// the buyer starts.
	ready func(h *harness, b *buyer) bool
}

// The requests at which the server is killed.
const (
	createIntent       = "POST /v1/payment_intents"
	confirmIntent      = "POST /v1/payment_intents/*/confirm"
	createProduct      = "POST /v1/products"
	createSubscription = "POST /v1/subscriptions"
	nameIntent         = "POST /v1/payment_intents/*" // writes our metadata
	readIntent         = "GET /v1/payment_intents/*"
	listEvents         = "GET /v1/events"
	succeededEvent     = "WEBHOOK payment_intent.succeeded"
)

// noBackfill makes webhooks the only way in which events arrive.
const noBackfill = "BACKFILL_EVERY=0"

// scenarios returns a scenario for every step of a confirm, of the resolver, of
// event processing and of the backfill, before and after each commit.
func scenarios() []scenario {
	good, second := []string{goodCard}, []string{declinedCard, goodCard}
	var all []scenario

	// During a call no webhook helps, so the response alone counts.
	call := func(name string, cards []string, kills ...kill) {
		all = append(all, scenario{
			name:           name,
			cards:          cards,
			settings:       noBackfill,
			kills:          kills,
			setUp:          noWebhooks,
			paysBeforeUndo: true,
		})
	}

	subscribe := func(name string, cards []string, kills ...kill) {
		call("subscribe, "+name, cards, kills...)
		all[len(all)-1].sku = club
	}

	event := func(setUp func(*harness) func(), name string, k kill) {
		all = append(all, scenario{
			name:     name,
			cards:    []string{secureCard},
			settings: noBackfill,
			kills:    []kill{k},
			setUp:    setUp,
		})
	}

	call("create, reserved and not sent", good, kill{createIntent, arrived})
	call("create, executed once the next server runs", good, kill{createIntent, late})
	call("create, executed without a response", good, kill{createIntent, executed})
	call("create, answered and not recorded", good, kill{createIntent, unrecorded})
	call("create, answered", good, kill{createIntent, answered})
	call("create, declined without a response", second, kill{createIntent, executed})
	call("create, declined and not recorded", second, kill{createIntent, unrecorded})

	call("confirm again, reserved and not sent", second, kill{confirmIntent, arrived})
	call("confirm again, executed once the next server runs", second, kill{confirmIntent, late})
	call("confirm again, executed without a response", second, kill{confirmIntent, executed})
	call("confirm again, answered and not recorded", second, kill{confirmIntent, unrecorded})

	call("resolver, executed without a response", good, kill{createIntent, arrived}, kill{createIntent, executed})
	call("resolver, answered and not recorded", good, kill{createIntent, executed}, kill{createIntent, unrecorded})

	event(allWebhooks, "create, requires 3D Secure without a response", kill{createIntent, executed})
	event(allWebhooks, "create, requires 3D Secure and not recorded", kill{createIntent, unrecorded})
	event(allWebhooks, "event, delivery started", kill{succeededEvent, arrived})
	event(allWebhooks, "event, delivered and not committed", kill{succeededEvent, committing})
	event(allWebhooks, "event, committed and not acknowledged", kill{succeededEvent, executed})
	event(allWebhooks, "event, acknowledged", kill{succeededEvent, answered})
	event(allWebhooks, "event, acknowledged and not processed", kill{succeededEvent, unrecorded})

	subscribe("product not created", good, kill{createProduct, arrived})
	subscribe("product created without a response", good, kill{createProduct, executed})
	subscribe("created without a response", good, kill{createSubscription, executed})
	subscribe("created once the next server runs", good, kill{createSubscription, late})
	subscribe("created and intent not named", good, kill{nameIntent, arrived})
	subscribe("intent named without a response", good, kill{nameIntent, executed})
	subscribe("paid without a response", good, kill{confirmIntent, executed})
	subscribe("paid and not recorded", good, kill{confirmIntent, unrecorded})
	subscribe("declined without a response", second, kill{confirmIntent, executed})
	subscribe("resolver, created and then paid without a response", good,
		kill{createSubscription, executed}, kill{confirmIntent, executed})

	for _, m := range []moment{arrived, executed, unrecorded} {
		event(chargeFirst, fmt.Sprintf("event processing, reading %s", m), kill{readIntent, m})
		event(dropped, fmt.Sprintf("backfill, list %s", m), kill{listEvents, m})
		all[len(all)-1].settings, all[len(all)-1].ready = "", paidAtStripe
	}

	return all
}

// noWebhooks rejects every webhook.
func noWebhooks(h *harness) (undo func()) { return h.relay.reject("") }

// allWebhooks leaves the webhooks alone.
func allWebhooks(*harness) (undo func()) { return func() {} }

// chargeFirst rejects the intent's own events: the worker of the charge's event
// has to read the intent.
func chargeFirst(h *harness) (undo func()) { return h.relay.reject("payment_intent.") }

// dropped loses the webhooks that would mark the order paid.
func dropped(h *harness) (undo func()) {
	for _, route := range []string{"WEBHOOK payment_intent.succeeded", "WEBHOOK charge.*"} {
		h.stripe.fault(h.t, sandbox.Fault{Route: route, Kind: sandbox.FaultDrop, Count: -1})
	}
	return h.stripe.ClearFaults
}

// paidAtStripe reports whether the buyer has paid, though the shop may not know
// it.
func paidAtStripe(h *harness, b *buyer) bool {
	for _, in := range h.stripe.Ledger().Intents {
		if in.Metadata["checkoutd_order"] == b.order {
			return in.Status == "succeeded"
		}
	}
	return false
}

// armedKill is a kill whose breakpoint is set.
type armedKill struct {
	killed chan struct{} // closed when the server is dead
	goOn   chan struct{} // to be closed when the next server runs
	disarm func() bool   // reports false when it is too late
}

func (h *harness) arm(k kill) armedKill {
	place := &h.stripe.breakpoints
	if strings.HasPrefix(k.route, "WEBHOOK ") {
		place = &h.relay.breakpoints
	}

	return h.armAt(place, k)
}

// armAt sets the breakpoint of a kill at a place where requests pass.
func (h *harness) armAt(place *breakpoints, k kill) armedKill {
	a := armedKill{killed: make(chan struct{}), goOn: make(chan struct{})}
	one := &breakpoint{
		route:  k.route,
		moment: k.moment,
		goOn:   a.goOn,
		lock:   func() func() { return h.db.lock(h.t) },
		kill:   func() { h.servers[0].kill(); close(a.killed) },
	}

	a.disarm = func() bool { return place.clear(one) }
	place.set(one)

	return a
}

// run starts the purchase, starts the server again after each kill, and lets
// the buyer pay in the end.
func (s scenario) run(ctx context.Context, t *testing.T, h *harness) {
	t.Helper()
	b, err := h.newBuyerOf(ctx, cmp.Or(s.sku, mug), s.cards...)
	if err != nil {
		t.Fatal(err)
	}

	undo := s.setUp(h)
	var next armedKill
	if s.ready == nil {
		next = h.arm(s.kills[0])
	}

	paid := make(chan error, 1)
	go func() { paid <- b.pay(ctx) }()

	if s.ready != nil {
		if err := b.retry(ctx, func() error { return notYetUnless(s.ready(h, b)) }); err != nil {
			t.Fatal("the buyer did not get ready: ", err)
		}

		next = h.arm(s.kills[0])
	}

	for i, k := range s.kills {
		armed := next
		select {
		case <-armed.killed:
		case <-ctx.Done():
			t.Fatalf("no request reached kill %d: %v", i, ctx.Err())
		}

		if err := h.checkTraces(ctx, b, k); err != nil {
			t.Errorf("the server was killed at another step: %v", err)
		}

		if i+1 < len(s.kills) {
			next = h.arm(s.kills[i+1])
		}

		h.restart()
		close(armed.goOn)
	}

	if !s.paysBeforeUndo {
		undo()
	}

	if err := <-paid; err != nil {
		t.Error("the buyer could not pay: ", err)
	}

	if s.paysBeforeUndo {
		undo()
	}
}

// checkTraces returns an error unless the database looks as a kill at that step
// leaves it.
func (h *harness) checkTraces(ctx context.Context, b *buyer, k kill) error {
	r, err := h.db.read(ctx)
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
		payload, err := store.Unpack(e.payload)
		if err != nil {
			return err
		}

		if e.kind == "payment_intent.succeeded" && bytes.Contains(payload, []byte(b.order)) {
			inbox++
		}

		if e.state == "working" {
			working++
		}
	}

	switch method, _, _ := strings.Cut(k.route, " "); {
	case method == "POST" && k.moment != answered && open != 1:
		return fmt.Errorf("the order has %d attempts whose outcome is open, want 1", open)
	case method == "WEBHOOK" && (k.moment == arrived || k.moment == committing) && inbox != 0:
		return errors.New("the event is in the inbox")
	case method == "WEBHOOK" && (k.moment == executed || k.moment == answered || k.moment == unrecorded) && inbox != 1:
		return errors.New("the event is not in the inbox")
	case k.route == listEvents && inbox != 0:
		return errors.New("the lost event is in the inbox")
	case strings.HasPrefix(k.route, "GET /v1/payment_intents/") && working == 0:
		return errors.New("no event was in flight")
	}

	return nil
}

// notYetUnless returns errNotYet unless done.
func notYetUnless(done bool) error {
	if done {
		return nil
	}
	return errNotYet
}
