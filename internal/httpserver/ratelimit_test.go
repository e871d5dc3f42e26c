package httpserver_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"checkoutd/internal/httpio"
	"checkoutd/internal/httpserver"
	"checkoutd/internal/testkit"
)

// limited returns a handler with two routes under one limit, one of them with
// Stripe's error object, behind the whole chain and a proxy on this machine.
func limited(t *testing.T, limit httpserver.Limit) (call func(path, client string) *httptest.ResponseRecorder, reached *int) {
	t.Helper()
	chain, err := httpserver.Middlewares(httpserver.Options{
		Log:            zerolog.Nop(),
		Now:            ticking(),
		NewRequestID:   func() string { return "req_1" },
		BaseURL:        baseURL,
		TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")},
		Policy:         httpserver.Policy{ScriptURL: offlineHost + "/v3/", APIBase: offlineHost},
		MaxBody:        1000,
		StripeErrors:   []string{"/create-confirm-intent"},
	})
	if err != nil {
		t.Fatal(err)
	}

	reached = new(int)
	var h http.Handler = http.HandlerFunc(func(http.ResponseWriter, *http.Request) { *reached++ })
	h = httpserver.RateLimit(limit)(h)
	for i := len(chain) - 1; i >= 0; i-- {
		h = chain[i](h)
	}

	return func(path, client string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodPost, path, strings.NewReader("{}"))
		r.RemoteAddr = "127.0.0.1:5000"
		r.Header.Set("X-Forwarded-Proto", "https")

		if client != "" {
			r.Header.Set("X-Forwarded-For", client)
		}

		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}, reached
}

func TestRequestsOverTheLimitDoNotReachTheHandler(t *testing.T) {
	t.Parallel()
	call, reached := limited(t, httpserver.Limit{PerMinute: 3})
	for i, path := range []string{"/orders", "/create-confirm-intent", "/orders"} {
		if w := call(path, "203.0.113.7"); w.Code != http.StatusOK {
			t.Fatalf("call %d of 3: %d %s", i+1, w.Code, w.Body)
		}
	}

	for path, stripe := range map[string]bool{"/orders": false, "/create-confirm-intent": true} {
		w := call(path, "203.0.113.7")
		var problem struct {
			Code  string            `json:"code"`
			Error map[string]string `json:"error"`
		}
		if err := json.Unmarshal(w.Body.Bytes(), &problem); err != nil {
			t.Fatalf("%s: %v in %s", path, err, w.Body)
		}

		if w.Code != http.StatusTooManyRequests || problem.Code != "rate_limited" ||
			w.Header().Get("Retry-After") != "60" ||
			w.Header().Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d %v %s, want 429 rate_limited and Retry-After", path, w.Code, w.Header(), w.Body)
		}

		if got := problem.Error["code"] == "rate_limited" && problem.Error["message"] != ""; got != stripe {
			t.Errorf("%s: has Stripe's error object: %t, want %t in %s", path, got, stripe, w.Body)
		}
	}

	if *reached != 3 {
		t.Errorf("%d requests reached the handler, want 3", *reached)
	}
	if w := call("/orders", "203.0.113.8"); w.Code != http.StatusOK {
		t.Errorf("another address: %d %s", w.Code, w.Body)
	}
}

func TestClientAddresses(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		perMinute int
		clients   []string
		passed    int
	}{
		"addresses of one /64 are one client": {1,
			[]string{"2001:db8::1", "2001:db8::2", "2001:db8:0:0:ffff::1"}, 1},
		"another /64 is another client":             {1, []string{"2001:db8::1", "2001:db8:0:1::1"}, 2},
		"IPv4 in IPv6's clothes is the same client": {1, []string{"203.0.113.7", "::ffff:203.0.113.7"}, 1},
		"what the client wrote does not help it": {1,
			[]string{"127.0.0.1, 203.0.113.7", "10.0.0.9, 203.0.113.7"}, 1},
		"clients that the proxy does not name share its address": {1,
			[]string{"", "unknown", "203.0.113.7,", "_hidden", "203.0.113.7, unknown"}, 1},
		"an address with a port is the same client": {1,
			[]string{"203.0.113.7", "203.0.113.7:8080", "[::ffff:203.0.113.7]:443"}, 1},
		"a zone does not make another client": {1, []string{"fe80::1%eth0", "[fe80::1%eth1]:80", "fe80::2"}, 1},
		"0 is no limit":                       {0, []string{"203.0.113.7", "203.0.113.7", "203.0.113.7"}, 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			call, reached := limited(t, httpserver.Limit{PerMinute: tt.perMinute})
			for _, c := range tt.clients {
				call("/orders", c)
			}

			if *reached != tt.passed {
				t.Errorf("%d of %d requests passed, want %d", *reached, len(tt.clients), tt.passed)
			}
		})
	}
}

func TestLoopbackIsFreeOnlyWithoutProxies(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		free   bool
		passed int
	}{
		"without proxies": {true, 3},
		"behind a proxy":  {false, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			call, reached := limited(t, httpserver.Limit{PerMinute: 1, FreeLoopback: tt.free})
			for range 3 {
				call("/orders", "")
			}

			if *reached != tt.passed {
				t.Errorf("%d of 3 requests passed, want %d", *reached, tt.passed)
			}
		})
	}
}

func TestProxyThatNamesNoClientIsReportedOnce(t *testing.T) {
	t.Parallel()
	var log testkit.LogBook
	call, _ := limited(t, httpserver.Limit{PerMinute: 100, Log: zerolog.New(&log)})
	for _, client := range []string{"203.0.113.7", "", "unknown", ""} {
		call("/orders", client)
	}

	lines := log.Lines(t)
	if len(lines) != 1 || lines[0]["level"] != "warn" || lines[0]["ip"] != "127.0.0.1" {
		t.Errorf("got %v, want one warning about 127.0.0.1", lines)
	}
}

// A handler can count a request as several, and is refused what is not left.
func TestRequestThatCostsMoreCountsAsSeveral(t *testing.T) {
	t.Parallel()
	refused := 0
	var h http.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := httpio.ExchangeOf(r.Context()).Charge(2); err != nil {
			refused++
			httpio.WriteError(w, r, err)
		}
	})
	h = httpserver.RateLimit(httpserver.Limit{PerMinute: 7})(h)
	h = httpio.Identify(nil, func() string { return "req_1" })(h)

	for n, want := range []int{http.StatusOK, http.StatusOK, http.StatusTooManyRequests, http.StatusTooManyRequests} {
		r := httptest.NewRequest(http.MethodPost, "/", http.NoBody)
		r.RemoteAddr = "203.0.113.9:5000"
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)

		if w.Code != want {
			t.Errorf("request %d: %d, want %d", n, w.Code, want)
		}
	}

	if refused != 1 {
		t.Errorf("%d requests reached the handler without the means, want 1", refused)
	}
}
