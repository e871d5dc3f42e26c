package mirror_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"checkoutd/internal/budget"
	"checkoutd/internal/connect"
	"checkoutd/internal/connect/mirror"
	"checkoutd/internal/store/storetest"
)

// TestAccountsTakeTurns checks that a large account does not hold up small
// ones: whoever was served goes behind all who wait.
func TestAccountsTakeTurns(t *testing.T) {
	t.Parallel()
	f := newFixture(t, storetest.SQLiteURL(t))
	names := []string{"acct_a", "acct_b", "acct_c", "acct_d", "acct_e", "acct_f", "acct_g", "acct_h", "acct_i", "acct_large"}
	for _, name := range names {
		f.connect(name, 0)
	}

	served := map[string]int{}
	for n := range 10 * len(names) {
		now := f.clock.Advance(time.Microsecond)
		jobs, err := f.store.ClaimMirrors(t.Context(), now, now.Add(time.Minute), 1, true)
		if err != nil || len(jobs) != 1 {
			t.Fatalf("claimed %v, %v", jobs, err)
		}

		j := jobs[0]
		if served[j.ID] != n/len(names) {
			t.Fatalf("turn %d is of %s, which had %d of them", n, j.ID, served[j.ID])
		}
		served[j.ID]++

		j.NextAt = now
		if err := f.store.CommitMirror(t.Context(), j.Claim, &j.Mirror, &mirror.Batch{}); err != nil {
			t.Fatal(err)
		}
	}
}

// TestListsGoBackTogether checks that what "back to" says is true of every
// list.
func TestListsGoBackTogether(t *testing.T) {
	t.Parallel()
	f := newFixture(t, storetest.SQLiteURL(t))
	f.connect("acct_1", 2000)
	s, db := mirror.New(f.cfg), f.raw()

	for range 200 {
		if n, err := s.RunOnce(t.Context()); err != nil || n == 0 {
			break
		}
		p := f.progress("acct_1")
		if p.BackTo == nil || p.State != mirror.Backfilling {
			continue
		}

		back := p.BackTo.UnixMicro()
		for k, table := range map[mirror.Kind]string{
			mirror.PaymentIntents: "mirror_payments", mirror.Charges: "mirror_charges",
			mirror.Refunds: "mirror_refunds", mirror.Disputes: "mirror_disputes",
		} {
			want := 0
			for _, o := range f.stripe.books["acct_1"].lists[k] {
				if o.created*1e6 > back {
					want++
				}
			}
			if got := len(f.lines(db, `SELECT id FROM `+table+` WHERE created_at > $1`, back)); got != want {
				t.Fatalf("back to %s, but %d of %d %s are here", p.BackTo, got, want, k)
			}
		}
		f.clock.Advance(time.Minute)
	}

	if p := f.progress("acct_1"); p.State != mirror.Current {
		t.Errorf("the mirror is %s", p.State)
	}
}

func TestProgressEstimates(t *testing.T) {
	t.Parallel()
	now := begin.Add(10 * time.Minute)
	m := mirror.Mirror{
		ID: "acct_1", Pass: 1, StartedAt: begin, FirstAt: begin.Add(-100 * 24 * time.Hour), Objects: 4000,
		Lists: []mirror.List{
			{Kind: mirror.PaymentIntents, Reached: begin.Add(-30 * 24 * time.Hour)},
			{Kind: mirror.Charges, Reached: begin.Add(-25 * 24 * time.Hour)},
			{Kind: mirror.Refunds, Done: true},
		},
	}

	p := mirror.ProgressOf(&m, true, now)
	if p.State != mirror.Backfilling || !p.BackTo.Equal(begin.Add(-25*24*time.Hour)) || *p.Share != 0.25 || *p.Remaining != 1800 {
		t.Errorf("got %+v, share %v, remaining %v; want a quarter in ten minutes, and half an hour left", p, *p.Share, *p.Remaining)
	}

	m.FirstAt = time.Time{}
	if p := mirror.ProgressOf(&m, true, now); p.Share != nil || p.Remaining != nil {
		t.Errorf("got %+v, want no estimate without a beginning", p)
	}
	if p := mirror.ProgressOf(&m, false, now); p.State != mirror.Stopped {
		t.Errorf("got %s for an account that is not connected", p.State)
	}
}

