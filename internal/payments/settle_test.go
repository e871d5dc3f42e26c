package payments_test

import (
	"context"
	"testing"

	"checkoutd/internal/fault"
	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
)

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
		"account":         func(s *payments.Snapshot) { s.OnBehalfOf = "acct_other" },
		"transfer":        func(s *payments.Snapshot) { s.TransferTo = "acct_other" },
		"capture method":  func(s *payments.Snapshot) { s.CaptureMethod = "manual" },
		"invoice":         func(s *payments.Snapshot) { s.InvoiceID = "in_other" },
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

	// A former release linked it, or it was adopted.
	second := snap(f.sent(0), succeeded)
	second.ID = "pi_2"
	f.store.states[orderID].Intents = append(f.store.states[orderID].Intents,
		payments.Intent{ID: second.ID, OrderID: orderID, Status: rpm})

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
			Stripe: payments.StripeError{
				Type: payments.TypeInvalidRequest,
				Code: "confirmation_token_already_used",
			},
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

// Events come in any order. An old one must not hide money from the person who
// has to decide about it.
func TestOldNewsOfForeignMoney(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	foreign := payments.Snapshot{ID: "pi_other", OrderID: orderID, Amount: 1099, Currency: "usd"}

	for _, step := range []struct{ status, want payments.Status }{
		{payments.StatusRequiresCapture, payments.StatusRequiresCapture},
		{payments.StatusRequiresAction, payments.StatusRequiresCapture},
		{payments.StatusSucceeded, payments.StatusSucceeded},
		{payments.StatusProcessing, payments.StatusSucceeded},
		{payments.StatusRequiresCapture, payments.StatusSucceeded},
	} {
		foreign.Status, foreign.Capturable, foreign.AmountReceived = step.status, 0, 0
		switch step.status {
		case payments.StatusRequiresCapture:
			foreign.Capturable = 1099
		case payments.StatusSucceeded:
			foreign.AmountReceived = 1099
		}

		if err := f.svc.Settle(t.Context(), orderID, foreign, nil); err != nil {
			t.Fatal(err)
		}

		if list := f.state().ForeignPayments; len(list) != 1 || list[0].Status != step.want || !list[0].Open() {
			t.Errorf("after %s: %+v, want it %s and open", step.status, list, step.want)
		}
	}
}
