package storetest

import (
	"errors"
	"slices"
	"testing"
	"time"

	"checkoutd/internal/deliveries"
	"checkoutd/internal/effects"
	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
	"checkoutd/internal/queue"
	"checkoutd/internal/store"
)

func newEndpoint(types ...string) deliveries.Endpoint {
	return deliveries.Endpoint{
		ID:        "we_1",
		URL:       "https://shop.test/hooks",
		Types:     types,
		Secrets:   []deliveries.Secret{{Value: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}},
		State:     deliveries.Enabled,
		Source:    deliveries.FromCommand,
		EnabledAt: start,
		CreatedAt: start,
	}
}

// listener returns a fixture with an endpoint.
func newListener(t *testing.T, e Engine) *fixture {
	t.Helper()
	f := newFixture(t, e)
	if err := f.AddEndpoint(f.ctx, newEndpoint()); err != nil {
		t.Fatal(err)
	}
	return f
}

// announce plans all effects that are due, in rounds.
func (f *fixture) announce() {
	f.t.Helper()
	for {
		jobs := f.claimEffects()
		if len(jobs) == 0 {
			return
		}
		for _, j := range jobs {
			if err := f.FinishEffect(f.ctx, j, effects.Plan{Announce: true}); err != nil {
				f.t.Fatal(err)
			}
		}
	}
}

// claimDeliveries claims due deliveries for a minute.
func (f *fixture) claimDeliveries(want ...string) []deliveries.Job {
	f.t.Helper()
	jobs, err := f.ClaimDeliveries(f.ctx, "we_1", f.clock.Now(), f.clock.Now().Add(time.Minute), 10)
	var got []string
	for _, j := range jobs {
		got = append(got, j.Kind)
	}
	if slices.Sort(got); err != nil || !slices.Equal(got, want) {
		f.t.Fatalf("claimed %v, %v; want %v", got, err, want)
	}
	return jobs
}

// finishTry ends a claim with a try.
func (f *fixture) finishTry(j deliveries.Job, state deliveries.DeliveryState, change func(*deliveries.Endpoint)) error {
	f.t.Helper()
	d := j.Delivery
	d.State, d.NextAt = state, time.Time{}
	if state == deliveries.Pending {
		d.NextAt = f.clock.Now()
	} else {
		d.FinishedAt = f.clock.Now()
	}

	return f.FinishTry(f.ctx, j.Claim, d, deliveries.Try{
		ID:         "try_" + j.Claim.Token + j.ID,
		DeliveryID: d.ID,
		At:         f.clock.Now(),
		Took:       time.Second,
		Status:     500,
		Problem:    "none",
		Excerpt:    "no",
	}, change)
}

func testEndpoints(t *testing.T, e Engine) {
	t.Run("an endpoint is stored", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t, e)
		want := newEndpoint("order.paid")
		if err := f.AddEndpoint(f.ctx, want); err != nil {
			t.Fatal(err)
		}

		until := start.Add(time.Hour).Truncate(time.Microsecond)
		after, err := f.ChangeEndpoint(f.ctx, want.ID, func(p *deliveries.Endpoint) error {
			p.Secrets = append(p.Secrets, deliveries.Secret{Value: "whsec_old", Until: until})
			p.LastSuccessAt, p.FailingSince, p.ToldAt = until, until, until
			p.Disable("test")
			return nil
		})
		list, err2 := f.Endpoints(f.ctx)
		if err != nil || err2 != nil || len(list) != 1 {
			t.Fatalf("%v, %v, %+v", err, err2, list)
		}
		got := list[0]
		if got.URL != want.URL || !slices.Equal(got.Types, want.Types) || !slices.Equal(got.Secrets, after.Secrets) ||
			got.Secrets[1].Until != until || got.State != deliveries.Disabled || got.Reason != "test" ||
			got.LastSuccessAt != until || got.FailingSince != until || got.ToldAt != until {
			t.Errorf("got %+v", got)
		}

		if _, err := f.ChangeEndpoint(f.ctx, "we_none", nil); !errors.Is(err, deliveries.ErrNotFound) {
			t.Errorf("a change of none: %v", err)
		}
		if err := f.RemoveEndpoint(f.ctx, "we_none"); !errors.Is(err, deliveries.ErrNotFound) {
			t.Errorf("a removal of none: %v", err)
		}
	})

	t.Run("those of the configuration follow it", func(t *testing.T) {
		t.Parallel()
		f := newListener(t, e)
		configured := func(url, types string) deliveries.Endpoint {
			p := newEndpoint(types)
			p.URL, p.Source = url, deliveries.FromConfiguration
			return p
		}
		configure := func(list ...deliveries.Endpoint) {
			t.Helper()
			together(2, func(int) {
				mine := slices.Clone(list)
				for i := range mine {
					mine[i].ID = orders.NewID("we_")
				}
				if err := f.ConfigureEndpoints(f.ctx, mine); err != nil {
					t.Error(err)
				}
			})
		}
		want := func(want ...string) {
			t.Helper()
			list, err := f.Endpoints(f.ctx)
			var got []string
			for _, p := range list[1:] {
				got = append(got, p.URL+" "+p.Types[0]+" "+string(p.State))
			}
			if slices.Sort(got); err != nil || !slices.Equal(got, want) {
				t.Errorf("got %q, %v; want %q", got, err, want)
			}
		}

		configure(configured("https://a", "order.paid"), configured("https://b", "order.paid"))
		want("https://a order.paid enabled", "https://b order.paid enabled")
		configure(configured("https://b", "order.review"))
		want("https://a order.paid disabled", "https://b order.review enabled")
		configure(configured("https://a", "order.paid"))
		want("https://a order.paid enabled", "https://b order.review disabled")

		// One that cannot be stored leaves all as they were.
		known, err := f.Endpoints(f.ctx)
		f.must(err)
		added, taken := configured("https://c", "order.paid"), configured("https://d", "order.paid")
		added.ID, taken.ID = orders.NewID("we_"), known[0].ID

		if err := f.ConfigureEndpoints(f.ctx, []deliveries.Endpoint{added, taken}); err == nil {
			t.Error("an ID that is taken was stored")
		}

		want("https://a order.paid enabled", "https://b order.review disabled")
	})
}

