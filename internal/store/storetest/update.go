package storetest

import (
	"context"
	"errors"
	"reflect"
	"testing"
	"time"

	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
	"checkoutd/internal/queue"
	"checkoutd/internal/webhooks"
)

// state reads a state that must exist.
func (f *fixture) state(orderID string) *payments.State {
	f.t.Helper()
	st, err := f.Read(f.ctx, orderID)
	if err != nil {
		f.t.Fatal(err)
	}
	return st
}

// update applies a change that must be possible.
func (f *fixture) update(orderID string, change func(*payments.State)) {
	f.t.Helper()
	err := f.Update(f.ctx, orderID, nil, func(st *payments.State) error {
		change(st)
		return nil
	})
	if err != nil {
		f.t.Fatal(err)
	}
}

func testUpdate(t *testing.T, e Engine) {
	f := newFixture(t, e)
	t.Run("a whole state is read back as the change left it", func(t *testing.T) { wholeState(t, f.in(t)) })
	t.Run("only differences are written", func(t *testing.T) { writesDifferences(t, f.in(t)) })
	t.Run("an error of the change rolls back and is returned as it is", func(t *testing.T) { rollsBack(t, f.in(t)) })
	t.Run("a context that ends in the middle leaves no change and no lock", func(t *testing.T) {
		givesUp(t, f.in(t))
	})
	t.Run("a second active attempt is ErrPaymentInProgress", func(t *testing.T) {
		f := f.in(t)
		o := f.order()
		f.update(o.ID, func(st *payments.State) { st.Attempts = append(st.Attempts, newAttempt(1)) })

		err := f.Update(f.ctx, o.ID, nil, func(st *payments.State) error {
			st.Order.Message = "must not stay"
			st.Attempts = append(st.Attempts, newAttempt(2))
			return nil
		})
		if !errors.Is(err, payments.ErrPaymentInProgress) {
			t.Errorf("got %v, want ErrPaymentInProgress", err)
		}
		if st := f.state(o.ID); len(st.Attempts) != 1 || st.Order.Message != "" {
			t.Errorf("part of it was committed: %+v", st)
		}
	})

	t.Run("one change may end an attempt and start the next", func(t *testing.T) {
		f := f.in(t)
		o := f.order()
		f.update(o.ID, func(st *payments.State) { st.Attempts = append(st.Attempts, newAttempt(1)) })
		f.update(o.ID, func(st *payments.State) {
			st.Attempts[0].State = payments.Failed
			st.Attempts = append(st.Attempts, newAttempt(2))
		})

		if st := f.state(o.ID); len(st.Attempts) != 2 || st.Active() == nil || st.Active().N != 2 {
			t.Errorf("got %+v", st.Attempts)
		}
	})

	t.Run("a repeated token, number or key is refused", func(t *testing.T) {
		f := f.in(t)
		o := f.order()
		first := newAttempt(1)
		first.State = payments.Failed
		f.update(o.ID, func(st *payments.State) { st.Attempts = append(st.Attempts, first) })

		for name, spoil := range map[string]func(*payments.Attempt){
			"token":  func(a *payments.Attempt) { a.Params.Token = first.Params.Token },
			"number": func(a *payments.Attempt) { a.N = 1 },
			"key":    func(a *payments.Attempt) { a.IdempotencyKey = first.IdempotencyKey },
		} {
			err := f.Update(f.ctx, o.ID, nil, func(st *payments.State) error {
				a := newAttempt(2)
				spoil(&a)
				st.Attempts = append(st.Attempts, a)
				return nil
			})
			if err == nil || errors.Is(err, payments.ErrPaymentInProgress) {
				t.Errorf("%s: got %v", name, err)
			}
		}
	})

	t.Run("an intent of another order is refused", func(t *testing.T) {
		f := f.in(t)
		a, b := f.order(), f.order()
		link := func(st *payments.State) error {
			st.Intents = append(st.Intents, newIntent("pi_contested"))
			return nil
		}
		if err := f.Update(f.ctx, a.ID, nil, link); err != nil {
			t.Fatal(err)
		}
		if err := f.Update(f.ctx, b.ID, nil, link); err == nil {
			t.Error("two orders have one intent")
		}
		if id, err := f.OrderOfIntent(f.ctx, "", "pi_contested"); err != nil || id != a.ID {
			t.Errorf("got %q, %v; want %q", id, err, a.ID)
		}
	})

	t.Run("removing or moving a row of the state is refused", func(t *testing.T) {
		f := f.in(t)
		o := f.order()
		f.update(o.ID, func(st *payments.State) { st.Intents = append(st.Intents, newIntent("pi_"+o.ID)) })

		for name, spoil := range map[string]func(*payments.State){
			"out":     func(st *payments.State) { st.Intents = nil },
			"renamed": func(st *payments.State) { st.Intents[0].ID = "pi_other" },
			"moved":   func(st *payments.State) { st.Intents[0].OrderID = "ord_other" },
		} {
			if err := f.Update(f.ctx, o.ID, nil, func(st *payments.State) error { spoil(st); return nil }); err == nil {
				t.Errorf("%s: it was written", name)
			}
		}
	})

	t.Run("wrong ids", func(t *testing.T) {
		f := f.in(t)
		err := f.Update(f.ctx, "ord_none", nil, func(*payments.State) error { t.Error("the change ran"); return nil })
		if !errors.Is(err, orders.ErrNotFound) {
			t.Errorf("got %v, want ErrNotFound", err)
		}
		if id, err := f.OrderOfIntent(f.ctx, "", "pi_none"); id != "" || err != nil {
			t.Errorf("got %q, %v", id, err)
		}
	})

	t.Run("an effect happens once", func(t *testing.T) {
		f := f.in(t)
		o := f.order()
		for range 3 {
			f.clock.Advance(time.Second)
			f.update(o.ID, func(st *payments.State) {
				paid := payments.Effect{Kind: payments.EffectPaid}
				st.Effects = append(st.Effects, paid, paid)
			})
		}

		list, err := f.Effects(f.ctx, o.ID)
		if err != nil || len(list) != 1 || list[0].Kind != payments.EffectPaid {
			t.Errorf("got %+v, %v", list, err)
		}
	})

	t.Run("an effect happens once for each subject", func(t *testing.T) {
		f := f.in(t)
		o := f.order()
		for _, dispute := range []string{"dp_1", "dp_2", "dp_1"} {
			f.update(o.ID, func(st *payments.State) {
				st.Effects = append(st.Effects, payments.Effect{Kind: payments.EffectDisputed, Subject: dispute})
			})
		}

		list, err := f.Effects(f.ctx, o.ID)
		if err != nil || len(list) != 2 || list[0].Subject != "dp_1" || list[1].Subject != "dp_2" {
			t.Errorf("got %+v, %v; want one for each dispute", list, err)
		}
	})

	t.Run("a claim ends with the change", func(t *testing.T) { endsClaims(t, e) })
	t.Run("waiting events end with a claim", func(t *testing.T) { endsWaiting(t, e) })
	t.Run("a linked intent wakes the events that wait for it", func(t *testing.T) { wakes(t, e) })
	t.Run("an intent linked while its event is worked makes the event due at once", func(t *testing.T) {
		wakesWorked(t, e)
	})
}

