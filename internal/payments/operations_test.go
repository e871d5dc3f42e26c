package payments_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"checkoutd/internal/fault"
	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
	"checkoutd/internal/testkit"
)

func TestCapture(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name          string
		amount, taken int64
	}{
		{"in full", 0, 1099},
		{"in full, by amount", 1099, 1099},
		{"a part, and the rest is released", 600, 600},
		{"the smallest amount", 1, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := confirmed(t, capturing)
			s.wantOrder(orders.Authorized, orders.PaymentAuthorized)

			res, err := s.capture(tt.amount)
			if err != nil {
				t.Fatal(err)
			}

			s.wantOrder(orders.Paid, orders.PaymentPaid)
			s.wantMoney(tt.taken, 0)
			s.wantPaidOnce()
			s.wantAttempts(payments.Succeeded)

			if res.Operation.State != payments.OperationDone || res.State.Order.Status != orders.Paid ||
				res.Earlier != nil {
				t.Errorf("got %+v", res)
			}
		})
	}
}

// TestEventOfAPartialCapture: the webhook may come before the answer, and is no
// mismatch.
func TestEventOfAPartialCapture(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*payments.Snapshot){
		"a part":              func(s *payments.Snapshot) { s.AmountReceived = 600 },
		"more than the order": func(s *payments.Snapshot) { s.AmountReceived = 1100 },
		"nothing":             func(s *payments.Snapshot) { s.AmountReceived = 0 },
		"a part of what is not held": func(s *payments.Snapshot) {
			s.AmountReceived, s.CaptureMethod = 600, "automatic"
		},
		"a part of an intent over another": func(s *payments.Snapshot) { s.AmountReceived, s.Amount = 600, 900 },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := confirmed(t, capturing)
			s.editIntent(func(snap *payments.Snapshot) {
				snap.Status = succeeded
				change(snap)
			})

			if err := s.svc.Settle(context.Background(), orderID, s.intentNow(), nil); err != nil {
				t.Fatal(err)
			}

			if name == "a part" {
				s.wantOrder(orders.Paid, orders.PaymentPaid)
				s.wantMoney(600, 0)
				return
			}

			s.wantOrder(orders.Review, orders.PaymentReview)
		})
	}
}

