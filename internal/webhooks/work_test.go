package webhooks_test

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
	"checkoutd/internal/testhost"
	"checkoutd/internal/testkit"
	"checkoutd/internal/webhooks"
)

func TestIntentEventsReachTheOrder(t *testing.T) {
	t.Parallel()
	const (
		noMethod   = payments.StatusRequiresPaymentMethod
		action     = payments.StatusRequiresAction
		processing = payments.StatusProcessing
		succeeded  = payments.StatusSucceeded
		held       = payments.StatusRequiresCapture
		canceled   = payments.StatusCanceled
	)

	onEachEngine(t, func(f *fixture) {
		for _, c := range []struct {
			event         string
			before, after payments.Status
			order         orders.Status
			payment       orders.PaymentStatus
		}{
			{"succeeded", processing, succeeded, orders.Paid, orders.PaymentPaid},
			{"succeeded", action, succeeded, orders.Paid, orders.PaymentPaid},
			{"processing", action, processing, orders.Open, orders.Processing},
			{"requires_action", action, action, orders.Open, orders.RequiresAction},
			{"payment_failed", processing, noMethod, orders.Open, orders.PaymentFailed},
			{"canceled", action, canceled, orders.Open, orders.Unpaid},
			{"amount_capturable_updated", action, held, orders.Authorized, orders.PaymentAuthorized},
			{"partially_funded", action, action, orders.Open, orders.RequiresAction},
			{"created", action, action, orders.Open, orders.RequiresAction},
		} {
			order, intent := f.buy(c.before)
			f.stripe.SetStatus(intent, c.after)
			o := intentObject(intent, order, c.after)
			if c.event == "payment_failed" {
				o["last_payment_error"] = object{
					"type":    "card_error",
					"code":    "card_declined",
					"message": "No.",
				}
			}

			raw := f.event("payment_intent."+c.event, o)
			f.deliver(raw)
			f.wantState(raw, webhooks.Received, "") // received is not processed
			f.work()
			f.wantState(raw, webhooks.Done, "")

			if e := f.stored(raw); e.OrderID != order || e.Tries != 1 || e.FinishedAt.IsZero() {
				f.Errorf("%s: order %q after %d tries, finished %s", c.event, e.OrderID, e.Tries, e.FinishedAt)
			}

			f.wantOrder(order, c.order, c.payment)
		}
	})
}

func TestTypesThatChangeNoOrderAreIgnored(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	customer := f.event("customer.created", object{"id": "cus_1", "object": "customer"})
	unheard := f.event("v1.brand.new_thing", object{"id": "x_1", "object": "thing"})
	without := f.event("charge.succeeded", object{
		"id":             "ch_1",
		"object":         "charge",
		"payment_intent": nil,
	})

	f.deliver(customer, unheard, without)
	f.work()
	f.wantState(customer, webhooks.Ignored, "change no order")
	f.wantState(unheard, webhooks.Ignored, "change no order")
	f.wantState(without, webhooks.Ignored, "no intent")
}

// An event may arrive before the order is linked to its intent
// (statamic-cargo#190). What was taken for another integration's is worked
// then.
func TestEventThatSeemedNotOursIsWorkedOnceItsIntentIsLinked(t *testing.T) {
	t.Parallel()
	onEachEngine(t, func(f *fixture) {
		order := f.order()
		intent := "pi_" + order

		// The metadata names no order, so only the link can match the event.
		raw := f.event("payment_intent.succeeded", intentObject(intent, "", payments.StatusSucceeded))
		f.deliver(raw)
		f.work()
		f.wantState(raw, webhooks.Ignored, "not ours")

		f.clock.Advance(10 * 24 * time.Hour)

		if n := f.work(); n != 0 || f.stripe.Readings() != 0 {
			f.Errorf("%d events were worked again, with %d readings", n, f.stripe.Readings())
		}

		f.stripe.SetNext(payments.StatusProcessing)

		f.confirm(order, "ctoken_x")

		f.wantOrder(order, orders.Open, orders.Processing)
		f.work()
		f.wantState(raw, webhooks.Done, "")
		f.wantPaid(order)
	})
}

