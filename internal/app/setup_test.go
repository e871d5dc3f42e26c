package app_test

import (
	"net/http"
	"strings"
	"testing"

	"checkoutd/internal/payments"
	"checkoutd/internal/sandbox"
)

// save places an order that only saves a method.
func (b *buyer) save() (id string) {
	b.t.Helper()
	r := b.call("POST", "/orders", `{"mode":"setup"}`)
	if r.status != http.StatusCreated {
		b.t.Fatalf("POST /orders: %d %s", r.status, r.body)
	}
	return b.object(r)["id"].(string)
}

// wantSaved checks what Stripe and the shop hold of a method that was saved once.
func (b *buyer) wantSaved(id string) {
	b.t.Helper()
	b.wantStatus(id, "paid paid")
	s := b.shop
	s.wantQuiet()
	st := s.ledger(id)
	if st.Order.Captured != 0 || st.Order.ReviewReason != "" {
		b.t.Errorf("captured %d, review %q; want a saved method and nothing else", st.Order.Captured, st.Order.ReviewReason)
	}
	saved := 0
	for _, si := range s.list("/v1/setup_intents") {
		if si["status"] == "canceled" {
			continue
		}
		saved++
		if si["customer"] != st.Order.CustomerID || si["usage"] != "off_session" || si["metadata"].(map[string]any)[payments.MetaOrder] != id {
			b.t.Errorf("the SetupIntent is of %v, for %v, %v", si["customer"], si["usage"], si["metadata"])
		}
	}
	if methods := s.list("/v1/payment_methods", "customer", st.Order.CustomerID, "type", "card"); saved != 1 || len(methods) != 1 {
		b.t.Errorf("%d SetupIntents, %d saved cards; want one each", saved, len(methods))
	}
	s.wantLedger(0)
}

func TestSetupSavesACard(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	b := s.buyer(t)
	id := b.save()
	token := b.token(cardPays)
	r := b.call("POST", "/create-confirm-intent", `{"confirmationTokenId":"`+token+`","orderId":"`+id+`"}`)
	answer := b.object(r)
	if r.status != http.StatusOK || answer["status"] != "succeeded" || !strings.HasPrefix(answer["client_secret"].(string), "seti_") {
		t.Fatalf("saving: %d %s", r.status, r.body)
	}
	again := b.call("POST", "/create-confirm-intent", `{"confirmationTokenId":"`+token+`","orderId":"`+id+`"}`)
	if again.status != http.StatusOK || again.body != r.body {
		t.Errorf("the same token again: %d %s", again.status, again.body)
	}
	b.wantSaved(id)
}

func TestSetupDeclinedAndTriedAgain(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	b := s.buyer(t)
	id := b.save()
	if r := b.confirm(id, cardDeclined); r.status != http.StatusPaymentRequired || !strings.Contains(r.body, `"card_declined"`) {
		t.Fatalf("a declined card: %d %s", r.status, r.body)
	}
	b.wantStatus(id, "open failed")
	if r := b.confirm(id, cardPays); r.status != http.StatusOK {
		t.Fatalf("another card: %d %s", r.status, r.body)
	}
	b.wantSaved(id)
	if n := len(s.ledger(id).Intents); n != 1 {
		t.Errorf("%d SetupIntents, want the same one", n)
	}
}

func TestSetupWithThreeDSecure(t *testing.T) {
	t.Parallel()
	for outcome, status := range map[string]string{"pass": "paid paid", "fail": "open failed"} {
		t.Run(outcome, func(t *testing.T) {
			t.Parallel()
			s := openShop(t)
			b := s.buyer(t)
			id := b.save()
			answer := b.object(b.confirm(id, cardChallenges))
			if answer["status"] != "requires_action" {
				t.Fatalf("answered %v", answer)
			}
			b.wantStatus(id, "open requires_action")
			b.authenticate(answer["client_secret"].(string), outcome)
			b.wantStatus(id, status)
			if outcome == "fail" {
				r := b.confirm(id, cardPays)
				if r.status != http.StatusOK {
					t.Fatalf("another card: %d %s", r.status, r.body)
				}
			}
			b.wantSaved(id)
		})
	}
}

func TestSetupWithAnotherCardInsteadOfThreeDSecure(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	b := s.buyer(t)
	id := b.save()
	b.confirm(id, cardChallenges)
	if r := b.confirm(id, cardPays); r.status != http.StatusOK {
		t.Fatalf("another card: %d %s", r.status, r.body)
	}
	b.wantSaved(id)
}

func TestSetupWhoseAnswersAreLost(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	s.fault("POST /v1/setup_intents", sandbox.FaultChargeThenCut, 6)
	s.fault("WEBHOOK *", sandbox.FaultDrop, -1)
	b := s.buyer(t)
	id := b.save()
	if r := b.confirm(id, cardPays); r.status != http.StatusConflict || !strings.Contains(r.body, "payment_unknown") {
		t.Fatalf("without an answer: %d %s", r.status, r.body)
	}
	b.wantStatus(id, "paid paid")
	if list := s.list("/v1/setup_intents"); len(list) != 1 {
		t.Errorf("%d SetupIntents, want one", len(list))
	}
}

func TestSetupByWebhookAlone(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	b := s.buyer(t)
	id := b.save()
	s.fault("POST /v1/setup_intents", sandbox.FaultChargeThen500, -1)
	s.fault("GET /v1/setup_intents*", sandbox.FaultStatus500, -1)
	b.confirm(id, cardPays)
	b.wantStatus(id, "paid paid")
}

func TestSetupWhoseEventsAreFirst(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	b := s.buyer(t)
	id := b.save()
	s.fault("POST /v1/setup_intents", sandbox.FaultChargeThenDelay, 1)
	if r := b.confirm(id, cardPays); r.status != http.StatusOK || b.object(r)["status"] != "succeeded" {
		t.Fatalf("saving: %d %s", r.status, r.body)
	}
	b.wantSaved(id)
}

func TestSetupExpires(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	b := s.buyer(t)
	id := b.save()
	b.confirm(id, cardChallenges)
	s.expireNow(id)
	b.wantStatus(id, "expired unpaid")
	if list := s.list("/v1/setup_intents"); len(list) != 1 || list[0]["status"] != "canceled" {
		t.Errorf("the SetupIntents are %v, want one, canceled", list)
	}
}
