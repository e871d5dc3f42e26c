package webhooks_test

import (
	"context"
	"testing"
	"time"

	"checkoutd/internal/budget"
	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
	"checkoutd/internal/webhooks"
)

// firstPayment returns what Stripe sends about a subscription and its invoice
// when it is paid for the first time.
func (f *fixture) firstPayment(sub, order string) [][]byte {
	f.Helper()
	var all [][]byte
	for _, name := range []string{
		"customer.subscription.created", "invoice.created", "invoice.finalized", "invoice.updated", "invoice.paid",
		"invoice.payment_succeeded", "customer.subscription.updated",
	} {
		o := subscriptionObject(sub, order)
		if name[0] == 'i' {
			o = invoiceObject(sub, order)
		}

		all = append(all, f.event(name, o))
	}

	return all
}

func TestOneReadingForAllHintsOfAGroup(t *testing.T) {
	t.Parallel()
	for name, hints := range map[string]func(f *fixture, order, sub string) [][]byte{
		"subscription": func(f *fixture, order, sub string) [][]byte { return f.firstPayment(sub, order) },
		"intent": func(f *fixture, order, _ string) [][]byte {
			_ = f.store.Update(f.Context(), order, nil, func(st *payments.State) error {
				st.Intents[0].Status = payments.StatusProcessing
				return nil
			})

			charge := object{"id": "ch_1", "object": "charge", "payment_intent": "pi_" + order, "metadata": object{}}
			basil := object{"api_version": "2025-03-31.basil"}
			o := intentObject("pi_"+order, order, payments.StatusSucceeded)
			return [][]byte{
				f.event("charge.pending", charge),
				f.event("charge.updated", charge),
				f.event("charge.succeeded", charge),
				f.eventWith("payment_intent.succeeded", o, basil),
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onEachEngine(t, func(f *fixture) {
				order, sub, _ := f.subscription()
				all := hints(f, order, sub)
				f.deliver(all...)
				before := f.stripe.Readings()
				f.work()

				if got := f.stripe.Readings() - before; got != 1 {
					f.Errorf("%d readings for %d events, want 1", got, len(all))
				}
				for _, raw := range all {
					f.wantState(raw, webhooks.Done, "")
					if e := f.stored(raw); e.OrderID != order || e.Tries != 1 || e.FinishedAt.IsZero() {
						f.Errorf("%s: order %q, %d tries, finished at %s", e.Type, e.OrderID, e.Tries, e.FinishedAt)
					}
				}

				f.wantPaid(order)
			})
		})
	}
}

// A reading settles only hints that it is the reading of.
func TestOtherReadingsOfAGroupAreMade(t *testing.T) {
	t.Parallel()
	onEachEngine(t, func(f *fixture) {
		order, intent := f.buy(payments.StatusSucceeded)
		f.stripe.SetRefunds(intent, payments.Refund{
			ID: "re_1", IntentID: intent, Amount: 99, Currency: "usd", Status: "succeeded",
		})

		charge := object{"id": "ch_1", "object": "charge", "payment_intent": intent, "metadata": object{}}
		all := [][]byte{
			f.event("charge.updated", charge), f.event("charge.refunded", charge), f.event("charge.captured", charge),
		}
		f.deliver(all...)
		f.work()

		for _, raw := range all {
			f.wantState(raw, webhooks.Done, "")
		}
		if o := f.state(order).Order; o.Refunded != 99 {
			f.Errorf("%d is refunded, want 99", o.Refunded)
		}
	})
}

// What arrives, or is replayed, while the reading is on its way may be newer.
func TestReadingDoesNotSettleWhatComesAfterIt(t *testing.T) {
	t.Parallel()
	onEachEngine(t, func(f *fixture) {
		order, sub, _ := f.subscription()
		all := f.firstPayment(sub, order)
		late, replayed := all[6], all[3]
		f.deliver(all[:6]...)

		f.stripe.OnSubscription(func() {
			f.stripe.OnSubscription(nil)
			f.clock.Advance(time.Millisecond)
			f.deliver(late)
			f.replayEvent(replayed)
		})

		before := f.stripe.Readings()
		if _, err := f.hooks.RunOnce(f.Context()); err != nil {
			f.Fatal(err)
		}

		f.wantState(late, webhooks.Received, "")
		f.wantState(replayed, webhooks.Received, "")
		f.work()

		if got := f.stripe.Readings() - before; got != 2 {
			f.Errorf("%d readings, want 2", got)
		}
		for _, raw := range all {
			f.wantState(raw, webhooks.Done, "")
		}
	})
}