// The database was restored from a copy that is older than the order. Our proof
// shows that the event is ours nevertheless, so it waits.
func TestEventOfALostOrderIsRetriedWithBackoff(t *testing.T) {
	t.Parallel()
	before, f := newFixture(t), newFixture(t)
	order, intent := before.buy(payments.StatusSucceeded)
	raw := before.intentEvent("succeeded", intent, order, payments.StatusSucceeded)
	f.deliver(raw)
	pause := 15 * time.Second
	for range 8 {
		f.work()
		f.wantState(raw, webhooks.Unmatched, "proof")

		e := f.stored(raw)
		if wait := e.NextAt.Sub(f.clock.Now()); wait < pause/2 || wait > pause {
			t.Errorf("after try %d it waits %s, want %s to %s", e.Tries, wait, pause/2, pause)
		}

		f.clock.Advance(pause)
		pause *= 2
	}

	if f.stripe.Readings() != 0 {
		t.Errorf("Stripe was asked %d times", f.stripe.Readings())
	}
}

// The metadata names the order, so the event matches although the response that
// would have linked the intent was lost.
func TestEventOfAnUnlinkedIntentIsMatchedByMetadata(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.stripe.SetDown(testkit.ErrDown)
	order, intent := f.buy(payments.StatusSucceeded) // charged, but the response is lost
	f.wantOrder(order, orders.Open, orders.Checking)
	raw := f.intentEvent("succeeded", intent, order, payments.StatusSucceeded)
	f.deliver(raw)
	f.work()
	f.wantState(raw, webhooks.Done, "")
	f.wantPaid(order)

	stranger := f.intentEvent("succeeded", "pi_2", "ord_nobody", payments.StatusSucceeded)
	f.deliver(stranger)
	f.work()
	f.wantState(stranger, webhooks.Ignored, "not ours")
}

// A failed event does not count as processed (dj-stripe#832, hyperswitch#3408,
// lunar#2204).
func TestFailureIsRetriedWithBackoffAndThenDead(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	order, intent := f.buy(payments.StatusRequiresAction)
	raw := f.intentEvent("processing", intent, order, payments.StatusProcessing)
	f.stripe.SetDown(testkit.ErrDown) // so the intent cannot be read
	f.deliver(raw)
	f.work()
	first := f.stored(raw)
	f.wantState(raw, webhooks.Received, "connection refused")

	if wait := first.NextAt.Sub(f.clock.Now()); wait < time.Second/2 || wait > time.Second {
		t.Errorf("the first delay is %s, want up to 1s", wait)
	}
	if n := f.work(); n != 0 {
		t.Error("it was retried early")
	}

	f.deliver(raw) // a retry by Stripe neither speeds it up nor resets it
	if e := f.stored(raw); e.Tries != 1 || !e.NextAt.Equal(first.NextAt) {
		t.Errorf("a duplicate changed it: %d tries, due %s", e.Tries, e.NextAt)
	}

	for tries := int64(2); tries <= 30; tries++ {
		f.clock.Advance(time.Hour)
		f.work()

		if e := f.stored(raw); e.Tries != tries {
			t.Fatalf("%d tries, want %d", e.Tries, tries)
		}
	}

	f.wantState(raw, webhooks.Dead, "connection refused")
	f.clock.Advance(365 * 24 * time.Hour)

	if n := f.work(); n != 0 {
		t.Error("a dead event was processed")
	}

	f.wantOrder(order, orders.Open, orders.RequiresAction)

	f.stripe.SetDown(nil)
	f.stripe.SetStatus(intent, payments.StatusSucceeded)

	f.replayEvent(raw)

	f.work()
	f.wantState(raw, webhooks.Done, "")
	f.wantPaid(order)
}

