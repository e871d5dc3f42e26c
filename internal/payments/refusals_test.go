package payments_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/fault"
	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
	"checkoutd/internal/testkit"
)

func refusedFor(code, param, message string) *payments.CallError {
	return &payments.CallError{
		Outcome: payments.OutcomeRefused,
		Param:   param,
		Stripe: payments.StripeError{
			Type:    payments.TypeInvalidRequest,
			Code:    code,
			Message: message,
		},
	}
}

// withLog gives the fixture's service a log that the test can read.
func (f *fixture) withLog() *testkit.LogBook {
	log := &testkit.LogBook{}
	f.config.Log = zerolog.New(log)
	f.svc = payments.New(f.config)
	return log
}

// The line about an attempt says what became of it.
func TestLogSaysHowAnAttemptEnded(t *testing.T) {
	t.Parallel()
	for want, err := range map[string]error{
		"attempt declined": declined(payments.Params{}),
		"attempt refused":  refusedFor("amount_too_small", "amount", "too small"),
		"attempt without a known outcome": &payments.CallError{
			Outcome: payments.OutcomeUnknown,
			Stripe:  payments.StripeError{Type: payments.TypeAPI},
		},
	} {
		f := newFixture(t)
		log := f.withLog()
		f.stripe.OnSend(func(payments.Params, string) (payments.Snapshot, error) { return payments.Snapshot{}, err })
		_, _ = f.confirm("ctoken_a") // the log counts

		if !strings.Contains(log.String(), `"message":"`+want+`"`) {
			t.Errorf("the log does not say %q:\n%s", want, log)
		}
	}
}

// The operator reads Stripe's sentence once, not once for every buyer, and
// later how often it came.
func TestOperatorHearsOfARefusalOnce(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	log := f.withLog()
	f.store.states[orderID].Order.Contact = orders.Contact{
		Email:    "anna@example.com",
		Shipping: &orders.Address{Name: "Anna Nymous", Address: orders.Place{City: "Springfield"}},
	}
	f.stripe.OnSend(func(payments.Params, string) (payments.Snapshot, error) {
		return payments.Snapshot{}, refusedFor("amount_too_small", "amount",
			"Anna Nymous (anna@example.com): amount must convert to at least 50 cents.")
	})

	told := func() []string {
		return slices.DeleteFunc(strings.Split(log.String(), "\n"), func(line string) bool {
			return !strings.Contains(line, `"level":"error"`)
		})
	}

	for _, token := range []string{"ctoken_a", "ctoken_b", "ctoken_c"} {
		if _, err := f.confirm(token); !fault.Is(err, "amount_out_of_range") {
			t.Fatal(err)
		}
	}

	if lines := told(); len(lines) != 1 || !strings.Contains(lines[0], "at least 50 cents") ||
		!strings.Contains(lines[0], `"count":1`) || !strings.Contains(lines[0], "amount_too_small") {
		t.Errorf("after three refusals: %q, want one line with Stripe's sentence", lines)
	}
	if text := log.String(); strings.Contains(text, "anna@") || strings.Contains(text, "Nymous") {
		t.Errorf("the log holds what the buyer typed: %s", text)
	}

	f.clock.Advance(2 * time.Hour)
	_, _ = f.confirm("ctoken_d")
	if lines := told(); len(lines) != 2 || !strings.Contains(lines[1], `"count":4`) {
		t.Errorf("two hours later: %q, want a second line that counts 4", lines)
	}

	f.stripe.OnSend(func(payments.Params, string) (payments.Snapshot, error) {
		return payments.Snapshot{}, refusedFor("email_invalid", "receipt_email", "Invalid email address.")
	})
	_, _ = f.confirm("ctoken_e")
	if lines := told(); len(lines) != 2 {
		t.Errorf("what the buyer corrects reached the operator: %q", lines[2:])
	}
}

// A token that was made for another payment does not get old: asking for the
// card again would send the buyer round in a circle. The operator hears of it.
func TestTokensOfAnotherPaymentAreTheShopsFault(t *testing.T) {
	t.Parallel()
	for _, param := range []string{"", "confirmation_token", "setup_future_usage", "payment_method"} {
		t.Run("param "+param, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			log := f.withLog()
			f.stripe.OnSend(func(payments.Params, string) (payments.Snapshot, error) {
				return payments.Snapshot{}, refusedFor("", param, "The provided setup_future_usage (off_session) does "+
					"not match the setup_future_usage from the provided confirmation_token (null).")
			})

			if _, err := f.confirm("ctoken_a"); !fault.Is(err, "payment_unavailable") {
				t.Errorf("got %v, want payment_unavailable", err)
			}
			if !strings.Contains(log.String(), "does not match the setup_future_usage") {
				t.Errorf("the operator reads %q", log.String())
			}
		})
	}
}

