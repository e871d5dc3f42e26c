package modes_test

import (
	"net/http"
	"strings"
	"testing"

	"checkoutd/internal/e2e/e2etest"
	"checkoutd/internal/sandbox"
)

func TestSetupSavesACard(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t)
	b := s.Buyer(t)
	id := b.Save()
	token := b.TokenFor(id, e2etest.CardPays)
	r := b.Call("POST", "/create-confirm-intent", `{"confirmationTokenId":"`+token+`","orderId":"`+id+`"}`)
	answer := b.Object(r)
	if r.Status != http.StatusOK || answer["status"] != "succeeded" || !strings.HasPrefix(answer["client_secret"].(string), "seti_") {
		t.Fatalf("saving: %d %s", r.Status, r.Body)
	}

	again := b.Call("POST", "/create-confirm-intent", `{"confirmationTokenId":"`+token+`","orderId":"`+id+`"}`)
	if again.Status != http.StatusOK || again.Body != r.Body {
		t.Errorf("the same token again: %d %s", again.Status, again.Body)
	}

	b.WantSaved(id)
}

func TestSetupDeclinedAndTriedAgain(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t)
	b := s.Buyer(t)
	id := b.Save()
	if r := b.Confirm(id, e2etest.CardDeclined); r.Status != http.StatusPaymentRequired || !strings.Contains(r.Body, `"card_declined"`) {
		t.Fatalf("a declined card: %d %s", r.Status, r.Body)
	}

	b.WantStatus(id, "open failed")
	if r := b.Confirm(id, e2etest.CardPays); r.Status != http.StatusOK {
		t.Fatalf("another card: %d %s", r.Status, r.Body)
	}

	b.WantSaved(id)
	if n := len(s.State(id).Intents); n != 1 {
		t.Errorf("%d SetupIntents, want the same one", n)
	}
}

func TestSetupWithThreeDSecure(t *testing.T) {
	t.Parallel()
	for outcome, status := range map[string]string{"pass": "paid paid", "fail": "open failed"} {
		t.Run(outcome, func(t *testing.T) {
			t.Parallel()
			s := e2etest.OpenShop(t)
			b := s.Buyer(t)
			id := b.Save()
			answer := b.Object(b.Confirm(id, e2etest.CardChallenges))
			if answer["status"] != "requires_action" {
				t.Fatalf("answered %v", answer)
			}

			b.WantStatus(id, "open requires_action")
			b.Authenticate(answer["client_secret"].(string), outcome)
			b.WantStatus(id, status)

			if outcome == "fail" {
				r := b.Confirm(id, e2etest.CardPays)
				if r.Status != http.StatusOK {
					t.Fatalf("another card: %d %s", r.Status, r.Body)
				}
			}

			b.WantSaved(id)
		})
	}
}

func TestSetupWithAnotherCardInsteadOfThreeDSecure(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t)
	b := s.Buyer(t)
	id := b.Save()
	b.Confirm(id, e2etest.CardChallenges)
	if r := b.Confirm(id, e2etest.CardPays); r.Status != http.StatusOK {
		t.Fatalf("another card: %d %s", r.Status, r.Body)
	}
	b.WantSaved(id)
}

func TestSetupWhoseAnswersAreLost(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t)
	s.Fault("POST /v1/setup_intents", sandbox.FaultChargeThenCut, 6)
	s.Fault("WEBHOOK *", sandbox.FaultDrop, -1)
	b := s.Buyer(t)
	id := b.Save()
	if r := b.Confirm(id, e2etest.CardPays); r.Status != http.StatusConflict || !strings.Contains(r.Body, "payment_unknown") {
		t.Fatalf("without an answer: %d %s", r.Status, r.Body)
	}

	b.WantStatus(id, "paid paid")
	if list := s.List("/v1/setup_intents"); len(list) != 1 {
		t.Errorf("%d SetupIntents, want one", len(list))
	}
}

func TestSetupByWebhookAlone(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t)
	b := s.Buyer(t)
	id := b.Save()
	s.Fault("POST /v1/setup_intents", sandbox.FaultChargeThen500, -1)
	s.Fault("GET /v1/setup_intents*", sandbox.FaultStatus500, -1)
	b.Confirm(id, e2etest.CardPays)
	b.WantStatus(id, "paid paid")
}

func TestSetupWhoseEventsAreFirst(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t)
	b := s.Buyer(t)
	id := b.Save()
	s.Fault("POST /v1/setup_intents", sandbox.FaultChargeThenDelay, 1)
	if r := b.Confirm(id, e2etest.CardPays); r.Status != http.StatusOK || b.Object(r)["status"] != "succeeded" {
		t.Fatalf("saving: %d %s", r.Status, r.Body)
	}
	b.WantSaved(id)
}

func TestSetupExpires(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t)
	b := s.Buyer(t)
	id := b.Save()
	b.Confirm(id, e2etest.CardChallenges)
	s.ExpireNow(id)
	b.WantStatus(id, "expired unpaid")
	if list := s.List("/v1/setup_intents"); len(list) != 1 || list[0]["status"] != "canceled" {
		t.Errorf("the SetupIntents are %v, want one, canceled", list)
	}
}
