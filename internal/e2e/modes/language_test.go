package modes_test

import (
	"net/http"
	"strings"
	"testing"

	"checkoutd/internal/e2e/e2etest"
	"checkoutd/internal/sandbox"
)

// A buyer's order is in the buyer's language, and the product at Stripe in the
// catalog's first one, whoever buys it first.
func TestAProductHasOneNameAtStripe(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t, e2etest.Selling(`{"currency": "eur", "products": [{"sku": "tea", "price": "9.00",
		"name": {"en": "Tea", "fr": "Thé"}, "recurring": {"interval": "month"}, "variants": [
			{"sku": "tea-green", "name": {"en": "green", "fr": "vert"}}]}]}`))
	b := s.Buyer(t)
	r := b.Call("POST", "/orders", `{"items":[{"sku":"tea-green","quantity":1}]}`, "Accept-Language: fr-FR,en;q=0.5")
	id := b.Object(r)["id"].(string)
	if r := b.Call("GET", "/orders/"+id, ""); !strings.Contains(r.Body, `"name":"Thé, vert"`) {
		t.Errorf("the order: %s", r.Body)
	}

	s.Fault("POST /v1/subscriptions", sandbox.FaultChargeThenCut, 1) // it is sent again, with the same content
	if r := b.Confirm(id, e2etest.CardPays); r.Status != http.StatusOK {
		t.Fatalf("subscribing: %d %s", r.Status, r.Body)
	}

	b.WantSubscribed(id)
	if p := s.Stripe("GET", "/v1/products/checkoutd_tea-green"); p["name"] != "Tea, green" {
		t.Errorf("the product at Stripe is %v", p["name"])
	}
}
