package payments_test

import (
	"context"
	"errors"
	"reflect"
	"sync"
	"testing"
	"time"

	"checkoutd/internal/fault"
	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
)

func TestConfirmPays(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	got, err := f.confirm("ctoken_a")

	want := payments.Answer{
		ClientSecret: secret, Status: payments.StatusSucceeded, AttemptID: f.state().Attempts[0].ID,
	}
	if err != nil || got != want {
		t.Fatalf("got %+v, %v; want %+v", got, err, want)
	}

	f.wantOrder(orders.Paid, orders.PaymentPaid)
	f.wantAttempts(payments.Succeeded)
	f.wantPaidOnce()

	p := f.sent(0)
	if p.Amount != 1099 || p.Currency != "usd" || p.Token != "ctoken_a" || p.Metadata[payments.MetaOrder] != orderID {
		t.Errorf("sent %+v", p)
	}
}

func TestConfirmSameTokenAgain(t *testing.T) {
	t.Parallel()
	for name, send := range map[string]func(payments.Params) (payments.Snapshot, error){
		"succeeded": func(p payments.Params) (payments.Snapshot, error) {
			return snap(p, payments.StatusSucceeded), nil
		},
		"requires_action": func(p payments.Params) (payments.Snapshot, error) {
			return snap(p, payments.StatusRequiresAction), nil
		},
		"declined": func(p payments.Params) (payments.Snapshot, error) { return payments.Snapshot{}, declined(p) },
		"unknown":  func(payments.Params) (payments.Snapshot, error) { return payments.Snapshot{}, errReset },
	} {
		t.Run(name+" gets the same answer without a call", func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			f.stripe.OnSend(func(p payments.Params, _ string) (payments.Snapshot, error) { return send(p) })
			a1, err1 := f.confirm("ctoken_a")

			a2, err2 := f.confirm("ctoken_a")
			if a1 != a2 || !reflect.DeepEqual(faultOf(err1), faultOf(err2)) {
				t.Errorf("first %+v, %v; then %+v, %v", a1, err1, a2, err2)
			}
			if n := f.calls(); n != 1 {
				t.Errorf("%d calls, want 1", n)
			}
		})
	}
}

func faultOf(err error) *fault.Error {
	if err == nil {
		return nil
	}
	return fault.Of(err)
}

func TestConfirmTwentyAtOnce(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	inCall, goOn := make(chan struct{}), make(chan struct{})
	f.stripe.OnSend(func(p payments.Params, _ string) (payments.Snapshot, error) {
		close(inCall)
		<-goOn
		return snap(p, payments.StatusSucceeded), nil
	})

	var wg sync.WaitGroup
	answers := make([]payments.Answer, 20)
	first := make(chan error, 1)
	go func() { _, err := f.confirm("ctoken_a"); first <- err }()
	<-inCall

	for i := range answers {
		wg.Go(func() {
			var err error
			if answers[i], err = f.confirm("ctoken_a"); err != nil {
				t.Errorf("click %d: %v", i, err)
			}
		})
	}

	if _, err := f.confirm("ctoken_b"); !fault.Is(err, "payment_in_progress") {
		t.Errorf("another token while one is in flight: %v, want payment_in_progress", err)
	}

	close(goOn)
	wg.Wait()

	if err := <-first; err != nil {
		t.Fatal(err)
	}

	for _, a := range answers {
		if a.Status != payments.StatusSucceeded {
			t.Errorf("answer %+v, want succeeded", a)
		}
	}

	if n := f.calls(); n != 1 {
		t.Errorf("%d calls, want 1", n)
	}

	f.wantPaidOnce()
}

func TestConfirmAfterDeclineUsesTheSameIntent(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.stripe.OnSend(func(p payments.Params, _ string) (payments.Snapshot, error) {
		return payments.Snapshot{}, declined(p)
	})

	_, err := f.confirm("ctoken_a")
	if e := fault.Of(err); e.Kind != fault.Declined || e.Payment.DeclineCode != "insufficient_funds" ||
		e.Message != "Your card has insufficient funds." {
		t.Fatalf("the decline is %+v", e)
	}

	f.wantOrder(orders.Open, orders.PaymentFailed)

	f.store.states[orderID].Order.Amount = 2000 // the order changed meanwhile
	f.stripe.OnSend(func(p payments.Params, _ string) (payments.Snapshot, error) {
		return snap(p, payments.StatusSucceeded), nil
	})

	if _, err := f.confirm("ctoken_b"); err != nil {
		t.Fatal(err)
	}

	p := f.sent(1)
	if p.IntentID != intentID || !p.BringUpToDate || p.Amount != 2000 {
		t.Errorf("sent %+v, want a confirm of %s brought up to 2000", p, intentID)
	}
	if f.key(0) == f.key(1) {
		t.Error("two attempts share an idempotency key")
	}

	f.wantAttempts(payments.Failed, payments.Succeeded)
	f.wantPaidOnce()
}

