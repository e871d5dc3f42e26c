package httpserver_test

import (
	"io"
	"net/http/httptest"
	"strings"
	"testing"

	"checkoutd/internal/httpserver"
)

var realStripe = httpserver.Policy{ScriptURL: "https://js.stripe.com/v3/", APIBase: "https://api.stripe.com"}

func TestDashboardCSP(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		policy httpserver.Policy
		want   string
	}{
		"the real Stripe": {realStripe, "default-src 'none'; script-src 'self' https://connect-js.stripe.com https://js.stripe.com; " +
			"style-src 'self' 'sha256-0hAheEzaMe6uXIKV4EehS9pu1am1lj/KnnzrOYqckXk='; img-src 'self' data: https://*.stripe.com; font-src 'self'; " +
			"connect-src 'self'; frame-src https://connect-js.stripe.com https://js.stripe.com; " +
			"form-action 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'"},
		"the offline Stripe": {httpserver.Policy{ScriptURL: offlineHost + "/v3/", APIBase: offlineHost},
			"default-src 'none'; script-src 'self' http://127.0.0.1:12111; " +
				"style-src 'self' 'sha256-0hAheEzaMe6uXIKV4EehS9pu1am1lj/KnnzrOYqckXk='; img-src 'self' data: http://127.0.0.1:12111; font-src 'self'; " +
				"connect-src 'self' http://127.0.0.1:12111; frame-src http://127.0.0.1:12111; " +
				"form-action 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'"},
	} {
		got, err := httpserver.DashboardCSP(tt.policy)
		if err != nil || got != tt.want {
			t.Errorf("%s:\ngot  %q, %v\nwant %q", name, got, err, tt.want)
		}
	}
}

func TestCSP(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		policy httpserver.Policy
		want   string
	}{
		{"the real Stripe", realStripe, "default-src 'none'; " +
			"script-src 'self' https://js.stripe.com https://*.js.stripe.com https://maps.googleapis.com; " +
			"style-src 'self'; img-src 'self' data: https://*.stripe.com https://*.link.com; font-src 'self'; " +
			"connect-src 'self' https://api.stripe.com https://maps.googleapis.com https://link.com https://*.link.com; " +
			"frame-src https://js.stripe.com https://*.js.stripe.com https://hooks.stripe.com https://link.com https://*.link.com; " +
			"form-action 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'"},
		{"the offline Stripe", httpserver.Policy{ScriptURL: offlineHost + "/v3/", APIBase: offlineHost},
			"default-src 'none'; " +
				"script-src 'self' http://127.0.0.1:12111; style-src 'self'; img-src 'self' data: http://127.0.0.1:12111; font-src 'self'; " +
				"connect-src 'self' http://127.0.0.1:12111; frame-src http://127.0.0.1:12111; " +
				"form-action 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := httpserver.CSP(tt.policy)
			if err != nil || got != tt.want {
				t.Errorf("got  %q, %v\nwant %q", got, err, tt.want)
			}
		})
	}

	t.Run("pictures from other hosts, each origin once", func(t *testing.T) {
		t.Parallel()
		p := realStripe
		p.Images = []string{"https://cdn.example/a.png", "https://CDN.example/b.png"}

		got, err := httpserver.CSP(p)
		if err != nil || strings.Count(got, "cdn.example") != 1 ||
			!strings.Contains(got, "https://*.link.com https://cdn.example; font-src") {
			t.Errorf("got %q, %v", got, err)
		}
	})

	t.Run("fonts: files for the pages, style sheets for the pages and for Stripe.js", func(t *testing.T) {
		t.Parallel()
		p := realStripe
		p.Styles, p.Fonts = []string{"https://fonts.googleapis.com"},
			[]string{"https://fonts.gstatic.com", "https://cdn.example/a.woff2"}
		got, err := httpserver.CSP(p)
		for _, want := range []string{"style-src 'self' https://fonts.googleapis.com;",
			"font-src 'self' https://fonts.gstatic.com https://cdn.example;",
			"connect-src 'self' https://api.stripe.com https://maps.googleapis.com https://link.com https://*.link.com https://fonts.googleapis.com;"} {
			if err != nil || !strings.Contains(got, want) {
				t.Errorf("%v, no %s in %s", err, want, got)
			}
		}

		if strings.Count(got, "fonts.googleapis") != 2 || strings.Count(got, "gstatic") != 1 ||
			strings.Contains(got, "unsafe") {
			t.Errorf("more than allowed in %s", got)
		}
	})

	for name, p := range map[string]httpserver.Policy{
		"a font that injects": {
			ScriptURL: "https://js.stripe.com/v3/",
			APIBase:   "https://api.stripe.com",
			Fonts:     []string{"https://a.example; script-src *"},
		},
		"a style sheet without a host": {
			ScriptURL: "https://js.stripe.com/v3/",
			APIBase:   "https://api.stripe.com",
			Styles:    []string{"'unsafe-inline'"},
		},
		"no script":               {APIBase: "https://api.stripe.com"},
		"no API":                  {ScriptURL: "https://js.stripe.com/v3/"},
		"an address that injects": {ScriptURL: "https://a.example;script-src *", APIBase: "https://api.stripe.com"},
		"a line break":            {ScriptURL: "https://a.example\r\nX: y", APIBase: "https://api.stripe.com"},
		"a picture that is a script": {
			ScriptURL: "https://js.stripe.com/v3/",
			APIBase:   "https://api.stripe.com",
			Images:    []string{"javascript:alert(1)"},
		},
		"pictures from everywhere": {
			ScriptURL: "https://js.stripe.com/v3/",
			APIBase:   "https://api.stripe.com",
			Images:    []string{"https://*"},
		},
	} {
		t.Run(name+" is refused", func(t *testing.T) {
			t.Parallel()
			if got, err := httpserver.CSP(p); err == nil {
				t.Errorf("got %q", got)
			}
		})
	}
}