// A worker that dies, or loses its lease, between the reading and the commit
// has settled nothing.
func TestKillBetweenReadingAndCommit(t *testing.T) {
	t.Parallel()
	onEachEngine(t, func(f *fixture) {
		order, sub, _ := f.subscription()
		all := f.firstPayment(sub, order)
		f.deliver(all...)

		f.stripe.OnSubscription(func() {
			f.stripe.OnSubscription(nil)
			f.clock.Advance(lease)
			if n, err := f.store.RescueEvents(f.Context(), f.clock.Now()); n != 1 || err != nil {
				f.Errorf("rescued %d, %v", n, err)
			}
		})

		before := f.stripe.Readings()
		if _, err := f.hooks.RunOnce(f.Context()); err != nil {
			f.Fatal(err)
		}

		for _, raw := range all {
			if e := f.stored(raw); e.State != webhooks.Received {
				f.Errorf("%s is %s, want received", e.Type, e.State)
			}
		}

		f.wantSubscription(order, payments.SubscriptionIncomplete)
		f.work()

		if got := f.stripe.Readings() - before; got != 2 {
			f.Errorf("%d readings, want the lost one and another", got)
		}
		for _, raw := range all {
			f.wantState(raw, webhooks.Done, "")
		}
		f.wantSubscription(order, payments.SubscriptionActive)
	})
}

// Events that arrive together share a reading, and need none if one of them
// says it all.
func TestHintsWaitForTheirOwnKind(t *testing.T) {
	t.Parallel()
	onEachEngine(t, func(f *fixture) {
		f.config.Gather = time.Second
		f.hooks = webhooks.New(f.config)

		order, intent := f.buy(payments.StatusProcessing)
		charge := object{"id": "ch_1", "object": "charge", "payment_intent": intent, "metadata": object{}}
		hint := f.event("charge.succeeded", charge)
		f.deliver(hint)
		f.clock.Advance(time.Second - time.Microsecond)

		if n := f.work(); n != 0 {
			f.Errorf("%d events were worked too early", n)
		}

		f.deliver(f.intentEvent("succeeded", intent, order, payments.StatusSucceeded))
		f.work()
		f.wantPaid(order) // the hint is not waited for

		f.clock.Advance(time.Microsecond)
		f.work()
		f.wantState(hint, webhooks.Done, "")

		if n := f.stripe.Readings(); n != 0 {
			f.Errorf("%d readings, want none", n)
		}
	})
}

// An event that says it all by itself waits neither for readings nor for
// Stripe, however long they take.
func TestPaymentIsNotDelayedByReadings(t *testing.T) {
	t.Parallel()
	onEachEngine(t, func(f *fixture) {
		goOn := make(chan struct{})
		f.stripe.OnRead(func() { <-goOn })

		var hints [][]byte
		for range 3 * f.config.Workers {
			order, intent := f.buy(payments.StatusProcessing)
			hints = append(hints, f.intentEvent("requires_action", intent, order, payments.StatusRequiresAction))
		}

		f.deliver(hints...)

		stop := f.run(f.hooks)
		f.eventually("every worker reads", func() bool { return f.stripe.Readings() == f.config.Workers })

		order, intent := f.buy(payments.StatusProcessing)
		f.deliver(f.intentEvent("succeeded", intent, order, payments.StatusSucceeded))
		f.eventually("the payment is settled", func() bool { return f.state(order).Order.Status == orders.Paid })

		close(goOn)
		f.eventually("the hints are settled", func() bool {
			counts, err := f.store.Counts(f.Context())
			return err == nil && counts[webhooks.Done] == int64(len(hints)+1)
		})

		stop()
	})
}

// Buyers may use up the budget of requests for as long as they like: an event
// that Stripe was not asked about was not tried.
func TestWaitForTheBudgetIsNoTry(t *testing.T) {
	t.Parallel()
	onEachEngine(t, func(f *fixture) {
		order, intent := f.buy(payments.StatusProcessing)
		raw := f.intentEvent("requires_action", intent, order, payments.StatusRequiresAction)
		f.deliver(raw)

		used := budget.New(1)
		f.stripe.turn = func(ctx context.Context) (err error) {
			ctx, cancel := context.WithTimeout(ctx, time.Millisecond)
			defer cancel()

			for err == nil { // somebody else has the turns that come
				err = used.Wait(ctx)
			}

			return err
		}

		for range 40 {
			f.work()
			f.clock.Advance(time.Second)
		}

		f.wantState(raw, webhooks.Received, "")
		f.stripe.turn = nil
		f.work()
		f.wantState(raw, webhooks.Done, "")

		if e := f.stored(raw); e.Tries != 1 || f.stripe.Readings() != 1 {
			f.Errorf("%d tries and %d readings, want 1 of each", e.Tries, f.stripe.Readings())
		}
	})
}
