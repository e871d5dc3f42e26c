package httpserver

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"checkoutd/internal/fault"
	"checkoutd/internal/httpio"
)

// KnownHost refuses requests under a foreign host name while the shop is in
// development, which is when baseURL is on loopback. A website could otherwise
// point a name of its own at 127.0.0.1 and read the shop as if it were part of
// that site. It does not refuse IP addresses, because no website owns them as a
// name.
//
// Paths in except are served under every name; one that ends in / is a prefix.
// In production the proxy decides which names reach the shop.
func KnownHost(baseURL string, page httpio.PageErrorFunc, except ...string) (func(http.Handler) http.Handler, error) {
	base, err := url.Parse(baseURL)
	if err != nil {
		return nil, fmt.Errorf("base URL: %w", err)
	}
	if !IsLoopback(base.Hostname()) {
		return func(next http.Handler) http.Handler { return next }, nil
	}

	refuse := httpio.HandlePage(func(http.ResponseWriter, *http.Request) error {
		return fault.New(fault.Forbidden, "unknown_host",
			"This shop is at "+baseURL+" and not known under this name. To serve it under another one, set BASE_URL.")
	}, httpio.Negotiate(page))

	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			host := HostName(r.Host)
			if _, err := netip.ParseAddr(host); err == nil || IsLoopback(host) || listed(except, r.URL.Path) {
				next.ServeHTTP(w, r)
				return
			}

			refuse(w, r)
		})
	}, nil
}

// HostName returns the name or address in a Host header, in lower case, without
// the port, brackets and the dot at the end.
func HostName(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	return strings.ToLower(strings.TrimSuffix(host, "."))
}

// IsLoopback reports whether a host name or address is that of this machine.
// Browsers never look up names below localhost
// (https://www.rfc-editor.org/rfc/rfc6761#section-6.3).
func IsLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || err == nil && ip.IsLoopback()
}