// TestTooManyRequestsSlowTheMirrorDown checks that Retry-After is kept, and
// that the pause grows and shrinks.
func TestTooManyRequestsSlowTheMirrorDown(t *testing.T) {
	t.Parallel()
	f := newFixture(t, storetest.SQLiteURL(t))
	f.connect("acct_1", 3000)
	refuse := 0
	f.stripe.fail = func(mirror.Query) error {
		if refuse--; refuse >= 0 {
			return &mirror.TooManyError{RetryAfter: 7 * time.Second, Cause: errors.New("429")}
		}
		return nil
	}
	s := mirror.New(f.cfg)
	once := func(want int) {
		t.Helper()
		if n, err := s.RunOnce(t.Context()); err != nil || n != want {
			t.Fatalf("worked %d, %v; want %d", n, err, want)
		}
	}

	once(1)
	for _, want := range []time.Duration{500 * time.Millisecond, time.Second, 2 * time.Second} {
		refuse = 1
		once(1)
		f.clock.Advance(6 * time.Second)
		once(0) // before it may come again
		if m, err := f.store.Mirror(t.Context(), "acct_1"); err != nil || m.Pause != want || m.Problem == "" {
			t.Fatalf("pause %s %q, %v; want %s", m.Pause, m.Problem, err, want)
		}
		f.clock.Advance(time.Second)
	}

	once(1)
	m, err := f.store.Mirror(t.Context(), "acct_1")
	if err != nil || m.Pause >= 2*time.Second || m.Pause == 0 || m.Problem != "" || m.Failures != 0 {
		t.Errorf("after a success: pause %s, %q, %v", m.Pause, m.Problem, err)
	}
	once(0) // it still pauses
	f.clock.Advance(m.Pause)
	once(1)
}

// busyStripe is a Stripe whose budget others use up.
type busyStripe struct {
	mirror.Stripe
	budget *budget.Budget
	busy   bool
}

func (b *busyStripe) MirrorPage(ctx context.Context, q mirror.Query) (page [][]byte, more bool, err error) {
	if b.busy {
		ctx, cancel := context.WithCancel(ctx)
		cancel() // its turn has not come in time
		return nil, false, b.budget.Wait(ctx)
	}
	return b.Stripe.MirrorPage(ctx, q)
}

// TestOthersUseUpTheBudget checks that a page whose turn does not come is read
// a little later, and is no failure.
func TestOthersUseUpTheBudget(t *testing.T) {
	t.Parallel()
	f := newFixture(t, storetest.SQLiteURL(t))
	stripe := &busyStripe{f.stripe, budget.New(1), true}
	f.cfg.Stripe = stripe
	f.connect("acct_1", 300)

	s := mirror.New(f.cfg)
	if n, err := s.RunOnce(t.Context()); err != nil || n != 1 {
		t.Fatalf("worked %d, %v", n, err)
	}
	m, err := f.store.Mirror(t.Context(), "acct_1")
	if wait := m.NextAt.Sub(f.clock.Now()); err != nil || wait > 2*time.Second || m.Failures != 0 || m.Pass != 0 {
		t.Fatalf("due in %s after %d failures, in pass %d, %v", wait, m.Failures, m.Pass, err)
	}

	stripe.busy = false
	f.clock.Advance(2 * time.Second)
	f.settle(s)
	f.compare(f.raw(), "acct_1")
}

// TestDisconnectedWhileReading checks that a page that is under way is not
// stored, and that all else is erased, or kept.
func TestDisconnectedWhileReading(t *testing.T) {
	t.Parallel()
	for name, keep := range map[string]bool{"erased": false, "kept": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, storetest.SQLiteURL(t))
			f.cfg.Keep = keep
			f.connect("acct_1", 2500)
			f.connect("acct_2", 10)
			s, db := mirror.New(f.cfg), f.raw()
			pages := 0
			f.stripe.fail = func(q mirror.Query) error {
				if pages++; q.Account == "acct_1" && pages > 10 {
					f.stripe.fail = nil
					f.setState("acct_1", connect.Disconnected)
				}
				return nil
			}

			for f.stripe.fail != nil {
				if _, err := s.RunOnce(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			before := len(f.lines(db, `SELECT id FROM mirror_payments WHERE account = 'acct_1'`))
			f.settle(s)

			want := 0
			if keep {
				want = before
			}
			if got := len(f.lines(db, `SELECT id FROM mirror_payments WHERE account = 'acct_1'`)); got != want || before == 0 {
				t.Errorf("%d payments are stored, want %d of %d", got, want, before)
			}
			_, err := f.reader().Progress(t.Context(), "acct_1")
			if keep != (err == nil) {
				t.Errorf("its progress: %v", err)
			}
			f.compare(db, "acct_2")

			// It is connected again, and listed again: nobody told what
			// happened.
			f.clock.Advance(time.Hour)
			f.stripe.books["acct_1"].pay(f.clock.Now(), 1)
			f.stripe.books["acct_1"].lists[mirror.Charges][7].status = "failed"
			f.setState("acct_1", connect.Connected)
			f.startMirror("acct_1", nil)
			f.settle(s)
			f.compare(db, "acct_1")
		})
	}
}

