package payments_test

import (
	"context"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
)

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
//
// The order is charged in the account. Before each event the same is told of
// another account, as if that had an intent with the same ID.
func play(t *testing.T, account string, answer payments.Status, events []event, order []int,
	truth func(delivered int) int, answered bool) *fixture {
	t.Helper()
	f := newFixture(t)
	f.store.states[orderID].Order.Account = account
	ctx := context.Background()
	at := -1

	if slices.ContainsFunc(events, func(e event) bool { return e.part > 0 }) {
		f.store.states[orderID].Order.Options.CaptureMethod = "manual"
	}

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
		f.wantNothingFrom(otherAccount(account), params)

		var err error
		switch e := events[i]; e.kind {
		case "hint":
			err = f.svc.SettleHint(ctx, orderID, intentID, payments.ChargeNews{}, nil)
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
				f := play(t, d.account, seq.answer, seq.events, d.order, d.truth, d.answered)
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
	account  string                  // of the order
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
					account := accounts[rnd.IntN(len(accounts))]
					if !yield(delivery{doubled, account, answered, func(int) int { return least }}) {
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
		f := play(t, accounts[rnd.IntN(len(accounts))], action, long, order, func(int) int { return reached }, answered)
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
						err = f.svc.SettleHint(ctx, orderID, intentID, payments.ChargeNews{}, nil)
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
