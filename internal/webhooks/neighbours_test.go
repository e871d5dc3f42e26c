package webhooks_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
	"checkoutd/internal/testkit"
	"checkoutd/internal/webhooks"
)

// renewalOf returns the events that Stripe sends when a subscription of another
// integration renews.
func (f *fixture) renewalOf(n int, customer string) [][]byte {
	f.Helper()
	sub, invoice := fmt.Sprintf("sub_n%d", n), fmt.Sprintf("in_n%d", n)
	intent, charge := fmt.Sprintf("pi_n%d", n), fmt.Sprintf("ch_n%d", n)
	f.stripe.PutSubscription(payments.SubscriptionReading{Subscription: payments.Subscription{ID: sub}}, invoice)

	of := func(kind, id string, more object) object {
		o := object{"id": id, "object": kind, "customer": customer, "metadata": object{}}
		for k, v := range more {
			o[k] = v
		}

		return o
	}

	paying := object{
		"invoice":         invoice,
		"payment_intent":  intent,
		"status":          "succeeded",
		"amount":          500,
		"amount_received": 500,
		"currency":        "usd",
		"created":         1769860800,
	}

	bill := object{"subscription": sub, "subscription_details": object{"metadata": object{}}}

	return [][]byte{
		f.event("charge.succeeded", of("charge", charge, paying)),
		f.event("payment_intent.succeeded", of("payment_intent", intent, paying)),
		f.event("payment_intent.created", of("payment_intent", intent, paying)),
		f.event("invoice.created", of("invoice", invoice, bill)),
		f.event("invoice.finalized", of("invoice", invoice, bill)),
		f.event("invoice.paid", of("invoice", invoice, bill)),
		f.event("customer.subscription.updated", of("subscription", sub, nil)),
	}
}

// Not ours is a final answer, which costs no reading while the customer is not
// ours either.
func TestRenewalsOfAnotherIntegrationCostNoReading(t *testing.T) {
	t.Parallel()
	onEachEngine(t, func(f *fixture) {
		var all [][]byte
		for n := range 40 {
			all = append(all, f.renewalOf(n, "cus_theirs")...)
		}

		f.deliver(all...)
		f.work()

		f.clock.Advance(30 * 24 * time.Hour)

		if n := f.work(); n != 0 || f.stripe.Readings() != 0 {
			f.Errorf("%d events were worked again, and Stripe was read %d times; want none", n, f.stripe.Readings())
		}

		for _, raw := range all {
			f.wantState(raw, webhooks.Ignored, "not ours")
		}
	})
}

// A customer of ours may be another integration's, too. Then Stripe is asked
// once for each payment, within the budget, and the answer is remembered by
// every process.
func TestRenewalsOfOurCustomersAreAskedAboutOnceAndWithinABudget(t *testing.T) {
	t.Parallel()
	onEachEngine(t, func(f *fixture) {
		f.customerOf(f.order(), "cus_shared")

		const payments = 30
		var all, late [][]byte
		for n := range payments {
			events := f.renewalOf(n, "cus_shared")
			all, late = append(all, events[:2]...), append(late, events[2:]...)
		}

		f.deliver(all...)
		f.work()

		const atOnce = 20
		if got := f.stripe.Readings(); got == 0 || got > atOnce {
			f.Errorf("%d readings at once, want 1 to %d", got, atOnce)
		}

		before := f.stripe.Readings()
		f.clock.Advance(10 * time.Second)
		f.work()

		if got := f.stripe.Readings() - before; got == 0 || got > atOnce {
			f.Errorf("%d readings in ten seconds, want 1 to %d", got, atOnce)
		}

		f.clock.Advance(time.Minute)
		f.work()

		// Another process, after a restart of this one.
		f.hooks = webhooks.New(f.config)
		f.deliver(late...)

		for range 3 {
			f.clock.Advance(time.Minute)
			f.work()
		}

		for _, raw := range append(all, late...) {
			f.wantState(raw, webhooks.Ignored, "not ours")
		}

		if got := f.stripe.Readings(); got > payments {
			f.Errorf("%d readings for %d payments, want one for each", got, payments)
		}
	})
}