func wholeState(t *testing.T, f *fixture) {
	o := f.order()
	var want payments.State
	f.update(o.ID, func(st *payments.State) {
		st.Order.Status, st.Order.PaymentStatus = orders.Paid, orders.PaymentPaid
		st.Order.PaidAt = start.Add(time.Minute)
		a := newAttempt(1)
		a.IntentID, a.State, a.CheckAt = "pi_whole", payments.Succeeded, time.Time{}
		a.MethodType = "ideal"
		st.Attempts = append(st.Attempts, a)
		st.Intents = append(st.Intents, newIntent("pi_whole"))
		st.Refunds = append(st.Refunds, payments.Refund{
			ID:       "re_1",
			IntentID: "pi_whole",
			Amount:   5,
			Currency: "eur",
			Status:   "pending",
			Reason:   "duplicate",
		})

		st.Disputes = append(st.Disputes, payments.Dispute{
			ID:       "dp_1",
			IntentID: "pi_whole",
			Amount:   5,
			Currency: "eur",
			Status:   "won",
			Reason:   "fraudulent",

			EvidenceDueBy: start.Add(10 * 24 * time.Hour),
			CreatedAt:     start,
		})

		st.Subscriptions = append(st.Subscriptions, newSubscription("sub_whole"))
		want = *st
	})

	got := f.state(o.ID)
	now := f.clock.Now()
	want.Order.UpdatedAt, want.Effects = now, nil
	if want.Intents[0].Version != 1 || want.Intents[0].UpdatedAt != now ||
		want.Refunds[0].OrderID != o.ID || want.Attempts[0].UpdatedAt != now {
		t.Errorf("the state of the caller was not stamped: %+v", want)
	}

	if !reflect.DeepEqual(*got, want) {
		t.Errorf("got\n%+v, want\n%+v", *got, want)
	}
}

