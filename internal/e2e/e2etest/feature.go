package e2etest

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"checkoutd/internal/config"
)

// Feature returns what Stripe.js learns on the page of an order about a feature
// of saved methods.
func (b *Buyer) Feature(orderID, name string) string {
	b.t.Helper()
	secret, _ := b.Object(b.Call("POST", "/create-customer-session", `{"orderId":"`+orderID+`"}`))["customer_session_client_secret"].(string)
	query := url.Values{
		"key":                            {config.SandboxPublishableKey},
		"type":                           {"deferred_intent"},
		"customer_session_client_secret": {secret},
		"deferred_intent[mode]":          {"payment"},
		"deferred_intent[amount]":        {"200"},
		"deferred_intent[currency]":      {"usd"},
	}

	r, err := http.NewRequest(http.MethodGet, b.shop.Config.StripeAPIBase+"/v1/elements/sessions?"+query.Encode(), nil)
	if err != nil {
		b.t.Fatal(err)
	}

	session := b.Object(b.Send(r))
	return Part(b.t, session, "customer.customer_session.components.payment_element.features."+name)
}

// Part returns the JSON at a path such as elements.mode in an object, "" for
// nothing.
func Part(t *testing.T, of any, path string) string {
	t.Helper()
	for name := range strings.SplitSeq(path, ".") {
		m, _ := of.(map[string]any)
		var found bool
		if of, found = m[name]; !found {
			return ""
		}
	}

	text, err := json.Marshal(of)
	if err != nil {
		t.Fatal(err)
	}

	return string(text)
}
