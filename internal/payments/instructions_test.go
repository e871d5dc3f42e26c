package payments_test

import (
	"context"
	"testing"
	"time"

	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
)

const day = 24 * time.Hour

// waiting returns the fixture of an order whose buyer has to follow
// instructions.
func waiting(t *testing.T, in payments.Instructions) *fixture {
	t.Helper()
	f := newFixture(t)
	f.store.states[orderID].Order.CustomerID = "cus_1"
	f.stripe.OnSend(func(p payments.Params, _ string) (payments.Snapshot, error) {
		s := snap(p, payments.StatusRequiresAction)
		s.Instructions = in
		f.stripe.PutIntent(s)
		return s, nil
	})

	if _, err := f.confirm("ctoken_a"); err != nil {
		t.Fatal(err)
	}

	return f
}

// voucher returns instructions that are valid for some days.
func voucher(f *fixture, days int) payments.Instructions {
	return payments.Instructions{
		Kind:  "boleto_display_details",
		Until: f.clock.Now().Add(time.Duration(days) * day),
		URL:   "https://payments.stripe.com/boleto/voucher/1",
	}
}

var transfer = payments.Instructions{Kind: payments.KindTransfer, URL: "https://payments.stripe.com/bank/1"}

func TestInstructionsKeepAnOrderOpen(t *testing.T) {
	t.Parallel()
	clock := newFixture(t)

	for _, tt := range []struct {
		name         string
		instructions payments.Instructions
		after        time.Duration
		want         orders.Status
	}{
		{"3D Secure ends with the order", payments.Instructions{}, day, orders.Expired},
		{"a code without a date ends with the order", payments.Instructions{Kind: "paynow_display_qr_code"},
			day, orders.Expired},
		{"a voucher is valid until its date", voucher(clock, 3), 3 * day, orders.Open},
		{"the news may come some days later", voucher(clock, 3), 6*day - time.Second, orders.Open},
		{"nothing comes after that", voucher(clock, 3), 6 * day, orders.Expired},
		{"a voucher of less than a day changes nothing", voucher(clock, -4), day, orders.Expired},
		{"a bank transfer has two weeks", transfer, 14*day - time.Second, orders.Open},
		{"and no more", transfer, 14 * day, orders.Expired},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := waiting(t, tt.instructions)
			f.clock.Advance(tt.after)
			f.runOnce()

			if got := f.state().Order.Status; got != tt.want {
				t.Errorf("order is %s, want %s", got, tt.want)
			}

			canceled := 0
			if tt.want == orders.Expired {
				canceled = 1
			}

			if f.stripe.Canceled() != canceled {
				t.Errorf("%d intents canceled, want %d", f.stripe.Canceled(), canceled)
			}
		})
	}
}

func TestInstructionsOfAFormerRelease(t *testing.T) {
	t.Parallel()
	f := waiting(t, payments.Instructions{})
	f.editIntent(func(s *payments.Snapshot) { s.Instructions = voucher(f, 3) })

	f.clock.Advance(day)
	f.store.states[orderID].Attempts[0].CheckAt = time.Time{} // only the expirer runs
	f.runOnce()

	f.wantOrder(orders.Open, orders.RequiresAction)

	if f.stripe.Canceled() != 0 {
		t.Error("an intent with a valid voucher was canceled")
	}
}

func TestInstructionsArePaid(t *testing.T) {
	t.Parallel()
	f := waiting(t, voucher(newFixture(t), 3))

	f.clock.Advance(3 * day)
	f.stripe.SetStatus(intentID, payments.StatusSucceeded)

	if err := f.svc.Settle(context.Background(), orderID, f.intentNow(), nil); err != nil {
		t.Fatal(err)
	}

	f.wantOrder(orders.Paid, orders.PaymentPaid)
	f.wantPaidOnce()

	a := f.state().Attempts[0]
	if a.Instructions.Kind == "" || a.Instructions.URL != "" {
		t.Errorf("the attempt keeps %+v, want the kind and the date only", a.Instructions)
	}
}

