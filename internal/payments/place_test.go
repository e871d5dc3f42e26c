package payments_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"time"

	"checkoutd/internal/fault"
	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
)

// free returns the fixture of an order that costs nothing, by a code with few
// uses.
func free(t *testing.T) *fixture {
	t.Helper()
	f := limited(t)
	f.makeFree()
	return f
}

func (f *fixture) makeFree() {
	o := &f.store.states[orderID].Order
	o.Mode, o.Discount.Amount, o.Amount = orders.ModePayment, o.Amount, 0
}

func (f *fixture) place() (payments.Answer, error) {
	nothing := int64(0)
	return f.svc.Place(context.Background(), payments.ConfirmRequest{OrderID: orderID, ExpectedAmount: &nothing})
}

func TestFreeOrderIsPlacedOnceWithoutStripe(t *testing.T) {
	t.Parallel()
	f := free(t)

	var presses sync.WaitGroup
	for range 8 {
		presses.Go(func() {
			if a, err := f.place(); err != nil || a.Status != payments.StatusSucceeded || a.ClientSecret != "" {
				t.Errorf("got %+v, %v, want it placed", a, err)
			}
		})
	}
	presses.Wait()

	f.wantPaidOnce()
	f.wantHeld(true)
	f.wantAttempts()
	if o := f.state().Order; o.Captured != 0 || o.PaidAt.IsZero() || f.calls() != 0 {
		t.Errorf("captured %d, paid at %v, %d calls to Stripe", o.Captured, o.PaidAt, f.calls())
	}

	f.clock.Advance(100 * 24 * time.Hour)
	f.runOnce()
	f.wantOrder(orders.Paid, orders.PaymentPaid)
}

func TestFreeOrderIsNotPlaced(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		prepare func(*fixture)
		code    string
	}{
		"after its time":         {func(f *fixture) { f.clock.Advance(48 * time.Hour) }, "order_not_open"},
		"canceled":               {func(f *fixture) { f.store.states[orderID].Order.Status = orders.Canceled }, "order_not_open"},
		"in review":              {func(f *fixture) { f.store.states[orderID].Order.Status = orders.Review }, "order_not_open"},
		"that has a price again": {func(f *fixture) { f.store.states[orderID].Order.Amount = 1099 }, "amount_changed"},
		"without an address": {func(f *fixture) {
			f.store.states[orderID].Order.Items = []orders.Item{{SKU: "mug", Quantity: 1, UnitAmount: 1099, Ships: true}}
		}, "shipping_missing"},
		"that only saves a method": {func(f *fixture) {
			f.store.states[orderID].Order.Mode = orders.ModeSetup
		}, "amount_changed"},
		"while the database is down": {func(f *fixture) {
			f.store.fail = func() error { return errors.New("disk full") }
		}, "internal_error"},
		"when its code is used up": {func(f *fixture) {
			f.store.fail = func() error { return orders.ErrPromotionUsedUp }
		}, "promotion_used_up"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := free(t)
			tt.prepare(f)
			if _, err := f.place(); fault.Of(err).Code != tt.code {
				t.Errorf("got %v, want %s", err, tt.code)
			}
			if o := f.state().Order; o.Status == orders.Paid || f.calls() != 0 {
				t.Errorf("the order is %s after %d calls", o.Status, f.calls())
			}
		})
	}
}

// The buyer's card was declined, then a code made the order free. The intent of
// the card is canceled before the order is placed: the page that holds its
// client secret could still pay it.
func TestIntentOfAnOrderThatBecameFreeIsCanceled(t *testing.T) {
	t.Parallel()
	declinedThenFree := func(t *testing.T) *fixture {
		f := limited(t)
		f.stripe.OnSend(func(p payments.Params, _ string) (payments.Snapshot, error) {
			var e *payments.CallError
			errors.As(declined(p), &e)
			f.stripe.PutIntent(*e.Snapshot)
			return payments.Snapshot{}, e
		})
		_, _ = f.confirm("ctoken_a")
		f.makeFree()
		return f
	}

	t.Run("and the order placed", func(t *testing.T) {
		t.Parallel()
		f := declinedThenFree(t)
		if _, err := f.place(); err != nil {
			t.Fatal(err)
		}

		f.wantPaidOnce()
		if got := f.state().Intents[0].Status; got != payments.StatusCanceled {
			t.Errorf("the intent is %s, want it canceled", got)
		}
	})

	t.Run("and nothing placed while Stripe is down", func(t *testing.T) {
		t.Parallel()
		f := declinedThenFree(t)
		f.stripe.SetDown(errReset)
		if _, err := f.place(); !errors.Is(err, payments.ErrPaymentInProgress) {
			t.Errorf("got %v", err)
		}
		f.wantOrder(orders.Open, orders.PaymentFailed)

		f.stripe.SetDown(nil)
		if _, err := f.place(); err != nil {
			t.Errorf("later: %v", err)
		}
		f.wantPaidOnce()
	})

	t.Run("unless it was paid meanwhile", func(t *testing.T) {
		t.Parallel()
		f := declinedThenFree(t)
		f.editIntent(func(s *payments.Snapshot) {
			s.Status, s.AmountReceived = payments.StatusSucceeded, s.Amount
		})
		f.stripe.OnCancel(func() error {
			return refusedFor("payment_intent_unexpected_state", "", "it is paid")
		})
		if _, err := f.place(); !fault.Is(err, "order_not_open") {
			t.Errorf("got %v", err)
		}
		f.wantOrder(orders.Review, orders.PaymentReview)
	})
}

func TestTokenCannotPayAnOrderThatBecameFree(t *testing.T) {
	t.Parallel()
	f := free(t)
	if _, err := f.confirm("ctoken_a"); !fault.Is(err, "amount_changed") || f.calls() != 0 {
		t.Errorf("got %v after %d calls, want amount_changed", err, f.calls())
	}
	f.wantAttempts()
}

