package app

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"

	"github.com/rs/zerolog"

	"checkoutd/internal/httpio"
	"checkoutd/internal/httpserver"
	"checkoutd/internal/orders"
)

// movedCookie marks a browser that was just redirected to BASE_URL. If it comes
// back under the same name, the proxy does not pass on Host, and another
// redirect would begin a loop.
const movedCookie = "checkoutd_moved"

// movedSeconds is how long the mark lasts: longer than a browser takes to
// follow a redirect.
const movedSeconds = 5

// oneName redirects visitors of pages to the host name in BASE_URL: cookies
// belong to a name, and Stripe sends buyers back to BASE_URL, where an order
// created under another name could not be opened.
type oneName struct {
	base *url.URL
	log  zerolog.Logger
	once *sync.Once
}

func newOneName(baseURL string, log zerolog.Logger) (oneName, error) {
	base, err := url.Parse(baseURL)
	return oneName{base: base, log: log, once: new(sync.Once)}, err
}

// page returns h with the redirect in front.
func (n oneName) page(h httpio.Handler) httpio.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if !n.isAlias(r) || n.hasCart(r) || n.isLoop(r) {
			return h(w, r)
		}

		n.mark(w)

		// Of the address only the path and the query are used, and the path
		// begins with a slash: the redirect cannot leave our origin.
		target := url.URL{
			Scheme:   n.base.Scheme,
			Host:     n.base.Host,
			Path:     "/" + strings.TrimPrefix(r.URL.Path, "/"),
			RawPath:  r.URL.RawPath,
			RawQuery: r.URL.RawQuery,
		}
		http.Redirect(w, r, target.String(), http.StatusTemporaryRedirect)

		return nil
	}
}

// hasCart reports whether the browser has orders under this name and asks for
// one of them. The shop page begins a new cart.
func (n oneName) hasCart(r *http.Request) bool {
	return !n.isLocal() && r.URL.Path != "/" && orders.HasCookie(r)
}

// isLoop reports whether the browser was redirected a moment ago.
func (n oneName) isLoop(r *http.Request) bool {
	if _, err := r.Cookie(movedCookie); err != nil || n.isLocal() {
		return false
	}

	n.once.Do(func() {
		n.log.Warn().Msg("a browser that was redirected to BASE_URL came back under another host name: " +
			"the proxy must pass on the Host header")
	})

	return true
}

// mark marks the browser as redirected.
func (n oneName) mark(w http.ResponseWriter) {
	if n.isLocal() {
		return
	}

	http.SetCookie(w, &http.Cookie{
		Name:     movedCookie,
		Value:    "1",
		Path:     "/",
		MaxAge:   movedSeconds,
		Secure:   n.base.Scheme == "https",
		HttpOnly: true,
		SameSite: http.SameSiteLaxMode,
	})
}

// isLocal reports whether the shop is on this machine, with no proxy in front.
func (n oneName) isLocal() bool { return httpserver.IsLoopback(n.base.Hostname()) }

// isAlias reports whether the request came under another name than that of
// BASE_URL: for a shop on this machine, another name of the machine; for a
// public shop, another public name. A name without a dot and an address are
// what a proxy calls this server when it does not pass on Host.
func (n oneName) isAlias(r *http.Request) bool {
	host, own := httpserver.HostName(r.Host), httpserver.HostName(n.base.Host)
	if host == own {
		return false
	}

	if n.isLocal() {
		// Another port is one that was forwarded here.
		_, port, _ := net.SplitHostPort(r.Host)
		return httpserver.IsLoopback(host) && port == n.base.Port()
	}

	_, err := netip.ParseAddr(host)
	return err != nil && strings.Contains(host, ".") && !httpserver.IsLoopback(host)
}
