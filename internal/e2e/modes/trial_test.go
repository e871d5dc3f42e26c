package modes_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"checkoutd/internal/api"
	"checkoutd/internal/e2e/e2etest"
	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
)

const trialDays = 14

// trialOf creates an order of the shop's backend that begins with a trial, and
// opens its page in the buyer's browser.
func trialOf(b *e2etest.Buyer, backend *e2etest.Backend, s *e2etest.Shop) (id string) {
	s.T.Helper()
	o := backend.Want(http.StatusCreated, "POST", "/v1/orders", fmt.Sprintf(
		`{"items":[{"sku":"club"}],"mode":"subscription","trial_days":%d,"locale":"en"}`, trialDays))
	if o["amount"] != 0.0 || o["subtotal"] != float64(e2etest.ClubPrice) || o["trial_days"] != float64(trialDays) || o["trial_end"] != nil {
		s.T.Fatalf("the order is %v", o)
	}
	if r := b.Call("GET", strings.TrimPrefix(o["url"].(string), s.URL), ""); r.Status != http.StatusSeeOther {
		s.T.Fatalf("open the page: %d", r.Status)
	}
	return o["id"].(string)
}

// wantTrial checks that Stripe and the shop hold one subscription in its trial,
// with a payment method and without a charge, and returns it.
func wantTrial(s *e2etest.Shop, b *e2etest.Buyer, backend *e2etest.Backend, id string) payments.Subscription {
	s.T.Helper()
	b.WantStatus(id, "paid paid")
	s.WantQuiet()
	s.WantCharged()

	var kept payments.Subscription
	for _, sub := range s.List("/v1/subscriptions", "customer", s.State(id).Order.CustomerID, "status", "all") {
		if sub["status"] == "canceled" {
			continue
		}
		if kept.ID != "" {
			s.T.Error("Stripe has more than one living subscription")
		}

		if k := s.State(id).Subscription(sub["id"].(string)); k != nil {
			kept = *k
		}

		if sub["status"] != "trialing" || sub["default_payment_method"] == nil || sub["pending_setup_intent"] != nil {
			s.T.Errorf("the subscription is %v, paid with %v, pending %v",
				sub["status"], sub["default_payment_method"], sub["pending_setup_intent"])
		}
	}

	st := s.State(id)
	end := st.Order.Shop.TrialEnd
	if kept.Status != payments.SubscriptionTrialing || !end.Equal(kept.PeriodEnd) || st.Order.Captured != 0 || st.Order.ReviewReason != "" {
		s.T.Errorf("the shop keeps %+v, a trial until %v, captured %d, review %q",
			kept, end, st.Order.Captured, st.Order.ReviewReason)
	}

	if o := backend.Want(http.StatusOK, "GET", "/v1/orders/"+id, ""); o["trial_end"] != end.Format(time.RFC3339) {
		s.T.Errorf("the order's trial ends at %v, want %v", o["trial_end"], end)
	}

	if page := b.Call("GET", "/complete?order="+id, "").Body; !strings.Contains(page, end.Format(time.RFC3339)) ||
		!strings.Contains(wordsOf(page), "After the free trial you pay $12.00 every month until you cancel.") {
		s.T.Error("the page does not say when the first payment is due, and which")
	}

	return kept
}