func testDeliveries(t *testing.T, e Engine) {
	t.Run("an effect becomes one for each endpoint that wants it", func(t *testing.T) {
		t.Parallel()
		f := newListener(t, e)
		for id, types := range map[string][]string{"we_2": {"order.paid"}, "we_3": {"order.review"}, "we_4": nil} {
			p := newEndpoint(types...)
			if p.ID = id; id == "we_4" {
				p.Disable("test")
			}
			if err := f.AddEndpoint(f.ctx, p); err != nil {
				t.Fatal(err)
			}
		}

		o := f.order()
		f.happen(o.ID, "order.paid")
		lost := f.claimEffects()[0]
		f.clock.Advance(time.Minute)
		f.announce()
		if err := f.FinishEffect(f.ctx, lost, effects.Plan{Announce: true}); !errors.Is(err, queue.ErrClaimLost) {
			t.Errorf("the lost claim ends with %v", err)
		}

		list, err := f.Deliveries(f.ctx, deliveries.Filter{OrderID: o.ID})
		var got []string
		for _, d := range list {
			got = append(got, d.EndpointID)
		}
		if slices.Sort(got); err != nil || !slices.Equal(got, []string{"we_1", "we_2"}) {
			t.Errorf("it goes to %v, %v", got, err)
		}
	})

	t.Run("those of an order go one at a time, in order", func(t *testing.T) {
		t.Parallel()
		f := newListener(t, e)
		a, b := f.order(), f.order()
		f.happen(a.ID, "a1", "a2")
		f.happen(b.ID, "b1")
		f.announce()

		jobs := f.claimDeliveries("a1", "b1")
		f.claimDeliveries()
		i := slices.IndexFunc(jobs, func(j deliveries.Job) bool { return j.Kind == "a1" })
		if err := f.finishTry(jobs[i], deliveries.Pending, nil); err != nil {
			t.Fatal(err)
		}
		again := f.claimDeliveries("a1")[0]
		if again.Tries != 2 {
			t.Errorf("got %+v", again)
		}
		if err := f.finishTry(again, deliveries.Delivered, nil); err != nil {
			t.Fatal(err)
		}
		second := f.claimDeliveries("a2")[0]

		// The first one is sent again while the second is on its way.
		one := deliveries.Filter{IDs: []string{again.ID}}
		if n, err := f.Redeliver(f.ctx, "we_1", one, f.clock.Now()); n != 1 || err != nil {
			t.Errorf("redelivered %d, %v", n, err)
		}
		f.claimDeliveries()
		if err := f.finishTry(second, deliveries.Failed, nil); err != nil {
			t.Fatal(err)
		}
		f.claimDeliveries("a1")

		tries, err := f.Tries(f.ctx, again.ID)
		if err != nil || len(tries) != 2 || tries[0].Status != 500 || tries[0].Took != time.Second || tries[0].Excerpt != "no" {
			t.Errorf("the tries are %+v, %v", tries, err)
		}
	})

	t.Run("one whose worker died is free when its lease ends", func(t *testing.T) {
		t.Parallel()
		f := newListener(t, e)
		f.happen(f.order().ID, "a1", "a2")
		f.announce()
		lost := f.claimDeliveries("a1")[0]
		f.clock.Advance(time.Minute)
		f.claimDeliveries() // it must be rescued first

		if n, err := f.RescueDeliveries(f.ctx, "we_1", f.clock.Now()); n != 1 || err != nil {
			t.Errorf("rescued %d, %v", n, err)
		}
		j := f.claimDeliveries("a1")[0]
		if err := f.finishTry(lost, deliveries.Delivered, nil); !errors.Is(err, queue.ErrClaimLost) {
			t.Errorf("the lost claim ends with %v", err)
		}

		if err := f.ReleaseDelivery(f.ctx, j.Claim, f.clock.Now()); err != nil {
			t.Fatal(err)
		}
		if again := f.claimDeliveries("a1")[0]; again.Tries != j.Tries {
			t.Errorf("a released one counts as tried: %+v", again)
		}
	})

	t.Run("those of an endpoint that is switched off fail", func(t *testing.T) {
		t.Parallel()
		f := newListener(t, e)
		o, other := f.order(), f.order()
		f.happen(o.ID, "a1", "a2")
		f.happen(other.ID, "b1")
		f.announce()

		jobs := f.claimDeliveries("a1", "b1")
		err := f.finishTry(jobs[0], deliveries.Pending, func(p *deliveries.Endpoint) { p.Disable("test") })
		if err != nil {
			t.Fatal(err)
		}
		if err := f.finishTry(jobs[1], deliveries.Delivered, nil); err != nil { // it was on its way
			t.Error(err)
		}

		list, err := f.Deliveries(f.ctx, deliveries.Filter{States: []deliveries.DeliveryState{deliveries.Failed}})
		if err != nil || len(list) != 2 || list[0].Note != "the endpoint is off: test" || list[0].NextAt != (time.Time{}) {
			t.Errorf("failed are %+v, %v", list, err)
		}
	})

	t.Run("none waits for an endpoint that is off", func(t *testing.T) {
		t.Parallel()
		f := newListener(t, e)
		f.happen(f.order().ID, "a1", "a2")
		f.happen(f.order().ID, "b1")
		f.announce()
		jobs := f.claimDeliveries("a1", "b1")
		i := slices.IndexFunc(jobs, func(j deliveries.Job) bool { return j.Kind == "a1" })
		lost, released := jobs[i], jobs[1-i]
		disable := func(p *deliveries.Endpoint) error { p.Disable("test"); return nil }
		if _, err := f.ChangeEndpoint(f.ctx, "we_1", disable); err != nil {
			t.Fatal(err)
		}

		if err := f.ReleaseDelivery(f.ctx, released.Claim, f.clock.Now()); err != nil {
			t.Fatal(err)
		}

		for _, want := range []int{1, 0} { // the one that is held is on its way
			if n, err := f.EndOrphans(f.ctx, f.clock.Now()); n != want || err != nil {
				t.Errorf("ended %d, %v; want %d", n, err, want)
			}
		}
		f.clock.Advance(time.Minute) // its worker died
		if n, err := f.EndOrphans(f.ctx, f.clock.Now()); n != 1 || err != nil {
			t.Errorf("ended %d, %v; want the one whose lease has ended", n, err)
		}
		if err := f.finishTry(lost, deliveries.Delivered, nil); !errors.Is(err, queue.ErrClaimLost) {
			t.Errorf("the lost claim ends with %v", err)
		}

		for _, filter := range []deliveries.Filter{{}, {Since: start.Add(-time.Hour)}} {
			if n, err := f.Redeliver(f.ctx, "we_1", filter, f.clock.Now()); n != 0 || !errors.Is(err, deliveries.ErrDisabled) {
				t.Errorf("redelivered %d, %v; want ErrDisabled", n, err)
			}
		}
		pending := deliveries.Filter{States: []deliveries.DeliveryState{deliveries.Pending}}
		if list, err := f.Deliveries(f.ctx, pending); err != nil || len(list) != 0 {
			t.Errorf("these wait: %+v, %v", list, err)
		}
	})

	t.Run("claims that run at once take no two of an order", func(t *testing.T) {
		t.Parallel()
		f := newListener(t, e)
		for range 6 {
			f.happen(f.order().ID, "a1", "a2")
		}
		f.announce()

		stores := []*store.Store{f.Store, f.open(store.Options{}), f.open(store.Options{})}
		claimed := make([][]deliveries.Job, len(stores))
		together(len(stores), func(i int) {
			var err error
			claimed[i], err = stores[i].ClaimDeliveries(f.ctx, "we_1", f.clock.Now(), f.clock.Now().Add(time.Minute), 4)
			if err != nil {
				t.Error(err)
			}
		})

		seen := map[string]bool{}
		for _, j := range slices.Concat(claimed...) {
			if seen[j.OrderID] || j.Kind != "a1" {
				t.Errorf("%s of %s is claimed too", j.Kind, j.OrderID)
			}
			seen[j.OrderID] = true
		}
	})

	t.Run("a new endpoint gets what happened since a time", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t, e)
		o := f.order()
		happenAt := func(kind string, at time.Time) {
			t.Helper()
			err := f.Update(f.ctx, o.ID, nil, func(st *payments.State) error {
				st.Effects = append(st.Effects, payments.Effect{Kind: kind, CreatedAt: at})
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		happenAt("order.authorized", start)
		happenAt("order.paid", start.Add(time.Hour))
		happenAt("order.refunded", start.Add(2*time.Hour))
		f.clock.Advance(2 * time.Hour)
		f.announce()

		if err := f.AddEndpoint(f.ctx, newEndpoint("order.authorized", "order.paid")); err != nil {
			t.Fatal(err)
		}
		since := deliveries.Filter{Since: start.Add(time.Minute)}
		for _, want := range []int{1, 1} { // repeating it sends again
			if n, err := f.Redeliver(f.ctx, "we_1", since, f.clock.Now()); n != want || err != nil {
				t.Errorf("redelivered %d, %v; want %d", n, err, want)
			}
		}
		f.claimDeliveries("order.paid")

		if _, err := f.Redeliver(f.ctx, "we_none", since, f.clock.Now()); !errors.Is(err, deliveries.ErrNotFound) {
			t.Errorf("to no endpoint: %v", err)
		}
	})

	t.Run("old ones are removed, with their endpoint too", func(t *testing.T) {
		t.Parallel()
		f := newListener(t, e)
		f.happen(f.order().ID, "a1", "a2")
		f.announce()
		if err := f.finishTry(f.claimDeliveries("a1")[0], deliveries.Delivered, nil); err != nil {
			t.Fatal(err)
		}

		if n, err := f.PruneDeliveries(f.ctx, f.clock.Now(), 10); n != 0 || err != nil {
			t.Errorf("removed %d, %v; want none yet", n, err)
		}
		f.clock.Advance(time.Hour)
		if n, err := f.PruneDeliveries(f.ctx, f.clock.Now(), 10); n != 1 || err != nil {
			t.Errorf("removed %d, %v; want the one that ended", n, err)
		}

		if err := f.finishTry(f.claimDeliveries("a2")[0], deliveries.Pending, nil); err != nil {
			t.Fatal(err)
		}
		if err := f.RemoveEndpoint(f.ctx, "we_1"); err != nil {
			t.Fatal(err)
		}
		if list, err := f.Deliveries(f.ctx, deliveries.Filter{}); err != nil || len(list) != 0 {
			t.Errorf("left are %+v, %v", list, err)
		}
	})

	t.Run("several servers remove old ones at once", func(t *testing.T) {
		t.Parallel()
		f := newListener(t, e)
		const all = 24
		for range all {
			f.happen(f.order().ID, "a")
			f.announce()
			if err := f.finishTry(f.claimDeliveries("a")[0], deliveries.Delivered, nil); err != nil {
				t.Fatal(err)
			}
		}

		f.clock.Advance(time.Hour)
		removed := make([]int, callers)
		together(callers, func(i int) {
			for range all {
				n, err := f.PruneDeliveries(f.ctx, f.clock.Now(), 2)
				if removed[i] += n; err != nil {
					t.Error(err)
				}
			}
		})

		sum := 0
		for _, n := range removed {
			sum += n
		}
		if list, err := f.Deliveries(f.ctx, deliveries.Filter{}); err != nil || len(list) != 0 || sum != all {
			t.Errorf("removed %d of %d, left are %+v, %v", sum, all, list, err)
		}
	})
}
