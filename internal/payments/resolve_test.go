package payments_test

import (
	"testing"
	"time"

	"checkoutd/internal/fault"
	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
)

// unknown makes an attempt whose outcome is unknown.
func unknown(t *testing.T) *fixture {
	f := newFixture(t)
	f.stripe.OnSend(func(payments.Params, string) (payments.Snapshot, error) { return payments.Snapshot{}, errReset })
	if _, err := f.confirm("ctoken_a"); !fault.Is(err, "payment_unknown") {
		t.Fatalf("got %v, want payment_unknown", err)
	}
	f.wantOrder(orders.Open, orders.Checking)
	return f
}

func TestUnknownIsResolvedByTheSameCall(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		answer  func(payments.Params) (payments.Snapshot, error)
		attempt payments.AttemptState
		payment orders.PaymentStatus
	}{
		{"it had succeeded", func(p payments.Params) (payments.Snapshot, error) {
			return snap(p,
				payments.StatusSucceeded), nil
		}, payments.Succeeded, orders.PaymentPaid},
		{"it was declined", func(p payments.Params) (payments.Snapshot,
			error) {
			return payments.Snapshot{}, declined(p)
		}, payments.Failed, orders.PaymentFailed},
		{"it needs 3D Secure", func(p payments.Params) (payments.Snapshot, error) {
			return snap(p,
				payments.StatusRequiresAction), nil
		}, payments.RequiresAction, orders.RequiresAction},
		{"it is still unknown", func(payments.Params) (payments.Snapshot,
			error) {
			return payments.Snapshot{}, errReset
		}, payments.Unknown, orders.Checking},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := unknown(t)
			if _, err := f.confirm("ctoken_b"); !fault.Is(err, "payment_in_progress") {
				t.Errorf("a new token while unknown: %v, want payment_in_progress", err)
			}

			f.stripe.OnSend(func(p payments.Params, _ string) (payments.Snapshot, error) { return tt.answer(p) })
			f.clock.Advance(time.Minute)
			f.runOnce()
			f.wantAttempts(tt.attempt)

			if got := f.state().Order.PaymentStatus; got != tt.payment {
				t.Errorf("payment is %s, want %s", got, tt.payment)
			}
			if f.key(0) != f.key(1) {
				t.Error("the call was repeated under another key")
			}
		})
	}
}

func TestUnknownBacksOffAndNeverGivesUp(t *testing.T) {
	t.Parallel()
	f := unknown(t)
	f.stripe.SetDown(errReset)

	for range 100 {
		f.clock.Advance(6 * time.Minute) // more than the longest pause
		f.runOnce()
	}

	f.wantAttempts(payments.Unknown)
	if n := f.calls(); n != 3 {
		t.Errorf("sent %d times, want 3: after a quarter of an hour the intent is only read", n)
	}

	f.stripe.SetDown(nil)
	s := snap(f.sent(0), payments.StatusSucceeded)
	f.stripe.PutIntent(s)
	f.store.states[orderID].Order.ExpiresAt = f.clock.Now().Add(time.Hour)
	f.clock.Advance(6 * time.Minute)
	f.runOnce()
	f.wantOrder(orders.Paid, orders.PaymentPaid)
}

// TestRefusalOfARepetitionProvesNothing: an answer that comes before Stripe
// looks at the key says nothing about the first request.
func TestRefusalOfARepetitionProvesNothing(t *testing.T) {
	t.Parallel()
	refused := func(typ string, replayed, repeated bool) error {
		return &payments.CallError{
			Outcome:  payments.OutcomeRefused,
			Replayed: replayed,
			Repeated: repeated,
			Stripe:   payments.StripeError{Type: typ},
		}
	}

	for _, typ := range []string{payments.TypeRateLimit, payments.TypeAuthentication,
		payments.TypePermission, payments.TypeInvalidRequest} {
		t.Run(typ+" on a later request leaves it unknown", func(t *testing.T) {
			t.Parallel()
			f := unknown(t)
			f.stripe.OnSend(func(payments.Params, string) (payments.Snapshot, error) {
				return payments.Snapshot{}, refused(typ, false, false)
			})
			f.clock.Advance(time.Minute)
			f.runOnce()
			f.wantAttempts(payments.Unknown)

			if _, err := f.confirm("ctoken_b"); !fault.Is(err, "payment_in_progress") {
				t.Errorf("another token: %v, want payment_in_progress", err)
			}
		})

		t.Run(typ+" after a lost request of the same call leaves it unknown", func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			f.stripe.OnSend(func(payments.Params, string) (payments.Snapshot, error) {
				return payments.Snapshot{}, refused(typ, false, true)
			})

			if _, err := f.confirm("ctoken_a"); !fault.Is(err, "payment_unknown") {
				t.Errorf("got %v, want payment_unknown", err)
			}
		})

		t.Run(typ+" that Stripe kept under the key ends it", func(t *testing.T) {
			t.Parallel()
			f := unknown(t)
			f.stripe.OnSend(func(payments.Params, string) (payments.Snapshot, error) {
				return payments.Snapshot{}, refused(typ, true, false)
			})
			f.clock.Advance(time.Minute)
			f.runOnce()
			f.wantAttempts(payments.Failed)
		})
	}
}