func TestRefunds(t *testing.T) {
	t.Parallel()
	t.Run("in parts, then the rest", func(t *testing.T) {
		t.Parallel()
		s := confirmed(t, succeeded)
		if re := s.mustRefund(500).Refund(); re == nil || re.Amount != 500 {
			t.Errorf("the refund is %+v", re)
		}

		s.wantOrder(orders.Paid, orders.PartiallyRefunded)
		s.mustRefund(0)
		s.wantOrder(orders.Paid, orders.Refunded)
		s.wantMoney(1099, 1099)

		if _, err := s.refund(1); !fault.Is(err, "order_refunded") {
			t.Errorf("got %v, want order_refunded", err)
		}
	})

	t.Run("of a partial capture: no more than was captured", func(t *testing.T) {
		t.Parallel()
		s := confirmed(t, capturing)
		if _, err := s.capture(600); err != nil {
			t.Fatal(err)
		}

		if _, err := s.refund(601); !fault.Is(err, "amount_out_of_range") ||
			!strings.Contains(fault.Of(err).Message, "6.00 USD") {
			t.Errorf("got %v", err)
		}

		s.mustRefund(499) // just what was not captured: a refund all the same
		s.wantOrder(orders.Paid, orders.PartiallyRefunded)
		s.mustRefund(0)
		s.wantOrder(orders.Paid, orders.Refunded)
		s.wantMoney(600, 600)
	})

	t.Run("a pending refund counts, and a failed one frees its amount", func(t *testing.T) {
		t.Parallel()
		s := confirmed(t, succeeded)
		s.bank.pending = true
		s.mustRefund(1000)
		s.wantOrder(orders.Paid, orders.PartiallyRefunded)

		if _, err := s.refund(100); !fault.Is(err, "amount_out_of_range") {
			t.Errorf("got %v", err)
		}

		s.editRefund("failed")
		if err := s.svc.SettleRefunds(context.Background(), orderID, intentID, nil); err != nil {
			t.Fatal(err)
		}

		s.wantOrder(orders.Paid, orders.PaymentPaid)
		s.mustRefund(1099)
		s.wantOrder(orders.Paid, orders.Refunded)
	})

	t.Run("an older reading does not restore a status", func(t *testing.T) {
		t.Parallel()
		s := confirmed(t, succeeded)
		s.mustRefund(500)
		s.editRefund("pending")

		if err := s.svc.SettleRefunds(context.Background(), orderID, intentID, nil); err != nil {
			t.Fatal(err)
		}
		if got := s.state().Refunds[0].Status; got != "succeeded" {
			t.Errorf("got %s", got)
		}
	})

	t.Run("Stripe's refund for the released part does not count", func(t *testing.T) {
		t.Parallel()
		s := confirmed(t, capturing)
		if _, err := s.capture(600); err != nil {
			t.Fatal(err)
		}

		s.stripe.PutRefund(payments.Refund{
			ID:        "re_release",
			IntentID:  intentID,
			Amount:    499,
			Currency:  "usd",
			Status:    "succeeded",
			CreatedAt: s.clock.Now(),
		})

		s.clock.Advance(time.Hour)
		s.mustRefund(499) // of the same amount, and of ours
		s.wantMoney(600, 499)
		s.mustRefund(101)
		s.wantOrder(orders.Paid, orders.Refunded)
	})

	t.Run("an order in review that was paid once can be refunded", func(t *testing.T) {
		t.Parallel()
		s := confirmed(t, succeeded)
		s.edit(func(o *orders.Order) { o.Status = orders.Review })
		s.mustRefund(0)
		s.wantOrder(orders.Review, orders.PaymentReview)
		s.wantMoney(1099, 1099)
	})

	t.Run("an order that was paid twice cannot: it is ambiguous", func(t *testing.T) {
		t.Parallel()
		s := confirmed(t, succeeded)
		second := s.intentNow()
		second.ID = "pi_2"
		s.store.states[orderID].Intents = append(s.store.states[orderID].Intents,
			payments.Intent{ID: second.ID, OrderID: orderID, Status: rpm})

		if err := s.svc.Settle(context.Background(), orderID, second, nil); err != nil {
			t.Fatal(err)
		}
		if _, err := s.refund(0); !fault.Is(err, "order_paid_twice") || len(s.bank.sent) != 0 {
			t.Errorf("got %v", err)
		}
	})
}

func TestCancelOrder(t *testing.T) {
	t.Parallel()
	for _, status := range []payments.Status{rpm, action, capturing} {
		t.Run("whose intent is "+string(status), func(t *testing.T) {
			t.Parallel()
			s := confirmed(t, status)
			if _, err := s.cancelOrder(); err != nil {
				t.Fatal(err)
			}

			s.wantOrder(orders.Canceled, orders.Unpaid)
			if s.intentNow().Status != gone || s.stripe.Canceled() != 1 {
				t.Errorf("the intent is %s, canceled %d times", s.intentNow().Status, s.stripe.Canceled())
			}
			if _, err := s.confirm("ctoken_b"); !fault.Is(err, "order_not_open") {
				t.Errorf("a canceled order can be paid: %v", err)
			}
		})
	}

	t.Run("that nobody has tried to pay", func(t *testing.T) {
		t.Parallel()
		s := newShop(t)
		if _, err := s.cancelOrder(); err != nil {
			t.Fatal(err)
		}

		s.wantOrder(orders.Canceled, orders.Unpaid)
	})

	t.Run("paid at the last moment: it is paid, not canceled", func(t *testing.T) {
		t.Parallel()
		s := confirmed(t, action)
		s.stripe.OnCancel(func() error {
			s.stripe.SetStatus(intentID, succeeded)
			return &payments.CallError{Outcome: payments.OutcomeRefused,
				Stripe: payments.StripeError{Type: payments.TypeInvalidRequest}}
		})

		if _, err := s.cancelOrder(); !fault.Is(err, "operation_failed") {
			t.Errorf("got %v, want operation_failed", err)
		}

		s.wantOrder(orders.Paid, orders.PaymentPaid)
		s.wantOperations(payments.OperationFailed)
	})

	t.Run("Stripe does not answer: no payment starts in the meantime", func(t *testing.T) {
		t.Parallel()
		s := confirmed(t, rpm)
		s.stripe.OnCancel(func() error { return errReset })

		if _, err := s.cancelOrder(); !fault.Is(err, "operation_unknown") {
			t.Errorf("got %v, want operation_unknown", err)
		}
		if _, err := s.confirm("ctoken_b"); !fault.Is(err, "order_not_open") || s.calls() != 1 {
			t.Errorf("got %v, want order_not_open", err)
		}

		s.stripe.OnCancel(nil)
		if _, err := s.cancelOrder(); err != nil {
			t.Fatal(err)
		}

		s.wantOrder(orders.Canceled, orders.Unpaid)
		s.wantOperations(payments.OperationDone)
	})
}

