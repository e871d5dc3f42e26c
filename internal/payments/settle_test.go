package payments_test

import (
	"context"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"checkoutd/internal/fault"
	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
	"checkoutd/internal/testkit"
)

// event is a step at Stripe, and the event about it.
type event struct {
	name   string
	status payments.Status
	err    *payments.StripeError
	kind   string // "" an intent's event, hint a charge's, refund, dispute
	refund payments.Refund
	part   int64 // what was captured of a hold, 0: all
}

// snap returns the intent as the event shows it.
func (e event) snap(p payments.Params) payments.Snapshot {
	s := snap(p, e.status)
	s.Error = e.err
	if e.part > 0 {
		s.CaptureMethod, s.AmountReceived = "manual", e.part
	}
	return s
}

// partly returns an event after a part was captured.
func partly(e event) event {
	e.part = 600
	return e
}

func is(name string, s payments.Status) event { return event{name: name, status: s} }

func hint(name string, s payments.Status) event {
	return event{
		name:   name,
		status: s,
		kind:   "hint",
	}
}

func refund(name, id string, amount int64, status string) event {
	return event{
		name:   name,
		status: payments.StatusSucceeded,
		kind:   "refund",
		refund: payments.Refund{
			ID:       id,
			IntentID: intentID,
			Amount:   amount,
			Currency: "usd",
			Status:   status,
		},
	}
}

// released returns the refund that Stripe lists for the part of a hold that was
// not captured.
var released = func() event {
	e := refund("charge.refunded", "re_release", 499, "succeeded")
	e.refund.CreatedAt = testkit.NewClock().Now()
	return e
}()

var cardDeclined = &payments.StripeError{
	Type:    payments.TypeCard,
	Code:    "card_declined",
	Message: "Your card was declined.",
}

const (
	rpm       = payments.StatusRequiresPaymentMethod
	action    = payments.StatusRequiresAction
	proc      = payments.StatusProcessing
	capturing = payments.StatusRequiresCapture
	succeeded = payments.StatusSucceeded
	gone      = payments.StatusCanceled
)

// sequences are what really happens at Stripe, in order.
var sequences = []struct {
	name    string
	answer  payments.Status // of the confirm call
	events  []event
	status  orders.Status
	payment orders.PaymentStatus
	paid    int
}{
	{"succeeded at once", succeeded, []event{
		is("created", rpm), hint("charge.succeeded", succeeded), is("succeeded", succeeded),
		hint("charge.updated", succeeded),
	}, orders.Paid, orders.PaymentPaid, 1},
	{"3D Secure", action, []event{
		is("created", rpm), is("requires_action", action), hint("charge.succeeded", succeeded),
		is("succeeded", succeeded), hint("charge.updated", succeeded),
	}, orders.Paid, orders.PaymentPaid, 1},
	{"3D Secure failed", action, []event{
		is("created", rpm), is("requires_action", action), {
			name:   "payment_failed",
			status: rpm,
			err:    cardDeclined,
		},
	}, orders.Open, orders.PaymentFailed, 0},
	{"processing then success", proc, []event{
		is("created", rpm), is("processing", proc), hint("charge.pending", proc),
		hint("charge.succeeded", succeeded), is("succeeded", succeeded),
	}, orders.Paid, orders.PaymentPaid, 1},
	{"processing then failure", proc, []event{
		is("created", rpm), is("processing", proc), hint("charge.pending", proc), hint("charge.failed", rpm), {
			name:   "payment_failed",
			status: rpm,
			err:    cardDeclined,
		},
	}, orders.Open, orders.PaymentFailed, 0},
	{"authorized then captured", capturing, []event{
		is("created", rpm), is("amount_capturable_updated", capturing), hint("charge.succeeded",
			capturing), hint("charge.captured", succeeded), is("succeeded", succeeded),
	}, orders.Paid, orders.PaymentPaid, 1},
	{"authorized, then captured in part: Stripe lists a refund for the rest", capturing, []event{
		is("created", rpm), is("amount_capturable_updated", capturing), partly(hint("charge.captured", succeeded)),
		partly(released), partly(is("succeeded", succeeded)),
	}, orders.Paid, orders.PaymentPaid, 1},
	{"captured in part, then refunded", capturing, []event{
		is("created", rpm), partly(released), partly(is("succeeded", succeeded)),
		partly(refund("refund.created", "re_1", 600, "pending")), partly(refund("refund.updated", "re_1",
			600, "succeeded")),
	}, orders.Paid, orders.Refunded, 1},
	{"authorized then canceled", capturing, []event{
		is("created", rpm), is("amount_capturable_updated", capturing), hint("charge.succeeded",
			capturing), is("canceled", gone),
	}, orders.Open, orders.Unpaid, 0},
	{"canceled", action, []event{
		is("created", rpm), is("requires_action", action), is("canceled", gone),
	}, orders.Open, orders.Unpaid, 0},
	{"refunded in parts", succeeded, []event{
		is("created", rpm), is("succeeded", succeeded), refund("refund.created", "re_1", 500, "pending"),
		refund("refund.updated", "re_1", 500, "succeeded"),
		refund("refund.created", "re_2", 599, "succeeded"), hint("charge.refunded", succeeded),
	}, orders.Paid, orders.Refunded, 1},
	{"a refund that failed", succeeded, []event{
		is("created", rpm), is("succeeded", succeeded), refund("refund.created", "re_1", 1099,
			"pending"), refund("refund.failed", "re_1", 1099, "failed"),
	}, orders.Paid, orders.PaymentPaid, 1},
	{"disputed", succeeded, []event{
		is("created", rpm), hint("charge.succeeded", succeeded), is("succeeded", succeeded), {
			name:   "charge.dispute.created",
			status: succeeded,
			kind:   "dispute",
		},
		{name: "charge.dispute.closed", status: succeeded, kind: "dispute"},
	}, orders.Paid, orders.PaymentPaid, 1},
}