func TestNoAccessIsTold(t *testing.T) {
	t.Parallel()
	f := newFixture(t, storetest.SQLiteURL(t))
	f.connect("acct_1", 10)
	f.stripe.fail = func(mirror.Query) error { return mirror.ErrNoAccess }

	if _, err := mirror.New(f.cfg).RunOnce(t.Context()); err != nil {
		t.Fatal(err)
	}
	if p := f.progress("acct_1"); p.Problem == nil || !strings.Contains(*p.Problem, "no access") {
		t.Errorf("got %+v, want that there is no access", p)
	}
}

// TestHistoryStartsWhereAsked checks since, and that an earlier one lists more.
func TestHistoryStartsWhereAsked(t *testing.T) {
	t.Parallel()
	f := newFixture(t, storetest.SQLiteURL(t))
	f.stripe.open("acct_1", 1000, 100*24*time.Hour)
	f.setState("acct_1", connect.Connected)
	s, db := mirror.New(f.cfg), f.raw()

	for _, days := range []int{10, 40} {
		since := begin.Add(-time.Duration(days) * 24 * time.Hour)
		f.startMirror("acct_1", &since)
		f.settle(s)
		if got, want := len(f.lines(db, `SELECT id FROM mirror_payments`)), 10*days; got != want {
			t.Errorf("since %d days: %d payments, want %d", days, got, want)
		}
	}
	for _, q := range f.stripe.calls {
		if q.From.IsZero() {
			t.Errorf("listed %s without a beginning", q.Kind)
		}
	}

	f.startMirror("acct_1", &time.Time{})
	f.settle(s)
	f.compare(db, "acct_1")

	f.startMirror("acct_1", &begin) // too late: more is stored, and kept up to date
	if p := f.progress("acct_1"); p.Since != nil {
		t.Errorf("the history starts at %s, want all of it", p.Since)
	}
}

// countingStore counts the readings of reports.
type countingStore struct {
	mirror.Store
	reports int
}

func (c *countingStore) MirrorReport(
	ctx context.Context, account, report string, from, to time.Time,
) ([]mirror.Row, error) {
	c.reports++
	return c.Store.MirrorReport(ctx, account, report, from, to)
}

// TestReports checks that a report begins with what is stored, however early it
// was to begin, and that a key without a value is null.
func TestReports(t *testing.T) {
	t.Parallel()
	f := newFixture(t, storetest.SQLiteURL(t))
	f.connect("acct_1", 0)
	_, err := f.store.ApplyMirror(t.Context(), "acct_1", &mirror.Batch{Refunds: []mirror.Refund{
		{ID: "re_1", Amount: 500, Currency: "eur", Status: "succeeded", CreatedAt: begin},
		{ID: "re_2", Amount: 200, Currency: "eur", Status: "succeeded", Reason: "fraudulent", CreatedAt: begin},
	}})
	if err != nil {
		t.Fatal(err)
	}

	s := &countingStore{Store: f.store}
	var out strings.Builder
	q := mirror.ReportQuery{Account: "acct_1", Name: "refunds", From: time.Date(2, 1, 1, 0, 0, 0, 0, time.UTC)}
	if err := q.WriteJSON(t.Context(), s, begin, &out); err != nil {
		t.Fatal(err)
	}

	const want = `{"object":"report","account":"acct_1","report":"refunds","data":[
{"day":"2026-11-27","currency":"eur","status":"succeeded","reason":null,"refunds":1,"amount":500},
{"day":"2026-11-27","currency":"eur","status":"succeeded","reason":"fraudulent","refunds":1,"amount":200}
]}
`
	if out.String() != want || s.reports != 1 {
		t.Errorf("the report, of %d readings, is %s", s.reports, out.String())
	}
}

// TestLostCursor checks that a list goes on although Stripe does not know its
// last object any more.
func TestLostCursor(t *testing.T) {
	t.Parallel()
	f := newFixture(t, storetest.SQLiteURL(t))
	f.connect("acct_1", 1000)
	lost := false
	f.stripe.fail = func(q mirror.Query) error {
		if q.Kind == mirror.Charges && q.After != "" && !lost {
			lost = true
			return mirror.ErrCursorGone
		}
		return nil
	}

	f.settle(mirror.New(f.cfg))
	if !lost {
		t.Fatal("no cursor was lost")
	}
	f.compare(f.raw(), "acct_1")
}

