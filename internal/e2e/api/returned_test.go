package api_test

import (
	"net/http"
	"strings"
	"testing"

	"checkoutd/internal/api"
	"checkoutd/internal/e2e/e2etest"
)

// A bank's app sends the buyer back to another browser than the one that holds
// the order's cookie.
func TestBackFromTheBankInAnotherBrowser(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t)
	b, other := s.Buyer(t), s.Buyer(t)
	id := b.Order("mug")
	paid := b.Confirm(id, e2etest.CardPays)
	secret := b.Object(paid)["client_secret"].(string)
	intent, _, _ := strings.Cut(secret, "_secret_")

	back := func(secret string) e2etest.Reply {
		return other.Call("GET", "/complete?order="+id+"&payment_intent="+intent+
			"&payment_intent_client_secret="+secret+"&redirect_status=failed", "")
	}

	r := back(secret)
	if r.Status != http.StatusOK || !strings.Contains(r.Body, "your order is paid") {
		t.Errorf("with Stripe's secret: %d %s, want the outcome", r.Status, r.Body)
	}

	for _, private := range []string{"Enamel mug", "18.00", id, secret} {
		if strings.Contains(r.Body, private) {
			t.Errorf("with Stripe's secret it shows %q", private)
		}
	}

	for _, c := range r.Header.Values("Set-Cookie") {
		if strings.Contains(c, "checkoutd_order") {
			t.Errorf("it opens the order for that browser: %s", c)
		}
	}

	for name, secret := range map[string]string{
		"no secret":         "",
		"a guessed secret":  intent + "_secret_guess",
		"a part of it":      secret[:len(secret)-1],
		"more than it":      secret + "a",
		"of another intent": "pi_nobody" + secret[len(intent):],
		"endless":           intent + "_secret_" + strings.Repeat("a", 2000),
	} {
		r := back(secret)
		if r.Status != http.StatusNotFound || !strings.Contains(r.Body, "your payment is safe") ||
			strings.Contains(r.Body, "is paid") || strings.Contains(r.Body, "Go to the shop") {
			t.Errorf("%s: %d %s, want the page that says where to look", name, r.Status, r.Body)
		}
	}
}

// The shop's page is offered to whoever has the secret, and nobody is sent
// there by an address that Stripe did not complete.
func TestAnotherBrowserIsLedToTheShop(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t)
	o := s.Backend(t, api.ScopeWrite).Want(http.StatusCreated, "POST", "/v1/orders",
		`{"currency":"usd","items":[{"name":"Mug","unit_amount":900}],"success_url":"https://shop.example/thanks"}`)
	b, other := s.Buyer(t), s.Buyer(t)
	body := `{"clientToken":"` + o["client_token"].(string) + `","confirmationTokenId":"` + b.Token(e2etest.CardPays) + `"}`
	secret := b.Object(b.Call("POST", "/create-confirm-intent", body))["client_secret"].(string)

	for secret, leads := range map[string]bool{secret: true, secret + "a": false, "": false} {
		r := other.Call("GET", "/complete?order="+o["id"].(string)+"&payment_intent_client_secret="+secret, "")
		if strings.Contains(r.Body, `href="https://shop.example/thanks"`) != leads || r.Header.Get("Location") != "" {
			t.Errorf("with the secret %q: %d to %q: %s", secret, r.Status, r.Header.Get("Location"), r.Body)
		}
	}
}

func TestGuessingAClientSecretIsLimited(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t, func(s *e2etest.Shop) {
		s.Env["RATE_LIMIT"] = "3"
		s.Env["TRUSTED_PROXIES"] = "127.0.0.1,::1"
	})

	b := s.Buyer(t)
	const path = "/complete?order=ord_1&payment_intent_client_secret=pi_1_secret_guess"
	for i, want := range []int{404, 404, 404, 429} {
		if r := b.Call("GET", path, "", "X-Forwarded-For: 203.0.113.7"); r.Status != want {
			t.Errorf("guess %d: %d, want %d", i+1, r.Status, want)
		}
	}
}