// long is a whole life of an order, too long to try every order of its events.
var long = []event{
	is("created", rpm), is("requires_action", action), hint("charge.succeeded", succeeded), is("succeeded", succeeded),
	hint("charge.updated", succeeded), refund("refund.created", "re_1", 500, "pending"),
	refund("refund.updated", "re_1", 500, "succeeded"),
	hint("charge.refunded", succeeded), {
		name:   "charge.dispute.created",
		status: succeeded,
		kind:   "dispute",
	},
	{name: "charge.dispute.closed", status: succeeded, kind: "dispute"},
}

// play delivers the events in the given order. Stripe is at least as far as the
// latest event delivered: truth(i) returns how far after the ith delivery.
func play(t *testing.T, answer payments.Status, events []event, order []int,
	truth func(delivered int) int, answered bool) *fixture {
	t.Helper()
	f := newFixture(t)
	ctx := context.Background()
	at := -1
	f.stripe.OnSend(func(p payments.Params, _ string) (payments.Snapshot, error) {
		s := snap(p, rpm)
		f.stripe.PutIntent(s)

		if !answered {
			return payments.Snapshot{}, errReset
		}

		return snap(p, answer), nil
	})

	_, _ = f.confirm("ctoken_a")
	params := f.sent(0)
	advance := func(to int) {
		for ; at < to; at++ {
			e := events[at+1]
			s := e.snap(params)
			f.stripe.PutIntent(s)

			if e.kind == "refund" {
				f.stripe.PutRefund(e.refund)
			}

			f.stripe.PutDispute(payments.Dispute{
				ID:       "dp_1",
				IntentID: intentID,
				Amount:   1099,
				Currency: "usd",
				Status:   e.name,
			})
		}
	}

	if answered { // what the answer showed has happened
		advance(slices.IndexFunc(events, func(e event) bool { return e.status == answer }))
	}

	for n, i := range order {
		advance(max(i, truth(n)))
		var err error
		switch e := events[i]; e.kind {
		case "hint":
			err = f.svc.SettleHint(ctx, orderID, intentID, 0, nil)
		case "refund":
			err = f.svc.SettleRefunds(ctx, orderID, intentID, nil)
		case "dispute":
			err = f.svc.SettleDispute(ctx, orderID, "dp_1", nil)
		default:
			err = f.svc.Settle(ctx, orderID, e.snap(params), nil)
		}
		if err != nil {
			t.Fatalf("%s: %v", events[i].name, err)
		}
	}

	if !answered { // the resolver repeats the call, and Stripe repeats its answer of that time
		f.stripe.OnSend(func(p payments.Params, _ string) (payments.Snapshot, error) { return snap(p, answer), nil })
		f.clock.Advance(time.Minute)
		f.runOnce()
	}

	return f
}

// TestEventOrderDoesNotMatter delivers every sequence in every order, each
// event twice, with and without the answer to the confirm call, while Stripe is
// at the end of the sequence or only as far as the events so far. The final
// state is always the same, with exactly one paid effect.
func TestEventOrderDoesNotMatter(t *testing.T) {
	t.Parallel()
	for _, seq := range sequences {
		t.Run(seq.name, func(t *testing.T) {
			t.Parallel()
			for d := range deliveries(len(seq.events)) {
				f := play(t, seq.answer, seq.events, d.order, d.truth, d.answered)
				check(t, seq.name, f, seq.status, seq.payment, seq.paid, d.order, d.answered)

				if t.Failed() {
					return
				}
			}
		})
	}
}

