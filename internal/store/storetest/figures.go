package storetest

import (
	"maps"
	"testing"
	"time"

	"checkoutd/internal/effects"
	"checkoutd/internal/payments"
	"checkoutd/internal/webhooks"
)

// testFigures checks the numbers that the metrics show.
func testFigures(t *testing.T, e Engine) {
	f := newListener(t, e)
	now := f.clock.Now()

	got, err := f.Figures(f.ctx, now)
	if err != nil {
		t.Fatal(err)
	}
	if got.Attempts.N != 0 || !got.Attempts.Since.IsZero() || len(got.Events) != 0 || !got.EventsDue.IsZero() {
		t.Errorf("a database without orders has %+v", got)
	}

	o := f.order()
	f.update(o.ID, func(st *payments.State) {
		a := newAttempt(1)
		a.State = payments.Unknown
		st.Attempts = append(st.Attempts, a)
	})
	f.happen(o.ID, "order.paid", "order.refunded")

	// One event is due, one later, one is held, one dead, one done.
	for i, id := range []string{"evt_held", "evt_dead", "evt_done", "evt_due", "evt_later"} {
		ev := newEvent(id, "pi_"+id)
		ev.NextAt = now.Add(time.Duration(i-3) * time.Minute)
		f.accept(ev)
	}
	for _, ev := range f.claim(3) {
		switch ev.ID {
		case "evt_dead":
			f.finish(ev, webhooks.Dead, time.Time{})
		case "evt_done":
			f.finish(ev, webhooks.Done, time.Time{})
		}
	}

	job := f.claimEffects()[0]
	if err := f.FinishEffect(f.ctx, job, effects.Plan{Announce: true, Emails: []string{"buyer", "shop"}}); err != nil {
		t.Fatal(err)
	}

	got, err = f.Figures(f.ctx, now)
	if err != nil {
		t.Fatal(err)
	}

	if want := map[string]int64{"working": 1, "dead": 1, "received": 2}; !maps.Equal(got.Events, want) {
		t.Errorf("events %v, want %v", got.Events, want)
	}
	if !got.EventsDue.Equal(now) {
		t.Errorf("the longest waits since %s, want %s", got.EventsDue, now)
	}
	if want := map[string]int64{"due": 2}; !maps.Equal(got.Emails, want) {
		t.Errorf("e-mails %v, want %v", got.Emails, want)
	}
	if want := map[string]int64{"enabled": 1}; !maps.Equal(got.Endpoints, want) {
		t.Errorf("endpoints %v, want %v", got.Endpoints, want)
	}
	if got.Attempts.N != 1 || got.Effects.N != 1 || got.Deliveries.N != 1 || got.Deliveries.Since.IsZero() {
		t.Errorf("waiting: attempts %+v, effects %+v, deliveries %+v; want 1 each",
			got.Attempts, got.Effects, got.Deliveries)
	}

	for _, p := range f.Pools() {
		if p.Name == "" || p.Open < 1 {
			t.Errorf("a pool is %+v", p)
		}
	}
}