func TestTrial(t *testing.T) {
	t.Parallel()
	pays := func(b *e2etest.Buyer, id, card string) map[string]any { return b.Object(b.Confirm(id, card)) }
	for name, begin := range map[string]func(b *e2etest.Buyer, id string){
		"at once": func(b *e2etest.Buyer, id string) { pays(b, id, e2etest.CardPays) },
		"after 3D Secure": func(b *e2etest.Buyer, id string) {
			b.Authenticate(pays(b, id, e2etest.CardChallenges)["client_secret"].(string), "pass")
		},
		"after 3D Secure failed": func(b *e2etest.Buyer, id string) {
			b.Authenticate(pays(b, id, e2etest.CardChallenges)["client_secret"].(string), "fail")
			b.WantStatus(id, "open failed")
			pays(b, id, e2etest.CardPays)
		},
		"after a decline": func(b *e2etest.Buyer, id string) {
			pays(b, id, e2etest.CardDeclined)
			b.WantStatus(id, "open failed")
			pays(b, id, e2etest.CardPays)
		},
		"with another card instead of 3D Secure": func(b *e2etest.Buyer, id string) {
			pays(b, id, e2etest.CardChallenges)
			pays(b, id, e2etest.CardPays)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := e2etest.OpenShop(t, e2etest.Selling(e2etest.ClubCatalog))
			b, backend := s.Buyer(t), s.Backend(t, api.ScopeRefund)
			id := trialOf(b, backend, s)
			begin(b, id)
			wantTrial(s, b, backend, id)

			if r := b.Confirm(id, e2etest.CardPays); r.Status != http.StatusConflict {
				t.Errorf("beginning it again: %d %s", r.Status, r.Body)
			}
			if r := backend.Call("POST", "/v1/orders/"+id+"/refund", "{}"); r.Status != http.StatusConflict {
				t.Errorf("a refund of nothing: %d %s", r.Status, r.Body)
			}
		})
	}
}

// Without a payment method nothing is left of a trial whose page was closed,
// and nobody hears of it as of a subscription.
func TestTrialThatNobodyBegins(t *testing.T) {
	t.Parallel()
	for status, leave := range map[string]func(s *e2etest.Shop, backend *e2etest.Backend, id string){
		"expired unpaid": func(s *e2etest.Shop, _ *e2etest.Backend, id string) { s.ExpireNow(id) },
		"canceled unpaid": func(_ *e2etest.Shop, backend *e2etest.Backend, id string) {
			backend.Want(http.StatusOK, "POST", "/v1/orders/"+id+"/cancel", "{}")
		},
	} {
		t.Run(status, func(t *testing.T) {
			t.Parallel()
			s := e2etest.OpenShop(t, e2etest.Selling(e2etest.ClubCatalog))
			b, backend := s.Buyer(t), s.Backend(t, api.ScopeWrite)
			id := trialOf(b, backend, s)
			b.Confirm(id, e2etest.CardChallenges)
			leave(s, backend, id)
			b.WantStatus(id, status)
			s.WantQuiet()

			st := s.State(id)
			if len(st.Subscriptions) != 1 || st.Subscriptions[0].Status != payments.SubscriptionCanceled || st.Order.Status == orders.Review {
				t.Errorf("the shop keeps %+v, the order is %s", st.Subscriptions, st.Order.Status)
			}

			list, err := s.Store().Effects(t.Context(), id)
			if err != nil || slices.ContainsFunc(list, func(e payments.Effect) bool { return e.Kind == payments.EffectEnded }) {
				t.Errorf("the effects are %+v, %v", list, err)
			}
		})
	}
}

// The end of a trial is followed from readings: the first payment is made, or
// fails, whatever the order was.
func TestTrialEnds(t *testing.T) {
	t.Parallel()
	for card, want := range map[string]payments.SubscriptionStatus{
		e2etest.CardPays:   payments.SubscriptionActive,
		"4000000000000341": payments.SubscriptionPastDue, // it is saved, and declined later
	} {
		t.Run(string(want), func(t *testing.T) {
			t.Parallel()
			s := e2etest.OpenShop(t, e2etest.Selling(e2etest.ClubCatalog))
			b, backend := s.Buyer(t), s.Backend(t, api.ScopeWrite)
			id := trialOf(b, backend, s)
			b.Confirm(id, card)
			sub := wantTrial(s, b, backend, id)

			s.App.Sandbox().Advance(trialDays*24*time.Hour + time.Minute)
			s.Eventually("the first paid period has begun", func() bool {
				return s.State(id).Subscription(sub.ID).PeriodEnd.After(sub.PeriodEnd)
			})
			s.App.Sandbox().Advance(2 * time.Hour) // an invoice is a draft for an hour
			s.Eventually("the first payment is known", func() bool {
				return s.State(id).Subscription(sub.ID).Status == want && len(s.State(id).Intents) == 2
			})
			s.WantQuiet()
			b.WantStatus(id, "paid paid")

			if want == payments.SubscriptionActive {
				s.WantCharged(e2etest.ClubPrice)
			}
		})
	}
}