// What an event of an invoice shows is remembered for its payment.
func TestInvoiceThatIsNotOursAnswersForItsPayment(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.customerOf(f.order(), "cus_shared")
	events := f.renewalOf(1, "cus_shared")
	f.deliver(events[3:]...) // the invoice's come first
	f.work()
	f.deliver(events[:3]...)
	f.work()

	for _, raw := range events {
		f.wantState(raw, webhooks.Ignored, "not ours")
	}

	if n := f.stripe.Readings(); n != 0 {
		t.Errorf("%d readings, want none", n)
	}
}

// A memory ends.
func TestMemoryOfWhatIsNotOursEnds(t *testing.T) {
	t.Parallel()
	onEachEngine(t, func(f *fixture) {
		f.customerOf(f.order(), "cus_shared")
		f.deliver(f.renewalOf(1, "cus_shared")[0])
		f.work()

		known := func() bool {
			found, err := f.store.IsNotOurs(f.Context(), []string{"in_n1"})
			if err != nil {
				f.Fatal(err)
			}
			return found
		}
		if !known() {
			f.Fatal("it is not remembered")
		}

		f.clock.Advance(61 * 24 * time.Hour)
		if known() {
			f.Error("it is remembered for ever")
		}
	})
}

// customerOf gives an order a customer.
func (f *fixture) customerOf(order, customer string) {
	f.Helper()
	if _, err := f.store.SetCustomer(f.Context(), orders.Order{ID: order}, customer); err != nil {
		f.Fatal(err)
	}
}

// Our own events go first, however many of neighbours wait: the first batch has
// them all. New ones go before retries.
func TestOwnEventsAreWorkedFirst(t *testing.T) {
	t.Parallel()
	onEachEngine(t, func(f *fixture) {
		retried, its := f.buy(payments.StatusProcessing)
		retry := f.intentEvent("requires_action", its, retried, payments.StatusRequiresAction)
		f.stripe.SetDown(testkit.ErrDown)
		f.deliver(retry)
		f.work() // fails, and is due again in a second
		f.stripe.SetDown(nil)

		var theirs [][]byte
		for n := range 50 {
			theirs = append(theirs, f.renewalOf(n, "cus_theirs")...)
		}

		f.deliver(theirs...)
		f.clock.Advance(time.Minute)

		order, intent := f.buy(payments.StatusProcessing)
		own := f.intentEvent("succeeded", intent, order, payments.StatusSucceeded)
		f.deliver(own)

		now := f.clock.Now()
		for lane, want := range map[webhooks.Lane][]byte{webhooks.LaneOwn: own, webhooks.LaneRead: retry} {
			list, err := f.store.ClaimEvents(f.Context(), lane, now, now.Add(lease), 100)
			if err != nil || len(list) != 1 || list[0].ID != eventID(want) {
				f.Errorf("claimed %+v, %v; want %s and nothing of others", list, err, eventID(want))
			}
		}
	})
}