// TestErrorsOfStripeThatKeepComing: a 5xx is no proof, because Stripe may
// complete the call later. An intent past unpaid is believed at once, and an
// unpaid one when nothing can be in flight any more.
func TestErrorsOfStripeThatKeepComing(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name        string
		truth       payments.Status // of the intent at Stripe, "" for none
		said        *payments.StripeError
		soon, later payments.AttemptState
	}{
		{"the intent was paid", payments.StatusSucceeded, nil, payments.Succeeded, payments.Succeeded},
		{"the intent is processing", payments.StatusProcessing, nil, payments.Processing, payments.Processing},
		{"the intent that it made waits for the buyer", payments.StatusRequiresAction, nil,
			payments.RequiresAction, payments.RequiresAction},
		{"the intent that it made was declined", payments.StatusRequiresPaymentMethod, cardDeclined,
			payments.Failed, payments.Failed},
		{"the intent is unpaid", payments.StatusRequiresPaymentMethod, nil, payments.Unknown, payments.Failed},
		{"there is no intent", "", nil, payments.Unknown, payments.Failed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			f.stripe.OnSend(func(p payments.Params, _ string) (payments.Snapshot, error) {
				if tt.truth != "" {
					s := snap(p, tt.truth)
					s.Error = tt.said
					f.stripe.PutIntent(s)
				}

				return payments.Snapshot{}, errInternal
			})

			if _, err := f.confirm("ctoken_a"); !fault.Is(err, "payment_unknown") {
				t.Fatalf("got %v, want payment_unknown", err)
			}

			for range 4 {
				f.clock.Advance(3 * time.Minute)
				f.runOnce()
			}

			f.wantAttempts(tt.soon)
			f.clock.Advance(40 * time.Minute)
			f.runOnce()
			f.wantAttempts(tt.later)
		})
	}
}

// TestLateStartSendsNothing: the buyer of an attempt that was never sent has
// gone.
func TestLateStartSendsNothing(t *testing.T) {
	t.Parallel()
	for name, late := range map[string]func(*fixture){
		"after a quarter of an hour": func(f *fixture) { f.clock.Advance(16 * time.Minute) },
		"for an order in review":     func(f *fixture) { f.store.states[orderID].Order.Status = orders.Review },
		"for an order whose time is over": func(f *fixture) {
			f.store.states[orderID].Order.ExpiresAt = f.clock.Now()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := unknown(t)
			late(f)
			f.clock.Advance(time.Minute)
			f.runOnce()

			if n := f.calls(); n != 1 {
				t.Errorf("sent %d times, want once", n)
			}

			f.clock.Advance(40 * time.Minute)
			f.runOnce()
			f.wantAttempts(payments.Failed)
		})
	}
}

// TestStaleClaimSendsNothing: the claim waited in the queue until another
// worker ended the attempt.
func TestStaleClaimSendsNothing(t *testing.T) {
	t.Parallel()
	f := unknown(t)
	f.clock.Advance(time.Minute)
	f.store.onClaim = func() { // another replica claims it meanwhile
		f.store.states[orderID].Attempts[0].CheckAt = f.clock.Now().Add(time.Hour)
	}
	f.runOnce()
	if n := f.calls(); n != 1 {
		t.Errorf("sent %d times, want once", n)
	}
}