func TestInstructionsThatLapse(t *testing.T) {
	t.Parallel()
	f := waiting(t, voucher(newFixture(t), 3))

	f.clock.Advance(3*day + time.Hour)
	f.editIntent(func(s *payments.Snapshot) {
		s.Status, s.Instructions = payments.StatusRequiresPaymentMethod, payments.Instructions{}
		s.Error = &payments.StripeError{
			Type: payments.TypeInvalidRequest,
			Code: "payment_intent_payment_attempt_expired",
		}
	})

	if err := f.svc.Settle(context.Background(), orderID, f.intentNow(), nil); err != nil {
		t.Fatal(err)
	}

	f.wantOrder(orders.Open, orders.PaymentFailed)
	if got := f.state().Order.Message; got != "The time to make this payment is over. "+
		"If you have paid, please do not pay again; otherwise try again or use another way to pay." {
		t.Errorf("the buyer is told %q", got)
	}
}

func TestInstructionsAreResumed(t *testing.T) {
	t.Parallel()
	f := waiting(t, voucher(newFixture(t), 3))

	got, ok, err := f.svc.Resume(context.Background(), orderID)
	if err != nil || !ok || got.Instructions == nil {
		t.Fatalf("got %+v, %t, %v", got, ok, err)
	}
	if in := got.Instructions; in.Type != "boleto_display_details" || in.ExpiresAt == nil || in.URL == "" || !in.Slow {
		t.Errorf("got %+v", in)
	}
}

func TestAnotherWayToPay(t *testing.T) {
	t.Parallel()

	t.Run("the voucher's intent is canceled first", func(t *testing.T) {
		t.Parallel()
		f := waiting(t, voucher(newFixture(t), 3))

		f.clock.Advance(2 * day)
		f.stripe.OnSend(func(p payments.Params, _ string) (payments.Snapshot, error) {
			s := snap(p, payments.StatusSucceeded)
			s.ID = "pi_2"
			f.stripe.PutIntent(s)
			return s, nil
		})

		if _, err := f.confirm("ctoken_b"); err != nil {
			t.Fatal(err)
		}

		f.wantOrder(orders.Paid, orders.PaymentPaid)
		f.wantAttempts(payments.Canceled, payments.Succeeded)
	})

	t.Run("money that has arrived is not left behind", func(t *testing.T) {
		t.Parallel()
		f := waiting(t, transfer)
		f.editIntent(func(s *payments.Snapshot) { s.Instructions.Funded = 400 })

		if _, err := f.confirm("ctoken_b"); faultOf(err) == nil || faultOf(err).Code != "payment_in_progress" {
			t.Errorf("got %v, want payment_in_progress", err)
		}
		if f.stripe.Canceled() != 0 {
			t.Error("an intent with money was canceled")
		}
	})
}

// TestLateMoney sends the news of money to a closed order. However the money is
// told, a person has to see it.
func TestLateMoney(t *testing.T) {
	t.Parallel()
	ctx := context.Background()

	ways := map[string]func(f *fixture) error{
		"the intent has succeeded after all": func(f *fixture) error {
			f.stripe.SetStatus(intentID, payments.StatusSucceeded)
			return f.svc.Settle(ctx, orderID, f.intentNow(), nil)
		},
		"an event says that it has succeeded": func(f *fixture) error {
			s := f.intentNow()
			s.Status, s.AmountReceived = payments.StatusSucceeded, s.Amount
			return f.svc.Settle(ctx, orderID, s, nil)
		},
		"a charge has succeeded": func(f *fixture) error {
			return f.svc.SettleHint(ctx, orderID, intentID, payments.ChargeNews{Received: 1099}, nil)
		},
		"a part of a transfer came": func(f *fixture) error {
			s := f.intentNow()
			s.Status, s.Instructions = payments.StatusRequiresAction, transfer
			s.Instructions.Funded = 1
			return f.svc.Settle(ctx, orderID, s, nil)
		},
		"money lies in the cash balance": func(f *fixture) error {
			f.stripe.SetCash(map[string]int64{"usd": 1099})
			return f.svc.SettleCash(ctx, orderID, "cus_1", nil)
		},
	}

	for name, arrive := range ways {
		for _, closed := range []orders.Status{orders.Expired, orders.Canceled} {
			t.Run(name+", "+string(closed), func(t *testing.T) {
				t.Parallel()
				f := waiting(t, transfer)
				f.clock.Advance(14 * day)
				f.runOnce()
				f.store.states[orderID].Order.Status = closed

				for range 2 { // the news comes twice
					if err := arrive(f); err != nil {
						t.Fatal(err)
					}
				}

				f.wantOrder(orders.Review, orders.PaymentReview)
				if f.store.effects[orderID+" "+payments.EffectPaid] != 0 {
					t.Error("the order counts as paid")
				}
			})
		}
	}
}