func TestOnlyEventsThatNeedAReadingWaitWhileStripeIsDown(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	order, intent := f.buy(payments.StatusRequiresAction)
	raw := f.intentEvent("processing", intent, order, payments.StatusProcessing)
	final := f.intentEvent("succeeded", intent, order, payments.StatusSucceeded)
	f.stripe.SetDown(testkit.ErrDown)
	f.deliver(raw)
	f.work()
	f.wantState(raw, webhooks.Received, "connection refused")
	f.deliver(final)
	f.work() // a final state needs no reading and does not wait for the other event
	f.wantState(final, webhooks.Done, "")
	f.wantPaid(order)
	f.clock.Advance(time.Second)
	f.work()
	f.wantState(raw, webhooks.Done, "") // stale by now: no reading needed
	f.wantPaid(order)
}

// poisoned panics on objects that contain "poison".
type poisoned struct{ webhooks.Stripe }

func (p poisoned) DecodeIntent(kind string, object []byte) (payments.Snapshot, error) {
	if strings.Contains(string(object), "poison") {
		panic("index out of range")
	}
	return p.Stripe.DecodeIntent(kind, object)
}

func TestPanicFailsOnlyItsEvent(t *testing.T) {
	t.Parallel()
	f := newFixture(t, func(c *webhooks.Config) { c.Stripe = poisoned{c.Stripe} })
	order, intent := f.buy(payments.StatusProcessing)
	poison := intentObject(intent, order, payments.StatusProcessing)
	poison["description"] = "poison"
	bad := f.event("payment_intent.processing", poison)
	good := f.intentEvent("succeeded", intent, order, payments.StatusSucceeded)
	f.deliver(bad, good)
	f.work()
	f.wantState(bad, webhooks.Received, "index out of range")
	f.wantState(good, webhooks.Done, "")
	f.wantPaid(order)

	if !strings.Contains(f.log.String(), "work_test.go") {
		t.Error("the log lacks the stack of the panic")
	}
}

// interrupt claims the only event, lets its worker die, and returns for how
// long the event waits after its lease has expired.
func (f *fixture) interrupt(raw []byte) time.Duration {
	f.Helper()
	now := f.clock.Now()
	list, err := f.store.ClaimEvents(f.Context(), webhooks.LaneOwn, now, now.Add(lease), 1)
	if err != nil || len(list) != 1 {
		f.Fatal(len(list), err)
	}

	f.clock.Advance(lease)
	if _, err := f.store.RescueEvents(f.Context(), f.clock.Now()); err != nil {
		f.Fatal(err)
	}

	return f.stored(raw).NextAt.Sub(f.clock.Now())
}

// A server that is killed often, however quickly, loses no event.
func TestKillsAreNoTriesOfAnEvent(t *testing.T) {
	t.Parallel()
	onEachEngine(t, func(f *fixture) {
		order, intent := f.buy(payments.StatusProcessing)
		raw := f.intentEvent("succeeded", intent, order, payments.StatusSucceeded)
		f.deliver(raw)

		for range 2 {
			if wait := f.interrupt(raw); wait != 0 {
				t.Errorf("it waits for %s after an interruption, want it due at once", wait)
			}
		}
		for range 60 {
			f.clock.Advance(f.interrupt(raw))
		}

		if e := f.stored(raw); e.Tries != 0 || e.Interrupted != 62 {
			t.Errorf("%d tries, %d interruptions; want 0 and 62", e.Tries, e.Interrupted)
		}

		f.work()
		f.wantState(raw, webhooks.Done, "")
		f.wantPaid(order)
	})
}

// An event that kills its worker each time must not do so for ever, nor often.
func TestEventThatNoWorkerSurvivesBecomesDeadAfterDays(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	order, intent := f.buy(payments.StatusProcessing)
	raw := f.intentEvent("succeeded", intent, order, payments.StatusSucceeded)
	f.deliver(raw)
	began := f.clock.Now()

	for range 100 {
		f.clock.Advance(f.interrupt(raw))
	}
	if took := f.clock.Now().Sub(began); took < 3*24*time.Hour {
		t.Errorf("it is given up after %s, want some days", took)
	}

	f.work()
	f.wantState(raw, webhooks.Dead, "stopped 100 times")

	f.replayEvent(raw)
	f.work()
	f.wantState(raw, webhooks.Done, "")
}

