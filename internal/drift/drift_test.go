package drift_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/drift"
	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
	"checkoutd/internal/store"
	"checkoutd/internal/store/storetest"
	"checkoutd/internal/testkit"
)

const day = "2025-03-01"

var noon = time.Date(2025, 3, 1, 12, 0, 0, 0, time.UTC)

// ledger is a Stripe account with charges, one intent each.
type ledger struct {
	objects []drift.Object // newest first

	mu    sync.Mutex // days are compared at the same time
	calls int
	fail  func() error
}

var errKilled = errors.New("killed")

func (l *ledger) call() error {
	l.mu.Lock()
	defer l.mu.Unlock()

	l.calls++
	if l.fail != nil {
		return l.fail()
	}
	return nil
}

func (l *ledger) DriftPage(_ context.Context, q drift.Query) (page drift.Page, err error) {
	if err := l.call(); err != nil {
		return page, err
	}
	if q.List == drift.ListRefunds || q.List == drift.ListDisputes {
		return page, nil
	}

	from := 0
	if q.After != "" {
		from = slices.IndexFunc(l.objects, func(o drift.Object) bool { return o.ID == q.After }) + 1
	}

	until := min(from+100, len(l.objects))
	page.More, page.Objects = until < len(l.objects), slices.Clone(l.objects[from:until])

	for i := range page.Objects {
		page.Last = page.Objects[i].ID
	}

	return page, nil
}

func (l *ledger) Intent(_ context.Context, id string) (s payments.Snapshot, err error) {
	for _, o := range l.objects {
		if o.IntentID == id {
			s = payments.Snapshot{
				ID:             id,
				OrderID:        o.Mark.OrderID,
				AttemptID:      o.Mark.AttemptID,
				Proof:          o.Mark.Proof,
				Status:         payments.StatusSucceeded,
				Amount:         o.Amount,
				AmountReceived: o.Captured,
				Currency:       o.Currency,
			}
		}
	}

	if err := l.call(); err != nil || s.ID != "" {
		return s, err
	}

	return s, &payments.CallError{
		Outcome: payments.OutcomeRefused,
		Stripe:  payments.StripeError{Code: "resource_missing"},
	}
}

func (l *ledger) Refunds(context.Context, string) ([]payments.Refund, error) { return nil, l.call() }

func (l *ledger) Dispute(context.Context, string) (payments.Dispute, error) {
	return payments.Dispute{}, l.call()
}

// charge adds a charge of 18.00 USD.
func (l *ledger) charge(n int, mark payments.Mark) *drift.Object {
	id := fmt.Sprintf("pi_%06d", n)
	l.objects = append(l.objects, drift.Object{
		ID:        id,
		IntentID:  id,
		Mark:      mark,
		Amount:    1800,
		Captured:  1800,
		Currency:  "usd",
		Status:    "succeeded",
		CreatedAt: noon,
	})
	return &l.objects[len(l.objects)-1]
}

type fixture struct {
	t      *testing.T
	store  *store.Store
	clock  *testkit.Clock
	stripe *ledger
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	file := t.TempDir() + "/drift.db"
	storetest.WriteSQLite(t, file)

	clock := testkit.NewClockAt(noon)
	s, err := store.Open(t.Context(), "sqlite:"+file, store.Options{Now: clock.Now, Log: zerolog.Nop()})
	if err != nil {
		t.Fatal(err)
	}

	t.Cleanup(func() { _ = s.Close() })
	return &fixture{t, s, clock, &ledger{}}
}

// setClock sets the clock.
func (f *fixture) setClock(at time.Time) { f.clock.Advance(at.Sub(f.clock.Now())) }

// service returns a service whose proofs are "ours".
func (f *fixture) service(at time.Duration) *drift.Service {
	return drift.New(drift.Config{
		Store:  f.store,
		Stripe: func(string) drift.Stripe { return f.stripe },
		Proves: func(m payments.Mark) bool { return m.Proof == "ours" },
		At:     at,
		Now:    f.clock.Now,
		Log:    zerolog.Nop(),
	})
}

