package storetest

import (
	"errors"
	"slices"
	"testing"
	"time"

	"checkoutd/internal/connect"
	"checkoutd/internal/connect/mirror"
	"checkoutd/internal/queue"
)

// connectAs stores an account in a state.
func (f *fixture) connectAs(id string, state connect.State) {
	f.t.Helper()
	_, err := f.ChangeConnectAccount(f.ctx, id, func(a *connect.Account) error {
		a.Scope, a.State = connect.ReadOnly, state
		if state == connect.Connected {
			a.ConnectedAt = f.clock.Now().Truncate(time.Microsecond)
		}
		return nil
	})
	if err != nil {
		f.t.Fatal(err)
	}
}

// claimMirrors claims up to n mirrors for a minute.
func (f *fixture) claimMirrors(n int) []mirror.Job {
	f.t.Helper()
	now := f.clock.Now()
	jobs, err := f.ClaimMirrors(f.ctx, now, now.Add(time.Minute), n, true)
	if err != nil {
		f.t.Fatal(err)
	}
	return jobs
}

// mirrorNow starts a mirror that is due.
func (f *fixture) mirrorNow(id string) {
	f.t.Helper()
	if _, err := f.ChangeMirror(f.ctx, id, func(m *mirror.Mirror) { m.NextAt = f.clock.Now() }); err != nil {
		f.t.Fatal(err)
	}
}

// read returns a reading of a phase, some seconds after the start.
func read(phase int64, seconds int) mirror.Reading {
	return mirror.Reading{Phase: phase, AsOf: start.Add(time.Duration(seconds) * time.Second)}
}

func testMirror(t *testing.T, e Engine) {
	t.Run("claims", func(t *testing.T) { testMirrorClaims(t, e) })
	t.Run("readings", func(t *testing.T) { testMirrorReadings(t, e) })
	t.Run("erase", func(t *testing.T) { testMirrorErase(t, e) })
	t.Run("list", func(t *testing.T) { testMirrorList(t, e) })
	t.Run("reports", func(t *testing.T) { testMirrorReports(t, e) })
}

