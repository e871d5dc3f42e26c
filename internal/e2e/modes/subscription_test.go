package modes_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"checkoutd/internal/e2e/e2etest"
	"checkoutd/internal/payments"
	"checkoutd/internal/sandbox"
)

const month = 31 * 24 * time.Hour

func TestSubscribe(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t, e2etest.Selling(e2etest.ClubCatalog))
	b := s.Buyer(t)
	r := b.Call("POST", "/orders", `{"items":[{"sku":"club","quantity":2},{"sku":"paper","quantity":1}]}`)
	id := b.Object(r)["id"].(string)
	token := `{"confirmationTokenId":"` + b.TokenFor(id, e2etest.CardPays) + `","orderId":"` + id + `"}`
	r = b.Call("POST", "/create-confirm-intent", token)
	if answer := b.Object(r); r.Status != http.StatusOK || answer["status"] != "succeeded" || !strings.HasPrefix(answer["client_secret"].(string), "pi_") {
		t.Fatalf("subscribing: %d %s", r.Status, r.Body)
	}
	if again := b.Call("POST", "/create-confirm-intent", token); again.Status != http.StatusOK || again.Body != r.Body {
		t.Errorf("the same token again: %d %s", again.Status, again.Body)
	}
	if st := s.State(id); len(st.Subscriptions) != 1 || st.Subscriptions[0].Status != payments.SubscriptionActive {
		t.Errorf("right after the answer the shop keeps %+v, want an active subscription", st.Subscriptions)
	}

	b.WantSubscribed(id)
	s.WantQuiet()
	s.WantCharged(2*e2etest.ClubPrice + 300)

	if r := b.Confirm(id, e2etest.CardPays); r.Status != http.StatusConflict {
		t.Errorf("paying again: %d %s", r.Status, r.Body)
	}
	if other := b.Order("club"); b.Confirm(other, e2etest.CardPays).Status != http.StatusOK { // its product is there now
		t.Error("a second order of the same product was not paid")
	}
}

func TestSubscriptionDeclinedAndTriedAgain(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t, e2etest.Selling(e2etest.ClubCatalog))
	b := s.Buyer(t)
	id := b.Order("club")
	for range 2 {
		if r := b.Confirm(id, e2etest.CardDeclined); r.Status != http.StatusPaymentRequired || !strings.Contains(r.Body, `"card_declined"`) {
			t.Fatalf("a declined card: %d %s", r.Status, r.Body)
		}

		b.WantStatus(id, "open failed")
	}

	if r := b.Confirm(id, e2etest.CardPays); r.Status != http.StatusOK {
		t.Fatalf("another card: %d %s", r.Status, r.Body)
	}

	b.WantSubscribed(id)
	s.WantQuiet()
	s.WantCharged(e2etest.ClubPrice)

	if st := s.State(id); len(st.Intents) != 1 || len(st.Subscriptions) != 1 {
		t.Errorf("%d intents and %d subscriptions, want the same one each time", len(st.Intents), len(st.Subscriptions))
	}
}

func TestSubscriptionWithThreeDSecure(t *testing.T) {
	t.Parallel()
	for outcome, status := range map[string]string{"pass": "paid paid", "fail": "open failed"} {
		t.Run(outcome, func(t *testing.T) {
			t.Parallel()
			s := e2etest.OpenShop(t, e2etest.Selling(e2etest.ClubCatalog))
			b := s.Buyer(t)
			id := b.Order("club")
			answer := b.Object(b.Confirm(id, e2etest.CardChallenges))
			if answer["status"] != "requires_action" {
				t.Fatalf("answered %v", answer)
			}

			b.Authenticate(answer["client_secret"].(string), outcome)
			b.WantStatus(id, status)

			if outcome == "fail" {
				if r := b.Confirm(id, e2etest.CardPays); r.Status != http.StatusOK {
					t.Fatalf("another card: %d %s", r.Status, r.Body)
				}
			}

			b.WantSubscribed(id)
			s.WantQuiet()
			s.WantCharged(e2etest.ClubPrice)
		})
	}
}

func TestSubscriptionWithAnotherCardInsteadOfThreeDSecure(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t, e2etest.Selling(e2etest.ClubCatalog))
	b := s.Buyer(t)
	id := b.Order("club")
	b.Confirm(id, e2etest.CardChallenges)

	if r := b.Confirm(id, e2etest.CardPays); r.Status != http.StatusOK {
		t.Fatalf("another card: %d %s", r.Status, r.Body)
	}

	b.WantSubscribed(id)
	s.WantQuiet()
	s.WantCharged(e2etest.ClubPrice)
}

