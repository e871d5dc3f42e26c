package api_test

import (
	"net/http"
	"testing"

	"checkoutd/internal/e2e/e2etest"
	"checkoutd/internal/payments"
)

// A payment method that its buyer removes is detached, and the next payment of
// its subscription fails, as the guide warns.
func TestMethodsOfASubscriberStay(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t, with(switches, map[string]string{"SAVED_METHODS_REMOVE": "true"}))
	b, other := s.Buyer(t), s.Buyer(t)
	first := b.Order("song")
	if got := b.Feature(first, "payment_method_remove"); got != `"enabled"` {
		t.Errorf("before: removing is %s", got)
	}

	club := b.Order("club")
	if got := b.Feature(club, "payment_method_save"); got != `"disabled"` {
		t.Errorf("a subscription, which saves its method, asks whether to save it: %s", got)
	}
	if r := b.Confirm(club, e2etest.CardPays); r.Status != http.StatusOK {
		t.Fatalf("subscribing: %d %s", r.Status, r.Body)
	}

	next := b.Order("song")
	for name, want := range map[string]string{
		"payment_method_remove":    `"disabled"`,
		"payment_method_redisplay": `"enabled"`,
		"payment_method_save":      `"enabled"`,
	} {
		if got := b.Feature(next, name); got != want {
			t.Errorf("with a subscription %s is %s, want %s", name, got, want)
		}
	}

	if got := other.Feature(other.Order("song"), "payment_method_remove"); got != `"enabled"` {
		t.Errorf("of another buyer: removing is %s", got)
	}

	subscription := s.State(club).Subscriptions[0].ID
	s.Stripe(http.MethodDelete, "/v1/subscriptions/"+subscription)
	s.Eventually("the shop learns of the end", func() bool { return s.State(club).Subscriptions[0].Status == payments.SubscriptionCanceled })

	if got := b.Feature(next, "payment_method_remove"); got != `"enabled"` {
		t.Errorf("after its end: removing is %s", got)
	}
}