// delivery is one way in which events arrive.
type delivery struct {
	order    []int
	answered bool                    // the confirm call was
	truth    func(delivered int) int // how far Stripe is at least
}

// deliveries yields the ways in which n events can arrive: in every order, each
// twice, with and without the answer to the confirm call, while Stripe is at
// the end of them or only as far as the events so far.
func deliveries(n int) iter.Seq[delivery] {
	return func(yield func(delivery) bool) {
		rnd := rand.New(rand.NewPCG(1, 2))
		for order := range permutations(n) {
			doubled := twice(order, rnd)
			for _, answered := range []bool{true, false} {
				for _, least := range []int{n - 1, -1} {
					if !yield(delivery{doubled, answered, func(int) int { return least }}) {
						return
					}
				}
			}
		}
	}
}

// twice repeats each event at a random place.
func twice(order []int, rnd *rand.Rand) []int {
	out := slices.Clone(order)
	for _, i := range order {
		out = slices.Insert(out, rnd.IntN(len(out)+1), i)
	}
	return out
}

func TestLongSequencesInRandomOrder(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(3, 4))
	for range 3000 {
		order := twice(rnd.Perm(len(long)), rnd)
		answered := rnd.IntN(2) == 0
		reached := rnd.IntN(len(long)) // how far Stripe is at least
		f := play(t, action, long, order, func(int) int { return reached }, answered)
		check(t, "a whole life", f, orders.Paid, orders.PartiallyRefunded, 1, order, answered)

		if t.Failed() {
			return
		}
	}
}

func check(t *testing.T, name string, f *fixture, status orders.Status, payment orders.PaymentStatus,
	paid int, order []int, answered bool) {
	t.Helper()
	o := f.state().Order
	if o.Status != status || o.PaymentStatus != payment || f.store.effects[orderID+" "+payments.EffectPaid] != paid {
		t.Errorf("%s in order %v (answered %t): order %s, payment %s, %d paid effects (review %q); want %s, %s, %d",
			name, order, answered, o.Status, o.PaymentStatus,
			f.store.effects[orderID+" "+payments.EffectPaid], o.ReviewReason, status, payment, paid)
	}
}

// permutations yields every order of 0..n-1.
func permutations(n int) func(func([]int) bool) {
	return func(yield func([]int) bool) {
		p := make([]int, n)
		for i := range p {
			p[i] = i
		}

		var walk func(k int) bool
		walk = func(k int) bool {
			if k == n {
				return yield(slices.Clone(p))
			}

			for i := k; i < n; i++ {
				p[k], p[i] = p[i], p[k]
				if !walk(k + 1) {
					return false
				}

				p[k], p[i] = p[i], p[k]
			}

			return true
		}

		walk(0)
	}
}

// TestDeclineThenSuccessInAnyOrder makes two attempts on one intent: news of
// the first must not change the second.
func TestDeclineThenSuccessInAnyOrder(t *testing.T) {
	t.Parallel()
	for order := range permutations(5) {
		for when := range 3 { // the events before, during or after the second confirm
			f := newFixture(t)
			ctx := context.Background()
			var p1 payments.Params
			f.stripe.OnSend(func(p payments.Params, _ string) (payments.Snapshot, error) {
				p1 = p
				s := snap(p, rpm)
				s.Error = cardDeclined
				f.stripe.PutIntent(s)
				return payments.Snapshot{}, declined(p)
			})

			_, _ = f.confirm("ctoken_a")
			deliver := func(list []int) {
				for _, i := range list {
					s := snap(p1, []payments.Status{rpm, rpm, rpm, succeeded, succeeded}[i])
					if i == 1 || i == 2 {
						s.Error = cardDeclined
					}

					var err error
					if i == 4 {
						err = f.svc.SettleHint(ctx, orderID, intentID, 0, nil)
					} else {
						err = f.svc.Settle(ctx, orderID, s, nil)
					}
					if err != nil {
						t.Fatal(err)
					}
				}
			}

			early := slices.DeleteFunc(slices.Clone(order), func(i int) bool { return i > 2 })
			if when == 0 {
				deliver(early)
			}

			f.stripe.OnSend(func(p payments.Params, _ string) (payments.Snapshot, error) {
				if when == 1 {
					deliver(early) // the late failure of attempt 1, while attempt 2 is in flight
				}

				s := snap(p1, succeeded)
				f.stripe.PutIntent(s)
				return s, nil
			})

			if _, err := f.confirm("ctoken_b"); err != nil {
				t.Fatalf("order %v, when %d: %v", order, when, err)
			}

			deliver(order)
			f.wantAttempts(payments.Failed, payments.Succeeded)
			check(t, fmt.Sprint("when ", when), f, orders.Paid, orders.PaymentPaid, 1, order, true)

			if t.Failed() {
				return
			}
		}
	}
}

