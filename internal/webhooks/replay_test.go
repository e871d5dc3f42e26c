package webhooks_test

import (
	"slices"
	"testing"
	"time"

	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
	"checkoutd/internal/webhooks"
)

// replay replays the events that match the filter, as `server events replay`
// does, and returns their IDs.
func (f *fixture) replay(filter webhooks.Filter) []string {
	f.Helper()
	found, err := f.store.Events(f.Context(), filter)
	if err != nil {
		f.Fatal(err)
	}

	var ids []string
	for _, e := range found {
		ids = append(ids, e.ID)
	}

	if n, err := f.store.ReplayEvents(f.Context(), ids, f.clock.Now()); n != len(ids) || err != nil {
		f.Fatalf("replayed %d of %d: %v", n, len(ids), err)
	}

	slices.Sort(ids)
	return ids
}

// replayEvent replays one event.
func (f *fixture) replayEvent(raw []byte) {
	f.Helper()
	n, err := f.store.ReplayEvents(f.Context(), []string{eventID(raw)}, f.clock.Now())
	if n != 1 || err != nil {
		f.Fatalf("replayed %d events, %v; want 1", n, err)
	}
}

func (f *fixture) previewer() webhooks.Previewer {
	return webhooks.Previewer{Payments: f.pay, Decoder: f.stripe}
}

func (f *fixture) preview(raw []byte) webhooks.Preview {
	f.Helper()
	p, err := f.previewer().Preview(f.Context(), f.stored(raw))
	if err != nil {
		f.Fatal(err)
	}
	return p
}

func TestReplayFilters(t *testing.T) {
	t.Parallel()
	onEachEngine(t, func(f *fixture) {
		order1, intent1 := f.buy(payments.StatusProcessing)
		order2, intent2 := f.buy(payments.StatusProcessing)
		succeeded1 := f.intentEvent("succeeded", intent1, order1, payments.StatusSucceeded)
		created1 := f.intentEvent("created", intent1, order1, payments.StatusRequiresPaymentMethod)
		f.deliver(created1, succeeded1)
		f.clock.Advance(time.Hour)
		noon := f.clock.Now()
		succeeded2 := f.intentEvent("succeeded", intent2, order2, payments.StatusSucceeded)
		f.deliver(succeeded2)
		f.work()
		f.clock.Advance(time.Hour)

		for name, c := range map[string]struct {
			filter webhooks.Filter
			want   [][]byte
		}{
			"ids": {webhooks.Filter{IDs: []string{eventID(created1), "evt_nobody"}}, [][]byte{created1}},
			"type": {
				webhooks.Filter{Types: []string{"payment_intent.succeeded"}},
				[][]byte{succeeded1, succeeded2},
			},
			"order": {webhooks.Filter{OrderID: order1}, [][]byte{created1, succeeded1}},
			"from":  {webhooks.Filter{From: noon}, [][]byte{succeeded2}},
			"to":    {webhooks.Filter{To: noon}, [][]byte{created1, succeeded1}},
			"order, type": {
				webhooks.Filter{OrderID: order1, Types: []string{"payment_intent.created"}},
				[][]byte{created1},
			},
			"state": {webhooks.Filter{States: []webhooks.State{webhooks.Dead}}, nil},
		} {
			var want []string
			for _, raw := range c.want {
				want = append(want, eventID(raw))
			}

			slices.Sort(want)
			if got := f.replay(c.filter); !slices.Equal(got, want) {
				f.Errorf("%s: replayed %v, want %v", name, got, want)
			}
			if n := f.work(); n != len(want) {
				f.Errorf("%s: processed %d, want %d", name, n, len(want))
			}

			for _, raw := range c.want {
				f.wantState(raw, webhooks.Done, "")
			}

			f.wantPaid(order1)
			f.wantPaid(order2)
		}
	})
}

