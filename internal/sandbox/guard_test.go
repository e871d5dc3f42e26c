package sandbox_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"checkoutd/internal/sandbox"
)

// asked sends a request with a Host header and returns the status.
func asked(t *testing.T, s http.Handler, method, host, path string, headers ...string) int {
	t.Helper()
	r := httptest.NewRequest(method, path, nil)
	r.Host = host
	r.Header.Set("Authorization", "Bearer "+secretKey)

	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}

	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)

	if w.Code == http.StatusForbidden && !strings.Contains(w.Body.String(), "only") {
		t.Errorf("%s %s under %q does not say why: %s", method, path, host, w.Body)
	}

	return w.Code
}

func TestOnlyLoopbackHostsAreServed(t *testing.T) {
	t.Parallel()
	b := newBox(t, func(c *sandbox.Config) {
		c.Assets = fstest.MapFS{"stripe.js": {Data: []byte("// script")}}
	})
	paths := []string{
		"/v1/customers", "/v3/", "/_sandbox/", "/_sandbox/ledger",
		"/oauth/authorize?client_id=ca_x&redirect_uri=https://shop.test&response_type=code",
	}
	for _, path := range paths {
		for _, host := range []string{
			"localhost", "localhost:12111", "LocalHost:1", "127.0.0.1", "127.0.0.1:12111",
			"127.8.9.10:80", "[::1]", "[::1]:12111",
		} {
			want(t, host+path, asked(t, b.s, "GET", host, path), http.StatusOK)
		}

		for _, host := range []string{
			"", "evil.test", "evil.test:12111", "localhost.evil.test", "127.0.0.1.evil.test",
			"10.0.0.1:12111", "0.0.0.0:12111", "[2001:db8::1]:12111", "127.0.0.1@evil.test",
		} {
			want(t, host+path, asked(t, b.s, "GET", host, path), http.StatusForbidden)
		}
	}

	want(t, "unknown pages too", asked(t, b.s, "GET", "evil.test", "/nothing"), http.StatusForbidden)
	want(t, "changes too", asked(t, b.s, "POST", "evil.test", "/_sandbox/reset"),
		http.StatusForbidden)
}

func TestManagementAPIRefusesPagesOfOtherOrigins(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	const host = "127.0.0.1:12111"

	refused := [][]string{
		{"Origin", "http://evil.test"}, {"Origin", "null"}, {"Origin", "http://127.0.0.1:4242"},
		{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site", "Sec-Fetch-Mode", "navigate"},
	}
	for _, headers := range refused {
		for _, change := range []string{
			"POST /_sandbox/reset", "POST /_sandbox/seed", "POST /_sandbox/faults",
			"DELETE /_sandbox/faults", "POST /_sandbox/clock",
		} {
			method, path, _ := strings.Cut(change, " ")
			want(t, change+joined(headers), asked(t, b.s, method, host, path, headers...), http.StatusForbidden)
		}
	}

	want(t, "page of the same origin",
		asked(t, b.s, "POST", host, "/_sandbox/reset", "Origin", "http://"+host, "Sec-Fetch-Site", "same-origin"),
		http.StatusOK)
	want(t, "client other than a browser", asked(t, b.s, "POST", host, "/_sandbox/reset"), http.StatusOK)
	want(t, "a link to the desk",
		asked(t, b.s, "GET", host, "/_sandbox/", "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate"),
		http.StatusOK)
	want(t, "a script tag",
		asked(t, b.s, "GET", host, "/_sandbox/ledger", "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "no-cors"),
		http.StatusForbidden)
}
