package storetest

import (
	"errors"
	"testing"
	"time"

	"checkoutd/internal/connect"
	"checkoutd/internal/payments"
	"checkoutd/internal/queue"

	"checkoutd/internal/webhooks"
)

// testTakeOver checks that the work of a dead server is due at once where no
// other server can hold it, and is left alone where one can.
func testTakeOver(t *testing.T, e Engine) {
	f := newFixture(t, e)
	o := f.order()
	f.update(o.ID, func(st *payments.State) {
		a := newAttempt(1)
		a.State, a.CheckAt = payments.Started, start.Add(time.Hour)
		st.Attempts = append(st.Attempts, a)
	})

	f.accept(newEvent("evt_1", "pi_1"))
	held := f.claim(1)

	f.connectAs("acct_1", connect.Connected)
	f.mirrorNow("acct_1")
	f.claimMirrors(1)

	n, err := f.TakeOver(f.ctx, start)
	if err != nil {
		t.Fatal(err)
	}

	mirrors := f.claimMirrors(1)

	due, err := f.ClaimAttempts(f.ctx, start, start.Add(time.Hour), 9)
	if err != nil {
		t.Fatal(err)
	}

	again := f.claim(9)
	if e.Shared {
		if n != 0 || len(due) != 0 || len(again) != 0 || len(mirrors) != 0 {
			t.Errorf("%d rows, attempts %v and events %v were taken from a server that may be alive",
				n, due, ids(again))
		}
		return
	}

	if n != 3 || len(due) != 1 || len(again) != 1 || again[0].Interrupted != 1 || len(mirrors) != 1 {
		t.Errorf("%d rows, attempts %v, events %v, mirrors %v; want all due", n, due, ids(again), mirrors)
	}

	err = f.Update(f.ctx, o.ID, held[0].Claim(), func(*payments.State) error { return nil })
	if !errors.Is(err, queue.ErrClaimLost) {
		t.Errorf("the old claim ended with %v, want ErrClaimLost", err)
	}
}

// testClockSetBack sets the clock back by an hour: what was due stays due.
func testClockSetBack(t *testing.T, e Engine) {
	f := newFixture(t, e)
	o := f.order()
	f.update(o.ID, func(st *payments.State) {
		a := newAttempt(1)
		a.State, a.CheckAt = payments.Started, start
		st.Attempts = append(st.Attempts, a)
	})

	f.accept(newEvent("evt_due", "pi_1"))
	later := newEvent("evt_later", "pi_2")
	later.NextAt = start.Add(time.Minute)
	f.accept(later)

	f.connectAs("acct_1", connect.Connected)
	f.mirrorNow("acct_1")

	back := start.Add(-time.Hour)
	n, err := f.ClockSetBack(f.ctx, start, back)
	if err != nil || n != 3 {
		t.Errorf("made %d rows due, %v; want the event, the attempt and the mirror", n, err)
	}

	events, err := f.ClaimEvents(f.ctx, webhooks.LaneOwn, back, start, 9)
	if err != nil || len(events) != 1 || events[0].ID != "evt_due" {
		t.Errorf("claimed %v, %v; want evt_due", ids(events), err)
	}
	attempts, err := f.ClaimAttempts(f.ctx, back, start, 9)
	if err != nil || len(attempts) != 1 {
		t.Errorf("claimed %v, %v; want the attempt", attempts, err)
	}
}
