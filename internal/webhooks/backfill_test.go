package webhooks_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
	"checkoutd/internal/testkit"
	"checkoutd/internal/webhooks"
)

// backfill runs one backfill, which must succeed, and returns how many events
// were new.
func (f *fixture) backfill() (found int) {
	f.Helper()
	found, err := f.hooks.Backfill(f.Context())
	if err != nil {
		f.Fatal(err)
	}
	return found
}

func (f *fixture) wantCursor(want time.Time) {
	f.Helper()
	got, err := f.store.Cursor(f.Context(), "")
	if err != nil {
		f.Fatal(err)
	}
	if !got.Equal(want) {
		f.Errorf("the cursor is at %s, want %s", got, want)
	}
}

// asked returns the time from which the last backfill listed events.
func (f *fixture) asked() time.Time {
	f.stripe.mu.Lock()
	defer f.stripe.mu.Unlock()
	return f.stripe.asked[len(f.stripe.asked)-1]
}

// A webhook may never arrive (woocommerce-gateway-stripe#5691 and others).
func TestBackfillRepairsTheOrderWhoseWebhookNeverArrived(t *testing.T) {
	t.Parallel()
	onEachEngine(t, func(f *fixture) {
		order, intent := f.buy(payments.StatusProcessing)
		f.stripe.SetStatus(intent, payments.StatusSucceeded)
		raw := f.intentEvent("succeeded", intent, order, payments.StatusSucceeded)
		f.stripe.list(raw)

		if found := f.backfill(); found != 1 {
			f.Errorf("found %d events, want 1", found)
		}
		if e := f.stored(raw); e.Source != webhooks.SourceBackfill || e.Secret != "" {
			f.Errorf("source %s, secret %q; want backfill and no secret", e.Source, e.Secret)
		}

		f.work()
		f.wantState(raw, webhooks.Done, "")
		f.wantPaid(order)

		f.deliver(raw) // the webhook arrives after all
		f.wantStored(1)

		if n := f.work(); n != 0 {
			f.Errorf("%d events were processed again", n)
		}

		f.wantPaid(order)
	})
}

func TestBackfillAcceptsOnlyEventsThatTheInboxDoesNotHold(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	var all [][]byte
	for range 7 {
		all = append(all, f.event("customer.updated", object{"id": "cus_1", "object": "customer"}))
	}

	f.stripe.list(all...)
	f.stripe.pageSize = 3
	f.deliver(all[1], all[4])

	if found := f.backfill(); found != 5 {
		t.Errorf("found %d new events, want 5", found)
	}

	f.wantStored(7)
	for i, raw := range all {
		if byWebhook := f.stored(raw).Source == webhooks.SourceWebhook; byWebhook != (i == 1 || i == 4) {
			t.Errorf("event %d: from webhook %t", i, byWebhook)
		}
	}

	f.work()
	if found := f.backfill(); found != 0 {
		t.Errorf("a second run found %d new events, want 0", found)
	}
	if n := f.work(); n != 0 {
		t.Errorf("the second run made %d events due again", n)
	}
}

func TestBackfillStartsAnHourBeforeThePreviousStart(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	start := f.clock.Now()
	f.backfill()

	if want := start.Add(-time.Hour); !f.asked().Equal(want) {
		t.Errorf("the first run lists from %s, want %s", f.asked(), want)
	}

	f.wantCursor(start)

	// An event of this moment appears in Stripe's list only after the run.
	late := f.event("customer.updated", object{"id": "cus_1", "object": "customer"})
	f.stripe.list(late)
	f.clock.Advance(50 * time.Minute)
	f.stripe.onPage = func(int) error { f.clock.Advance(time.Minute); return nil } // each page takes a minute
	second := f.clock.Now()

	if found := f.backfill(); found != 1 {
		t.Errorf("the overlap found %d events, want 1", found)
	}

	f.wantCursor(second) // where the run began, not where it ended
}

func TestBackfillIsLimitedByStripesRetention(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.backfill()
	f.clock.Advance(29 * 24 * time.Hour)
	f.backfill()

	if want := f.clock.Now().Add(-29*24*time.Hour - time.Hour); !f.asked().Equal(want) {
		t.Errorf("after 29 days it lists from %s, want %s", f.asked(), want)
	}
	if strings.Contains(f.log.String(), "longer ago") {
		t.Error("it warns although no event can be missing")
	}

	f.clock.Advance(40 * 24 * time.Hour)
	f.backfill()

	if ago := f.clock.Now().Sub(f.asked()); ago > 30*24*time.Hour || ago < 29*24*time.Hour {
		t.Errorf("after 40 days it goes %s back, want nearly 30 days", ago)
	}
	if !strings.Contains(f.log.String(), "longer ago than Stripe keeps events") {
		t.Errorf("the gap is not logged: %s", f.log)
	}
}

