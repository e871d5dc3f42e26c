package app_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"checkoutd/internal/payments"
	"checkoutd/internal/sandbox"
)

const month = 31 * 24 * time.Hour

// wantSubscribed checks what Stripe and the shop hold of a subscription that was paid once.
func (b *buyer) wantSubscribed(id string) (subscriptionID string) {
	b.t.Helper()
	b.wantStatus(id, "paid paid")
	s := b.shop
	var st *payments.State
	s.eventually("the subscription is active", func() bool {
		st = s.ledger(id)
		return slices.ContainsFunc(st.Subscriptions, func(k payments.Subscription) bool { return k.Status == payments.SubscriptionActive })
	})
	alive := 0
	for _, sub := range s.list("/v1/subscriptions", "customer", st.Order.CustomerID, "status", "all") {
		if sub["status"] == "incomplete_expired" || sub["status"] == "canceled" {
			continue
		}
		alive++
		subscriptionID = sub["id"].(string)
		if sub["status"] != "active" || sub["metadata"].(map[string]any)[payments.MetaOrder] != id || sub["default_payment_method"] == nil {
			b.t.Errorf("subscription %s is %v, metadata %v, paid for with %v", subscriptionID, sub["status"], sub["metadata"], sub["default_payment_method"])
		}
	}
	if alive != 1 {
		b.t.Errorf("%d living subscriptions, want one", alive)
	}
	kept := st.Subscription(subscriptionID)
	if kept == nil || kept.CustomerID != st.Order.CustomerID || kept.PeriodEnd.IsZero() {
		b.t.Errorf("the shop keeps %+v", st.Subscriptions)
	}
	if st.Order.Captured != st.Order.Amount || st.Order.ReviewReason != "" {
		b.t.Errorf("captured %d of %d, review %q", st.Order.Captured, st.Order.Amount, st.Order.ReviewReason)
	}
	return subscriptionID
}

// wantCharged compares all that Stripe charged, ever.
func (s *shop) wantCharged(amounts ...int64) {
	s.t.Helper()
	var got []int64
	for _, c := range s.app.Sandbox().Ledger().Charges {
		if c.Status == "succeeded" {
			got = append(got, c.Amount)
		}
	}
	if !slices.Equal(got, amounts) {
		s.t.Errorf("Stripe charged %v, want %v", got, amounts)
	}
}

func TestSubscribe(t *testing.T) {
	t.Parallel()
	s := openShop(t, selling(clubCatalog))
	b := s.buyer(t)
	r := b.call("POST", "/orders", `{"items":[{"sku":"club","quantity":2},{"sku":"paper","quantity":1}]}`)
	id := b.object(r)["id"].(string)
	token := `{"confirmationTokenId":"` + b.token(cardPays) + `","orderId":"` + id + `"}`
	r = b.call("POST", "/create-confirm-intent", token)
	if answer := b.object(r); r.status != http.StatusOK || answer["status"] != "succeeded" || !strings.HasPrefix(answer["client_secret"].(string), "pi_") {
		t.Fatalf("subscribing: %d %s", r.status, r.body)
	}
	if again := b.call("POST", "/create-confirm-intent", token); again.status != http.StatusOK || again.body != r.body {
		t.Errorf("the same token again: %d %s", again.status, again.body)
	}
	if st := s.ledger(id); len(st.Subscriptions) != 1 || st.Subscriptions[0].Status != payments.SubscriptionActive {
		t.Errorf("right after the answer the shop keeps %+v, want an active subscription", st.Subscriptions)
	}
	b.wantSubscribed(id)
	s.wantQuiet()
	s.wantCharged(2*clubPrice + 300)
	if r := b.confirm(id, cardPays); r.status != http.StatusConflict {
		t.Errorf("paying again: %d %s", r.status, r.body)
	}
	if other := b.order("club"); b.confirm(other, cardPays).status != http.StatusOK { // its product is there now
		t.Error("a second order of the same product was not paid")
	}
}

func TestSubscriptionDeclinedAndTriedAgain(t *testing.T) {
	t.Parallel()
	s := openShop(t, selling(clubCatalog))
	b := s.buyer(t)
	id := b.order("club")
	for range 2 {
		if r := b.confirm(id, cardDeclined); r.status != http.StatusPaymentRequired || !strings.Contains(r.body, `"card_declined"`) {
			t.Fatalf("a declined card: %d %s", r.status, r.body)
		}
		b.wantStatus(id, "open failed")
	}
	if r := b.confirm(id, cardPays); r.status != http.StatusOK {
		t.Fatalf("another card: %d %s", r.status, r.body)
	}
	b.wantSubscribed(id)
	s.wantQuiet()
	s.wantCharged(clubPrice)
	if st := s.ledger(id); len(st.Intents) != 1 || len(st.Subscriptions) != 1 {
		t.Errorf("%d intents and %d subscriptions, want the same one each time", len(st.Intents), len(st.Subscriptions))
	}
}