// testMirrorClaims checks that accounts go in turn, and that a page commits
// only under its claim.
func testMirrorClaims(t *testing.T, e Engine) {
	f := newFixture(t, e)
	if _, err := f.ChangeMirror(f.ctx, "acct_none", func(*mirror.Mirror) {}); !errors.Is(err, connect.ErrNoAccount) {
		t.Errorf("starting the mirror of no account: %v", err)
	}
	for _, id := range []string{"acct_1", "acct_2", "acct_3"} {
		f.connectAs(id, connect.Connected)
		f.mirrorNow(id)
		f.clock.Advance(time.Second)
	}

	jobs := f.claimMirrors(2)
	if len(jobs) != 2 || !jobs[0].Connected || jobs[0].Claim.ID == "acct_3" || jobs[1].Claim.ID == "acct_3" {
		t.Fatalf("claimed %+v, want the two that have been due longest", jobs)
	}
	slices.SortFunc(jobs, func(a, b mirror.Job) int { return a.NextAt.Compare(b.NextAt) })

	// A page commits with its cursor, once.
	j := jobs[0]
	m, page := j.Mirror, &mirror.Batch{Payments: []mirror.Payment{{ID: "pi_1", CreatedAt: start, Reading: read(0, 0)}}}
	m.Pass, m.Lists, m.NextAt = 1, []mirror.List{{Kind: mirror.Charges, After: "ch_1", Reached: start}}, f.clock.Now()
	if err := f.CommitMirror(f.ctx, j.Claim, &m, page); err != nil {
		t.Fatal(err)
	}
	if err := f.CommitMirror(f.ctx, j.Claim, &m, page); !errors.Is(err, queue.ErrClaimLost) {
		t.Errorf("a second commit returns %v", err)
	}
	stored, err := f.Mirror(f.ctx, j.ID)
	if err != nil || len(stored.Lists) != 1 || stored.Lists[0] != m.Lists[0] || stored.Pass != 1 {
		t.Errorf("stored %+v, %v; want %+v", stored, err, m)
	}

	// The one that was served goes behind the one that waits.
	f.clock.Advance(time.Second)
	if next := f.claimMirrors(1); len(next) != 1 || next[0].ID != "acct_3" {
		t.Errorf("claimed %+v, want the one that was never served", next)
	}

	// A lease that expires is free again, and its holder commits nothing.
	f.clock.Advance(2 * time.Minute)
	if n, err := f.RescueMirrors(f.ctx, f.clock.Now()); err != nil || n != 2 {
		t.Errorf("rescued %d, %v; want 2", n, err)
	}
	if err := f.CommitMirror(f.ctx, jobs[1].Claim, &jobs[1].Mirror, page); !errors.Is(err, queue.ErrClaimLost) {
		t.Errorf("a commit after the lease returns %v", err)
	}

	// Nor does one whose account was disconnected meanwhile.
	jobs = f.claimMirrors(3)
	f.connectAs(jobs[0].ID, connect.Disconnected)
	page = &mirror.Batch{Payments: []mirror.Payment{{ID: "pi_late", CreatedAt: start}}}
	if err := f.CommitMirror(f.ctx, jobs[0].Claim, &jobs[0].Mirror, page); !errors.Is(err, queue.ErrClaimLost) {
		t.Errorf("a commit for an account that is not connected returns %v", err)
	}
	if list := f.mirrored(jobs[0].ID, mirror.Filter{}); slices.Contains(list, "pi_late") {
		t.Error("it stored its page")
	}
	if _, err := f.ChangeMirror(f.ctx, jobs[0].ID, func(*mirror.Mirror) {}); !errors.Is(err, connect.ErrNotConnected) {
		t.Errorf("starting the mirror of an account that is not connected: %v", err)
	}

	// A change takes the mirror from its worker.
	f.mirrorNow(jobs[1].ID)
	if err := f.CommitMirror(f.ctx, jobs[1].Claim, &jobs[1].Mirror, page); !errors.Is(err, queue.ErrClaimLost) {
		t.Errorf("a commit after a change returns %v", err)
	}

	f.connectAs("acct_new", connect.Connected)
	if n, err := f.AddMirrors(f.ctx, start, f.clock.Now()); err != nil || n != 1 {
		t.Errorf("added %d, %v; want one", n, err)
	}
	if m, err := f.Mirror(f.ctx, "acct_new"); err != nil || !m.Since.Equal(start) {
		t.Errorf("got %+v, %v", m, err)
	}
}

// mirrored returns the IDs of the payments that a filter selects.
func (f *fixture) mirrored(account string, filter mirror.Filter) (ids []string) {
	f.t.Helper()
	list, err := f.MirrorPayments(f.ctx, account, filter)
	if err != nil {
		f.t.Fatal(err)
	}
	for _, l := range list {
		ids = append(ids, l.ID)
	}
	return ids
}

// apply stores what an event says.
func (f *fixture) apply(account string, b mirror.Batch) bool {
	f.t.Helper()
	applied, err := f.ApplyMirror(f.ctx, account, &b)
	if err != nil {
		f.t.Fatal(err)
	}
	return applied
}

