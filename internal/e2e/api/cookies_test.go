package api_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"checkoutd/internal/config"
	"checkoutd/internal/e2e/e2etest"
	"checkoutd/internal/sandbox"
)

// realMode starts the shop as `server serve` does, with a fake Stripe behind it
// and a proxy on this machine in front.
func realMode(t *testing.T) e2etest.Option {
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

	return func(s *e2etest.Shop) {
		s.Mode = config.Serve
		s.Env["STRIPE_SECRET_KEY"] = "sk_test_" + e2etest.CanaryKey
		s.Env["STRIPE_PUBLISHABLE_KEY"] = "pk_test_" + e2etest.CanaryKey
		s.Env["STRIPE_WEBHOOK_SECRET"] = "whsec_" + e2etest.CanaryKey + ",whsec_second"
		s.Env["STRIPE_API_BASE"] = api.URL
		s.Env["STRIPE_JS_URL"] = api.URL + "/v3/"
		s.Env["BASE_URL"] = "https://shop.example"
		s.Env["TRUSTED_PROXIES"] = "127.0.0.1,::1"
	}
}

// overHTTPS is the header of a proxy that received the request over https.
const overHTTPS = "X-Forwarded-Proto: https"

func TestCookies(t *testing.T) {
	t.Parallel()
	const cart = `{"items":[{"sku":"mug","quantity":1}]}`

	for _, c := range []struct {
		name    string
		options []e2etest.Option
		prefix  string
		secure  bool
	}{
		{"on http the cookies are HttpOnly and Lax", nil, "checkoutd_", false},
		{"on https they are also Secure and of this host alone", []e2etest.Option{realMode(t)}, "__Host-checkoutd_", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := e2etest.OpenShop(t, c.options...)
			b := s.Buyer(t)
			made := b.Call("POST", "/orders", cart, overHTTPS)
			order := onlyCookie(t, made)
			session := b.Call("POST", "/create-customer-session", "", overHTTPS, "Cookie: "+order.Name+"="+order.Value)
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
		s := e2etest.OpenShop(t)
		b := s.Buyer(t)
		var ids []string
		for range 9 {
			ids = append(ids, b.Order("mug"))
		}

		if got := len(b.Cookies()["checkoutd_order"]); got > 600 {
			t.Errorf("the cookie has %d bytes", got)
		}
		if got := b.Call("GET", "/orders/"+ids[0], "").Status; got != 404 {
			t.Errorf("the oldest answers %d, want 404", got)
		}

		for _, id := range ids[1:] {
			if got := b.Status(id); got != "open unpaid" {
				t.Errorf("%s is %s", id, got)
			}
		}
	})
}

func onlyCookie(t *testing.T, r e2etest.Reply) *http.Cookie {
	t.Helper()
	all := (&http.Response{Header: r.Header}).Cookies()
	if len(all) != 1 {
		t.Fatalf("%d %s sets %d cookies, want 1", r.Status, r.Body, len(all))
	}
	return all[0]
}

func TestLiveNeedsHTTPS(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t, realMode(t), func(s *e2etest.Shop) {
		s.Env["STRIPE_SECRET_KEY"] = "sk_live_" + e2etest.CanaryKey
		s.Env["STRIPE_PUBLISHABLE_KEY"] = "pk_live_" + e2etest.CanaryKey
		delete(s.Env, "STRIPE_API_BASE")
		delete(s.Env, "STRIPE_JS_URL")
	})

	b := s.Buyer(t)
	for _, path := range []string{"/", "/checkout/ord_1", "/complete"} {
		r := b.Call("GET", path, "", "Accept: text/html")
		if r.Status != 403 || !strings.Contains(r.Body, "Payments need a secure connection") || !strings.Contains(r.Body, "https://shop.example") {
			t.Errorf("%s over plain http: %d %.300s", path, r.Status, r.Body)
		}
	}

	for _, path := range []string{"/orders", "/create-confirm-intent", "/create-customer-session"} {
		b.WantProblem(path, b.Call("POST", path, "{}"), 403, "https_required", "")
	}

	if r := b.Call("GET", "/healthz", ""); r.Status != 200 {
		t.Errorf("the probe over plain http: %d", r.Status)
	}

	b.WantProblem("/webhooks/stripe", b.Call("POST", "/webhooks/stripe", "{}"), 400, "bad_signature", "")

	r := b.Call("GET", "/", "", overHTTPS)
	if r.Status != 200 || r.Header.Get("Strict-Transport-Security") == "" {
		t.Errorf("over https: %d %v", r.Status, r.Header)
	}
	if strings.Contains(r.Body, "sandbox") {
		t.Error("the live page speaks of a sandbox")
	}
}

func TestUnsafeLiveSettingsAreRefused(t *testing.T) {
	t.Parallel()
	_, err := config.Load(config.Serve, []string{
		"STRIPE_SECRET_KEY=sk_live_" + e2etest.CanaryKey, "STRIPE_PUBLISHABLE_KEY=pk_live_" + e2etest.CanaryKey, "STRIPE_WEBHOOK_SECRET=whsec_" + e2etest.CanaryKey,
		"CATALOG_FILE=catalog.json", "BASE_URL=http://shop.example", "STRIPE_API_BASE=http://127.0.0.1:1",
	}, e2etest.ReadNoDotenv)
	if err == nil {
		t.Fatal("live keys with plain http are accepted")
	}

	for _, name := range []string{"BASE_URL", "STRIPE_API_BASE"} {
		if !strings.Contains(err.Error(), "\n  "+name) {
			t.Errorf("the error does not name %s: %v", name, err)
		}
	}

	if strings.Contains(err.Error(), e2etest.CanaryKey) {
		t.Errorf("the error tells a key: %v", err)
	}
}
