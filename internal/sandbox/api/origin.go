package api

import (
	"net/http"
	"net/url"
	"strings"

	"checkoutd/internal/sandbox/wire"
)

// FromForeignPage reports whether a page of another origin made the request, as
// far as the browser says so. Other clients, such as Stripe's libraries on a
// server and its command line, send no such headers.
func FromForeignPage(r *http.Request) bool {
	if origin := r.Header.Get("Origin"); origin != "" {
		u, err := url.Parse(origin)
		return err != nil || u.Host != r.Host
	}

	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "same-origin", "none":
		return false
	}

	return true
}

// ForeignKeySentence refuses a secret key that a page of another origin sent.
// Every test key opens the sandbox, so any website could use one.
const ForeignKeySentence = "The offline sandbox takes a secret key from servers and command lines only: this request " +
	"came from a web page of another origin (%s). Use your publishable key (pk_test_...) in the browser, and the secret key on your server."

// originOf returns the origin of a request for an error message.
func originOf(r *http.Request) string {
	if origin := r.Header.Get("Origin"); origin != "" {
		return origin
	}
	return r.Header.Get("Sec-Fetch-Site")
}

// checkOrigin refuses a secret key of a foreign page.
func (c *Call) checkOrigin() error {
	if c.Publishable || !FromForeignPage(c.Request) {
		return nil
	}
	e := wire.Unauthorized("secret_key_from_browser", ForeignKeySentence, originOf(c.Request))
	e.Status = http.StatusForbidden

	return e
}

// allowOrigin lets a page of any origin read the response, as api.stripe.com
// does, unless the request carried a secret key.
func (c *Call) allowOrigin(h http.Header) {
	if strings.HasPrefix(c.Request.URL.Path, "/v1/") && !isSecretKey(c.Key) && !isSecretKey(KeyOf(c.Request)) {
		AllowAnyOrigin(h)
	}
}

func isSecretKey(key string) bool {
	return strings.HasPrefix(key, "sk_") || strings.HasPrefix(key, "rk_")
}

// AllowMethods adds the CORS headers that Stripe sends with every response.
// Alone they let no page read anything.
func AllowMethods(h http.Header) {
	h.Set("Access-Control-Allow-Methods", "GET, HEAD, PUT, PATCH, POST, DELETE")
	h.Set("Access-Control-Max-Age", "300")
	h.Set("Access-Control-Allow-Credentials", "true")
	h.Add("Vary", "Origin")
}

// AllowAnyOrigin adds the headers with which pages of any origin may read a
// response.
func AllowAnyOrigin(h http.Header) {
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Expose-Headers", "Request-Id, Stripe-Manage-Version, Stripe-Should-Retry, X-Stripe-External-Auth-Required, X-Stripe-Privileged-Session-Required")
}