// A worker is killed between claim and commit: its lease expires, and another
// worker takes the event.
func TestEventOfAKilledWorkerGoesToAnother(t *testing.T) {
	t.Parallel()
	onEachEngine(t, func(f *fixture) {
		order, intent := f.buy(payments.StatusProcessing)
		raw := f.intentEvent("succeeded", intent, order, payments.StatusSucceeded)
		f.deliver(raw)
		now := f.clock.Now()
		taken, err := f.store.ClaimEvents(f.Context(), webhooks.LaneOwn, now, now.Add(lease), 10) // by a worker that is killed now
		if err != nil || len(taken) != 1 {
			f.Fatal(len(taken), err)
		}

		other := webhooks.New(f.config)
		f.clock.Advance(lease - time.Second)

		if n, err := other.RunOnce(f.Context()); n != 0 || err != nil {
			f.Errorf("another worker processed %d, %v during the lease", n, err)
		}

		f.clock.Advance(time.Second)
		if n, err := other.RunOnce(f.Context()); n != 1 || err != nil {
			f.Errorf("another worker processed %d, %v; want 1 after the lease", n, err)
		}

		f.wantState(raw, webhooks.Done, "")
		f.wantPaid(order)

		// If the first worker was only slow, its result comes too late.
		err = f.store.FinishEvent(f.Context(), taken[0].Claim(), webhooks.Dead, "late", time.Time{})
		if err == nil {
			f.Error("a lost claim was accepted")
		}

		f.wantState(raw, webhooks.Done, "")
	})
}

// A worker whose lease expires while it works must not change anything any
// more.
func TestSlowWorkerLosesItsClaimAndChangesNothing(t *testing.T) {
	t.Parallel()
	onEachEngine(t, func(f *fixture) {
		order, intent := f.buy(payments.StatusRequiresAction)
		f.stripe.SetStatus(intent, payments.StatusSucceeded)
		raw := f.intentEvent("processing", intent, order, payments.StatusProcessing)
		f.deliver(raw)
		other := webhooks.New(f.config)
		var once atomic.Bool
		f.stripe.OnRead(func() {
			if once.Swap(true) {
				return
			}

			f.clock.Advance(lease)
			if n, err := other.RunOnce(f.Context()); n != 1 || err != nil {
				f.Errorf("the other worker processed %d, %v; want 1", n, err)
			}
		})

		f.work()
		f.wantState(raw, webhooks.Done, "")
		f.wantPaid(order)

		if e := f.stored(raw); e.Tries != 1 || e.Interrupted != 1 {
			f.Errorf("%d tries and %d interruptions, want 1 and 1", e.Tries, e.Interrupted)
		}
		if strings.Count(f.log.String(), `"event_state":"done"`) != 1 {
			f.Errorf("want one log line of a finished event:\n%s", f.log)
		}
	})
}

// Two workers on one order at the same time would disagree (saleor#19220,
// medusa#13301).
func TestOneEventOfAnOrderAtATime(t *testing.T) {
	t.Parallel()
	onEachEngine(t, func(f *fixture) {
		var now, most atomic.Int32
		f.stripe.OnRead(func() {
			if n := now.Add(1); n > most.Load() {
				most.Store(n)
			}

			now.Add(-1)
		})

		order, intent := f.buy(payments.StatusRequiresAction)
		var all [][]byte
		for range 12 {
			raw := f.intentEvent("processing", intent, order, payments.StatusProcessing)
			f.deliver(raw)
			all = append(all, raw)
			f.clock.Advance(time.Microsecond)
		}

		// Three processes, four workers each.
		var wg sync.WaitGroup
		for range 3 {
			s := webhooks.New(f.config)
			wg.Go(func() {
				for range 30 {
					if _, err := s.RunOnce(f.Context()); err != nil {
						f.Error(err)
					}
				}
			})
		}

		wg.Wait()
		f.work()

		for _, raw := range all {
			f.wantState(raw, webhooks.Done, "")
		}

		if most.Load() != 1 {
			f.Errorf("%d events of the intent were in flight at once, want 1", most.Load())
		}
	})
}