// TestMismatchGoesToReview: an intent that does not match leads to no other
// charge and to no refund.
func TestMismatchGoesToReview(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*payments.Snapshot){
		"amount":          func(s *payments.Snapshot) { s.Amount, s.AmountReceived = 1, 1 },
		"amount received": func(s *payments.Snapshot) { s.AmountReceived = 1 },
		"currency":        func(s *payments.Snapshot) { s.Currency = "eur" },
		"livemode":        func(s *payments.Snapshot) { s.Livemode = true },
		"customer":        func(s *payments.Snapshot) { s.CustomerID = "cus_other" },
		"order":           func(s *payments.Snapshot) { s.OrderID = "ord_other" },
	} {
		for _, from := range []string{"answer", "event"} {
			t.Run(name+" in an "+from, func(t *testing.T) {
				t.Parallel()
				f := newFixture(t)
				bad := func(p payments.Params) payments.Snapshot {
					s := snap(p, succeeded)
					change(&s)
					return s
				}

				f.stripe.OnSend(func(p payments.Params, _ string) (payments.Snapshot, error) {
					if from == "answer" {
						return bad(p), nil
					}
					return payments.Snapshot{}, errReset
				})

				_, _ = f.confirm("ctoken_a")

				if from == "event" {
					truth := bad(f.sent(0))
					f.stripe.PutIntent(truth)

					if err := f.svc.Settle(context.Background(), orderID, bad(f.sent(0)), nil); err != nil {
						t.Fatal(err)
					}
				}

				f.wantOrder(orders.Review, orders.PaymentReview)
				if f.state().Order.ReviewReason == "" {
					t.Error("there is no review reason")
				}
				if n := f.store.effects[orderID+" "+payments.EffectPaid]; n != 0 {
					t.Errorf("%d paid effects, want none", n)
				}
				if _, err := f.confirm("ctoken_b"); err == nil || f.calls() != 1 {
					t.Error("the order can be charged again")
				}
			})
		}
	}
}

func TestSecondSuccessGoesToReview(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	if _, err := f.confirm("ctoken_a"); err != nil {
		t.Fatal(err)
	}

	second := snap(f.sent(0), succeeded)
	second.ID = "pi_2"

	if err := f.svc.Settle(context.Background(), orderID, second, nil); err != nil {
		t.Fatal(err)
	}

	f.wantOrder(orders.Review, orders.PaymentReview)
	f.wantPaidOnce()
}

func TestMoneyForAnExpiredOrderGoesToReview(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.stripe.OnSend(func(p payments.Params, _ string) (payments.Snapshot, error) { return snap(p, action), nil })
	_, _ = f.confirm("ctoken_a")
	f.store.states[orderID].Order.Status = orders.Expired
	if err := f.svc.Settle(context.Background(), orderID, snap(f.sent(0), succeeded), nil); err != nil {
		t.Fatal(err)
	}
	f.wantOrder(orders.Review, orders.PaymentReview)
}

// TestStaleReadingIsReadAgain: the later of two readings wins, even if it
// commits first.
func TestStaleReadingIsReadAgain(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.stripe.OnSend(func(p payments.Params, _ string) (payments.Snapshot, error) {
		s := snap(p, action)
		f.stripe.PutIntent(s)
		return s, nil
	})

	if _, err := f.confirm("ctoken_a"); err != nil {
		t.Fatal(err)
	}

	paid := snap(f.sent(0), succeeded)
	stale := snap(f.sent(0), proc)
	f.stripe.PutIntent(stale)
	f.stripe.OnRead(func() { // between the reading and its commit the webhook brings the end
		f.stripe.OnRead(nil)
		f.stripe.PutIntent(paid)

		if err := f.svc.Settle(context.Background(), orderID, paid, nil); err != nil {
			t.Error(err)
		}
	})

	if err := f.svc.SettleFresh(context.Background(), orderID, intentID, nil); err != nil {
		t.Fatal(err)
	}
	if f.stripe.Readings() != 2 {
		t.Errorf("%d readings, want 2", f.stripe.Readings())
	}

	f.wantOrder(orders.Paid, orders.PaymentPaid)
}

