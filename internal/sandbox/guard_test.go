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
		"/oauth/authorize?client_id=ca_SandboxApplication&redirect_uri=https://shop.test/back&response_type=code",
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

const foreignPage = "https://evil.test"

// A page of any website reaches the port through its visitor's browser, and any
// test key opens the sandbox.
func TestSecretKeyOfAForeignPageIsRefused(t *testing.T) {
	t.Parallel()
	b := newBox(t)

	refused := func(name string, r reply) {
		t.Helper()
		want(t, name, r.status, http.StatusForbidden)
		want(t, name+": readable", r.header.Get("Access-Control-Allow-Origin"), "")
		want(t, name+": code", r.str("error.code"), "secret_key_from_browser")

		if message := r.str("error.message"); !strings.Contains(message, "web page of another origin") {
			t.Errorf("%s does not say why: %s", name, message)
		}
	}

	for _, origin := range []string{foreignPage, "null", "http://127.0.0.1:4242"} {
		from := header("Origin", origin)
		refused("bearer, "+origin, b.do("POST", "/v1/customers", "name=x", from))
		refused("restricted, "+origin, b.do("GET", "/v1/customers", "", from, withKey("rk_test_sandbox123")))
		refused("basic, "+origin, b.do("GET", "/v1/customers", "", from, header("Authorization", "Basic c2tfdGVzdF9zYW5kYm94MTIzOg==")))
		refused("in the body, "+origin, b.do("POST", "/v1/customers", "key="+secretKey, from, header("Authorization", "")))
		refused("on a browser's call, "+origin, b.do("POST", "/v1/confirmation_tokens", "payment_method_data[type]=card", from))
	}

	refused("without Origin", b.do("GET", "/v1/customers?key="+secretKey, "",
		header("Authorization", ""), header("Sec-Fetch-Site", "cross-site")))
	want(t, "customers", b.get("/v1/customers").size("data"), 0)

	r := b.do("POST", "/oauth/token", "grant_type=authorization_code&code=x", header("Origin", foreignPage))
	want(t, "OAuth", r.status, http.StatusForbidden)
	want(t, "OAuth is readable", r.header.Get("Access-Control-Allow-Origin"), "")
}

func TestCallersThatAreNoForeignPageUseSecretKeys(t *testing.T) {
	t.Parallel()
	b := newBox(t)

	want(t, "a library or a command line", b.do("GET", "/v1/customers", "").status, http.StatusOK)
	want(t, "its own origin", b.do("GET", "/v1/customers", "", header("Origin", b.url)).status, http.StatusOK)
	want(t, "its own page", b.do("GET", "/v1/customers", "", header("Sec-Fetch-Site", "same-origin")).status, http.StatusOK)
}

func TestPagesUsePublishableKeys(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	from := header("Origin", "http://shop.test")

	r := b.do("POST", "/v1/confirmation_tokens", "payment_method_data[type]=card&payment_method_data[card][number]=4242424242424242"+
		"&payment_method_data[card][exp_month]=12&payment_method_data[card][exp_year]=2040&payment_method_data[card][cvc]=123",
		from, withKey(publishableKey))
	want(t, "token", r.status, http.StatusOK)
	want(t, "token is readable", r.header.Get("Access-Control-Allow-Origin"), "*")

	r = b.do("GET", "/v1/elements/sessions", "", from, withKey("pk_bad"))
	want(t, "a wrong key", r.status, http.StatusUnauthorized)
	want(t, "its refusal is readable", r.header.Get("Access-Control-Allow-Origin"), "*")

	r = b.do("GET", "/v1/customers", "", from, withKey(publishableKey))
	want(t, "a call for secret keys", r.status, http.StatusUnauthorized)

	r = b.do("POST", "/3ds/pi_1", "client_secret=pi_1_secret_1&outcome=fail", from, withKey(""))
	want(t, "the outcome of a challenge is readable", r.header.Get("Access-Control-Allow-Origin"), "*")

	for _, path := range []string{"/oauth/authorize", "/connect/onboarding", "/3ds/pi_1", "/_sandbox/ledger"} {
		r := b.do("GET", path, "", from, withKey(publishableKey))
		want(t, path+" is readable", r.header.Get("Access-Control-Allow-Origin"), "")
	}
}