func TestShopCannotTakeOrReturnMoneyOfAFreeOrder(t *testing.T) {
	t.Parallel()
	f := free(t)
	if _, err := f.place(); err != nil {
		t.Fatal(err)
	}

	ops := payments.NewOperations(f.svc, nil)
	for name, do := range map[string]func() error{
		"capture": func() error { _, err := ops.Capture(context.Background(), orderID, 0); return err },
		"refund":  func() error { _, err := ops.Refund(context.Background(), orderID, 0, ""); return err },
		"cancel":  func() error { _, err := ops.CancelOrder(context.Background(), orderID); return err },
	} {
		if err := do(); !fault.Is(err, "order_free") {
			t.Errorf("%s: %v, want order_free", name, err)
		}
	}
	f.wantPaidOnce()
}

// judge is a payments.Judge that counts.
type judge struct {
	refusal   error
	asked     []payments.Method
	meanwhile func()
}

func (j *judge) Judge(_ context.Context, _ orders.Order, m payments.Method) (string, error) {
	j.asked = append(j.asked, m)
	if j.meanwhile != nil {
		j.meanwhile()
	}
	return "in stock", j.refusal
}

// An attempt that is made again takes money like a new one, and the order may
// have changed since the judge allowed the first.
func TestShopDecidesAboutAnAttemptThatIsMadeAgain(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.stripe.OnSend(func(payments.Params, string) (payments.Snapshot, error) {
		return payments.Snapshot{}, &payments.CallError{
			Outcome: payments.OutcomeRefused,
			Stripe:  payments.StripeError{Type: payments.TypeInvalidRequest, Code: "customer_gone"},
		}
	})
	if _, err := f.confirm("ctoken_a"); err == nil {
		t.Fatal("the customer is gone, and the payment went through")
	}

	// The order has another customer by now, and the goods are sold out.
	f.store.states[orderID].Order.CustomerID = "cus_2"
	f.store.states[orderID].Order.TokenHash = orders.HashToken("token")
	j := &judge{refusal: fault.New(fault.Conflict, "refused_by_shop", "Sold out.")}
	f.config.Judge = j
	f.svc = payments.New(f.config)
	f.stripe.OnSend(func(p payments.Params, _ string) (payments.Snapshot, error) {
		return snap(p, payments.StatusSucceeded), nil
	})

	f.post(nil)
	if len(j.asked) != 1 {
		t.Errorf("the judge was asked %d times, want once", len(j.asked))
	}
	f.wantOrder(orders.Open, orders.PaymentFailed)
}

// Goods that are given away can be sold out, too.
func TestShopDecidesAboutAFreeOrder(t *testing.T) {
	t.Parallel()
	judged := func(t *testing.T, j *judge) *fixture {
		f := free(t)
		f.config.Judge = j
		f.svc = payments.New(f.config)
		return f
	}

	t.Run("and allows it once", func(t *testing.T) {
		t.Parallel()
		j := &judge{}
		f := judged(t, j)
		for range 2 {
			if _, err := f.place(); err != nil {
				t.Fatal(err)
			}
		}
		f.wantPaidOnce()
		if len(j.asked) != 1 || j.asked[0] != (payments.Method{}) {
			t.Errorf("the judge was asked about %v", j.asked)
		}
	})

	t.Run("and refuses it", func(t *testing.T) {
		t.Parallel()
		f := judged(t, &judge{refusal: fault.New(fault.Conflict, "refused_by_shop", "Sold out.")})
		if _, err := f.place(); !fault.Is(err, "refused_by_shop") {
			t.Errorf("got %v", err)
		}
		f.wantOrder(orders.Open, orders.Unpaid)
		f.wantHeld(false)
	})

	t.Run("but not about another one", func(t *testing.T) {
		t.Parallel()
		j := &judge{}
		f := judged(t, j)
		j.meanwhile = func() { f.store.states[orderID].Order.Version++ }
		if _, err := f.place(); err == nil {
			t.Error("an order was placed that the judge did not see")
		}
		f.wantOrder(orders.Open, orders.Unpaid)
	})
}

// glimpse is a store whose first reading shows the order in another state.
type glimpse struct {
	payments.Store
	change func(*payments.State)
}

func (g *glimpse) Read(ctx context.Context, id string) (*payments.State, error) {
	st, err := g.Store.Read(ctx, id)
	if g.change != nil && err == nil {
		g.change(st)
		g.change = nil
	}
	return st, err
}

// The order cannot be paid when the judge would be asked about it, and can a
// moment later: a hold was canceled, or another attempt ended.
func TestNothingIsPaidUnjudged(t *testing.T) {
	t.Parallel()
	j := &judge{}

	f := newFixture(t)
	f.store.states[orderID].Order.TokenHash = orders.HashToken("token")
	f.config.Judge = j
	f.config.Store = &glimpse{f.store, func(st *payments.State) { st.Order.Status = orders.Authorized }}
	f.svc = payments.New(f.config)
	if status := f.post(nil); status != http.StatusConflict {
		t.Errorf("a payment answers %d, want 409", status)
	}
	f.wantOrder(orders.Open, orders.Unpaid)

	f = free(t)
	f.config.Judge = j
	f.config.Store = &glimpse{f.store, func(st *payments.State) { st.Order.Status = orders.Expired }}
	f.svc = payments.New(f.config)
	if _, err := f.place(); !fault.Is(err, "amount_changed") {
		t.Errorf("an order that costs nothing: got %v", err)
	}
	f.wantOrder(orders.Open, orders.Unpaid)

	if len(j.asked) > 0 {
		t.Errorf("the judge was asked about %v", j.asked)
	}
}
