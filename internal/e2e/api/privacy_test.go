package api_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"checkoutd/internal/e2e/e2etest"
)

func TestSurface(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t)
	b := s.Buyer(t)
	made := b.Call("POST", "/orders", `{"items":[{"sku":"mug","quantity":2},{"sku":"mug","quantity":1}]}`)
	order := b.Object(made)
	id, _ := order["id"].(string)
	if made.Status != 201 || len(order) != 5 || order["mode"] != "payment" || order["amount"] != float64(3*e2etest.MugPrice) || order["currency"] != "usd" ||
		order["url"] != s.URL+"/checkout/"+id || made.Header.Get("Location") != order["url"] {
		t.Errorf("POST /orders: %d %s %v", made.Status, made.Body, made.Header)
	}

	for _, c := range []struct {
		method, path, body string
		kind               string
		members            []string // of a JSON answer; nil: not looked at
	}{
		{"GET", "/", "", "text/html; charset=utf-8", nil},
		{"GET", "/checkout/" + id, "", "text/html; charset=utf-8", nil},
		{"GET", "/complete?order=" + id, "", "text/html; charset=utf-8", nil},
		{"GET", "/complete", "", "text/html; charset=utf-8", nil},
		{"GET", "/orders/" + id, "", "application/json", []string{"amount", "captured", "contact", "created_at", "currency",
			"discount", "expires_at", "id", "items", "mode", "options_fingerprint", "payment_status", "recurring", "recurring_amount", "refunded", "shipping_countries", "shipping_rate", "shipping_rates", "ships", "status", "subtotal"}},
		{"GET", "/config?order=" + id, "", "application/json", []string{"address", "app_info", "collect_email", "elements", "express", "live", "order", "payment_element", "promotion_codes", "publishable_key", "resume", "return_url", "sandbox", "script_url"}},
		{"GET", "/config", "", "application/json", nil},
		{"POST", "/create-customer-session", "", "application/json", []string{"customer_session_client_secret"}},
		{"POST", "/create-customer-session", "{}", "application/json", nil},
		{"POST", "/create-customer-session", `{"orderId":"` + id + `"}`, "application/json", nil},
		{"GET", "/healthz", "", "application/json", []string{"status"}},
		{"GET", "/readyz", "", "application/json", []string{"status"}},
	} {
		r := b.Call(c.method, c.path, c.body)
		if r.Status != 200 || r.Header.Get("Content-Type") != c.kind {
			t.Errorf("%s %s: %d %s, want 200 %s", c.method, c.path, r.Status, r.Header.Get("Content-Type"), c.kind)
			continue
		}

		if c.members != nil {
			if got := members(b.Object(r)); !slices.Equal(got, c.members) {
				t.Errorf("%s %s has %v, want %v", c.method, c.path, got, c.members)
			}
		}

		if got := r.Header.Get("Cache-Control"); got != "no-store" && c.path != "/" {
			t.Errorf("%s %s: Cache-Control is %q, want no-store", c.method, c.path, got)
		}
	}

	if r := b.Call("HEAD", "/", ""); r.Status != 200 || r.Body != "" {
		t.Errorf("HEAD /: %d %q", r.Status, r.Body)
	}
	if r := b.Call("GET", "/nowhere", "", "Accept: text/html"); r.Status != 404 || !strings.Contains(r.Body, "Page not found") {
		t.Errorf("a browser at an unknown address gets %d %.200s", r.Status, r.Body)
	}
}