func TestPreviewPredictsAndChangesNothing(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	paid, paidIntent := f.buy(payments.StatusSucceeded)
	open, openIntent := f.buy(payments.StatusProcessing)
	otherVersion := f.eventWith("payment_intent.succeeded",
		intentObject(openIntent, open, payments.StatusSucceeded), object{"api_version": "2020-08-27"})

	cases := map[string]struct {
		raw  []byte
		want webhooks.Preview
	}{
		"an order would be paid": {f.intentEvent("succeeded", openIntent, open, payments.StatusSucceeded),
			webhooks.Preview{OrderID: open, Before: orders.Open, After: orders.Paid}},
		"an order stays paid": {f.intentEvent("succeeded", paidIntent, paid, payments.StatusSucceeded),
			webhooks.Preview{OrderID: paid, Before: orders.Paid, After: orders.Paid}},
		"a stale event changes nothing": {f.intentEvent("processing", paidIntent, paid, payments.StatusProcessing),
			webhooks.Preview{OrderID: paid, Before: orders.Paid, After: orders.Paid}},
		"Stripe would be called": {f.intentEvent("requires_action", openIntent, open, payments.StatusRequiresAction),
			webhooks.Preview{
				OrderID:    open,
				Before:     orders.Open,
				After:      orders.Open,
				AsksStripe: true,
			}},
		"a refund is read at Stripe": {f.event("refund.created", refundObject(paidIntent, false)),
			webhooks.Preview{OrderID: paid, AsksStripe: true}},
		"an intent of another version is read at Stripe": {otherVersion,
			webhooks.Preview{OrderID: open, AsksStripe: true}},
		"a type that is ignored": {f.event("customer.created", object{"id": "cus_1", "object": "customer"}),
			webhooks.Preview{Note: "events of this type change no order"}},
		"no order matches": {f.intentEvent("succeeded", "pi_else", "", payments.StatusSucceeded),
			webhooks.Preview{Note: "no order in the database matches this event"}},
	}

	before, readings := f.state(open), f.stripe.Readings()

	for name, c := range cases {
		f.deliver(c.raw)
		prev := f.stored(c.raw)
		got := f.preview(c.raw)
		if got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
		if now := f.stored(c.raw); now.State != prev.State || now.Tries != 0 {
			t.Errorf("%s: the preview changed the event: %+v", name, now)
		}
	}

	after := f.state(open)
	if after.Order.Status != before.Order.Status || !after.Order.UpdatedAt.Equal(before.Order.UpdatedAt) ||
		len(after.Intents) != len(before.Intents) {
		t.Error("a preview changed the order")
	}

	if f.stripe.Readings() != readings {
		t.Error("a preview called Stripe")
	}

	f.work()
	f.wantPaid(open)
	f.wantPaid(paid)
}

func TestPreviewOfAnUnreadableEventIsAnError(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	order, intent := f.buy(payments.StatusProcessing)
	o := intentObject(intent, order, payments.StatusSucceeded)
	o["amount"] = "10.99"
	raw := f.event("payment_intent.succeeded", o)
	f.deliver(raw)
	if p, err := f.previewer().Preview(t.Context(), f.stored(raw)); err == nil {
		t.Errorf("no error; the preview is %+v", p)
	}
}

// However often everything is replayed, the state stays the same.
func TestReplayIsIdempotent(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	order, intent := f.buy(payments.StatusRequiresAction)
	f.stripe.SetStatus(intent, payments.StatusSucceeded)
	f.stripe.SetRefunds(intent, payments.Refund{
		ID:       "re_1",
		IntentID: intent,
		Amount:   100,
		Currency: "usd",
		Status:   "succeeded",
	})

	f.deliver(
		f.intentEvent("created", intent, order, payments.StatusRequiresPaymentMethod),
		f.intentEvent("requires_action", intent, order, payments.StatusRequiresAction),
		f.event("charge.succeeded", chargeObject(intent, order)),
		f.intentEvent("succeeded", intent, order, payments.StatusSucceeded),
		f.event("charge.refunded", chargeObject(intent, order)),
	)

	f.work()
	want := f.state(order)

	for range 5 {
		f.replay(webhooks.Filter{OrderID: order})
		f.work()
	}

	got := f.state(order)
	if got.Order.Status != orders.Paid || got.Order.Refunded != 100 || !got.Order.PaidAt.Equal(want.Order.PaidAt) ||
		len(got.Refunds) != 1 || len(got.Intents) != 1 || len(got.Attempts) != 1 {
		t.Errorf("after the replays: %+v, want %+v", got, want)
	}

	effects, err := f.store.Effects(t.Context(), order)
	if err != nil || len(effects) != 2 {
		t.Errorf("the effects are %+v, %v; want order.paid and order.refunded", effects, err)
	}
}
