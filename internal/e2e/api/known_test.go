package api_test

import (
	"net/http"
	"strings"
	"testing"

	"checkoutd/internal/api"
	"checkoutd/internal/e2e/e2etest"
)

// The form of a browser that has paid is filled. Nobody else gets to see it:
// neither another browser that opens the same order by its link, nor a buyer
// whom the shop has named, nor anybody once the shop has turned it off.
func TestTheFormOfABrowserThatHasPaid(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t, e2etest.WithChangeCatalog, e2etest.Set("COLLECT_EMAIL", "true"))
	shop := s.Backend(t, api.ScopeWrite)
	b, stranger := s.Buyer(t), s.Buyer(t)
	// wantFilled asks for the form in every way in which a page gets it.
	wantFilled := func(what string, b *e2etest.Buyer, id string, want bool, headers ...string) {
		t.Helper()
		for _, path := range []string{"/config?order=" + id, "/checkout/" + id, "/checkout-form?order=" + id} {
			r := b.Call("GET", path, "", headers...)
			if r.Status != http.StatusOK || strings.Contains(r.Body, "Feather Lane") != want || strings.Contains(r.Body, e2etest.CanaryEmail) != want {
				t.Errorf("%s: %s has the buyer's data: %t; want %t", what, path, !want, want)
			}
		}
	}

	first := b.Order("mug")
	b.Call("POST", "/create-customer-session", "")
	b.Change(first, `{"email":"`+e2etest.CanaryEmail+`","shipping":`+erasedAddress+`}`)
	b.Confirm(first, e2etest.CardPays)
	b.WantStatus(first, "paid paid")

	next := b.Order("mug")
	wantFilled("the next order", b, next, true)

	// An order of the shop's backend, which two browsers open by its link.
	made := shop.Want(http.StatusCreated, "POST", "/v1/orders", `{"currency":"usd","items":[{"name":"Board","unit_amount":4500}],"shipping":{"name":"Post","amount":500}}`)
	link, _ := made["url"].(string)
	linked, _ := made["id"].(string)
	for _, who := range []*e2etest.Buyer{b, stranger} {
		who.Call("GET", strings.TrimPrefix(link, s.URL), "")
		who.Call("POST", "/create-customer-session", `{"orderId":"`+linked+`"}`)
	}

	wantFilled("by a link, for the buyer", b, linked, true)
	wantFilled("by a link, for a stranger", stranger, linked, false)

	named := shop.Want(http.StatusOK, "PATCH", "/v1/orders/"+linked, `{"customer":{"email":"tom@example.com"}}`)
	wantFilled("for "+named["id"].(string)+" of somebody else", b, linked, false)

	// To try to pay teaches a stranger nothing, nor does the buyer's payment.
	stranger.Confirm(linked, e2etest.CardAsks)
	b.Change(linked, `{"email":"`+e2etest.CanaryEmail+`","shipping":`+erasedAddress+`}`)
	b.Confirm(linked, e2etest.CardPays)
	b.WantStatus(linked, "paid paid")
	wantFilled("a stranger's own", stranger, stranger.Order("mug"), false)

	s.Env["PREFILL_CONTACT"] = "false"
	s.Restart()
	wantFilled("turned off", b, next, false)
	s.Env["PREFILL_CONTACT"] = "true"
	s.Restart()
	wantFilled("turned on again", b, next, true)
}
