package app_test

import (
	"net/http"
	"net/url"
	"testing"

	"checkoutd/internal/config"
	"checkoutd/internal/payments"
)

// feature is what Stripe.js learns of a feature of saved methods on the page of an order.
func (b *buyer) feature(orderID, name string) string {
	b.t.Helper()
	secret, _ := b.object(b.call("POST", "/create-customer-session", `{"orderId":"`+orderID+`"}`))["customer_session_client_secret"].(string)
	query := url.Values{"key": {config.SandboxPublishableKey}, "type": {"deferred_intent"}, "customer_session_client_secret": {secret},
		"deferred_intent[mode]": {"payment"}, "deferred_intent[amount]": {"200"}, "deferred_intent[currency]": {"usd"}}
	r, err := http.NewRequest(http.MethodGet, b.shop.cfg.StripeAPIBase+"/v1/elements/sessions?"+query.Encode(), nil)
	if err != nil {
		b.t.Fatal(err)
	}
	session := b.object(b.send(r))
	return part(b.t, session, "customer.customer_session.components.payment_element.features."+name)
}

// A method that its buyer removes is detached, and the subscription that it pays for fails at
// its next payment: the guide warns of it.
func TestMethodsOfASubscriberStay(t *testing.T) {
	t.Parallel()
	s := openShop(t, with(switches, map[string]string{"SAVED_METHODS_REMOVE": "true"}))
	b, other := s.buyer(t), s.buyer(t)
	first := b.order("song")
	if got := b.feature(first, "payment_method_remove"); got != `"enabled"` {
		t.Errorf("before: removing is %s", got)
	}
	club := b.order("club")
	if got := b.feature(club, "payment_method_save"); got != `"disabled"` {
		t.Errorf("a subscription, which saves its method, asks whether to save it: %s", got)
	}
	if r := b.confirm(club, cardPays); r.status != http.StatusOK {
		t.Fatalf("subscribing: %d %s", r.status, r.body)
	}
	next := b.order("song")
	for name, want := range map[string]string{"payment_method_remove": `"disabled"`, "payment_method_redisplay": `"enabled"`, "payment_method_save": `"enabled"`} {
		if got := b.feature(next, name); got != want {
			t.Errorf("with a subscription %s is %s, want %s", name, got, want)
		}
	}
	if got := other.feature(other.order("song"), "payment_method_remove"); got != `"enabled"` {
		t.Errorf("of another buyer: removing is %s", got)
	}

	subscription := s.ledger(club).Subscriptions[0].ID
	s.stripe(http.MethodDelete, "/v1/subscriptions/"+subscription)
	s.eventually("the shop learns of the end", func() bool { return s.ledger(club).Subscriptions[0].Status == payments.SubscriptionCanceled })
	if got := b.feature(next, "payment_method_remove"); got != `"enabled"` {
		t.Errorf("after its end: removing is %s", got)
	}
}
