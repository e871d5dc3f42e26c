package payments_test

import (
	"testing"

	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
)

func (f *fixture) describe(t orders.ShopTerms) { f.store.states[orderID].Order.Shop = t }

func TestWhatTheShopSaysReachesStripe(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.describe(orders.ShopTerms{
		Description:     "Two mugs",
		StatementSuffix: "MUGS",
		Metadata:        map[string]string{"cart": "7", payments.MetaOrder: "ord_other"},
	})
	if _, err := f.confirm("ctoken_a"); err != nil {
		t.Fatal(err)
	}

	p := f.sent(0)
	if p.Description != "Two mugs" || p.StatementSuffix != "MUGS" || p.Metadata["cart"] != "7" ||
		p.Metadata[payments.MetaOrder] != orderID || p.Metadata[payments.MetaAttempt] == "" {
		t.Errorf("sent %+v", p)
	}
	if stored := f.state().Attempts[0].Params; stored.Description != p.Description || stored.Metadata["cart"] != "7" {
		t.Errorf("stored %+v", stored)
	}
}

// An intent that shows what the shop has changed since is replaced: nothing at
// Stripe may name an order otherwise than the shop does.
func TestIntentThatShowsFormerTermsIsReplaced(t *testing.T) {
	t.Parallel()
	old := orders.ShopTerms{Description: "One mug", Metadata: map[string]string{"cart": "7"}}
	for name, tt := range map[string]struct {
		change   func(*orders.Order)
		replaced bool
	}{
		"the same":            {func(*orders.Order) {}, false},
		"another amount":      {func(o *orders.Order) { o.Amount++ }, false},
		"another description": {func(o *orders.Order) { o.Shop.Description = "Two mugs" }, true},
		"another suffix":      {func(o *orders.Order) { o.Shop.StatementSuffix = "MUGS" }, true},
		"other metadata":      {func(o *orders.Order) { o.Shop.Metadata = map[string]string{"cart": "8"} }, true},
		"another capture":     {func(o *orders.Order) { o.Options.CaptureMethod = "manual" }, true},
		"other methods":       {func(o *orders.Order) { o.Options.PaymentMethodTypes = []string{"card"} }, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			f.describe(old)
			f.stripe.OnSend(func(p payments.Params, _ string) (payments.Snapshot, error) {
				f.stripe.PutIntent(snap(p, payments.StatusRequiresPaymentMethod))
				return payments.Snapshot{}, declined(p)
			})
			_, _ = f.confirm("ctoken_a")

			tt.change(&f.store.states[orderID].Order)
			f.stripe.OnSend(func(p payments.Params, _ string) (payments.Snapshot, error) {
				s := snap(p, payments.StatusSucceeded)
				if p.IntentID == "" {
					s.ID = "pi_2"
				}
				return s, nil
			})
			if _, err := f.confirm("ctoken_b"); err != nil {
				t.Fatal(err)
			}

			f.wantPaidOnce()
			if got := f.sent(1).IntentID == ""; got != tt.replaced {
				t.Errorf("another intent was made: %t, want %t", got, tt.replaced)
			}
			if got := f.stripe.Canceled(); got > 0 != tt.replaced {
				t.Errorf("%d intents were canceled", got)
			}
		})
	}
}
