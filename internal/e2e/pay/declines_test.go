package pay_test

import (
	"net/http"
	"strings"
	"testing"

	"checkoutd/internal/e2e/e2etest"
)

// Whoever tests stolen cards must not learn which of them are reported: neither
// from an answer nor from a page.
func TestReportedCardsLookLikeAnyDeclinedCard(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t)
	b := s.Buyer(t)
	for card, code := range map[string]string{
		"4000000000009987": "lost_card",
		"4000000000009979": "stolen_card",
	} {
		id := b.Order("mug")
		said := map[string]e2etest.Reply{"the answer": b.Confirm(id, card)}
		if r := said["the answer"]; r.Status != http.StatusPaymentRequired ||
			!strings.Contains(r.Body, `"decline_code":"generic_decline"`) {
			t.Errorf("%s: %d %s, want 402 generic_decline", code, r.Status, r.Body)
		}

		said["the order"] = b.Call("GET", "/orders/"+id, "")
		said["the configuration"] = b.Call("GET", "/config?order="+id, "")
		said["the checkout"] = b.Call("GET", "/checkout/"+id, "")
		said["the completion page"] = b.Call("GET", "/complete?order="+id, "")
		said["the next attempt"] = b.Confirm(id, e2etest.CardDeclined)
		for place, r := range said {
			if words := strings.ToLower(r.Body); strings.Contains(words, code) ||
				strings.Contains(words, "stolen") || strings.Contains(words, "card was lost") {
				t.Errorf("%s: %s tells %s", code, place, r.Body)
			}
		}

		if got := s.State(id).Attempts[0].DeclineCode; got != code {
			t.Errorf("the shop sees %q, want %q", got, code)
		}
	}
}

// The guide's client names no order. It must not pay that of another tab.
func TestAnUnnamedOrderIsNotGuessed(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t)
	b := s.Buyer(t)
	first, second := b.Order("mug"), b.Order("guide")

	pay := func() e2etest.Reply {
		return b.Call("POST", "/create-confirm-intent", `{"confirmationTokenId":"`+b.Token(e2etest.CardPays)+`"}`)
	}
	if r := pay(); r.Status != http.StatusUnprocessableEntity || !strings.Contains(r.Body, `"order_ambiguous"`) {
		t.Errorf("with two open orders: %d %s, want order_ambiguous", r.Status, r.Body)
	}
	if got := b.Status(first) + ", " + b.Status(second); got != "open unpaid, open unpaid" {
		t.Errorf("the orders are %s", got)
	}

	if r := b.Confirm(second, e2etest.CardPays); r.Status != http.StatusOK {
		t.Fatalf("named: %d %s", r.Status, r.Body)
	}

	third := b.Order("guide")
	if r := b.Confirm(first, e2etest.CardPays); r.Status != http.StatusOK {
		t.Fatalf("named: %d %s", r.Status, r.Body)
	}
	if r := pay(); r.Status != http.StatusOK {
		t.Errorf("with one open order: %d %s", r.Status, r.Body)
	}
	if got := b.Status(third); got != "paid paid" {
		t.Errorf("the open order is %s", got)
	}
}