func TestSubscriptionOfAnOrderThatChanged(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t, e2etest.Selling(e2etest.ClubCatalog))
	b := s.Buyer(t)
	id := b.Order("club")
	b.Confirm(id, e2etest.CardDeclined)

	if r := b.Call("PATCH", "/orders/"+id, `{"items":[{"sku":"club","quantity":3}]}`); r.Status != http.StatusOK {
		t.Fatalf("changing the order: %d %s", r.Status, r.Body)
	}
	if r := b.Confirm(id, e2etest.CardPays); r.Status != http.StatusOK {
		t.Fatalf("paying: %d %s", r.Status, r.Body)
	}

	b.WantSubscribed(id)
	s.WantQuiet()
	s.WantCharged(3 * e2etest.ClubPrice)
}

// Every step of the call may be cut off after Stripe carried it out. Then the
// whole call is repeated.
func TestSubscriptionWhoseAnswersAreLost(t *testing.T) {
	t.Parallel()
	for _, route := range []string{
		"GET /v1/products/*", "POST /v1/products", "POST /v1/subscriptions", "POST /v1/payment_intents/*", "POST /v1/payment_intents/*/confirm",
	} {
		t.Run(strings.ReplaceAll(route, "/", " "), func(t *testing.T) {
			t.Parallel()
			s := e2etest.OpenShop(t, e2etest.Selling(e2etest.ClubCatalog))
			s.Fault("WEBHOOK *", sandbox.FaultDrop, -1)
			b := s.Buyer(t)
			id := b.Order("club", "mug") // two products, which are made side by side
			s.Fault(route, sandbox.FaultChargeThenCut, 12)

			if r := b.Confirm(id, e2etest.CardPays); r.Status != http.StatusConflict || !strings.Contains(r.Body, "payment_unknown") {
				t.Fatalf("without an answer: %d %s", r.Status, r.Body)
			}

			b.WantSubscribed(id)
			s.WantCharged(e2etest.ClubPrice + 1800)
		})
	}
}

func TestSubscriptionByWebhooksAlone(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t, e2etest.Selling(e2etest.ClubCatalog))
	b := s.Buyer(t)
	id := b.Order("club")
	s.Fault("POST /v1/payment_intents/*/confirm", sandbox.FaultChargeThen500, -1)
	b.Confirm(id, e2etest.CardPays)
	b.WantSubscribed(id)
	s.WantQuiet()
	s.WantCharged(e2etest.ClubPrice)
}

// The events of a payment may be processed before its response arrives.
func TestSubscriptionWhoseEventsAreFirst(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t, e2etest.Selling(e2etest.ClubCatalog))
	b := s.Buyer(t)
	id := b.Order("club")
	s.Fault("POST /v1/payment_intents/*/confirm", sandbox.FaultChargeThenDelay, 1)

	if r := b.Confirm(id, e2etest.CardPays); r.Status != http.StatusOK || b.Object(r)["status"] != "succeeded" {
		t.Fatalf("subscribing: %d %s", r.Status, r.Body)
	}

	b.WantSubscribed(id)
	s.WantQuiet()
	s.WantCharged(e2etest.ClubPrice)
}

// Stripe cancels an unpaid first payment after 23 hours; the shop may do so
// earlier in the Dashboard.
func TestSubscriptionThatEndedAtStripeIsBegunAgain(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(s *e2etest.Shop, sub string){
		"after a day": func(s *e2etest.Shop, _ string) { s.App.Sandbox().Advance(24 * time.Hour) },
		"by hand":     func(s *e2etest.Shop, sub string) { s.Stripe("DELETE", "/v1/subscriptions/"+sub) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := e2etest.OpenShop(t, e2etest.Selling(e2etest.ClubCatalog))
			b := s.Buyer(t)
			id := b.Order("club")
			b.Confirm(id, e2etest.CardChallenges)
			end(s, s.State(id).Subscriptions[0].ID)
			b.WantStatus(id, "open unpaid")

			if r := b.Confirm(id, e2etest.CardPays); r.Status != http.StatusOK {
				t.Fatalf("another try: %d %s", r.Status, r.Body)
			}

			b.WantSubscribed(id)
			s.WantQuiet()
			s.WantCharged(e2etest.ClubPrice)
		})
	}
}