// Stripe names no parameter when a payment method was detached meanwhile.
func TestSpentMethodsAreTheBuyersToReplace(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.stripe.OnSend(func(payments.Params, string) (payments.Snapshot, error) {
		return payments.Snapshot{}, refusedFor("", "", "The provided PaymentMethod was previously used with a "+
			"PaymentIntent without Customer attachment, or was detached from a Customer. It may not be used again.")
	})

	if _, err := f.confirm("ctoken_a"); !fault.Is(err, "method_gone") {
		t.Errorf("got %v, want method_gone", err)
	}
}

// With keys of two accounts every token is unknown. Only the first can be an
// old one.
func TestUnknownTokensAreNotOldForEver(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	log := f.withLog()
	f.stripe.OnSend(func(payments.Params, string) (payments.Snapshot, error) {
		return payments.Snapshot{}, refusedFor("resource_missing", "confirmation_token", "No such confirmationtoken")
	})

	for i, want := range []string{"token_expired", "payment_unavailable", "payment_unavailable"} {
		if _, err := f.confirm("ctoken_" + string(rune('a'+i))); !fault.Is(err, want) {
			t.Errorf("token %d: %v, want %s", i+1, err, want)
		}
	}

	if n := strings.Count(log.String(), `"level":"error"`); n != 1 {
		t.Errorf("%d lines for the operator, want 1", n)
	}
}

// Somebody canceled the intent in the Dashboard and the webhook was lost. The
// buyer's next press pays with another intent, at once.
func TestIntentCanceledElsewhereIsReplaced(t *testing.T) {
	t.Parallel()
	for name, withSnapshot := range map[string]bool{"the refusal shows it": true, "a reading shows it": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			f.stripe.OnSend(func(p payments.Params, _ string) (payments.Snapshot, error) {
				return payments.Snapshot{}, declined(p)
			})
			_, _ = f.confirm("ctoken_a")

			dead := snap(f.sent(0), payments.StatusCanceled)
			f.stripe.PutIntent(dead)
			f.stripe.OnSend(func(p payments.Params, _ string) (payments.Snapshot, error) {
				if p.IntentID == dead.ID {
					e := refusedFor("payment_intent_unexpected_state", "", "it is canceled")
					if withSnapshot {
						e.Snapshot = &dead
					}
					return payments.Snapshot{}, e
				}
				s := snap(p, payments.StatusSucceeded)
				s.ID = "pi_2"
				return s, nil
			})

			if a, err := f.confirm("ctoken_b"); err != nil || a.Status != payments.StatusSucceeded {
				t.Fatalf("got %+v, %v, want it paid", a, err)
			}

			f.wantOrder(orders.Paid, orders.PaymentPaid)
			f.wantAttempts(payments.Failed, payments.Succeeded)
			f.wantPaidOnce()

			if f.calls() != 3 || f.key(1) == f.key(2) || f.sent(2).IntentID != "" {
				t.Errorf("%d calls, the last with key %s on %q", f.calls(), f.key(2), f.sent(2).IntentID)
			}
			if a, err := f.confirm("ctoken_b"); err != nil || a.Status != payments.StatusSucceeded || f.calls() != 3 {
				t.Errorf("the same token again: %+v, %v after %d calls", a, err, f.calls())
			}
		})
	}
}