func writesDifferences(t *testing.T, f *fixture) {
	o := f.order()
	f.update(o.ID, func(st *payments.State) {
		st.Attempts = append(st.Attempts, newAttempt(1))
		st.Intents = append(st.Intents, newIntent("pi_diff"))
	})

	before := f.state(o.ID)
	later := f.clock.Advance(time.Minute)
	f.update(o.ID, func(*payments.State) {})

	if got := f.state(o.ID); !reflect.DeepEqual(got, before) {
		t.Errorf("an empty change turned\n%+v into\n%+v", before, got)
	}

	f.update(o.ID, func(st *payments.State) { st.Attempts[0].Params.Metadata["x"] = "y" })

	got := f.state(o.ID)
	if got.Attempts[0].Params.Metadata["x"] != "y" || got.Attempts[0].UpdatedAt != later {
		t.Errorf("a change deep in the parameters was missed: %+v", got.Attempts[0])
	}
	if got.Order.UpdatedAt != before.Order.UpdatedAt || got.Intents[0].Version != 1 {
		t.Errorf("other rows were written: %+v", got)
	}

	f.update(o.ID, func(st *payments.State) {
		st.Intents[0].Status, st.Intents[0].Version = payments.StatusSucceeded, 99
	})
	if in := f.state(o.ID).Intents[0]; in.Version != 2 || in.UpdatedAt != later {
		t.Errorf("got version %d at %v, want 2 at %v", in.Version, in.UpdatedAt, later)
	}
}

func rollsBack(t *testing.T, f *fixture) {
	o := f.order()
	before := f.state(o.ID)
	refused := errors.New("refused")
	err := f.Update(f.ctx, o.ID, nil, func(st *payments.State) error {
		st.Order.Amount = 1
		st.Attempts = append(st.Attempts, newAttempt(1))
		st.Intents = append(st.Intents, newIntent("pi_rolled"))
		return refused
	})
	if err != refused { //nolint:errorlint // the very same error
		t.Errorf("got %v, want the change's own error", err)
	}
	if got := f.state(o.ID); !reflect.DeepEqual(got, before) {
		t.Errorf("part of it was committed: %+v", got)
	}

	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was lost")
			}
		}()

		f.update(o.ID, func(*payments.State) { panic("in the rules") })
	}()

	f.update(o.ID, func(st *payments.State) { st.Order.Message = "the lock is free again" })
}