func TestSubscriptionExpires(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t, e2etest.Selling(e2etest.ClubCatalog))
	b := s.Buyer(t)
	id := b.Order("club")
	b.Confirm(id, e2etest.CardChallenges)
	s.ExpireNow(id)
	b.WantStatus(id, "expired unpaid")
	s.WantQuiet()

	if st := s.State(id); len(st.Subscriptions) != 1 || st.Subscriptions[0].Status != payments.SubscriptionIncompleteExpired {
		t.Errorf("the shop keeps %+v, want one subscription that never began", st.Subscriptions)
	}

	s.WantCharged()
}

func TestSubscriptionIsRenewed(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t, e2etest.Selling(e2etest.ClubCatalog))
	b := s.Buyer(t)
	id := b.Order("club")
	b.Confirm(id, e2etest.CardPays)
	sub := b.WantSubscribed(id)
	end := s.State(id).Subscription(sub).PeriodEnd
	s.App.Sandbox().Advance(month)
	s.Eventually("the next period has begun", func() bool { return s.State(id).Subscription(sub).PeriodEnd.After(end) })
	s.App.Sandbox().Advance(2 * time.Hour) // an invoice is a draft for an hour
	s.Eventually("the renewal is paid", func() bool { return len(s.State(id).Intents) == 2 })
	s.WantQuiet()
	s.WantCharged(e2etest.ClubPrice, e2etest.ClubPrice)
	b.WantStatus(id, "paid paid")
	st := s.State(id)
	renewal := st.Intents[1]
	if !renewal.Renewal || renewal.SubscriptionID != sub || renewal.Status != payments.StatusSucceeded || st.Order.Captured != e2etest.ClubPrice {
		t.Errorf("the renewal is %+v, the order's captured %d", renewal, st.Order.Captured)
	}

	s.Stripe("POST", "/v1/refunds", "payment_intent", renewal.ID, "amount", "500")
	s.Eventually("the refund is known", func() bool { return len(s.State(id).Refunds) == 1 })
	s.WantQuiet()

	if st := s.State(id); st.Order.Refunded != 0 || st.Refunds[0].IntentID != renewal.ID {
		t.Errorf("refunded %d of the order, refunds %+v; want the renewal's beside it", st.Order.Refunded, st.Refunds)
	}

	b.WantStatus(id, "paid paid")
}

func TestRenewalThatFailsDoesNotUnpayTheOrder(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t, e2etest.Selling(e2etest.ClubCatalog))
	b := s.Buyer(t)
	id := b.Order("club")
	b.Confirm(id, e2etest.CardPays)
	sub := b.WantSubscribed(id)
	customer := s.State(id).Order.CustomerID
	pm := s.Stripe("POST", "/v1/payment_methods", "type", "card", "card[token]", "tok_chargeCustomerFail")["id"].(string)
	s.Stripe("POST", "/v1/payment_methods/"+pm+"/attach", "customer", customer)
	s.Stripe("POST", "/v1/subscriptions/"+sub, "default_payment_method", pm)
	s.App.Sandbox().Advance(month)
	s.Eventually("the next invoice is there", func() bool { return len(s.List("/v1/invoices", "subscription", sub)) == 2 })
	s.App.Sandbox().Advance(2 * time.Hour)
	s.Eventually("the subscription is past due", func() bool {
		return s.State(id).Subscription(sub).Status == payments.SubscriptionPastDue
	})
	s.WantQuiet()
	b.WantStatus(id, "paid paid")
	s.WantCharged(e2etest.ClubPrice)

	s.Stripe("DELETE", "/v1/subscriptions/"+sub)
	s.Eventually("the subscription is canceled", func() bool {
		return s.State(id).Subscription(sub).Status == payments.SubscriptionCanceled
	})
	s.WantQuiet()
	b.WantStatus(id, "paid paid")
}

func TestSubscriptionOverAnotherAmountIsForAPerson(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t, e2etest.Selling(e2etest.ClubCatalog))
	b := s.Buyer(t)
	id := b.Order("club")
	s.Reprice(id, 900) // but not what the subscription will be over

	err := s.Store().Update(t.Context(), id, nil, func(st *payments.State) error {
		st.Order.Items[0].UnitAmount = e2etest.ClubPrice
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if r := b.Confirm(id, e2etest.CardPays); r.Status != http.StatusConflict {
		t.Errorf("confirming: %d %s", r.Status, r.Body)
	}
	if o := s.State(id).Order; o.Status != "review" || !strings.Contains(o.ReviewReason, "begins with 1200 usd, the order is for 900 usd") {
		t.Errorf("the order is %s: %q", o.Status, o.ReviewReason)
	}

	s.WantCharged()
}
