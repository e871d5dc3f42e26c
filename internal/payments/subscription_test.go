package payments_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"checkoutd/internal/fault"
	"checkoutd/internal/httpio"
	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
)

// subscribed returns the fixture of an order whose subscription is active.
func subscribed(t *testing.T) *fixture {
	t.Helper()
	f := newFixtureOf(t, orders.ModeSubscription)
	f.stripe.OnSend(func(p payments.Params, _ string) (payments.Snapshot, error) {
		f.happen(p, moment{intent: succeeded, sub: active})
		return snapOf(p, succeeded, active), nil
	})
	if _, err := f.confirm("ctoken_a"); err != nil {
		t.Fatal(err)
	}
	return f
}

func (f *fixture) wantSubscription(want payments.SubscriptionStatus) {
	f.Helper()
	if list := f.state().Subscriptions; len(list) != 1 || list[0].Status != want || list[0].CustomerID != customerID {
		f.Errorf("subscriptions %+v, want one, %s", list, want)
	}
}

func TestPaidSubscriptionIsReadUntilItShowsThePayment(t *testing.T) {
	t.Parallel()
	f := newFixtureOf(t, orders.ModeSubscription)
	f.stripe.OnSend(func(p payments.Params, _ string) (payments.Snapshot, error) {
		f.happen(p, moment{intent: succeeded, sub: active})
		return snapOf(p, succeeded, incomplete), nil // as it was a moment before
	})

	if _, err := f.confirm("ctoken_a"); err != nil {
		t.Fatal(err)
	}

	f.wantOrder(orders.Paid, orders.PaymentPaid)
	f.wantSubscription(active)

	if f.stripe.Readings() != 1 {
		t.Errorf("%d readings, want one", f.stripe.Readings())
	}
}

func TestPaidSubscriptionThatCannotBeReadIsStillPaid(t *testing.T) {
	t.Parallel()
	f := newFixtureOf(t, orders.ModeSubscription)
	f.stripe.SetDown(errReset)
	f.stripe.OnSend(func(p payments.Params, _ string) (payments.Snapshot, error) {
		return snapOf(p, succeeded, incomplete), nil
	})

	if answer, err := f.confirm("ctoken_a"); err != nil || answer.Status != succeeded {
		t.Errorf("answered %+v, %v", answer, err)
	}

	f.wantSubscription(incomplete)
	f.stripe.SetDown(nil)
	f.happen(f.sent(0), moment{intent: succeeded, sub: active})

	if err := f.svc.SettleSubscription(context.Background(), orderID, subID, nil); err != nil {
		t.Fatal(err)
	}

	f.wantSubscription(active)
	f.wantPaidOnce()
}

// The answer to a call comes after the events that followed it.
func TestLateAnswerDoesNotUndoASubscription(t *testing.T) {
	t.Parallel()
	f := newFixtureOf(t, orders.ModeSubscription)
	f.stripe.OnSend(func(p payments.Params, _ string) (payments.Snapshot, error) {
		f.happen(p, moment{intent: succeeded, sub: payments.SubscriptionCanceled})
		if err := f.svc.SettleSubscription(context.Background(), orderID, subID, nil); err != nil {
			t.Error(err)
		}
		return snapOf(p, succeeded, active), nil
	})

	if _, err := f.confirm("ctoken_a"); err != nil {
		t.Fatal(err)
	}

	f.wantSubscription(payments.SubscriptionCanceled)
	f.wantPaidOnce()
}

// The later of two readings wins, whichever commits first.
func TestStaleReadingOfASubscriptionIsReadAgain(t *testing.T) {
	t.Parallel()
	f := subscribed(t)
	p := f.sent(0)
	f.happen(p, moment{intent: succeeded, sub: pastDue, renewal: rpm})
	f.stripe.OnSubscription(func() {
		f.stripe.OnSubscription(nil)
		f.happen(p, moment{intent: succeeded, sub: active, renewal: succeeded})

		if err := f.svc.SettleFresh(context.Background(), orderID, renewalID, nil); err != nil {
			t.Error(err)
		}
	})

	if err := f.svc.SettleSubscription(context.Background(), orderID, subID, nil); err != nil {
		t.Fatal(err)
	}

	f.wantSubscription(active)
}