// TestAbandonedAction: the buyer left 3D Secure, or the bank's page, and comes
// back with another token.
func TestAbandonedAction(t *testing.T) {
	t.Parallel()
	abandoned := func(t *testing.T) *fixture {
		f := newFixture(t)
		f.stripe.OnSend(func(p payments.Params, _ string) (payments.Snapshot, error) {
			s := snap(p, payments.StatusRequiresAction)
			f.stripe.PutIntent(s)
			return s, nil
		})

		if _, err := f.confirm("ctoken_a"); err != nil {
			t.Fatal(err)
		}

		f.stripe.OnSend(func(p payments.Params, _ string) (payments.Snapshot, error) {
			return snap(p, payments.StatusSucceeded), nil
		})
		return f
	}

	t.Run("that failed in the meantime is a failed attempt", func(t *testing.T) {
		t.Parallel()
		f := abandoned(t)
		f.stripe.SetStatus(intentID, payments.StatusRequiresPaymentMethod) // and no webhook came
		f.editIntent(func(snap *payments.Snapshot) {
			snap.Error = &payments.StripeError{Type: payments.TypeInvalidRequest,
				Code: "payment_intent_authentication_failure"}
		})

		if _, err := f.confirm("ctoken_b"); err != nil {
			t.Fatal(err)
		}

		f.wantAttempts(payments.Failed, payments.Succeeded)
		if _, err := f.confirm("ctoken_a"); !fault.Is(err, "payment_declined") {
			t.Errorf("its token again: %v, want payment_declined", err)
		}
	})

	t.Run("that still waits is canceled at Stripe before another intent is made", func(t *testing.T) {
		t.Parallel()
		f := abandoned(t)
		f.stripe.OnSend(func(p payments.Params, _ string) (payments.Snapshot, error) {
			if f.stripe.Canceled() != 1 {
				t.Error("another intent is created while the first can still take money")
			}

			s := snap(p, payments.StatusSucceeded)
			s.ID = "pi_2"
			return s, nil
		})

		if _, err := f.confirm("ctoken_b"); err != nil {
			t.Fatal(err)
		}

		f.wantAttempts(payments.Canceled, payments.Succeeded)
		if got := f.sent(1).IntentID; got != "" {
			t.Errorf("confirmed %q again, which is canceled", got)
		}

		f.wantPaidOnce()
	})

	t.Run("that succeeds while it is being canceled is paid", func(t *testing.T) {
		t.Parallel()
		f := abandoned(t)
		f.stripe.OnCancel(func() error {
			s := snap(f.sent(0), payments.StatusSucceeded)
			f.stripe.PutIntent(s)
			return &payments.CallError{Outcome: payments.OutcomeRefused,
				Stripe: payments.StripeError{Type: payments.TypeInvalidRequest}}
		})

		if _, err := f.confirm("ctoken_b"); !fault.Is(err, "order_not_open") {
			t.Errorf("got %v, want order_not_open", err)
		}

		f.wantPaidOnce()
	})

	t.Run("that succeeded at the last moment is paid", func(t *testing.T) {
		t.Parallel()
		f := abandoned(t)
		f.stripe.PutIntent(snap(f.sent(0), payments.StatusSucceeded))

		if _, err := f.confirm("ctoken_b"); !fault.Is(err, "order_not_open") {
			t.Errorf("got %v, want order_not_open", err)
		}
		if f.calls() != 1 {
			t.Error("a paid intent was confirmed again")
		}

		f.wantPaidOnce()
	})

	t.Run("that Stripe does not know stays", func(t *testing.T) {
		t.Parallel()
		f := abandoned(t)
		f.stripe.RemoveIntent(intentID)

		if _, err := f.confirm("ctoken_b"); !fault.Is(err, "payment_in_progress") {
			t.Errorf("got %v, want payment_in_progress", err)
		}
	})

	t.Run("news of it does not change the next attempt", func(t *testing.T) {
		t.Parallel()
		f := abandoned(t)
		f.stripe.OnSend(func(p payments.Params, _ string) (payments.Snapshot, error) {
			p.IntentID = "pi_2"
			old := snap(f.sent(0), payments.StatusRequiresAction) // its event comes late
			if err := f.svc.Settle(t.Context(), orderID, old, nil); err != nil {
				t.Error(err)
			}

			f.wantAttempts(payments.Canceled, payments.Started)
			return snap(p, payments.StatusSucceeded), nil
		})

		if _, err := f.confirm("ctoken_b"); err != nil {
			t.Fatal(err)
		}

		f.wantAttempts(payments.Canceled, payments.Succeeded)
	})
}