func givesUp(t *testing.T, f *fixture) {
	o := f.order()
	for name, rules := range map[string]error{"the rules continue": nil, "the rules stop": context.Canceled} {
		ctx, cancel := context.WithCancel(f.ctx)
		err := f.Update(ctx, o.ID, nil, func(st *payments.State) error {
			st.Order.Message = "must not stay"
			cancel()
			return rules
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: got %v, want context.Canceled", name, err)
		}
	}

	f.update(o.ID, func(st *payments.State) {
		if st.Order.Message != "" {
			t.Errorf("part of it was committed: %+v", st.Order)
		}
	})
}

func endsClaims(t *testing.T, e Engine) {
	f := newFixture(t, e)
	o := f.order()
	f.accept(newEvent("evt_1", "pi_1"))
	ev := f.claim(1)[0]

	pay := func(st *payments.State) error {
		st.Order.Status = orders.Paid
		return nil
	}

	stolen := &queue.Claim{ID: ev.ID, Token: "stolen"}
	if err := f.Update(f.ctx, o.ID, stolen, pay); !errors.Is(err, queue.ErrClaimLost) {
		t.Errorf("got %v, want ErrClaimLost", err)
	}
	if st := f.state(o.ID); st.Order.Status != orders.Open {
		t.Error("the change of a lost claim was committed")
	}
	if err := f.Update(f.ctx, o.ID, ev.Claim(), pay); err != nil {
		t.Fatal(err)
	}

	got, err := f.Event(f.ctx, ev.ID)
	if err != nil || got.State != webhooks.Done || got.OrderID != o.ID ||
		got.FinishedAt != f.clock.Now() || got.LeaseToken != "" {
		t.Errorf("got %+v, %v", got, err)
	}

	if err := f.Update(f.ctx, o.ID, ev.Claim(), pay); !errors.Is(err, queue.ErrClaimLost) {
		t.Errorf("a finished claim ended again: %v", err)
	}
}

func endsWaiting(t *testing.T, e Engine) {
	f := newFixture(t, e)
	o := f.order()
	future := newEvent("evt_2", "pi_1")
	future.NextAt = start.Add(time.Hour)
	f.accept(newEvent("evt_1", "pi_1"), future, newEvent("evt_3", "pi_1"), newEvent("evt_4", "pi_1"))

	claim := f.claim(1)[0].Claim()
	claim.Also = []queue.Waiting{
		{ID: "evt_2", DueAt: future.NextAt},
		{ID: "evt_3", DueAt: f.clock.Now().Add(-time.Microsecond)}, // it is due again since
		{ID: "evt_none"},
	}

	lost := *claim
	lost.Token = "stolen"

	same := func(*payments.State) error { return nil }
	if err := f.Update(f.ctx, o.ID, &lost, same); !errors.Is(err, queue.ErrClaimLost) {
		t.Errorf("got %v, want ErrClaimLost", err)
	}
	if ev, err := f.Event(f.ctx, "evt_2"); err != nil || ev.State != webhooks.Received {
		t.Errorf("a lost claim ended %+v, %v", ev, err)
	}
	if err := f.Update(f.ctx, o.ID, claim, same); err != nil {
		t.Fatal(err)
	}

	ev, err := f.Event(f.ctx, "evt_2")
	if err != nil || ev.State != webhooks.Done || ev.OrderID != o.ID || ev.Tries != 1 || ev.FinishedAt.IsZero() {
		t.Errorf("got %+v, %v", ev, err)
	}
	if got, want := ids(f.claim(9)), []string{"evt_3"}; !reflect.DeepEqual(got, want) {
		t.Errorf("claimed %v, want %v", got, want)
	}
}

func wakes(t *testing.T, e Engine) {
	f := newFixture(t, e)
	o := f.order()
	f.accept(newEvent("evt_intent", "pi_1"), newEvent("evt_other", "pi_2"), newEvent("evt_retry", "pi_1"))

	for _, ev := range f.claim(9) { // evt_retry waits for its group
		if err := f.FinishEvent(f.ctx, ev.Claim(), webhooks.Unmatched, "no order", start.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
	}

	ev := f.claim(9)[0]
	if err := f.FinishEvent(f.ctx, ev.Claim(), webhooks.Received, "later", start.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if got := f.claim(9); len(got) != 0 {
		t.Fatalf("not due yet: %v", ids(got))
	}

	f.update(o.ID, func(st *payments.State) { st.Intents = append(st.Intents, newIntent("pi_1")) })
	if got, want := ids(f.claim(9)), []string{"evt_intent"}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func wakesWorked(t *testing.T, e Engine) {
	f := newFixture(t, e)
	o := f.order()
	f.accept(newEvent("evt_1", "pi_1"), newEvent("evt_2", "pi_2"))
	held := f.claim(9)
	f.update(o.ID, func(st *payments.State) { st.Intents = append(st.Intents, newIntent("pi_1")) })

	for _, ev := range held {
		f.finish(ev, webhooks.Unmatched, start.Add(time.Hour))
	}

	again := f.claim(9)
	if got, want := ids(again), []string{"evt_1"}; !reflect.DeepEqual(got, want) {
		t.Fatalf("got %v, want %v", got, want)
	}

	f.finish(again[0], webhooks.Unmatched, start.Add(time.Hour))
	if got := f.claim(9); len(got) != 0 {
		t.Errorf("it was woken only once, and %v is due again", ids(got))
	}
}