// paid adds an order that is paid, with its charge.
func (f *fixture) paid(n int) {
	f.t.Helper()
	id := fmt.Sprintf("ord_%06d", n)
	o := orders.Order{
		ID:            id,
		TokenHash:     orders.HashToken(id),
		Status:        orders.Open,
		PaymentStatus: orders.Unpaid,
		Version:       1,
		Currency:      "usd",
		Amount:        1800,
		Mode:          orders.ModePayment,
		CreatedAt:     noon,
		ExpiresAt:     noon.Add(24 * time.Hour),
	}
	if err := f.store.CreateOrder(f.t.Context(), o); err != nil {
		f.t.Fatal(err)
	}

	in := f.stripe.charge(n, payments.Mark{OrderID: id, AttemptID: "att", Proof: "ours"})
	err := f.store.Update(f.t.Context(), id, nil, func(st *payments.State) error {
		st.Order.Status, st.Order.PaidAt, st.Order.Captured = orders.Paid, noon, 1800
		st.Intents = append(st.Intents, payments.Intent{
			ID:        in.IntentID,
			OrderID:   id,
			Status:    payments.StatusSucceeded,
			Amount:    1800,
			Captured:  1800,
			Currency:  "usd",
			CreatedAt: noon,
		})

		return nil
	})
	if err != nil {
		f.t.Fatal(err)
	}
}

// findings returns the findings of all states as "kind object".
func (f *fixture) findings() (found []string) {
	f.t.Helper()
	list, err := f.store.DriftFindings(f.t.Context(), "", "", 100)
	if err != nil {
		f.t.Fatal(err)
	}

	for _, fd := range list {
		found = append(found, string(fd.Kind)+" "+fd.ObjectID)
	}

	slices.Sort(found)
	return found
}

// compare compares the day, killed again and again after a number of calls.
func (f *fixture) compare(killAfter int) (kills int) {
	f.t.Helper()
	f.clock.Advance(48 * time.Hour)
	s := f.service(0)

	if _, err := s.Start(f.t.Context(), day, f.clock.Now(), false); err != nil {
		f.t.Fatal(err)
	}

	for range 10_000 {
		left := killAfter
		ctx, kill := context.WithCancel(f.t.Context())
		f.stripe.fail = func() error {
			if left--; killAfter > 0 && left < 0 {
				kill()
				return errKilled
			}
			return nil
		}

		ended, err := f.service(0).Work(ctx, day)
		killed := ctx.Err() != nil
		kill()

		switch {
		case ended:
			return kills
		case err == nil:
			f.t.Fatal("it waits for nobody")
		case killed:
			kills++
		default: // a busy machine: the database gave no answer in time
			f.clock.Advance(time.Hour)
		}
	}

	f.t.Fatal("it never ends")
	return 0
}

// A run that is killed at each page, and at each look at a suspect, finds the
// same as one that is not.
func TestKilledAtEachStep(t *testing.T) {
	t.Parallel()
	for name, killAfter := range map[string]int{"never": 0, "after each call": 3, "after some calls": 11} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			for n := range 250 {
				f.paid(n)
			}

			f.stripe.charge(900, payments.Mark{})                                      // a neighbour's
			f.stripe.charge(901, payments.Mark{OrderID: "ord_gone", Proof: "theirs"})  // another installation's
			f.stripe.charge(902, payments.Mark{OrderID: "ord_gone", Proof: "ours"})    // of an order that is lost
			f.stripe.charge(903, payments.Mark{OrderID: "ord_000001", Proof: "other"}) // names an order
			byHand := f.stripe.charge(904, payments.Mark{OrderID: "ord_000001"})
			byHand.ID, byHand.IntentID = "ch_904", ""
			f.stripe.objects = slices.DeleteFunc(f.stripe.objects, func(o drift.Object) bool { return o.ID == "pi_000200" })

			kills := f.compare(killAfter)
			if (kills > 0) != (killAfter > 0) {
				t.Errorf("killed %d times", kills)
			}

			want := []string{
				"charge_unknown ch_904", "charge_unknown pi_000903", "charge_without_order pi_000902",
				"paid_without_charge pi_000200",
			}
			if got := f.findings(); !slices.Equal(got, want) {
				t.Errorf("found %v, want %v", got, want)
			}

			runs, err := f.store.DriftRuns(t.Context(), day, 10)
			if err != nil || len(runs) != 1 || runs[0].Charges != 254 || runs[0].Neighbours != 4 || runs[0].Findings != 4 {
				t.Errorf("the runs are %+v, %v", runs, err)
			}
			if told, err := f.store.Effects(t.Context(), ""); err != nil || len(told) != 4 {
				t.Errorf("%d effects, %v", len(told), err)
			}
		})
	}
}