func TestConfirmRefusesBeforeStripe(t *testing.T) {
	t.Parallel()
	wrong := int64(1)
	for _, tt := range []struct {
		name  string
		order func(*orders.Order)
		c     payments.ConfirmRequest
		code  string
	}{
		{"a malformed token", nil, payments.ConfirmRequest{OrderID: orderID, Token: "pm_1"}, "token_malformed"},
		{"an unknown order", nil, payments.ConfirmRequest{OrderID: "ord_2", Token: "ctoken_a"}, "order_not_found"},
		{"an outdated total", nil, payments.ConfirmRequest{
			OrderID:        orderID,
			Token:          "ctoken_a",
			ExpectedAmount: &wrong,
		}, "amount_changed"},
		{"a paid order", func(o *orders.Order) { o.Status = orders.Paid },
			payments.ConfirmRequest{OrderID: orderID, Token: "ctoken_a"}, "order_not_open"},
		{"an order in review", func(o *orders.Order) { o.Status = orders.Review },
			payments.ConfirmRequest{OrderID: orderID, Token: "ctoken_a"}, "order_not_open"},
		{"an expired order", func(o *orders.Order) { o.ExpiresAt = o.CreatedAt },
			payments.ConfirmRequest{OrderID: orderID, Token: "ctoken_a"}, "order_not_open"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			if tt.order != nil {
				tt.order(&f.store.states[orderID].Order)
			}

			_, err := f.svc.Confirm(context.Background(), tt.c)
			if !fault.Is(err, tt.code) {
				t.Errorf("got %v, want %s", err, tt.code)
			}
			if f.calls() != 0 || len(f.state().Attempts) != 0 {
				t.Error("an attempt was started")
			}
		})
	}
}

func TestConfirmLimitsTheAttempts(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.stripe.OnSend(func(p payments.Params, _ string) (payments.Snapshot, error) {
		return payments.Snapshot{}, declined(p)
	})

	for i := range 20 {
		if _, err := f.confirm("ctoken_" + string(rune('a'+i))); !fault.Is(err, "payment_declined") {
			t.Fatalf("try %d: %v", i, err)
		}
	}

	if _, err := f.confirm("ctoken_more"); !fault.Is(err, "too_many_attempts") {
		t.Errorf("got %v, want too_many_attempts", err)
	}
	if n := f.calls(); n != 20 {
		t.Errorf("%d calls, want 20", n)
	}
}