func members(m map[string]any) []string {
	var names []string
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func TestOnlyTheBuyer(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t)
	owner := s.Buyer(t)
	id := owner.Order("mug")
	if m := owner.Object(owner.Confirm(id, e2etest.CardAsks)); m["status"] != "requires_action" {
		t.Fatalf("got %v", m)
	}

	value := owner.Cookies()["checkoutd_order"]
	other := s.Buyer(t)
	otherID := other.Order("mug")
	_, otherToken, _ := strings.Cut(other.Cookies()["checkoutd_order"], ":")

	if resume, _ := owner.Object(owner.Call("GET", "/config?order="+id, ""))["resume"].(map[string]any); resume["status"] != "requires_action" ||
		!strings.HasPrefix(resume["client_secret"].(string), "pi_") {
		t.Errorf("the buyer is not offered to go on: %v", resume)
	}

	strangers := map[string]string{
		"nobody":                            "",
		"another buyer":                     "checkoutd_order=" + otherID + ":" + otherToken,
		"who knows the id and guesses":      "checkoutd_order=" + id + ":AAAAAAAAAAAAAAAAAAAAAAAAAA",
		"another buyer with the id":         "checkoutd_order=" + id + ":" + otherToken,
		"who changed one letter":            "checkoutd_order=" + value[:len(value)-1] + flip(value[len(value)-1]),
		"who left the token out":            "checkoutd_order=" + id + ":",
		"who sends the https cookie's name": "__Host-checkoutd_order=" + value,
		"who sends a broken cookie":         "checkoutd_order=:::|||" + id + "|" + id + ":%00|=",
		"who puts the entry in 9th place":   "checkoutd_order=" + strings.Repeat("ord_x:y|", 8) + value,
		"who sends 20 KB of entries":        "checkoutd_order=" + strings.Repeat("ord_x:y|", 2500),
	}
	for name, cookie := range strangers {
		t.Run(name+" gets a 404 and learns nothing", func(t *testing.T) {
			t.Parallel()
			b := s.Buyer(t)
			token := b.Token(e2etest.CardPays)
			for _, c := range []struct{ method, path, body string }{
				{"GET", "/orders/" + id, ""},
				{"GET", "/config?order=" + id, ""},
				{"GET", "/checkout/" + id, ""},
				{"GET", "/complete?order=" + id, ""},
				{"POST", "/create-customer-session", `{"orderId":"` + id + `"}`},
				{"POST", "/create-confirm-intent", `{"confirmationTokenId":"` + token + `","orderId":"` + id + `"}`},
			} {
				r := b.Call(c.method, c.path, c.body, "Cookie: "+cookie)
				if r.Status != 404 {
					t.Errorf("%s %s: %d", c.method, c.path, r.Status)
				}

				for _, secret := range []string{"pi_", "cuss_", "Enamel", "18.00", "1800"} {
					if strings.Contains(r.Body, secret) {
						t.Errorf("%s %s tells %s: %s", c.method, c.path, secret, r.Body)
					}
				}
			}
		})
	}

	t.Run("more cookies than fit are refused and the server goes on", func(t *testing.T) {
		t.Parallel()
		b := s.Buyer(t)
		if r := b.Call("GET", "/", "", "Cookie: a="+strings.Repeat("x", 40<<10)); r.Status != http.StatusRequestHeaderFieldsTooLarge {
			t.Errorf("got %d, want 431", r.Status)
		}
	})

	t.Run("other sites may not read an answer", func(t *testing.T) {
		t.Parallel()
		r := owner.Call("GET", "/orders/"+id, "", "Origin: https://evil.example")
		for name := range r.Header {
			if strings.HasPrefix(name, "Access-Control-") {
				t.Errorf("the answer has %s", name)
			}
		}
	})

	t.Run("the shop's own origin may call", func(t *testing.T) {
		t.Parallel()
		b := s.Buyer(t)
		for _, header := range []string{"Origin: " + s.URL, "Sec-Fetch-Site: same-origin", "Sec-Fetch-Site: none"} {
			if r := b.Call("POST", "/orders", `{"items":[{"sku":"mug","quantity":1}]}`, header); r.Status != 201 {
				t.Errorf("%s: %d", header, r.Status)
			}
		}
	})
}

// flip returns another letter.
func flip(c byte) string {
	if c == 'A' {
		return "B"
	}
	return "A"
}

func TestReturnAddressIsNotBelieved(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t)
	b := s.Buyer(t)
	id := b.Order("mug")
	const claim = "&payment_intent=pi_1&payment_intent_client_secret=pi_1_secret_2&redirect_status=succeeded"
	for _, status := range []string{"unpaid", "requires_action"} {
		page := b.Call("GET", "/complete?order="+id+claim, "").Body
		if !strings.Contains(page, `data-state="`+status+`"`) || strings.Contains(page, `data-state="paid"`) {
			t.Errorf("an order that is %s: %s", status, page)
		}
		if strings.Contains(page, "pi_1") {
			t.Errorf("the page repeats its address: %s", page)
		}

		b.Confirm(id, e2etest.CardAsks)
	}

	s.WantLedger(1)
}

func TestBuyerCookie(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t)
	pay := func(b *e2etest.Buyer, cookie string) (customer string) {
		t.Helper()
		id := b.Order("mug")
		var headers []string
		if cookie != "" {
			headers = []string{"Cookie: checkoutd_order=" + b.Cookies()["checkoutd_order"] + "; checkoutd_buyer=" + cookie}
		}

		if r := b.Call("POST", "/create-customer-session", "", headers...); !strings.Contains(r.Body, `"cuss_secret_`) {
			t.Fatalf("no session: %s", r.Body)
		}
		if r := b.Confirm(id, e2etest.CardPays); r.Status != 200 {
			t.Fatalf("not paid: %s", r.Body)
		}

		intents := s.App.Sandbox().Ledger().Intents
		return intents[len(intents)-1].Customer
	}

	victim := s.Buyer(t)
	first := pay(victim, "")
	if again := pay(victim, ""); first == "" || again != first {
		t.Errorf("the same browser is customer %q and then %q", first, again)
	}

	cookie := victim.Cookies()["checkoutd_buyer"]
	for what, forged := range map[string]string{
		"the token cut short":        cookie[1:],
		"another token":              flip(cookie[0]) + cookie[1:],
		"the token in small letters": strings.ToLower(cookie),
		"something long":             strings.Repeat("buy_.", 2000),
	} {
		if got := pay(s.Buyer(t), forged); got == first || got == "" {
			t.Errorf("%s makes a stranger customer %q, and %q is the victim", what, got, first)
		}
	}
}