// TestReadingOfAPreviousAttempt: a reading from before the next attempt began
// must not end that attempt, even though the intent's status is the same again.
func TestReadingOfAPreviousAttempt(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	act := func(p payments.Params, _ string) (payments.Snapshot, error) {
		s := snap(p, action)
		f.stripe.PutIntent(s)
		return s, nil
	}

	f.stripe.OnSend(act)

	if _, err := f.confirm("ctoken_a"); err != nil {
		t.Fatal(err)
	}

	failed := snap(f.sent(0), rpm)
	failed.Error = cardDeclined
	f.stripe.PutIntent(failed)
	f.stripe.OnRead(func() { // the first attempt fails and the second is answered, while the reading is on its way
		f.stripe.OnRead(nil)
		f.store.mu.Lock()
		f.store.states[orderID].Attempts[0].State = payments.Failed
		f.store.mu.Unlock()
		f.stripe.OnSend(func(p payments.Params, _ string) (payments.Snapshot, error) {
			s := snap(p, action)
			f.stripe.PutIntent(s)
			return s, nil
		})

		if _, err := f.confirm("ctoken_b"); err != nil {
			t.Error(err)
		}
	})

	if err := f.svc.SettleFresh(context.Background(), orderID, intentID, nil); err != nil {
		t.Fatal(err)
	}

	f.wantAttempts(payments.Failed, payments.RequiresAction)
}

// TestReviewEndsTheBuyersPart: an intent that does not match must not be
// authenticated either.
func TestReviewEndsTheBuyersPart(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.stripe.OnSend(func(p payments.Params, _ string) (payments.Snapshot, error) {
		s := snap(p, action)
		s.Amount = 1
		return s, nil
	})

	if a, err := f.confirm("ctoken_a"); !fault.Is(err, "order_not_open") {
		t.Errorf("got %+v, %v; want order_not_open", a, err)
	}
	if a, underWay, err := f.svc.Resume(context.Background(), orderID); err != nil || underWay {
		t.Errorf("the page may continue with %+v (%v)", a, err)
	}
}

// TestRefusedWhileAnotherActionWaits: the buyer gets the refusal of the token,
// not the action that a previous token left on the intent.
func TestRefusedWhileAnotherActionWaits(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.stripe.OnSend(func(p payments.Params, _ string) (payments.Snapshot, error) {
		return payments.Snapshot{}, declined(p)
	})
	_, _ = f.confirm("ctoken_a")
	f.stripe.OnSend(func(p payments.Params, _ string) (payments.Snapshot, error) {
		s := snap(p, action)
		s.AttemptID = f.state().Attempts[0].ID
		return payments.Snapshot{}, &payments.CallError{
			Outcome:  payments.OutcomeRefused,
			Snapshot: &s,
			Param:    "confirmation_token",
			Stripe:   payments.StripeError{Type: payments.TypeInvalidRequest},
		}
	})

	if a, err := f.confirm("ctoken_b"); !fault.Is(err, "token_expired") {
		t.Errorf("got %+v, %v; want token_expired", a, err)
	}

	f.wantAttempts(payments.Failed, payments.Failed)
}

// TestReleasedHoldIsNoRefund: Stripe lists a refund for it, but the money was
// never taken.
func TestReleasedHoldIsNoRefund(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.stripe.OnSend(func(p payments.Params, _ string) (payments.Snapshot, error) { return snap(p, capturing), nil })

	if _, err := f.confirm("ctoken_a"); err != nil {
		t.Fatal(err)
	}

	canceled := snap(f.sent(0), gone)
	if err := f.svc.Settle(context.Background(), orderID, canceled, nil); err != nil {
		t.Fatal(err)
	}

	f.stripe.PutRefund(payments.Refund{
		ID:       "re_1",
		IntentID: intentID,
		Amount:   1099,
		Currency: "usd",
		Status:   "succeeded",
	})

	if err := f.svc.SettleRefunds(context.Background(), orderID, intentID, nil); err != nil {
		t.Fatal(err)
	}

	f.stripe.OnSend(func(p payments.Params, _ string) (payments.Snapshot, error) {
		s := snap(p, succeeded)
		s.ID = "pi_2"
		return s, nil
	})

	if _, err := f.confirm("ctoken_b"); err != nil {
		t.Fatal(err)
	}

	f.wantOrder(orders.Paid, orders.PaymentPaid)
}