func TestInterruptedBackfillStartsAgain(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	start := f.clock.Now()
	f.backfill()
	f.clock.Advance(10 * time.Minute)
	var all [][]byte
	for range 5 {
		all = append(all, f.event("customer.updated", object{"id": "cus_1", "object": "customer"}))
	}

	f.stripe.list(all...)
	f.stripe.pageSize = 2
	cut := errors.New("connection reset")
	f.stripe.onPage = func(page int) error {
		if page == 2 {
			return cut
		}
		return nil
	}

	found, err := f.hooks.Backfill(t.Context())
	if found != 2 || !errors.Is(err, cut) {
		t.Errorf("got %d, %v; want the first page and the error", found, err)
	}

	f.wantCursor(start) // unchanged
	f.wantStored(2)

	f.stripe.onPage = nil
	f.clock.Advance(10 * time.Minute)

	if found := f.backfill(); found != 3 {
		t.Errorf("the next run found %d, want the other 3", found)
	}
	if want := start.Add(-time.Hour); !f.asked().Equal(want) {
		t.Errorf("it lists from %s, want the start of the interrupted run: %s", f.asked(), want)
	}

	f.wantCursor(f.clock.Now())
	f.wantStored(5)
}

func TestBackfillThatCannotStoreKeepsItsCursor(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	away := &awayInbox{Store: f.store, away: true}
	f.config.Intake, f.config.Claims = away, away
	f.hooks = webhooks.New(f.config)
	f.stripe.list(f.event("customer.updated", object{"id": "cus_1", "object": "customer"}))

	if _, err := f.hooks.Backfill(t.Context()); !errors.Is(err, errAway) {
		t.Errorf("error %v, want that of the store", err)
	}

	began := f.clock.Now()
	f.wantCursor(began) // the start of the first run, however long runs fail
	f.clock.Advance(72 * time.Hour)
	away.set(false)

	if found := f.backfill(); found != 1 {
		t.Errorf("found %d, want 1", found)
	}
	if want := began.Add(-time.Hour); !f.asked().Equal(want) {
		t.Errorf("it lists from %s, want %s", f.asked(), want)
	}
}

func TestBackfillSkipsUnreadableEvents(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	first := f.event("customer.updated", object{"id": "cus_1", "object": "customer"})
	last := f.event("customer.updated", object{"id": "cus_1", "object": "customer"})
	f.stripe.list(first, f.eventWith("customer.updated", object{}, object{"type": "Not A Type"}), last)

	if found := f.backfill(); found != 2 {
		t.Errorf("found %d, want the 2 that can be read", found)
	}

	f.wantStored(2)
	f.wantCursor(f.clock.Now())

	if !strings.Contains(f.log.String(), "cannot be read") {
		t.Errorf("the skipped event is not logged: %s", f.log)
	}

	t.Run("a page of nothing else is an error, not the end of the list", func(t *testing.T) {
		g := newFixture(t)
		g.stripe.list(first, g.eventWith("customer.updated", object{}, object{"type": "Not A Type"}))
		g.stripe.pageSize = 1

		if _, err := g.hooks.Backfill(t.Context()); err == nil {
			t.Error("no error")
		}

		g.wantCursor(g.clock.Now())
	})
}

func TestBackfillQuarantinesForeignEvents(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	intent := intentObject("pi_1", "", payments.StatusSucceeded)
	raw := f.eventWith("payment_intent.succeeded", intent, object{"livemode": true})
	f.stripe.list(raw)
	f.backfill()
	f.wantState(raw, webhooks.Quarantined, "livemode")
}

func TestLongBackfillLogsItsProgress(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for range 6 {
		f.stripe.list(f.event("customer.updated", object{"id": "cus_1", "object": "customer"}))
	}

	f.stripe.pageSize = 1
	f.stripe.onPage = func(int) error { f.clock.Advance(2 * time.Second); return nil }
	f.backfill()

	if n := strings.Count(f.log.String(), `"message":"backfilling"`); n != 2 {
		t.Errorf("%d progress lines in 12 s, want 2:\n%s", n, f.log)
	}
	if !strings.Contains(f.log.String(), `"seen":3,"new":3`) {
		t.Errorf("the progress lines lack the numbers:\n%s", f.log)
	}

	f.backfill()
	if n := strings.Count(f.log.String(), "backfilled events whose webhooks never arrived"); n != 1 {
		t.Errorf("%d summaries, want one, for the run that found events", n)
	}
}

func TestRunBackfillsAtOnceAndThenPeriodically(t *testing.T) {
	t.Parallel()
	f := newFixture(t, func(c *webhooks.Config) { c.BackfillEvery = 20 * time.Millisecond })
	order, intent := f.buy(payments.StatusProcessing)
	f.stripe.SetStatus(intent, payments.StatusSucceeded)
	f.stripe.list(f.intentEvent("succeeded", intent, order, payments.StatusSucceeded))
	f.stripe.mu.Lock()
	f.stripe.onPage = func(int) error { // the first run fails
		if len(f.stripe.asked) == 1 {
			return testkit.ErrDown
		}
		return nil
	}

	f.stripe.mu.Unlock()
	f.run(f.hooks)
	f.eventually("the order is paid", func() bool { return f.state(order).Order.Status == orders.Paid })

	if !strings.Contains(f.log.String(), "backfill failed") {
		t.Error("the failure is not in the log")
	}
}
