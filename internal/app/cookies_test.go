package app_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"checkoutd/internal/config"
	"checkoutd/internal/sandbox"
)

// realMode starts the shop as `server serve` does, with a Stripe of the test's own
// behind it and a proxy on this machine in front.
func realMode(t *testing.T) option {
	t.Helper()
	stripe, err := sandbox.New(sandbox.Config{})
	if err != nil {
		t.Fatal(err)
	}
	api := httptest.NewServer(stripe)
	t.Cleanup(func() {
		api.Close()
		if err := stripe.Close(t.Context()); err != nil && t.Context().Err() == nil {
			t.Error(err)
		}
	})
	return func(s *shop) {
		s.mode = config.Serve
		s.env["STRIPE_SECRET_KEY"] = "sk_test_" + canaryKey
		s.env["STRIPE_PUBLISHABLE_KEY"] = "pk_test_" + canaryKey
		s.env["STRIPE_WEBHOOK_SECRET"] = "whsec_" + canaryKey + ",whsec_second"
		s.env["STRIPE_API_BASE"] = api.URL
		s.env["STRIPE_JS_URL"] = api.URL + "/v3/"
		s.env["BASE_URL"] = "https://shop.example"
		s.env["TRUSTED_PROXIES"] = "127.0.0.1,::1"
	}
}

// overHTTPS is what a proxy says of a request that came to it over https.
const overHTTPS = "X-Forwarded-Proto: https"

func TestCookies(t *testing.T) {
	t.Parallel()
	const cart = `{"items":[{"sku":"mug","quantity":1}]}`

	for _, c := range []struct {
		name    string
		options []option
		prefix  string
		secure  bool
	}{
		{"on http the cookies are HttpOnly and Lax", nil, "checkoutd_", false},
		{"on https they are also Secure and of this host alone", []option{realMode(t)}, "__Host-checkoutd_", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := openShop(t, c.options...)
			b := s.buyer(t)
			made := b.call("POST", "/orders", cart, overHTTPS)
			order := onlyCookie(t, made)
			session := b.call("POST", "/create-customer-session", "", overHTTPS, "Cookie: "+order.Name+"="+order.Value)
			for name, got := range map[string]*http.Cookie{"order": order, "buyer": onlyCookie(t, session)} {
				if got.Name != c.prefix+name {
					t.Errorf("the cookie is called %q, want %q", got.Name, c.prefix+name)
				}
				if !got.HttpOnly || got.SameSite != http.SameSiteLaxMode || got.Path != "/" || got.Domain != "" || got.Secure != c.secure || got.MaxAge <= 0 {
					t.Errorf("the cookie is %+v", got)
				}
			}
		})
	}

	t.Run("a browser keeps its last eight orders", func(t *testing.T) {
		t.Parallel()
		s := openShop(t)
		b := s.buyer(t)
		var ids []string
		for range 9 {
			ids = append(ids, b.order("mug"))
		}
		if got := len(b.cookies()["checkoutd_order"]); got > 600 {
			t.Errorf("the cookie has %d bytes", got)
		}
		if got := b.call("GET", "/orders/"+ids[0], "").status; got != 404 {
			t.Errorf("the oldest answers %d, want 404", got)
		}
		for _, id := range ids[1:] {
			if got := b.status(id); got != "open unpaid" {
				t.Errorf("%s is %s", id, got)
			}
		}
	})
}

func onlyCookie(t *testing.T, r reply) *http.Cookie {
	t.Helper()
	all := (&http.Response{Header: r.header}).Cookies()
	if len(all) != 1 {
		t.Fatalf("%d %s sets %d cookies, want 1", r.status, r.body, len(all))
	}
	return all[0]
}

func TestLiveNeedsHTTPS(t *testing.T) {
	t.Parallel()
	s := openShop(t, realMode(t), func(s *shop) {
		s.env["STRIPE_SECRET_KEY"] = "sk_live_" + canaryKey
		s.env["STRIPE_PUBLISHABLE_KEY"] = "pk_live_" + canaryKey
		delete(s.env, "STRIPE_API_BASE")
		delete(s.env, "STRIPE_JS_URL")
	})
	b := s.buyer(t)
	for _, path := range []string{"/", "/checkout/ord_1", "/complete"} {
		r := b.call("GET", path, "", "Accept: text/html")
		if r.status != 403 || !strings.Contains(r.body, "Payments need a secure connection") || !strings.Contains(r.body, "https://shop.example") {
			t.Errorf("%s over plain http: %d %.300s", path, r.status, r.body)
		}
	}
	for _, path := range []string{"/orders", "/create-confirm-intent", "/create-customer-session"} {
		b.wantProblem(path, b.call("POST", path, "{}"), 403, "https_required", "")
	}
	if r := b.call("GET", "/healthz", ""); r.status != 200 {
		t.Errorf("the probe over plain http: %d", r.status)
	}
	b.wantProblem("/webhooks/stripe", b.call("POST", "/webhooks/stripe", "{}"), 400, "bad_signature", "")

	r := b.call("GET", "/", "", overHTTPS)
	if r.status != 200 || r.header.Get("Strict-Transport-Security") == "" {
		t.Errorf("over https: %d %v", r.status, r.header)
	}
	if strings.Contains(r.body, "sandbox") {
		t.Error("the live page speaks of a sandbox")
	}
}

func TestUnsafeLiveSettingsAreRefused(t *testing.T) {
	t.Parallel()
	_, err := config.Load(config.Serve, []string{
		"STRIPE_SECRET_KEY=sk_live_" + canaryKey, "STRIPE_PUBLISHABLE_KEY=pk_live_" + canaryKey, "STRIPE_WEBHOOK_SECRET=whsec_" + canaryKey,
		"CATALOG_FILE=catalog.json", "BASE_URL=http://shop.example", "STRIPE_API_BASE=http://127.0.0.1:1",
	}, readNoDotenv)
	if err == nil {
		t.Fatal("live keys with plain http are accepted")
	}
	for _, name := range []string{"BASE_URL", "STRIPE_API_BASE"} {
		if !strings.Contains(err.Error(), "\n  "+name) {
			t.Errorf("the error does not name %s: %v", name, err)
		}
	}
	if strings.Contains(err.Error(), canaryKey) {
		t.Errorf("the error tells a key: %v", err)
	}
}