// TestRefusals: a request that the rules refuse never reaches Stripe, and
// leaves no operation.
func TestRefusals(t *testing.T) {
	t.Parallel()
	doubt := func(s *shop) {
		s.stripe.OnSend(func(payments.Params, string) (payments.Snapshot, error) {
			return payments.Snapshot{}, errReset
		})
		_, _ = s.confirm("ctoken_b")
	}

	status := func(to orders.Status) func(*shop) {
		return func(s *shop) { s.edit(func(o *orders.Order) { o.Status = to }) }
	}
	for _, tt := range []struct {
		name    string
		intent  payments.Status // "": nobody has tried to pay
		prepare func(*shop)
		ask     func(*shop) (payments.Result, error)
		code    string
	}{
		{"capture of an open order", rpm, nil, func(s *shop) (payments.Result,
			error) {
			return s.capture(0)
		}, "order_not_authorized"},
		{"capture of a paid order", succeeded, nil, func(s *shop) (payments.Result,
			error) {
			return s.capture(0)
		}, "order_paid"},
		{"capture of more than the order", capturing, nil, func(s *shop) (payments.Result,
			error) {
			return s.capture(1100)
		}, "amount_out_of_range"},
		{"capture of less than nothing", capturing, nil, func(s *shop) (payments.Result,
			error) {
			return s.capture(-1)
		}, "amount_out_of_range"},
		{"capture that is no multiple", capturing, func(s *shop) {
			s.edit(func(o *orders.Order) { o.Currency, o.Amount = "isk", 20000 })
		}, func(s *shop) (payments.Result, error) { return s.capture(150) }, "amount_out_of_range"},
		{"capture of an order in review", capturing, status(orders.Review),
			func(s *shop) (payments.Result, error) { return s.capture(0) }, "order_not_authorized"},
		{"capture in doubt", "", doubt, func(s *shop) (payments.Result, error) { return s.capture(0) },
			"payment_in_progress"},
		{"refund of an open order", rpm, nil, func(s *shop) (payments.Result,
			error) {
			return s.refund(0)
		}, "order_not_paid"},
		{"refund of a hold", capturing, nil, func(s *shop) (payments.Result,
			error) {
			return s.refund(0)
		}, "order_not_paid"},
		{"refund of more than was taken", succeeded, nil, func(s *shop) (payments.Result,
			error) {
			return s.refund(1100)
		}, "amount_out_of_range"},
		{"refund of less than nothing", succeeded, nil, func(s *shop) (payments.Result,
			error) {
			return s.refund(-5)
		}, "amount_out_of_range"},
		{"refund for an unknown reason", succeeded, nil, func(s *shop) (payments.Result, error) {
			return s.ops.Refund(context.Background(), orderID, 0, "bored")
		}, "reason_unknown"},
		{"refund in doubt", "", doubt, func(s *shop) (payments.Result, error) { return s.refund(0) },
			"payment_in_progress"},
		{"cancellation of a paid order", succeeded, nil, (*shop).cancelOrder, "order_paid"},
		{"cancellation while the bank works", proc, nil, (*shop).cancelOrder, "payment_in_progress"},
		{"cancellation in doubt", "", doubt, (*shop).cancelOrder, "payment_in_progress"},
		{"cancellation of an order in review", rpm, status(orders.Review), (*shop).cancelOrder, "order_in_review"},
		{"cancellation of an expired order", rpm, status(orders.Expired), (*shop).cancelOrder, "order_not_open"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t)
			if tt.intent != "" {
				s = confirmed(t, tt.intent)
			}

			if tt.prepare != nil {
				tt.prepare(s)
			}

			if _, err := tt.ask(s); !fault.Is(err, tt.code) {
				t.Errorf("got %v, want %s", err, tt.code)
			}
			if len(s.bank.sent) != 0 || s.stripe.Canceled() != 0 {
				t.Error("Stripe was called nevertheless")
			}

			s.wantOperations()
		})
	}
}