func TestSubscriptionNewsOfAnUnlinkedFirstPaymentPaysTheOrder(t *testing.T) {
	t.Parallel()
	f := newFixtureOf(t, orders.ModeSubscription)
	f.stripe.OnSend(func(p payments.Params, _ string) (payments.Snapshot, error) {
		f.happen(p, moment{intent: succeeded, sub: active})
		return payments.Snapshot{}, errReset
	})

	_, _ = f.confirm("ctoken_a")

	if err := f.svc.SettleSubscription(context.Background(), orderID, subID, nil); err != nil {
		t.Fatal(err)
	}

	f.wantOrder(orders.Paid, orders.PaymentPaid)
	f.wantAttempts(payments.Succeeded)
	f.wantSubscription(active)
	f.wantPaidOnce()
}

// If a step after the creation of the subscription fails, the subscription is
// not created again.
func TestErrorOfALaterStepLinksTheIntentOfAnEarlierOne(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err   payments.CallError
		state payments.AttemptState
	}{
		"refused": {payments.CallError{Outcome: payments.OutcomeRefused,
			Stripe: payments.StripeError{Type: payments.TypeInvalidRequest}}, payments.Failed},
		"declined": {payments.CallError{Outcome: payments.OutcomeRefused, Stripe: *cardDeclined}, payments.Failed},
		"unknown":  {payments.CallError{Stripe: payments.StripeError{Type: payments.TypeConnection}}, payments.Unknown},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixtureOf(t, orders.ModeSubscription)
			f.stripe.OnSend(func(p payments.Params, _ string) (payments.Snapshot, error) {
				s := snapOf(p, rpm, incomplete)
				f.happen(p, moment{intent: rpm, sub: incomplete})
				e := c.err
				e.Snapshot = &s
				return payments.Snapshot{}, &e
			})

			if _, err := f.confirm("ctoken_a"); err == nil {
				t.Error("no error")
			}

			f.wantAttempts(c.state)
			f.wantSubscription(incomplete)

			if st := f.state(); st.Attempts[0].IntentID != intentID || st.Intents[0].SubscriptionID != subID {
				t.Errorf("the attempt is on %q, the intent of %q",
					st.Attempts[0].IntentID, st.Intents[0].SubscriptionID)
			}

			if c.state != payments.Failed {
				return
			}

			f.stripe.OnSend(func(p payments.Params, _ string) (payments.Snapshot, error) {
				f.happen(p, moment{intent: succeeded, sub: active})
				return snapOf(p, succeeded, active), nil
			})

			if _, err := f.confirm("ctoken_b"); err != nil {
				t.Fatal(err)
			}

			if p := f.sent(1); p.IntentID != intentID || p.BringUpToDate {
				t.Errorf("the second attempt is on %q (brought up to date: %t), want the same intent as it is",
					p.IntentID, p.BringUpToDate)
			}

			f.wantPaidOnce()
		})
	}
}

func TestMismatchOfASubscriptionGoesToReview(t *testing.T) {
	t.Parallel()
	f := newFixtureOf(t, orders.ModeSubscription)
	f.stripe.OnSend(func(p payments.Params, _ string) (payments.Snapshot, error) {
		return payments.Snapshot{}, &payments.CallError{
			Outcome:  payments.OutcomeRefused,
			Mismatch: "it begins with 900 usd",
			Stripe:   payments.StripeError{Type: payments.TypeInvalidRequest},
		}
	})

	_, err := f.confirm("ctoken_a")
	if f := fault.Of(err); f.Code != "order_not_open" || strings.Contains(f.Message, "900") {
		t.Errorf("the buyer reads %q: %q", f.Code, f.Message)
	}

	f.wantOrder(orders.Review, orders.PaymentReview)
	f.wantAttempts(payments.Failed)

	if got := f.state().Order.ReviewReason; got != "it begins with 900 usd" {
		t.Errorf("the reason is %q", got)
	}
	if _, err := f.confirm("ctoken_b"); err == nil || f.calls() != 1 {
		t.Errorf("%d calls (%v), want no other", f.calls(), err)
	}
}