// testMirrorReadings checks that an older reading never overwrites a newer one.
func testMirrorReadings(t *testing.T, e Engine) {
	f := newFixture(t, e)
	f.connectAs("acct_1", connect.Connected)
	one := func(status string, r mirror.Reading) mirror.Batch {
		return mirror.Batch{Payments: []mirror.Payment{{ID: "pi_1", Status: status, CreatedAt: start, Reading: r}}}
	}
	if f.apply("acct_1", one("succeeded", read(1, 0))) || f.apply("acct_none", one("succeeded", read(1, 0))) {
		t.Error("applied an event of an account without a mirror")
	}
	f.mirrorNow("acct_1")

	for _, step := range []struct {
		status string
		r      mirror.Reading
		want   string
	}{
		{"requires_payment_method", read(0, 10), "requires_payment_method"},
		{"requires_action", read(0, 20), "requires_action"},
		{"requires_payment_method", read(0, 15), "requires_action"},
		{"processing", mirror.Reading{AsOf: start.Add(20 * time.Second), Step: 3}, "processing"},
		{"requires_action", mirror.Reading{AsOf: start.Add(20 * time.Second), Step: 2}, "processing"},
		{"succeeded", read(1, 5), "succeeded"}, // it never leaves this phase, whatever the clocks say
		{"processing", read(0, 60), "succeeded"},
		{"succeeded", read(1, 5), "succeeded"},
	} {
		f.apply("acct_1", one(step.status, step.r))
		list, err := f.MirrorPayments(f.ctx, "acct_1", mirror.Filter{})
		if err != nil || len(list) != 1 || list[0].Status != step.want {
			t.Fatalf("after %s at %v: %+v, %v; want %s", step.status, step.r, list, err, step.want)
		}
	}

	// A fee comes by itself, and no reading takes it away.
	charge := mirror.Batch{Charges: []mirror.Charge{{
		ID: "ch_1", PaymentID: "pi_1", Refunded: 5, Disputed: true, CardBrand: "visa", CardLast4: "4242", CreatedAt: start,
	}}}
	f.apply("acct_1", mirror.Batch{Fees: []mirror.Fee{{ChargeID: "ch_unknown", Amount: 1, Currency: "eur"}}})
	f.apply("acct_1", charge)
	f.apply("acct_1", mirror.Batch{Fees: []mirror.Fee{{ChargeID: "ch_1", Amount: 59, Currency: "eur"}}})
	f.apply("acct_1", charge)
	paid := one("succeeded", read(1, 90))
	paid.Payments[0].LatestCharge = "ch_1"
	f.apply("acct_1", paid)

	list, err := f.MirrorPayments(f.ctx, "acct_1", mirror.Filter{})
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	if l := list[0]; l.Fee != 59 || l.FeeCurrency != "eur" || l.Refunded != 5 || !l.Disputed || l.CardLast4 != "4242" {
		t.Errorf("got %+v, want what its charge says", l)
	}

	// History starts where the platform says, for events, too.
	if _, err := f.ChangeMirror(f.ctx, "acct_1", func(m *mirror.Mirror) { m.Since = start }); err != nil {
		t.Fatal(err)
	}
	f.apply("acct_1", mirror.Batch{Payments: []mirror.Payment{{ID: "pi_old", CreatedAt: start.Add(-time.Second)}}})
	if list := f.mirrored("acct_1", mirror.Filter{}); !slices.Equal(list, []string{"pi_1"}) {
		t.Errorf("got %v, want no payment from before the history starts", list)
	}
}

// testMirrorErase checks that all of an account is erased, and nothing of
// another one.
func testMirrorErase(t *testing.T, e Engine) {
	f := newFixture(t, e)
	for _, id := range []string{"acct_1", "acct_2"} {
		f.connectAs(id, connect.Connected)
		f.mirrorNow(id)
		for _, n := range []string{"1", "2", "3"} {
			f.apply(id, mirror.Batch{
				Payments: []mirror.Payment{{ID: "pi_" + n, CreatedAt: start}},
				Charges:  []mirror.Charge{{ID: "ch_" + n, CreatedAt: start}},
				Refunds:  []mirror.Refund{{ID: "re_" + n, CreatedAt: start}},
				Disputes: []mirror.Dispute{{ID: "dp_" + n, CreatedAt: start}},
			})
		}
	}

	held := f.claimMirrors(2)[0]
	if _, err := f.EraseMirror(f.ctx, held.Claim, 2); !errors.Is(err, queue.ErrClaimLost) {
		t.Errorf("erasing a connected account: %v", err)
	}

	f.connectAs("acct_1", connect.Disconnected)
	f.clock.Advance(2 * time.Minute)
	if _, err := f.RescueMirrors(f.ctx, f.clock.Now()); err != nil {
		t.Fatal(err)
	}
	if f.apply("acct_1", mirror.Batch{Payments: []mirror.Payment{{ID: "pi_late", CreatedAt: start}}}) {
		t.Error("applied an event of an account that is not connected")
	}

	rounds := 0
	for erased := false; !erased; rounds++ {
		for _, j := range f.claimMirrors(5) {
			if j.Connected {
				continue
			}
			var err error
			if erased, err = f.EraseMirror(f.ctx, j.Claim, 2); err != nil {
				t.Fatal(err)
			}
		}
		if rounds > 10 {
			t.Fatal("it does not end")
		}
	}

	if _, err := f.Mirror(f.ctx, "acct_1"); !errors.Is(err, mirror.ErrNotMirrored) {
		t.Errorf("the mirror is %v, want none", err)
	}
	for id, want := range map[string]int{"acct_1": 0, "acct_2": 3} {
		if got := len(f.mirrored(id, mirror.Filter{})); got != want {
			t.Errorf("%s has %d payments, want %d", id, got, want)
		}
		rows, err := f.MirrorReport(f.ctx, id, "disputes", start.Add(-time.Hour), start.Add(time.Hour))
		if err != nil || len(rows) != min(want, 1) {
			t.Errorf("%s has disputes %v, %v", id, rows, err)
		}
	}
}