// The intent was paid meanwhile, in another tab, and its webhook was lost.
// Stripe refuses the next token without showing the intent. Nobody may be told
// that nothing was charged.
func TestRefusalOfAPaidIntentSaysThatItIsPaid(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		status payments.Status
		order  orders.Status
	}{
		"paid":       {payments.StatusSucceeded, orders.Paid},
		"held":       {payments.StatusRequiresCapture, orders.Authorized},
		"on its way": {payments.StatusProcessing, orders.Open},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			f.stripe.OnSend(func(p payments.Params, _ string) (payments.Snapshot, error) {
				return payments.Snapshot{}, declined(p)
			})
			_, _ = f.confirm("ctoken_a")

			f.stripe.PutIntent(snap(f.sent(0), tt.status))
			f.stripe.OnSend(func(payments.Params, string) (payments.Snapshot, error) {
				return payments.Snapshot{}, refusedFor("payment_intent_unexpected_state", "", "unexpected state")
			})

			for _, press := range []string{"the token", "the token again"} {
				_, err := f.confirm("ctoken_b")
				e := fault.Of(err)
				if e.Code != "order_not_open" || strings.Contains(e.Message, "not charged") || e.Payment == nil {
					t.Errorf("%s: the buyer gets %+v, want order_not_open", press, e)
				}
			}

			if got := f.state().Order.Status; got != tt.order || f.calls() != 2 {
				t.Errorf("the order is %s after %d calls, want %s after 2", got, f.calls(), tt.order)
			}
		})
	}
}

// The resolver's call under the former key is still in flight when the attempt
// is begun once more. Its answer, however late, must not end the new call.
func TestAnswerUnderTheFormerKeyIsNotTheAttempts(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.stripe.OnSend(func(p payments.Params, _ string) (payments.Snapshot, error) {
		return payments.Snapshot{}, declined(p)
	})
	_, _ = f.confirm("ctoken_a")

	dead := snap(f.sent(0), payments.StatusCanceled)
	f.stripe.PutIntent(dead)

	inFlight, answer, resolved := make(chan struct{}), make(chan struct{}), make(chan struct{})
	var calls atomic.Int64
	f.stripe.OnSend(func(p payments.Params, _ string) (payments.Snapshot, error) {
		refusal := refusedFor("payment_intent_unexpected_state", "", "it is canceled")
		refusal.Snapshot = &dead

		switch calls.Add(1) {
		case 1: // it takes so long that the resolver sends it again
			f.clock.Advance(f.config.UnknownAfter + time.Second)
			go func() {
				defer close(resolved)
				f.runOnce()
			}()
			<-inFlight
			return payments.Snapshot{}, refusal

		case 2:
			close(inFlight)
			<-answer
			refusal.Replayed = true
			return payments.Snapshot{}, refusal
		}

		close(answer)
		<-resolved
		f.wantAttempts(payments.Failed, payments.Started)

		s := snap(p, payments.StatusSucceeded)
		s.ID = "pi_2"
		return s, nil
	})

	if a, err := f.confirm("ctoken_b"); err != nil || a.Status != payments.StatusSucceeded {
		t.Errorf("got %+v, %v, want it paid", a, err)
	}

	f.wantAttempts(payments.Failed, payments.Succeeded)
	f.wantPaidOnce()
}

// A customer that is deleted after the attempt made its subscription: the token
// is not used for a second one, whose mark the first would have as well.
func TestAttemptThatMadeAnObjectIsNotBegunAgain(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.store.states[orderID].Order.CustomerID = "cus_old"
	f.stripe.OnSend(func(p payments.Params, _ string) (payments.Snapshot, error) {
		made := snap(p, payments.StatusRequiresPaymentMethod)
		f.stripe.PutIntent(made)
		e := refusedFor("resource_missing", "customer", "No such customer: 'cus_old'")
		e.Snapshot = &made
		return payments.Snapshot{}, e
	})
	_, _ = f.confirm("ctoken_a")

	f.editIntent(func(s *payments.Snapshot) { s.Status = payments.StatusCanceled })
	if err := f.svc.Settle(t.Context(), orderID, f.intentNow(), nil); err != nil {
		t.Fatal(err)
	}
	f.store.states[orderID].Order.CustomerID = "cus_new"

	if _, err := f.confirm("ctoken_a"); err == nil || f.calls() != 1 {
		t.Errorf("got %v after %d calls, want the answer of the first", err, f.calls())
	}
}