func TestQuietAttemptsAreRead(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.stripe.OnSend(func(p payments.Params, _ string) (payments.Snapshot, error) {
		s := snap(p, payments.StatusProcessing)
		f.stripe.PutIntent(s)
		return s, nil
	})

	if _, err := f.confirm("ctoken_a"); err != nil {
		t.Fatal(err)
	}

	f.wantOrder(orders.Open, orders.Processing)
	f.clock.Advance(13 * time.Hour)
	f.runOnce()
	f.wantAttempts(payments.Processing)
	s := snap(f.sent(0), payments.StatusSucceeded)
	f.stripe.PutIntent(s)
	f.store.states[orderID].Order.ExpiresAt = f.clock.Now().Add(24 * time.Hour)
	f.clock.Advance(13 * time.Hour)
	f.runOnce()
	f.wantOrder(orders.Paid, orders.PaymentPaid)
}

func TestExpiry(t *testing.T) {
	t.Parallel()
	overnight := 25 * time.Hour
	for _, tt := range []struct {
		name     string
		prepare  func(*fixture)
		status   orders.Status
		canceled int
	}{
		{"an order that nobody paid expires", func(*fixture) {}, orders.Expired, 0},
		{"an open intent is canceled first", func(f *fixture) {
			f.stripe.OnSend(func(p payments.Params, _ string) (payments.Snapshot, error) {
				s := snap(p, payments.StatusRequiresPaymentMethod)
				f.stripe.PutIntent(s)
				return payments.Snapshot{}, declined(p)
			})

			_, _ = f.confirm("ctoken_a")
		}, orders.Expired, 1},
		{"an abandoned 3D Secure is canceled first", func(f *fixture) {
			f.stripe.OnSend(func(p payments.Params, _ string) (payments.Snapshot, error) {
				s := snap(p, payments.StatusRequiresAction)
				f.stripe.PutIntent(s)
				return s, nil
			})

			_, _ = f.confirm("ctoken_a")
		}, orders.Expired, 1},
		{"an intent that was paid at the last moment makes it paid", func(f *fixture) {
			f.stripe.OnSend(func(p payments.Params, _ string) (payments.Snapshot, error) {
				s := snap(p, payments.StatusRequiresAction)
				f.stripe.PutIntent(s)
				return s, nil
			})

			_, _ = f.confirm("ctoken_a")
			f.stripe.OnCancel(func() error { // 3D Secure passed while we were about to cancel
				s := snap(f.sent(0), payments.StatusSucceeded)
				f.stripe.PutIntent(s)
				return &payments.CallError{
					Outcome: payments.OutcomeRefused,
					Stripe: payments.StripeError{Type: payments.TypeInvalidRequest,
						Code: "payment_intent_unexpected_state"},
					Snapshot: &s,
				}
			})
		}, orders.Paid, 1},
		{"an unknown attempt keeps it open", func(f *fixture) {
			f.stripe.OnSend(func(payments.Params, string) (payments.Snapshot, error) {
				return payments.Snapshot{}, errReset
			})
			_, _ = f.confirm("ctoken_a")
			f.store.states[orderID].Attempts[0].CreatedAt = f.clock.Now().Add(overnight) // still within the time to resend
		}, orders.Open, 0},
		{"a bank that is processing keeps it open", func(f *fixture) {
			f.stripe.OnSend(func(p payments.Params, _ string) (payments.Snapshot, error) {
				s := snap(p, payments.StatusProcessing)
				f.stripe.PutIntent(s)
				return s, nil
			})

			_, _ = f.confirm("ctoken_a")
		}, orders.Open, 0},
		{"a paid order never expires", func(f *fixture) { _, _ = f.confirm("ctoken_a") }, orders.Paid, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			tt.prepare(f)
			f.clock.Advance(overnight)

			// Run only the expirer; other tests cover the resolver.
			f.store.mu.Lock()

			for i := range f.store.states[orderID].Attempts {
				f.store.states[orderID].Attempts[i].CheckAt = time.Time{}
			}

			f.store.mu.Unlock()
			f.runOnce()

			if got := f.state().Order.Status; got != tt.status {
				t.Errorf("order is %s, want %s", got, tt.status)
			}
			if f.stripe.Canceled() != tt.canceled {
				t.Errorf("%d intents canceled, want %d", f.stripe.Canceled(), tt.canceled)
			}
		})
	}
}