func testMirrorList(t *testing.T, e Engine) {
	f := newFixture(t, e)
	f.connectAs("acct_1", connect.Connected)
	f.mirrorNow("acct_1")

	var all []string // newest first
	for i := range 12 {
		p := mirror.Payment{
			ID:        "pi_" + string(rune('a'+i)),
			Amount:    int64(100 * (i%4 + 1)),
			Currency:  []string{"eur", "usd"}[i%2],
			Status:    []string{"succeeded", "canceled", "succeeded"}[i%3],
			CreatedAt: start.Add(time.Duration(i/2) * time.Second), // two in each second
		}
		f.apply("acct_1", mirror.Batch{Payments: []mirror.Payment{p}})
		all = append([]string{p.ID}, all...)
	}

	keep := func(keep func(i int) bool) (ids []string) {
		for n := range all {
			if i := len(all) - 1 - n; keep(i) {
				ids = append(ids, all[n])
			}
		}
		return ids
	}

	for name, c := range map[string]struct {
		f    mirror.Filter
		want []string
	}{
		"all":      {mirror.Filter{}, all},
		"a page":   {mirror.Filter{Limit: 3, After: all[2]}, all[3:6]},
		"status":   {mirror.Filter{Status: "canceled"}, keep(func(i int) bool { return i%3 == 1 })},
		"currency": {mirror.Filter{Currency: "usd"}, keep(func(i int) bool { return i%2 == 1 })},
		"both":     {mirror.Filter{Status: "canceled", Currency: "usd"}, keep(func(i int) bool { return i%6 == 1 })},
		"amount":   {mirror.Filter{AmountMin: 300}, keep(func(i int) bool { return i%4 >= 2 })},
		"one amount": {
			mirror.Filter{AmountMin: 200, AmountMax: 200, Status: "succeeded"},
			keep(func(i int) bool { return i%4 == 1 && i%3 != 1 }),
		},
		"created": {
			mirror.Filter{From: start.Add(time.Second), To: start.Add(3 * time.Second), Limit: 2},
			keep(func(i int) bool { return i == 5 || i == 4 }),
		},
		"amount behind a page": {
			mirror.Filter{AmountMax: 100, After: "pi_i"},
			keep(func(i int) bool { return i%4 == 0 && i < 8 }),
		},
		"none": {mirror.Filter{Currency: "jpy"}, nil},
	} {
		if got := f.mirrored("acct_1", c.f); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}

	if _, err := f.MirrorPayments(f.ctx, "acct_1", mirror.Filter{After: "pi_none"}); !errors.Is(err, mirror.ErrNoCursor) {
		t.Errorf("a page behind an unknown payment: %v", err)
	}
}

