package connect_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"checkoutd/internal/api"
	"checkoutd/internal/connect"
	"checkoutd/internal/e2e/e2etest"
)

// An account, of which only reading is allowed, pays for the platform's app
// after a trial.
func TestAccountPaysForTheApp(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t, e2etest.Set("CONNECT_SCOPE", "read_only"), e2etest.Set("CONNECT_APP_TRIAL_DAYS", "14"), e2etest.Selling(`{"currency": "usd", "products": [
		{"sku": "app", "name": "Reports", "price": "12.00", "recurring": {"interval": "month"}}]}`))
	backend := s.Backend(t, api.ScopeWrite)
	p, page := link(t, s, backend, "c-1")
	p.back(p.decide(p.start(page), "pass"), page)
	a := account(t, backend, "c-1")
	path := fmt.Sprint("/v1/connect/accounts/", a["id"])

	if a["scope"] != "read_only" || a["app"] != nil {
		t.Errorf("got %v", a)
	}

	wantActive := func(want bool) {
		t.Helper()
		for _, active := range []bool{true, false} {
			page := backend.Want(http.StatusOK, "GET", fmt.Sprint("/v1/connect/accounts?active=", active), "")
			if n := len(page["data"].([]any)); n == 1 != (active == want) {
				t.Errorf("%d accounts are listed with active=%t", n, active)
			}
		}
	}

	wantActive(false)

	const body = `{"items":[{"sku":"app"}],"success_url":"https://platform.example/thanks"}`
	open := func(url any) {
		t.Helper()
		if r := p.Call("GET", strings.TrimPrefix(url.(string), s.URL), ""); r.Status != http.StatusSeeOther {
			t.Fatalf("open the page: %d", r.Status)
		}
	}

	// Stripe's trial runs before anybody has saved a payment method for it.
	o := backend.Want(http.StatusCreated, "POST", path+"/subscribe", body)
	former := o["order"].(string)
	open(o["url"])

	if r := p.Confirm(former, e2etest.CardChallenges); r.Status != http.StatusOK {
		t.Fatalf("begin the trial: %d %s", r.Status, r.Body)
	}
	if app, _ := backend.Want(http.StatusOK, "GET", path, "")["app"].(map[string]any); app["active"] != false || app["status"] != "incomplete" {
		t.Errorf("got %v before the bank has confirmed", app)
	}

	wantActive(false)

	o = backend.Want(http.StatusCreated, "POST", path+"/subscribe", body)
	order := o["order"].(string)

	if o := backend.Want(http.StatusOK, "GET", "/v1/orders/"+former, ""); o["status"] != "canceled" {
		t.Errorf("the former page is %v, and could be paid besides", o["status"])
	}

	open(o["url"])
	if r := p.Confirm(order, e2etest.CardPays); r.Status != http.StatusOK {
		t.Fatalf("subscribe: %d %s", r.Status, r.Body)
	}

	s.Eventually("the subscription is read", func() bool {
		subs, err := s.Store().AppSubscriptions(t.Context(), []string{a["id"].(string)})
		statuses := []string{}
		for _, sub := range subs {
			statuses = append(statuses, sub.Status)
		}

		slices.Sort(statuses)
		return err == nil && slices.Equal(statuses, []string{"canceled", "trialing"})
	})

	app, _ := backend.Want(http.StatusOK, "GET", path, "")["app"].(map[string]any)
	if app["active"] != true || app["trial_end"] == nil || app["trial_end"] != app["period_end"] || app["order"] != order || !strings.HasPrefix(fmt.Sprint(app["customer"]), "cus_") {
		t.Errorf("got %v", app)
	}

	wantActive(true)
	backend.Want(http.StatusConflict, "POST", path+"/subscribe", body)

	// Nothing keeps a platform from a second subscription by the other way.
	o = backend.Want(http.StatusCreated, "POST", "/v1/orders",
		fmt.Sprintf(`{"mode":"subscription","items":[{"sku":"app"}],"customer":{"reference":%q}}`, a["id"]))
	open(o["url"])

	if r := p.Confirm(o["id"].(string), e2etest.CardPays); r.Status != http.StatusOK {
		t.Fatalf("subscribe again: %d %s", r.Status, r.Body)
	}

	s.Eventually("both subscriptions are read", func() bool {
		subs, err := s.Store().AppSubscriptions(t.Context(), []string{a["id"].(string)})
		return err == nil && len(subs) == 3 && slices.ContainsFunc(subs, func(sub connect.AppSubscription) bool {
			return sub.Status == "active"
		})
	})

	// The end of the connection is not the end of the subscription.
	app, _ = backend.Want(http.StatusOK, "POST", path+"/deauthorize", "")["app"].(map[string]any)
	if app["active"] != true {
		t.Errorf("got %v after the account was disconnected", app)
	}

	app, _ = backend.Want(http.StatusOK, "POST", path+"/unsubscribe", "")["app"].(map[string]any)
	if app["active"] != false || app["status"] != "canceled" || app["ends_at"] == nil {
		t.Errorf("got %v after the cancellation", app)
	}

	wantActive(false)
	backend.Want(http.StatusConflict, "POST", path+"/unsubscribe", "")
	backend.Want(http.StatusConflict, "POST", path+"/subscribe", body)
}