func TestSubscriptionWithThreeDSecure(t *testing.T) {
	t.Parallel()
	for outcome, status := range map[string]string{"pass": "paid paid", "fail": "open failed"} {
		t.Run(outcome, func(t *testing.T) {
			t.Parallel()
			s := openShop(t, selling(clubCatalog))
			b := s.buyer(t)
			id := b.order("club")
			answer := b.object(b.confirm(id, cardChallenges))
			if answer["status"] != "requires_action" {
				t.Fatalf("answered %v", answer)
			}
			b.authenticate(answer["client_secret"].(string), outcome)
			b.wantStatus(id, status)
			if outcome == "fail" {
				if r := b.confirm(id, cardPays); r.status != http.StatusOK {
					t.Fatalf("another card: %d %s", r.status, r.body)
				}
			}
			b.wantSubscribed(id)
			s.wantQuiet()
			s.wantCharged(clubPrice)
		})
	}
}

func TestSubscriptionWithAnotherCardInsteadOfThreeDSecure(t *testing.T) {
	t.Parallel()
	s := openShop(t, selling(clubCatalog))
	b := s.buyer(t)
	id := b.order("club")
	b.confirm(id, cardChallenges)
	if r := b.confirm(id, cardPays); r.status != http.StatusOK {
		t.Fatalf("another card: %d %s", r.status, r.body)
	}
	b.wantSubscribed(id)
	s.wantQuiet()
	s.wantCharged(clubPrice)
}

func TestSubscriptionOfAnOrderThatChanged(t *testing.T) {
	t.Parallel()
	s := openShop(t, selling(clubCatalog))
	b := s.buyer(t)
	id := b.order("club")
	b.confirm(id, cardDeclined)
	if r := b.call("PATCH", "/orders/"+id, `{"items":[{"sku":"club","quantity":3}]}`); r.status != http.StatusOK {
		t.Fatalf("changing the order: %d %s", r.status, r.body)
	}
	if r := b.confirm(id, cardPays); r.status != http.StatusOK {
		t.Fatalf("paying: %d %s", r.status, r.body)
	}
	b.wantSubscribed(id)
	s.wantQuiet()
	s.wantCharged(3 * clubPrice)
}

// Each step of the call may be cut after Stripe did it: the whole of it is sent again.
func TestSubscriptionWhoseAnswersAreLost(t *testing.T) {
	t.Parallel()
	for _, route := range []string{
		"GET /v1/products/*", "POST /v1/products", "POST /v1/subscriptions", "POST /v1/payment_intents/*", "POST /v1/payment_intents/*/confirm",
	} {
		t.Run(strings.ReplaceAll(route, "/", " "), func(t *testing.T) {
			t.Parallel()
			s := openShop(t, selling(clubCatalog))
			s.fault("WEBHOOK *", sandbox.FaultDrop, -1)
			b := s.buyer(t)
			id := b.order("club")
			s.fault(route, sandbox.FaultChargeThenCut, 6)
			if r := b.confirm(id, cardPays); r.status != http.StatusConflict || !strings.Contains(r.body, "payment_unknown") {
				t.Fatalf("without an answer: %d %s", r.status, r.body)
			}
			b.wantSubscribed(id)
			s.wantCharged(clubPrice)
		})
	}
}

func TestSubscriptionByWebhooksAlone(t *testing.T) {
	t.Parallel()
	s := openShop(t, selling(clubCatalog))
	b := s.buyer(t)
	id := b.order("club")
	s.fault("POST /v1/payment_intents/*/confirm", sandbox.FaultChargeThen500, -1)
	b.confirm(id, cardPays)
	b.wantSubscribed(id)
	s.wantQuiet()
	s.wantCharged(clubPrice)
}

// The events of a payment may be worked before its answer is here.
func TestSubscriptionWhoseEventsAreFirst(t *testing.T) {
	t.Parallel()
	s := openShop(t, selling(clubCatalog))
	b := s.buyer(t)
	id := b.order("club")
	s.fault("POST /v1/payment_intents/*/confirm", sandbox.FaultChargeThenDelay, 1)
	if r := b.confirm(id, cardPays); r.status != http.StatusOK || b.object(r)["status"] != "succeeded" {
		t.Fatalf("subscribing: %d %s", r.status, r.body)
	}
	b.wantSubscribed(id)
	s.wantQuiet()
	s.wantCharged(clubPrice)
}

// Stripe gives up a first payment after 23 hours; the shop may do so in the Dashboard.
func TestSubscriptionThatEndedAtStripeIsBegunAgain(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(s *shop, sub string){
		"after a day": func(s *shop, _ string) { s.app.Sandbox().Advance(24 * time.Hour) },
		"by hand":     func(s *shop, sub string) { s.stripe("DELETE", "/v1/subscriptions/"+sub) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := openShop(t, selling(clubCatalog))
			b := s.buyer(t)
			id := b.order("club")
			b.confirm(id, cardChallenges)
			end(s, s.ledger(id).Subscriptions[0].ID)
			b.wantStatus(id, "open unpaid")
			if r := b.confirm(id, cardPays); r.status != http.StatusOK {
				t.Fatalf("another try: %d %s", r.status, r.body)
			}
			b.wantSubscribed(id)
			s.wantQuiet()
			s.wantCharged(clubPrice)
		})
	}
}