func testMirrorReports(t *testing.T, e Engine) {
	f := newFixture(t, e)
	f.connectAs("acct_1", connect.Connected)
	f.mirrorNow("acct_1")
	today := start.Truncate(24 * time.Hour)
	next := today.Add(24 * time.Hour)
	f.apply("acct_1", mirror.Batch{
		Payments: []mirror.Payment{
			{ID: "pi_1", Amount: 1000, Received: 1000, Currency: "eur", Status: "succeeded", ApplicationFee: 30, CreatedAt: today},
			{ID: "pi_2", Amount: 500, Currency: "eur", Status: "requires_payment_method", ErrorCode: "card_declined", CreatedAt: today},
			{ID: "pi_3", Amount: 700, Currency: "eur", Status: "requires_payment_method", CreatedAt: today},
			{ID: "pi_4", Amount: 900, Received: 900, Currency: "usd", Status: "succeeded", CreatedAt: next},
		},
		Charges: []mirror.Charge{
			{ID: "ch_1", Amount: 1000, Currency: "eur", Status: "succeeded", CreatedAt: today},
			{ID: "ch_2", Amount: 500, Currency: "eur", Status: "failed", DeclineCode: "insufficient_funds", CreatedAt: today},
			{ID: "ch_4", Amount: 900, Currency: "usd", Status: "succeeded", CreatedAt: next},
		},
		Fees: []mirror.Fee{{ChargeID: "ch_1", Amount: 59, Currency: "eur"}, {ChargeID: "ch_4", Amount: 50, Currency: "eur"}},
		Refunds: []mirror.Refund{
			{ID: "re_1", Amount: 100, Currency: "eur", Status: "succeeded", Reason: "duplicate", CreatedAt: next},
			{ID: "re_2", Amount: 50, Currency: "eur", Status: "succeeded", Reason: "duplicate", CreatedAt: next},
		},
		Disputes: []mirror.Dispute{
			{ID: "dp_1", Amount: 900, Currency: "usd", Status: "lost", Reason: "fraudulent", Fee: 1500, FeeCurrency: "usd", CreatedAt: next},
		},
	})

	row := func(day time.Time, keys []string, figures ...int64) mirror.Row {
		return mirror.Row{Day: day, Keys: keys, Figures: figures}
	}
	for report, want := range map[string][]mirror.Row{
		"payments": {
			row(today, []string{"eur", "requires_payment_method"}, 2, 1200, 0),
			row(today, []string{"eur", "succeeded"}, 1, 1000, 1000),
			row(next, []string{"usd", "succeeded"}, 1, 900, 900),
		},
		"success": {
			row(today, []string{"eur"}, 3, 2, 1),
			row(next, []string{"usd"}, 1, 1, 1),
		},
		"declines": {row(today, []string{"eur", "insufficient_funds"}, 1, 500)},
		"refunds":  {row(next, []string{"eur", "succeeded", "duplicate"}, 2, 150)},
		"disputes": {row(next, []string{"usd", "lost", "fraudulent"}, 1, 900)},
		"fees": {
			row(today, []string{"eur", "application"}, 1, 30),
			row(today, []string{"eur", "charges"}, 1, 59),
			row(next, []string{"eur", "charges"}, 1, 50),
			row(next, []string{"usd", "disputes"}, 1, 1500),
		},
	} {
		got, err := f.MirrorReport(f.ctx, "acct_1", report, today, next.Add(24*time.Hour))
		if err != nil || !slices.EqualFunc(got, want, func(a, b mirror.Row) bool {
			return a.Day.Equal(b.Day) && slices.Equal(a.Keys, b.Keys) && slices.Equal(a.Figures, b.Figures)
		}) {
			t.Errorf("%s: got %v, %v\nwant %v", report, got, err, want)
		}
	}

	if got, err := f.MirrorReport(f.ctx, "acct_1", "payments", next, next.Add(time.Hour)); err != nil || len(got) != 1 {
		t.Errorf("one day: %v, %v", got, err)
	}
	if _, err := f.MirrorReport(f.ctx, "acct_1", "none", today, next); !errors.Is(err, mirror.ErrNoReport) {
		t.Errorf("an unknown report: %v", err)
	}
	if oldest, err := f.MirrorOldest(f.ctx, "acct_1"); err != nil || !oldest.Equal(today) {
		t.Errorf("the oldest is of %s, %v; want %s", oldest, err, today)
	}
}