// TestEveryErrorType covers the error types that Stripe documents: each has its
// own outcome for the attempt and for the buyer.
func TestEveryErrorType(t *testing.T) {
	t.Parallel()
	refused := func(typ, code, param string) error {
		return &payments.CallError{
			Outcome: payments.OutcomeRefused,
			Param:   param,
			Stripe: payments.StripeError{
				Type:    typ,
				Code:    code,
				Message: "No such thing: 'ctoken_a'",
			},
		}
	}
	for _, tt := range []struct {
		name    string
		err     func(payments.Params) error
		attempt payments.AttemptState
		kind    fault.Kind
		code    string
	}{
		{"card", declined, payments.Failed, fault.Declined, "payment_declined"},
		{"a total under Stripe's minimum", func(payments.Params) error {
			return refused(payments.TypeInvalidRequest, "amount_too_small", "amount")
		}, payments.Failed, fault.Invalid, "amount_out_of_range"},
		{"an e-mail address", func(payments.Params) error {
			return refused(payments.TypeInvalidRequest, "email_invalid", "receipt_email")
		}, payments.Failed, fault.Invalid, "email_malformed"},
		{"a line of the address", func(payments.Params) error {
			return refused(payments.TypeInvalidRequest, "", "shipping[address][line1]")
		}, payments.Failed, fault.Invalid, "address_malformed"},
		{"a detached payment method", func(payments.Params) error {
			return refused(payments.TypeInvalidRequest, "resource_missing", "payment_method")
		}, payments.Failed, fault.Invalid, "method_gone"},
		{"a method that the account does not have", func(payments.Params) error {
			return refused(payments.TypeInvalidRequest, "payment_method_unactivated", "payment_method_types")
		}, payments.Failed, fault.Invalid, "payment_rejected"},
		{"a parameter of ours", func(payments.Params) error {
			return refused(payments.TypeInvalidRequest, "parameter_unknown", "on_behalf_of")
		}, payments.Failed, fault.Unavailable, "payment_unavailable"},
		{"an account that is not activated", func(payments.Params) error {
			return refused(payments.TypeInvalidRequest, "testmode_charges_only", "")
		}, payments.Failed, fault.Unavailable, "payment_unavailable"},
		{"an intent of another account", func(payments.Params) error {
			return refused(payments.TypeInvalidRequest, "resource_missing", "intent")
		}, payments.Failed, fault.Unavailable, "payment_unavailable"},
		{"a token that Stripe does not know", func(payments.Params) error {
			return refused(payments.TypeInvalidRequest, "resource_missing", "confirmation_token")
		}, payments.Failed, fault.Invalid, "token_expired"},
		{"a token that has expired", func(payments.Params) error {
			return refused(payments.TypeInvalidRequest, "confirmation_token_expired", "confirmation_token")
		}, payments.Failed, fault.Invalid, "token_expired"},
		{"a token for other options", func(payments.Params) error {
			return refused(payments.TypeInvalidRequest, "", "confirmation_token")
		}, payments.Failed, fault.Unavailable, "payment_unavailable"},
		{"authentication", func(payments.Params) error {
			return refused(payments.TypeAuthentication, "", "")
		}, payments.Failed, fault.Unavailable, "payment_unavailable"},
		{"permission", func(payments.Params) error { return refused(payments.TypePermission, "", "") },
			payments.Failed, fault.Unavailable, "payment_unavailable"},
		{"rate limit", func(payments.Params) error {
			return refused(payments.TypeRateLimit, "rate_limit", "")
		}, payments.Failed, fault.Unavailable, "payment_provider_busy"},
		{"idempotency", func(payments.Params) error {
			return &payments.CallError{Stripe: payments.StripeError{Type: payments.TypeIdempotency}}
		}, payments.Unknown, fault.Conflict, "payment_unknown"},
		{"api", func(payments.Params) error { return errInternal }, payments.Unknown, fault.Conflict,
			"payment_unknown"},
		{"connection", func(payments.Params) error { return errReset }, payments.Unknown, fault.Conflict,
			"payment_unknown"},
		{"something else entirely", func(payments.Params) error { return errors.New("EOF") },
			payments.Unknown, fault.Conflict, "payment_unknown"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			f.stripe.OnSend(func(p payments.Params, _ string) (payments.Snapshot, error) {
				return payments.Snapshot{}, tt.err(p)
			})
			_, err := f.confirm("ctoken_a")
			e := fault.Of(err)
			if e.Kind != tt.kind || e.Code != tt.code {
				t.Errorf("the buyer gets %v %q, want %v %q", e.Kind, e.Code, tt.kind, tt.code)
			}
			if e.Payment == nil || e.Payment.Type == "" {
				t.Error("Stripe's error object has no type")
			}
			if tt.name != "card" && e.Message == "No such thing: 'ctoken_a'" {
				t.Error("the buyer sees a message that is meant for developers")
			}

			f.wantAttempts(tt.attempt)
			if o := f.state().Order; o.Status != orders.Open {
				t.Errorf("order is %s, want open", o.Status)
			}
		})
	}
}

func TestConfirmOutlivesTheBuyer(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx, leave := context.WithCancel(context.Background())
	f.stripe.OnSend(func(p payments.Params, _ string) (payments.Snapshot, error) {
		leave() // the buyer closes the page while Stripe works
		return snap(p, payments.StatusSucceeded), nil
	})

	if _, err := f.svc.Confirm(ctx, payments.ConfirmRequest{OrderID: orderID, Token: "ctoken_a"}); err != nil {
		t.Fatal(err)
	}

	f.wantOrder(orders.Paid, orders.PaymentPaid)
}

func TestOutcomeThatCannotBeCommittedIsResolved(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	commits := 0
	f.store.fail = func() error {
		if commits++; commits == 2 { // the reserve was the first
			return errors.New("disk full")
		}
		return nil
	}

	if _, err := f.confirm("ctoken_a"); !fault.Is(err, "payment_unknown") {
		t.Fatalf("got %v, want payment_unknown", err)
	}

	f.wantAttempts(payments.Started)
	f.clock.Advance(time.Minute)
	f.runOnce()
	f.wantOrder(orders.Paid, orders.PaymentPaid)
	f.wantPaidOnce()

	if f.key(0) != f.key(1) || !reflect.DeepEqual(f.sent(0), f.sent(1)) {
		t.Error("the call was not repeated to the letter")
	}
}