func TestSecurityHeadersAreOnEveryResponse(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/orders/ord_1", "/nowhere", "/fails", "/healthz"} {
		w := httptest.NewRecorder()
		router(t, io.Discard, nil).ServeHTTP(w, request("GET", path, ""))

		for name, want := range map[string]string{
			"X-Content-Type-Options":     "nosniff",
			"X-Frame-Options":            "DENY",
			"Referrer-Policy":            "strict-origin-when-cross-origin",
			"Permissions-Policy":         `payment=(self "http://127.0.0.1:12111"), camera=(), microphone=(), geolocation=(), usb=()`,
			"Cross-Origin-Opener-Policy": "same-origin-allow-popups", // Stripe's windows keep their opener
			"Strict-Transport-Security":  "",
			"Request-Id":                 "req_1",
		} {
			if got := w.Header().Get(name); got != want {
				t.Errorf("%s %s: got %q, want %q", path, name, got, want)
			}
		}

		if !strings.Contains(w.Header().Get("Content-Security-Policy"), "frame-ancestors 'none'") {
			t.Errorf("%s has no policy", path)
		}
	}
}

func TestStripesFramesMayRequestPayment(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	router(t, io.Discard, func(o *httpserver.Options) { o.Policy = realStripe }).ServeHTTP(w,
		request("GET", "/orders/ord_1", ""))
	want := `payment=(self "https://js.stripe.com" "https://*.js.stripe.com"), camera=(), microphone=(), geolocation=(), usb=()`
	if got := w.Header().Get("Permissions-Policy"); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestLiveModeNeedsHTTPS(t *testing.T) {
	t.Parallel()
	live := func(o *httpserver.Options) { o.Live, o.Policy = true, realStripe }
	proxied := []string{"X-Forwarded-Proto", "https"}
	tests := []struct {
		name   string
		path   string
		remote string
		header []string
		status int
		body   string
		hsts   bool
	}{
		{"a browser over http gets the page", "/checkout/ord_1", "203.0.113.9:1",
			[]string{"Accept", "text/html"}, 403, "<h1>Payments need a secure connection", false},
		{"a program over http gets a problem", "/orders/ord_1", "203.0.113.9:1", nil, 403,
			`"code":"https_required"`, false},
		{"an untrusted claim of https is ignored", "/checkout/ord_1", "203.0.113.9:1", proxied, 403,
			"https_required", false},
		{"a trusted proxy's https is served", "/checkout/ord_1", "10.0.0.2:1", proxied, 200, "the checkout", true},
		{"a trusted proxy without X-Forwarded-Proto", "/checkout/ord_1", "10.0.0.2:1", nil, 403,
			"https_required", false},
		{"TLS itself is served", "https://shop.example/checkout/ord_1", "203.0.113.9:1", nil, 200,
			"the checkout", true},
		{"the probe is served over http", "/healthz", "203.0.113.9:1", nil, 200, "ok", false},
		{"a path with the probe's prefix", "/healthz2", "203.0.113.9:1", nil, 403, "https_required", false},
		{"an unknown path over http", "/nowhere", "203.0.113.9:1", nil, 403, "https_required", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := request("GET", tt.path, "", tt.header...)
			r.RemoteAddr = tt.remote
			w := httptest.NewRecorder()
			router(t, io.Discard, live).ServeHTTP(w, r)

			if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.body) {
				t.Errorf("got %d %s, want %d %s", w.Code, w.Body, tt.status, tt.body)
			}
			if tt.status == 403 && strings.Contains(w.Body.String(), "the checkout") {
				t.Error("the checkout is shown")
			}
			if got := w.Header().Get("Strict-Transport-Security") != ""; got != tt.hsts {
				t.Errorf("HSTS: got %v, want %v", got, tt.hsts)
			}
		})
	}

	t.Run("webhooks are signed, so they pass", func(t *testing.T) {
		t.Parallel()
		w := httptest.NewRecorder()
		router(t, io.Discard, live).ServeHTTP(w, request("POST", "/webhooks/stripe", "{}"))

		if w.Code != 204 {
			t.Errorf("got %d %s", w.Code, w.Body)
		}
	})

	t.Run("test mode works over http", func(t *testing.T) {
		t.Parallel()
		w := httptest.NewRecorder()
		router(t, io.Discard, nil).ServeHTTP(w, request("GET", "/checkout/ord_1", ""))

		if w.Code != 200 {
			t.Errorf("got %d", w.Code)
		}
	})
}

func TestMiddlewaresRefuseABadBaseURL(t *testing.T) {
	t.Parallel()
	o := httpserver.Options{BaseURL: "shop.example", Policy: realStripe}
	if _, err := httpserver.Middlewares(o); err == nil {
		t.Error("got no error")
	}
	o = httpserver.Options{BaseURL: baseURL}
	if _, err := httpserver.Middlewares(o); err == nil {
		t.Error("got no error without a policy")
	}
}
