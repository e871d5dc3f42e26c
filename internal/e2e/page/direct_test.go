package page_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"checkoutd/internal/api"
	"checkoutd/internal/e2e/e2etest"
)

// The buyer of an order that is charged in a connected account pays on the page
// with a card, and with one that asks for a confirmation: page and server work
// in that account, and the platform gets its fee.
func TestDirectChargeOnThePage(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t, e2etest.Set("CONNECT_FEE_PERCENT", "10"), e2etest.Set("SANDBOX_FAULTS", "true"))
	acct := s.Connected()

	for _, tt := range []struct {
		card string
		pay  func(v *e2etest.Visitor)
	}{
		{e2etest.CardPays, func(*e2etest.Visitor) {}},
		{e2etest.CardChallenges, func(v *e2etest.Visitor) { v.Challenge("pass") }},
	} {
		o := s.Backend(t, api.ScopeWrite).Want(http.StatusCreated, "POST", "/v1/orders",
			`{"account":"`+acct+`","currency":"usd","items":[{"name":"Bowl","unit_amount":2500}],"locale":"en"}`)
		id := o["id"].(string)
		_, path, _ := strings.Cut(strings.TrimPrefix(o["url"].(string), "http://"), "/")

		v := e2etest.Visit(t, s)
		v.Open("/" + path)
		v.FormReady()
		v.PayWith(tt.card)
		tt.pay(v)
		v.Until("location.pathname === '/complete'")
		v.Screenshot("direct-charge")

		s.Eventually("the order is paid", func() bool { return s.State(id).Order.Status == "paid" })
		intent := s.StripeIn(acct, http.MethodGet, "/v1/payment_intents/"+s.State(id).Intents[0].ID)
		if fmt.Sprint(intent["application_fee_amount"]) != "250" {
			t.Errorf("the intent's fee is %v, want 250", intent["application_fee_amount"])
		}
	}

	if list := s.List("/v1/application_fees"); len(list) != 2 {
		t.Errorf("the platform has %d fees, want 2", len(list))
	}
	if list := s.List("/v1/payment_intents"); len(list) != 0 {
		t.Errorf("the platform's own account has %v", list)
	}
}