// TestLapsedHold: Stripe releases a hold that nobody captured. The order was
// never paid, and can be paid again until it expires.
func TestLapsedHold(t *testing.T) {
	t.Parallel()
	for _, expired := range []bool{false, true} {
		s := confirmed(t, capturing)
		if expired {
			s.clock.Advance(7 * 24 * time.Hour)
		}

		s.stripe.SetStatus(intentID, gone)
		if err := s.svc.Settle(context.Background(), orderID, s.intentNow(), nil); err != nil {
			t.Fatal(err)
		}

		s.wantOrder(orders.Open, orders.Unpaid)
		s.wantMoney(0, 0)

		if _, err := s.capture(0); !fault.Is(err, "order_not_authorized") {
			t.Errorf("got %v, want order_not_authorized", err)
		}
		if n := s.store.effects[orderID+" "+payments.EffectPaid]; n != 0 {
			t.Errorf("%d paid effects", n)
		}

		s.runOnce()
		if expired {
			s.wantOrder(orders.Expired, orders.Unpaid)
		} else {
			s.wantOrder(orders.Open, orders.Unpaid)
		}
	}
}

// TestHoldLapsesDuringTheCapture: the shop reads Stripe's answer, and the order
// shows the truth.
func TestHoldLapsesDuringTheCapture(t *testing.T) {
	t.Parallel()
	s := confirmed(t, capturing)
	s.stripe.SetStatus(intentID, gone)
	s.bank.refuse = &payments.CallError{Outcome: payments.OutcomeRefused,
		Stripe: payments.StripeError{
			Type:    payments.TypeInvalidRequest,
			Code:    "payment_intent_unexpected_state",
			Message: "it was canceled",
		}}

	if _, err := s.capture(0); !fault.Is(err, "operation_failed") {
		t.Errorf("got %v, want operation_failed", err)
	}

	s.wantOrder(orders.Open, orders.Unpaid)
	s.wantOperations(payments.OperationFailed)
}

// TestManyAtOnce: the same request by many processes leads to one operation.
func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	s := confirmed(t, succeeded)
	var wg sync.WaitGroup

	results := make([]error, 16)
	for i := range results {
		wg.Go(func() {
			_, results[i] = payments.NewOperations(s.svc, testkit.Always[payments.Operator](s.bank)).Refund(context.Background(), orderID, 700, "")
		})
	}

	wg.Wait()
	done := 0
	for _, err := range results {
		if err == nil {
			done++
		} else if !fault.Is(err, "amount_out_of_range") && !fault.Is(err, "operation_in_progress") {
			t.Error(err)
		}
	}

	if len(s.refundsNow()) != 1 || done == 0 {
		t.Errorf("%d refunds, %d processes read that it is done", len(s.refundsNow()), done)
	}

	s.wantMoney(1099, 700)
}