// The items of a subscription cannot be changed: the old subscription ends
// before another begins.
func TestChangedOrderEndsTheOldSubscriptionFirst(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*orders.Order){
		"amount": func(o *orders.Order) { o.Amount = 2198; o.Items[0].Quantity = 2 },
		"items":  func(o *orders.Order) { o.Items[0].SKU = "other" },
		"interval": func(o *orders.Order) {
			o.Items[0].Recurring = &orders.Recurring{Interval: "year", IntervalCount: 1}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := declinedSubscription(t)
			st := f.state()
			st.Order.Items = append([]orders.Item(nil), st.Order.Items...)
			change(&st.Order)
			f.store.states[orderID] = st
			f.stripe.OnSend(func(p payments.Params, _ string) (payments.Snapshot, error) {
				if f.stripe.Canceled() != 1 {
					t.Error("the old subscription still exists")
				}

				s := snapOf(p, succeeded, active)
				s.ID = "pi_other"
				return s, nil
			})

			if _, err := f.confirm("ctoken_b"); err != nil {
				t.Fatal(err)
			}
			if p := f.sent(1); p.IntentID != "" || p.Items[0] != st.Order.Items[0] {
				t.Errorf("sent %+v, want a new subscription to %+v", p, st.Order.Items)
			}

			f.wantPaidOnce()
		})
	}

	t.Run("and does not begin while the old one cannot be ended", func(t *testing.T) {
		t.Parallel()
		f := declinedSubscription(t)
		f.store.states[orderID].Order.Amount = 900
		f.stripe.OnCancel(func() error { return errReset })

		if _, err := f.confirm("ctoken_b"); !errors.Is(err, payments.ErrPaymentInProgress) || f.calls() != 1 {
			t.Errorf("%d calls, %v; want one and ErrPaymentInProgress", f.calls(), err)
		}

		f.stripe.OnCancel(func() error { // somebody paid it a moment before
			f.happen(f.sent(0), moment{intent: succeeded, sub: active})
			return &payments.CallError{Outcome: payments.OutcomeRefused}
		})

		if _, err := f.confirm("ctoken_c"); err == nil || f.calls() != 1 {
			t.Errorf("%d calls, %v; want no other", f.calls(), err)
		}

		f.wantOrder(orders.Review, orders.PaymentReview) // over another amount than the order's
	})
}

// declinedSubscription returns the fixture of an order whose first payment was
// declined.
func declinedSubscription(t *testing.T) *fixture {
	t.Helper()
	f := newFixtureOf(t, orders.ModeSubscription)
	f.stripe.OnSend(func(p payments.Params, _ string) (payments.Snapshot, error) {
		f.happen(p, moment{intent: rpm, sub: incomplete})
		s := snapOf(p, rpm, incomplete)
		return payments.Snapshot{}, &payments.CallError{
			Outcome:  payments.OutcomeRefused,
			Stripe:   *cardDeclined,
			Snapshot: &s,
		}
	})

	if _, err := f.confirm("ctoken_a"); err == nil {
		t.Fatal("it was not declined")
	}

	f.wantAttempts(payments.Failed)
	return f
}

// runningUnpaid returns the fixture of an open order whose first payment is
// canceled and whose subscription is running: a process died after it voided
// the invoice, and Stripe ignores void invoices.
func runningUnpaid(t *testing.T) *fixture {
	t.Helper()
	f := declinedSubscription(t)
	p := f.sent(0)
	f.happen(p, moment{intent: gone, sub: active})

	if err := f.svc.SettleSubscription(context.Background(), orderID, subID, nil); err != nil {
		t.Fatal(err)
	}

	f.wantSubscription(active)
	f.stripe.OnCancel(func() error {
		f.happen(p, moment{intent: gone, sub: payments.SubscriptionCanceled})
		return nil
	})

	return f
}

func TestSubscriptionThatRunsUnpaidEndsBeforeAnotherBegins(t *testing.T) {
	t.Parallel()
	f := runningUnpaid(t)
	f.stripe.OnSend(func(p payments.Params, _ string) (payments.Snapshot, error) {
		if f.stripe.Canceled() != 1 {
			t.Error("the old subscription still exists")
		}

		s := snapOf(p, succeeded, active)
		s.ID, s.SubscriptionID, s.Subscription.ID = "pi_other", "sub_other", "sub_other"
		return s, nil
	})

	if _, err := f.confirm("ctoken_b"); err != nil {
		t.Fatal(err)
	}

	f.wantPaidOnce()
	if st := f.state(); st.Subscriptions[0].Status != payments.SubscriptionCanceled ||
		st.Subscriptions[1].Status != active {
		t.Errorf("subscriptions %+v, want the first ended and the second active", st.Subscriptions)
	}
}