// A busy account is backfilled as it is told: our own first, and no reading for
// the others.
func TestBackfillOfABusyAccount(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	order, intent := f.buy(payments.StatusProcessing)
	own := f.intentEvent("succeeded", intent, order, payments.StatusSucceeded)
	f.stripe.list(own) // the oldest: the last page

	for n := range 300 {
		guest := intentObject(fmt.Sprintf("pi_guest%d", n), "", payments.StatusSucceeded)
		guest["customer"], guest["metadata"] = nil, object{}
		f.stripe.list(f.event("payment_intent.succeeded", guest))
	}

	if _, err := f.hooks.Backfill(f.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := f.hooks.RunOnce(f.Context()); err != nil { // one batch
		t.Fatal(err)
	}

	f.wantState(own, webhooks.Done, "")
	f.wantPaid(order)
	f.work()

	if n := f.stripe.Readings(); n != 0 {
		t.Errorf("%d readings for events of others, want none", n)
	}
}

// Stripe's events of another release train do not show the invoice of an intent
// (https://docs.stripe.com/changelog/basil). One reading at our version finds
// the order of a renewal, and settles whose the others are.
func TestRenewalInEventsOfAnotherReleaseTrain(t *testing.T) {
	t.Parallel()
	basil := object{"api_version": "2025-03-31.basil"}
	for _, name := range []string{"payment_intent.succeeded", "charge.succeeded"} {
		f := newFixture(t)
		order, _, renewal := f.subscription()
		o := object{
			"id":       renewal,
			"object":   "payment_intent",
			"customer": "cus_1",
			"metadata": object{},
		}

		if name == "charge.succeeded" {
			o["id"], o["object"], o["payment_intent"] = "ch_2", "charge", renewal
		}

		raw := f.eventWith(name, o, basil)
		f.deliver(raw)
		f.work()
		f.wantState(raw, webhooks.Done, "")

		if in := f.state(order).Intent(renewal); in == nil || !in.Renewal || in.Status != payments.StatusSucceeded {
			t.Errorf("%s: the renewal is %+v", name, in)
		}

		f.wantPaid(order)

		// Two more events of a payment of somebody else's.
		f.stripe.PutIntent(payments.Snapshot{ID: "pi_theirs", Status: payments.StatusSucceeded})
		before := f.stripe.Readings()
		theirs := object{
			"id":             "ch_3",
			"object":         "charge",
			"customer":       "cus_1",
			"payment_intent": "pi_theirs",
		}

		for range 2 {
			raw := f.eventWith("charge.succeeded", theirs, basil)
			f.deliver(raw)
			f.work()
			f.wantState(raw, webhooks.Ignored, "not ours")
		}

		if got := f.stripe.Readings() - before; got != 1 {
			t.Errorf("%s: %d readings of another's payment, want 1", name, got)
		}
	}
}

// However many questions neighbours' events cause, those about our own renewals
// go first.
func TestRenewalOfOursDoesNotWaitForNeighboursQuestions(t *testing.T) {
	t.Parallel()
	onEachEngine(t, func(f *fixture) {
		f.customerOf(f.order(), "cus_shared")
		for n := range 40 { // twice as many as may be asked about at once
			f.deliver(f.renewalOf(n, "cus_shared")[:1]...)
		}

		f.work()

		order, _, renewal := f.subscription()
		charge := f.eventWith("charge.succeeded", object{
			"id":             "ch_2",
			"object":         "charge",
			"payment_intent": renewal,
			"customer":       "cus_1",
			"metadata":       object{},
		}, object{"api_version": "2025-03-31.basil"})

		f.deliver(charge)
		f.work()
		f.wantState(charge, webhooks.Done, "")

		if in := f.state(order).Intent(renewal); in == nil || !in.Renewal {
			f.Errorf("the renewal is %+v", in)
		}
	})
}

// A thin event (https://docs.stripe.com/event-destinations#thin-events) is
// acknowledged, stored and explained: refusing it would only make Stripe send
// it again for days.
func TestThinEventIsIgnoredWithASentence(t *testing.T) {
	t.Parallel()
	onEachEngine(t, func(f *fixture) {
		for i, eventType := range []string{
			"v1.billing.meter.error_report_triggered", "v2.core.account[requirements].updated",
		} {
			raw := []byte(fmt.Sprintf(`{"id":"evt_test_thin%d","object":"v2.core.event","type":%q,"livemode":false,
				"created":"2026-01-31T12:00:00.330Z","context":null,
				"related_object":{"id":"mtr_1","type":"billing.meter","url":"/v1/billing/meters/mtr_1"}}`, i, eventType))
			for range 2 { // and again
				w := f.post(raw, sign(raw, secretNew, f.clock.Now()))
				if body := w.Body.String(); w.Code != 200 || !strings.Contains(body, `"status":"ignored"`) ||
					!strings.Contains(body, "snapshot") {
					f.Errorf("%s: %d %s", eventType, w.Code, body)
				}
			}

			f.work()
			f.wantState(raw, webhooks.Ignored, "thin event")

			f.replayEvent(raw)
			f.work()
			f.wantState(raw, webhooks.Ignored, "change no order")
		}

		unsigned := []byte(`{"id":"evt_1","object":"v2.core.event","type":"v2.core.event_destination.ping"}`)
		if w := f.post(unsigned, sign(unsigned, "whsec_other", f.clock.Now())); w.Code != 400 {
			f.Errorf("an unsigned one: %d", w.Code)
		}
	})
}

// Metadata that names our order does not make an intent the order's.
func TestCopiedMetadataDoesNotPayTheOrder(t *testing.T) {
	t.Parallel()
	onEachEngine(t, func(f *fixture) {
		order, intent := f.buy(payments.StatusRequiresAction)
		made, _ := f.stripe.Peek(intent)

		for name, mark := range map[string]payments.Mark{
			"made up": {OrderID: order},
			"forged":  {OrderID: order, AttemptID: made.AttemptID, Proof: "00"},
			"copied":  made.Mark(),
		} {
			unpaid := intentObject("pi_"+name, order, payments.StatusRequiresAction)
			unpaid["metadata"] = metadataOf(mark)
			raw := f.event("payment_intent.requires_action", unpaid)
			f.deliver(raw)
			f.work()
			f.wantState(raw, webhooks.Ignored, "no attempt of ours")

			charge := f.event("charge.pending", object{
				"id":             "ch_x",
				"object":         "charge",
				"payment_intent": "pi_" + name,
				"metadata":       metadataOf(mark),
			})

			f.deliver(charge)
			f.work()
			f.wantState(charge, webhooks.Ignored, "no attempt of ours")
		}

		st := f.state(order)
		if len(st.Intents) != 1 || len(st.ForeignPayments) != 0 || f.stripe.Readings() != 0 {
			f.Errorf("intents %+v, foreign payments %+v, %d readings", st.Intents, st.ForeignPayments, f.stripe.Readings())
		}

		// It takes money: a person must know, and the buyer may still pay.
		paid := intentObject("pi_copied", order, payments.StatusSucceeded)
		paid["metadata"] = metadataOf(made.Mark())
		raw := f.event("payment_intent.succeeded", paid)
		f.deliver(raw, raw)
		f.replayEvent(raw)
		f.work()
		f.wantState(raw, webhooks.Done, "")
		f.wantOrder(order, orders.Open, orders.RequiresAction)

		st = f.state(order)
		if len(st.ForeignPayments) != 1 || st.ForeignPayments[0].Amount != 1099 || len(st.Intents) != 1 {
			f.Errorf("foreign payments %+v, intents %+v", st.ForeignPayments, st.Intents)
		}

		effects, err := f.store.Effects(f.Context(), order)
		if err != nil || len(effects) != 1 || effects[0].Kind != payments.EffectForeign {
			f.Errorf("the effects are %+v, %v", effects, err)
		}

		// The person gives it back in the Dashboard; the intent stays
		// succeeded.
		refunded := f.event("charge.refunded", object{
			"id":             "ch_copied",
			"object":         "charge",
			"payment_intent": "pi_copied",
			"refunded":       true,
			"metadata":       metadataOf(made.Mark()),
		})

		f.deliver(refunded)
		f.work()
		f.wantState(refunded, webhooks.Done, "")
		f.replayEvent(raw)
		f.work()

		if list := f.state(order).ForeignPayments; len(list) != 1 || list[0].Open() {
			f.Errorf("foreign payments %+v, want none that a person has to decide about", list)
		}

		f.stripe.SetStatus(intent, payments.StatusSucceeded)
		own := f.intentEvent("succeeded", intent, order, payments.StatusSucceeded)
		f.deliver(own)
		f.work()
		f.wantOrder(order, orders.Paid, orders.PaymentPaid)
	})
}