func TestSubscriptionExpires(t *testing.T) {
	t.Parallel()
	s := openShop(t, selling(clubCatalog))
	b := s.buyer(t)
	id := b.order("club")
	b.confirm(id, cardChallenges)
	s.expireNow(id)
	b.wantStatus(id, "expired unpaid")
	s.wantQuiet()
	if st := s.ledger(id); len(st.Subscriptions) != 1 || st.Subscriptions[0].Status != payments.SubscriptionIncompleteExpired {
		t.Errorf("the shop keeps %+v, want one subscription that never began", st.Subscriptions)
	}
	s.wantCharged()
}

func TestSubscriptionIsRenewed(t *testing.T) {
	t.Parallel()
	s := openShop(t, selling(clubCatalog))
	b := s.buyer(t)
	id := b.order("club")
	b.confirm(id, cardPays)
	sub := b.wantSubscribed(id)
	end := s.ledger(id).Subscription(sub).PeriodEnd
	s.app.Sandbox().Advance(month)
	s.eventually("the next period has begun", func() bool { return s.ledger(id).Subscription(sub).PeriodEnd.After(end) })
	s.app.Sandbox().Advance(2 * time.Hour) // an invoice is a draft for an hour
	s.eventually("the renewal is paid", func() bool { return len(s.ledger(id).Intents) == 2 })
	s.wantQuiet()
	s.wantCharged(clubPrice, clubPrice)
	b.wantStatus(id, "paid paid")
	st := s.ledger(id)
	renewal := st.Intents[1]
	if !renewal.Renewal || renewal.SubscriptionID != sub || renewal.Status != payments.StatusSucceeded || st.Order.Captured != clubPrice {
		t.Errorf("the renewal is %+v, the order's captured %d", renewal, st.Order.Captured)
	}

	s.stripe("POST", "/v1/refunds", "payment_intent", renewal.ID, "amount", "500")
	s.eventually("the refund is known", func() bool { return len(s.ledger(id).Refunds) == 1 })
	s.wantQuiet()
	if st := s.ledger(id); st.Order.Refunded != 0 || st.Refunds[0].IntentID != renewal.ID {
		t.Errorf("refunded %d of the order, refunds %+v; want the renewal's beside it", st.Order.Refunded, st.Refunds)
	}
	b.wantStatus(id, "paid paid")
}

func TestRenewalThatFailsDoesNotUnpayTheOrder(t *testing.T) {
	t.Parallel()
	s := openShop(t, selling(clubCatalog))
	b := s.buyer(t)
	id := b.order("club")
	b.confirm(id, cardPays)
	sub := b.wantSubscribed(id)
	customer := s.ledger(id).Order.CustomerID
	pm := s.stripe("POST", "/v1/payment_methods", "type", "card", "card[token]", "tok_chargeCustomerFail")["id"].(string)
	s.stripe("POST", "/v1/payment_methods/"+pm+"/attach", "customer", customer)
	s.stripe("POST", "/v1/subscriptions/"+sub, "default_payment_method", pm)
	s.app.Sandbox().Advance(month)
	s.eventually("the next invoice is there", func() bool { return len(s.list("/v1/invoices", "subscription", sub)) == 2 })
	s.app.Sandbox().Advance(2 * time.Hour)
	s.eventually("the subscription is past due", func() bool {
		return s.ledger(id).Subscription(sub).Status == payments.SubscriptionPastDue
	})
	s.wantQuiet()
	b.wantStatus(id, "paid paid")
	s.wantCharged(clubPrice)

	s.stripe("DELETE", "/v1/subscriptions/"+sub)
	s.eventually("the subscription is canceled", func() bool {
		return s.ledger(id).Subscription(sub).Status == payments.SubscriptionCanceled
	})
	s.wantQuiet()
	b.wantStatus(id, "paid paid")
}

func TestSubscriptionOverAnotherAmountIsForAPerson(t *testing.T) {
	t.Parallel()
	s := openShop(t, selling(clubCatalog))
	b := s.buyer(t)
	id := b.order("club")
	s.reprice(id, 900) // but not what the subscription will be over
	err := s.app.Ledger().Update(t.Context(), id, nil, func(st *payments.State) error {
		st.Order.Items[0].UnitAmount = clubPrice
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if r := b.confirm(id, cardPays); r.status != http.StatusConflict {
		t.Errorf("confirming: %d %s", r.status, r.body)
	}
	if o := s.ledger(id).Order; o.Status != "review" || !strings.Contains(o.ReviewReason, "begins with 1200 usd, the order is over 900 usd") {
		t.Errorf("the order is %s: %q", o.Status, o.ReviewReason)
	}
	s.wantCharged()
}