func TestNoLateMoney(t *testing.T) {
	t.Parallel()
	ctx := context.Background()

	f := waiting(t, transfer)
	f.clock.Advance(14 * day)
	f.runOnce()

	if err := f.svc.SettleHint(ctx, orderID, intentID, payments.ChargeNews{}, nil); err != nil {
		t.Fatal(err)
	}

	f.stripe.SetCash(map[string]int64{"eur": 1099})
	if err := f.svc.SettleCash(ctx, orderID, "cus_1", nil); err != nil {
		t.Fatal(err)
	}

	f.wantOrder(orders.Expired, orders.Unpaid)
}

func TestTransferInParts(t *testing.T) {
	t.Parallel()
	ctx := context.Background()

	f := waiting(t, transfer)
	f.editIntent(func(s *payments.Snapshot) { s.Instructions.Funded = 400 })

	if err := f.svc.Settle(ctx, orderID, f.intentNow(), nil); err != nil {
		t.Fatal(err)
	}
	if got := f.state().Attempts[0].Instructions.Funded; got != 400 {
		t.Errorf("%d has arrived, want 400", got)
	}

	t.Run("the rest pays the order", func(t *testing.T) {
		f.stripe.SetStatus(intentID, payments.StatusSucceeded)
		if err := f.svc.SettleCash(ctx, orderID, "cus_1", nil); err != nil {
			t.Fatal(err)
		}

		f.wantOrder(orders.Paid, orders.PaymentPaid)
	})

	t.Run("a part is never dropped by expiry", func(t *testing.T) {
		f := waiting(t, transfer)
		f.editIntent(func(s *payments.Snapshot) { s.Instructions.Funded = 400 })
		f.clock.Advance(14 * day)
		f.runOnce()

		f.wantOrder(orders.Review, orders.PaymentReview)

		if f.stripe.Canceled() != 0 {
			t.Error("an intent with money was canceled")
		}
	})
}

func TestMoneyThatNothingTakes(t *testing.T) {
	t.Parallel()
	ctx := context.Background()

	t.Run("a transfer after another way to pay failed outlives the order", func(t *testing.T) {
		t.Parallel()
		f := waiting(t, transfer)
		f.stripe.OnSend(func(p payments.Params, _ string) (payments.Snapshot, error) {
			return payments.Snapshot{}, declined(p)
		})
		_, _ = f.confirm("ctoken_card")
		f.wantAttempts(payments.Canceled, payments.Failed)

		f.stripe.SetCash(map[string]int64{"usd": 1099})
		if err := f.svc.SettleCash(ctx, orderID, "cus_1", nil); err != nil {
			t.Fatal(err)
		}
		f.wantOrder(orders.Open, orders.PaymentFailed) // the buyer may still pay

		f.clock.Advance(60 * day)
		f.runOnce()
		f.wantOrder(orders.Review, orders.PaymentReview)
	})

	t.Run("a transfer after another way to pay is a second payment", func(t *testing.T) {
		t.Parallel()
		f := waiting(t, transfer)
		f.stripe.OnSend(func(p payments.Params, _ string) (payments.Snapshot, error) {
			s := snap(p, payments.StatusSucceeded)
			s.ID = "pi_2"
			f.stripe.PutIntent(s)
			return s, nil
		})

		if _, err := f.confirm("ctoken_b"); err != nil {
			t.Fatal(err)
		}

		f.stripe.SetCash(map[string]int64{"usd": 1099})
		if err := f.svc.SettleCash(ctx, orderID, "cus_1", nil); err != nil {
			t.Fatal(err)
		}

		f.wantOrder(orders.Review, orders.PaymentReview)
	})

	t.Run("an overpayment leaves the order paid", func(t *testing.T) {
		t.Parallel()
		f := waiting(t, transfer)
		f.stripe.SetStatus(intentID, payments.StatusSucceeded)
		f.stripe.SetCash(map[string]int64{"usd": 1})

		for range 2 {
			if err := f.svc.SettleCash(ctx, orderID, "cus_1", nil); err != nil {
				t.Fatal(err)
			}
		}

		f.wantOrder(orders.Paid, orders.PaymentPaid)
	})
}