func TestSubscriptionThatRunsUnpaidEndsWithItsOrder(t *testing.T) {
	t.Parallel()
	f := runningUnpaid(t)
	f.clock.Advance(25 * time.Hour)
	f.runOnce()
	f.wantOrder(orders.Expired, orders.Unpaid)
	f.wantSubscription(payments.SubscriptionCanceled)
}

// The merchant may have marked the invoice as paid, so a person must review the
// order.
func TestSubscriptionThatCannotBeEndedGoesToReview(t *testing.T) {
	t.Parallel()
	f := runningUnpaid(t)
	f.stripe.OnCancel(func() error { return &payments.CallError{Outcome: payments.OutcomeRefused} })
	f.clock.Advance(25 * time.Hour)
	f.runOnce()
	f.wantOrder(orders.Review, orders.PaymentReview)
	f.wantSubscription(active)
}

func TestSubscriptionThatRunsForAClosedOrderGoesToReview(t *testing.T) {
	t.Parallel()
	f := declinedSubscription(t)
	p := f.sent(0)
	f.stripe.OnCancel(func() error {
		f.happen(p, moment{intent: gone, sub: payments.SubscriptionIncompleteExpired})
		return nil
	})

	f.clock.Advance(25 * time.Hour)
	f.runOnce()
	f.wantOrder(orders.Expired, orders.Unpaid)
	f.happen(p, moment{intent: gone, sub: active})

	if err := f.svc.SettleSubscription(context.Background(), orderID, subID, nil); err != nil {
		t.Fatal(err)
	}

	f.wantOrder(orders.Review, orders.PaymentReview)
}

func TestModeThatNeedsACustomerIsRefusedWithoutOne(t *testing.T) {
	t.Parallel()
	for _, mode := range []orders.Mode{orders.ModeSetup, orders.ModeSubscription} {
		f := newFixtureOf(t, mode)
		f.store.states[orderID].Order.CustomerID = ""
		if _, err := f.confirm("ctoken_a"); fault.Of(err).Kind != fault.Unavailable || f.calls() != 0 {
			t.Errorf("%s: %v after %d calls", mode, err, f.calls())
		}
		f.wantOrder(orders.Open, orders.Unpaid)
	}
}

func TestIntentOfAnotherKindGoesToReview(t *testing.T) {
	t.Parallel()
	for mode, id := range map[orders.Mode]string{orders.ModePayment: setupID, orders.ModeSetup: intentID} {
		f := newFixtureOf(t, mode)
		f.stripe.OnSend(func(p payments.Params, _ string) (payments.Snapshot, error) {
			s := snap(p, succeeded)
			s.ID = id
			return s, nil
		})

		if _, err := f.confirm("ctoken_a"); err == nil {
			t.Errorf("%s: an intent %s was taken", mode, id)
		}

		f.wantOrder(orders.Review, orders.PaymentReview)
	}
}

func TestSetupWhoseAuthenticationFailedHasItsOwnMessage(t *testing.T) {
	t.Parallel()
	f := newFixtureOf(t, orders.ModeSetup)
	f.stripe.OnSend(func(p payments.Params, _ string) (payments.Snapshot, error) { return snapOf(p, action, ""), nil })

	if answer, err := f.confirm("ctoken_a"); err != nil || answer.Status != action {
		t.Fatalf("%+v, %v", answer, err)
	}

	s := snapOf(f.sent(0), rpm, "")
	s.Error = &payments.StripeError{
		Type:    payments.TypeInvalidRequest,
		Code:    "setup_intent_authentication_failure",
		Message: "for developers",
	}

	f.stripe.PutIntent(s)

	if err := f.svc.Settle(context.Background(), orderID, s, nil); err != nil {
		t.Fatal(err)
	}

	if _, err := f.confirm("ctoken_a"); fault.Of(err).Code != "payment_declined" ||
		!strings.Contains(fault.Of(err).Message, "was not saved") {
		t.Errorf("the buyer reads %v", fault.Of(err).Message)
	}
}