func TestReplicasProcessEachEventOnce(t *testing.T) {
	t.Parallel()
	onEachEngine(t, func(f *fixture) {
		const n = 40
		all := map[string][]byte{}
		for range n {
			order, intent := f.buy(payments.StatusProcessing)
			raw := f.intentEvent("succeeded", intent, order, payments.StatusSucceeded)
			f.deliver(raw)
			all[order] = raw
		}

		var worked atomic.Int32
		var wg sync.WaitGroup
		for range 3 {
			s := webhooks.New(f.config)
			wg.Go(func() {
				for worked.Load() < n {
					got, err := s.RunOnce(f.Context())
					if err != nil {
						f.Error(err)
						return
					}

					worked.Add(int32(got))
				}
			})
		}

		wg.Wait()
		if worked.Load() != n {
			f.Errorf("%d events were processed, want %d", worked.Load(), n)
		}

		for order, raw := range all {
			f.wantState(raw, webhooks.Done, "")
			f.wantPaid(order)

			if e := f.stored(raw); e.Tries != 1 {
				f.Errorf("%s was processed %d times", e.ID, e.Tries)
			}
		}
	})
}

// created has a resolution of one second, and the events of a second arrive in
// any order (stripe-cli#418, sync-engine#268).
func TestEventsOfOneSecondInTheWrongOrder(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	order, intent := f.buy(payments.StatusRequiresAction)
	f.stripe.SetStatus(intent, payments.StatusSucceeded)
	f.deliver(
		f.intentEvent("succeeded", intent, order, payments.StatusSucceeded),
		f.intentEvent("processing", intent, order, payments.StatusProcessing),
		f.intentEvent("requires_action", intent, order, payments.StatusRequiresAction),
		f.intentEvent("created", intent, order, payments.StatusRequiresPaymentMethod),
	)

	f.work()
	f.wantPaid(order)
}

// The late failure of the first attempt must not affect the second
// (polar#14274).
func TestLateFailureOfAPreviousAttemptIsStale(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	order, intent := f.buy(payments.StatusRequiresPaymentMethod)
	failed := intentObject(intent, order, payments.StatusRequiresPaymentMethod)
	failed["last_payment_error"] = object{
		"type":    "card_error",
		"code":    "card_declined",
		"message": "No.",
	}

	late := f.event("payment_intent.payment_failed", failed)
	f.stripe.SetNext(payments.StatusProcessing)

	f.confirm(order, "ctoken_second")

	f.deliver(late)
	f.work()
	f.wantState(late, webhooks.Done, "")
	f.wantOrder(order, orders.Open, orders.Processing)
}

func TestRunProcessesArrivalsAndFinishesWorkInFlight(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	order, intent := f.buy(payments.StatusRequiresAction)
	f.stripe.SetStatus(intent, payments.StatusSucceeded)
	reading, goOn := make(chan struct{}), make(chan struct{})
	var once sync.Once
	f.stripe.OnRead(func() {
		once.Do(func() { close(reading); <-goOn })
	})
	stop := f.run(f.hooks)
	raw := f.intentEvent("processing", intent, order, payments.StatusProcessing)
	f.deliver(raw) // wakes the worker

	select {
	case <-reading:
	case <-time.After(testhost.Patience):
		t.Fatal("the event is not processed")
	}

	ended := make(chan struct{})
	go func() { defer close(ended); stop() }()
	close(goOn)
	<-ended
	f.wantState(raw, webhooks.Done, "") // the work in flight was finished
	f.wantPaid(order)
}

func TestUnreadableObjectIsVisible(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	order, intent := f.buy(payments.StatusProcessing)
	o := intentObject(intent, order, payments.StatusSucceeded)
	o["amount"] = "10.99"
	raw := f.event("payment_intent.succeeded", o)
	f.deliver(raw)
	f.work()
	f.wantState(raw, webhooks.Received, "payment_intent")
	f.wantOrder(order, orders.Open, orders.Processing)

	if !strings.Contains(f.log.String(), fmt.Sprintf("%q", eventID(raw))) {
		t.Error("the log lacks its id")
	}
}