// An order that was closed meanwhile is not paid with another intent.
func TestNoIntentIsReplacedForAClosedOrder(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.stripe.OnSend(func(p payments.Params, _ string) (payments.Snapshot, error) {
		return payments.Snapshot{}, declined(p)
	})
	_, _ = f.confirm("ctoken_a")

	f.stripe.OnSend(func(p payments.Params, _ string) (payments.Snapshot, error) {
		f.store.states[orderID].Order.Status = orders.Canceled
		dead := snap(p, payments.StatusCanceled)
		e := refusedFor("payment_intent_unexpected_state", "", "it is canceled")
		e.Snapshot = &dead
		return payments.Snapshot{}, e
	})

	_, err := f.confirm("ctoken_b")
	if f.calls() != 2 {
		t.Errorf("%d calls, want 2", f.calls())
	}
	if e := fault.Of(err); e.Code != "payment_canceled" || e.Payment.Type == "" || e.Payment.Code == "" {
		t.Errorf("the buyer gets %+v %+v, want payment_canceled with an error type", e, e.Payment)
	}
}

// The customer was deleted between the session and the payment. The order gets
// another one, and the same token pays.
func TestDeletedCustomerIsReplacedWhilePaying(t *testing.T) {
	t.Parallel()
	for name, hasIntent := range map[string]bool{"at the first attempt": false, "after a decline": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			f.store.states[orderID].Order.CustomerID = "cus_old"
			if hasIntent {
				f.stripe.OnSend(func(p payments.Params, _ string) (payments.Snapshot, error) {
					f.stripe.PutIntent(snap(p, payments.StatusRequiresPaymentMethod))
					return payments.Snapshot{}, declined(p)
				})
				_, _ = f.confirm("ctoken_first")
			}

			f.stripe.OnSend(func(p payments.Params, _ string) (payments.Snapshot, error) {
				if p.Customer == "cus_old" {
					return payments.Snapshot{}, refusedFor("resource_missing", "customer", "No such customer: 'cus_old'")
				}
				s := snap(p, payments.StatusSucceeded)
				s.ID = "pi_2"
				return s, nil
			})

			asked := 0
			status := f.post(func(context.Context, http.ResponseWriter, *http.Request, orders.Order) error {
				asked++
				for _, in := range f.state().Intents {
					if in.Status != payments.StatusCanceled {
						t.Errorf("intent %s of the old customer is %s", in.ID, in.Status)
					}
				}
				f.store.states[orderID].Order.CustomerID = "cus_new"
				return nil
			})

			if status != http.StatusOK || asked != 1 {
				t.Fatalf("status %d after asking %d times for a customer", status, asked)
			}

			f.wantOrder(orders.Paid, orders.PaymentPaid)
			f.wantPaidOnce()

			if hasIntent { // the event about the canceled intent comes late
				old := snap(f.sent(0), payments.StatusCanceled)
				if err := f.svc.Settle(context.Background(), orderID, old, nil); err != nil {
					t.Fatal(err)
				}
				f.wantOrder(orders.Paid, orders.PaymentPaid)
			}
		})
	}
}

// Wrong keys are no busy provider, wherever they are noticed.
func TestWrongKeysAreTheShopsProblem(t *testing.T) {
	t.Parallel()
	f := newFixtureOf(t, orders.ModeSetup)
	log := f.withLog()
	status := f.post(func(context.Context, http.ResponseWriter, *http.Request, orders.Order) error {
		return fault.Wrap(&payments.CallError{
			Outcome: payments.OutcomeRefused,
			Stripe:  payments.StripeError{Type: payments.TypeAuthentication, Message: "Invalid API Key"},
		}, fault.Unavailable, "payment_provider_unavailable", "Try again in a moment.")
	})

	if status != http.StatusServiceUnavailable || !strings.Contains(log.String(), "Invalid API Key") {
		t.Errorf("status %d, log %s", status, log)
	}
}

// Another tab changed what the order saves. The form of this one must notice,
// as it notices another total.
func TestFormForOtherOptionsIsNoticed(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	o := f.state().Order
	shown := o.OptionsFingerprint()
	f.store.states[orderID].Order.Options.SetupFutureUsage = "off_session"

	pay := func(token, version string) error {
		_, err := f.svc.Confirm(context.Background(), payments.ConfirmRequest{
			OrderID:            orderID,
			Token:              token,
			OptionsFingerprint: version,
		})
		return err
	}

	if err := pay("ctoken_a", shown); !fault.Is(err, "options_changed") || f.calls() != 0 {
		t.Errorf("got %v after %d calls, want options_changed", err, f.calls())
	}

	now := f.state().Order
	if err := pay("ctoken_b", now.OptionsFingerprint()); err != nil {
		t.Errorf("with the new options: %v", err)
	}
}