// A day of 3,000 payments of neighbours and ours costs a request for 100 of
// them, in each of two lists.
func TestALargeDayCostsFewRequests(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for n := range 3_000 {
		if n%20 == 0 {
			f.paid(n)
		} else {
			f.stripe.charge(n, payments.Mark{})
		}
	}

	f.compare(0)

	if found := f.findings(); len(found) > 0 || f.stripe.calls != 62 {
		t.Errorf("found %v with %d calls, want nothing with 62", found, f.stripe.calls)
	}
}

// A night compares the day before once, whoever begins, and makes up for days
// that were missed.
func TestNightly(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	at := 3 * time.Hour
	work := func() (days int) {
		a, b := f.service(at), f.service(at)
		for range 100 {
			for _, s := range []*drift.Service{a, b} {
				if _, err := s.RunOnce(t.Context()); err != nil {
					t.Fatal(err)
				}
			}

			f.clock.Advance(time.Minute)
		}

		runs, err := f.store.DriftRuns(t.Context(), "", 100)
		if err != nil {
			t.Fatal(err)
		}

		for _, r := range runs {
			if r.State != drift.Done {
				t.Errorf("%s is %s: %s", r.ID, r.State, r.Problem)
			}
		}

		return len(runs)
	}

	f.setClock(noon.Add(24 * time.Hour))
	if n := work(); n != 0 {
		t.Errorf("a shop without orders: %d days", n)
	}

	f.paid(1)
	f.setClock(noon.Add(12 * time.Hour)) // midnight
	if n := work(); n != 0 {
		t.Errorf("before the time: %d days", n)
	}

	f.setClock(noon.Add(16 * time.Hour))
	if n := work(); n != 1 {
		t.Errorf("after the time: %d days, want 1", n)
	}

	calls := f.stripe.calls
	if n := work(); n != 1 || f.stripe.calls != calls {
		t.Errorf("once more: %d days, %d calls more", n, f.stripe.calls-calls)
	}

	if at, err := f.store.DriftCompared(t.Context()); err != nil || at.IsZero() {
		t.Errorf("compared at %v, %v", at, err)
	}

	f.setClock(noon.Add(16*time.Hour + 72*time.Hour))
	if n := work(); n != 4 {
		t.Errorf("after three days: %d days, want 4", n)
	}
}

func TestADayThatIsNotOver(t *testing.T) {
	t.Parallel()
	r, err := drift.NewRun(day, "", noon)
	if err != nil || r.Whole || !r.Until.Equal(noon.Add(-time.Hour)) {
		t.Errorf("at noon: %+v, %v", r, err)
	}
	if r, err = drift.NewRun(day, "", noon.Add(13*time.Hour)); err != nil || !r.Whole {
		t.Errorf("an hour after the end: %+v, %v", r, err)
	}
	for _, text := range []string{"2025-03-02", "yesterday", ""} {
		if _, err := drift.NewRun(text, "", noon); err == nil {
			t.Errorf("%q is compared", text)
		}
	}
}