// TestStaleMirrorIsListedAgain checks that a server that was down for longer
// than Stripe keeps events trusts nothing that it has.
func TestStaleMirrorIsListedAgain(t *testing.T) {
	t.Parallel()
	f := newFixture(t, storetest.SQLiteURL(t))
	f.connect("acct_1", 500)
	s := mirror.New(f.cfg)
	f.settle(s)

	f.clock.Advance(40 * 24 * time.Hour)
	for _, o := range f.stripe.books["acct_1"].lists[mirror.Disputes] {
		o.status = "won"
	}
	f.settle(s)
	f.compare(f.raw(), "acct_1")
}

func TestEveryAccountIsMirrored(t *testing.T) {
	t.Parallel()
	f := newFixture(t, storetest.SQLiteURL(t))
	f.stripe.open("acct_1", 100, 100*24*time.Hour)
	f.setState("acct_1", connect.Connected)
	f.cfg.Start = func(now time.Time) time.Time { return now.Add(-50 * 24 * time.Hour) }

	f.run(mirror.New(f.cfg), func() bool {
		m, err := f.store.Mirror(t.Context(), "acct_1")
		return err == nil && !m.BackfilledAt.IsZero()
	})
	if got := len(f.lines(f.raw(), `SELECT id FROM mirror_payments`)); got != 50 {
		t.Errorf("%d payments, want the newer half", got)
	}
}

// TestOnlyWhatIsMirroredIsKept checks that names, addresses and cards stay out,
// and that the configuration can ask for the brand and the last four digits.
func TestOnlyWhatIsMirroredIsKept(t *testing.T) {
	t.Parallel()
	for name, cards := range map[string]bool{"without cards": false, "with cards": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, storetest.SQLiteURL(t))
			f.cfg.Cards = cards
			f.connect("acct_1", 200)
			f.settle(mirror.New(f.cfg))

			db, all := f.raw(), ""
			for _, table := range []string{"mirror_accounts", "mirror_payments", "mirror_charges", "mirror_refunds", "mirror_disputes"} {
				all += strings.Join(f.lines(db, `SELECT * FROM `+table), "")
			}
			for word, want := range map[string]bool{"enny": false, "example.com": false, "secret": false, "abc": false, "4242": cards, "visa": cards} {
				if got := strings.Contains(all, word); got != want {
					t.Errorf("%q is stored: %t, want %t", word, got, want)
				}
			}
		})
	}
}

// TestLateEventKeepsTheDispute checks that an event from before a dispute,
// which arrives after the charge was listed, does not take the dispute away: no
// other event would bring it back.
func TestLateEventKeepsTheDispute(t *testing.T) {
	t.Parallel()
	f := newFixture(t, storetest.SQLiteURL(t))
	f.connect("acct_1", 0)
	b := f.stripe.books["acct_1"]
	_, charge := b.pay(f.clock.Now(), 1)
	early := []byte(charge.json(mirror.Charges, false))
	s := mirror.New(f.cfg)
	f.settle(s) // before the dispute, of which only its own event tells
	dispute := []byte(b.dispute(f.clock.Now(), charge).json(mirror.Disputes, false))
	if err := s.Apply(t.Context(), "acct_1", dispute, f.clock.Now()); err != nil {
		t.Fatal(err)
	}
	if err := s.Apply(t.Context(), "acct_1", early, f.clock.Now()); err != nil {
		t.Fatal(err)
	}
	list, err := f.store.MirrorPayments(t.Context(), "acct_1", mirror.Filter{})
	if err != nil || len(list) != 1 || !list[0].Disputed {
		t.Errorf("got %+v, %v; want a disputed payment", list, err)
	}
}

// TestLateEventKeepsTheDecline checks that the event of a payment's creation,
// which arrives after that of its decline in the same second, does not take the
// decline away: the state is the same in both.
func TestLateEventKeepsTheDecline(t *testing.T) {
	t.Parallel()
	f := newFixture(t, storetest.SQLiteURL(t))
	f.connect("acct_1", 0)
	s := mirror.New(f.cfg)
	f.settle(s)

	const intent = `{"object":"payment_intent","id":"pi_late","amount":100,"currency":"eur","created":1,` +
		`"status":"requires_payment_method","last_payment_error":%s}`
	at := f.clock.Now()
	for _, failure := range []string{`{"code":"card_declined","decline_code":"insufficient_funds"}`, `null`} {
		if err := s.Apply(t.Context(), "acct_1", fmt.Appendf(nil, intent, failure), at); err != nil {
			t.Fatal(err)
		}
	}

	list, err := f.store.MirrorPayments(t.Context(), "acct_1", mirror.Filter{})
	if err != nil || len(list) != 1 || list[0].DeclineCode != "insufficient_funds" {
		t.Errorf("got %+v, %v; want the decline", list, err)
	}
}