func TestResolverReadsByMode(t *testing.T) {
	t.Parallel()
	for _, mode := range []orders.Mode{orders.ModeSetup, orders.ModeSubscription} {
		f := newFixtureOf(t, mode)
		f.stripe.OnSend(func(p payments.Params, _ string) (payments.Snapshot, error) {
			f.happen(p, moment{intent: succeeded, sub: active})
			return payments.Snapshot{}, errReset
		})

		_, _ = f.confirm("ctoken_a")
		f.clock.Advance(20 * time.Minute) // too late to send it again
		f.runOnce()
		f.wantOrder(orders.Paid, orders.PaymentPaid)

		if p := f.stripe.LastSearch(); f.calls() != 1 || p.Mode != mode || p.Customer != customerID {
			t.Errorf("%s: %d calls, looked for %+v", mode, f.calls(), p)
		}
	}
}

func TestOrderOfAnInvoice(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	f := subscribed(t)
	ask := func(ref payments.Ref) string {
		t.Helper()
		match, err := f.svc.AskOrderOf(ctx, ref)
		if err != nil {
			t.Error(err)
		}

		if match.OrderID != "" && !match.Ours {
			t.Errorf("%+v only names the order", ref)
		}

		return match.OrderID
	}
	if got := ask(payments.Ref{IntentID: renewalID, InvoiceID: "in_2"}); got != orderID {
		t.Errorf("of a known subscription: %q", got)
	}

	f.store.states[orderID].Subscriptions = nil
	if got := ask(payments.Ref{InvoiceID: "in_2"}); got != orderID {
		t.Errorf("by the subscription's metadata: %q", got)
	}

	strange := payments.SubscriptionReading{Subscription: subscriptionIn(active)}
	strange.Mark.OrderID = "ord_else"
	f.stripe.PutSubscription(strange)

	if got := ask(payments.Ref{InvoiceID: "in_2"}); got != "" {
		t.Errorf("of a stranger's subscription: %q", got)
	}

	f.stripe.PutInvoice("in_2", "")
	if got := ask(payments.Ref{InvoiceID: "in_2"}); got != "" {
		t.Errorf("of an invoice without a subscription: %q", got)
	}

	f.stripe.SetDown(errInternal)
	if _, err := f.svc.AskOrderOf(ctx, payments.Ref{InvoiceID: "in_2"}); err == nil {
		t.Error("no error while Stripe is down")
	}
	if err := f.svc.SettleSubscription(ctx, orderID, subID, nil); err == nil {
		t.Error("no error while Stripe is down")
	}
}

// kept is an orders.Store that holds the fixture's order.
type kept struct {
	orders.Store
	f *fixture
}

func (k kept) Order(context.Context, string) (orders.Order, error) {
	o := k.f.state().Order
	o.TokenHash = orders.HashToken("token")
	return o, nil
}

// post makes a confirm call over HTTP.
func (f *fixture) post(ensure func(context.Context, http.ResponseWriter, *http.Request,
	orders.Order) error) (status int) {
	shop := orders.New(orders.Config{
		Store:        kept{f: f},
		Now:          f.clock.Now,
		ExpiresAfter: time.Hour,
		BaseURL:      "http://shop.test",
	})

	r := httptest.NewRequest(http.MethodPost, "/create-confirm-intent",
		strings.NewReader(`{"confirmationTokenId":"ctoken_a"}`))
	r.Header.Set("Content-Type", "application/json")
	r.AddCookie(&http.Cookie{Name: "checkoutd_order", Value: orderID + ":token"})
	w := httptest.NewRecorder()
	httpio.HandleStripe(payments.NewHandler(f.svc, shop, ensure, nil).ServeHTTP)(w, r)

	return w.Code
}

func TestConfirmEnsuresACustomerFirst(t *testing.T) {
	t.Parallel()
	refusal := fault.New(fault.Unavailable, "payment_provider_unavailable", "No.")
	for mode, want := range map[orders.Mode]int{
		orders.ModePayment:      0,
		orders.ModeSetup:        1,
		orders.ModeSubscription: 1,
	} {
		f := newFixtureOf(t, mode)
		asked := 0
		status := f.post(func(context.Context, http.ResponseWriter, *http.Request, orders.Order) error {
			asked++
			return refusal
		})
		if asked != want || (status == http.StatusServiceUnavailable) != (want == 1) || f.calls() != 1-want {
			t.Errorf("%s: asked %d times, status %d, %d calls", mode, asked, status, f.calls())
		}
	}
}
