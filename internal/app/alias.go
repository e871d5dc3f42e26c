package app

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"

	"checkoutd/internal/httpio"
)

// oneName redirects a visitor who used another name of this machine (127.0.0.1
// for localhost) to the one in BASE_URL: cookies belong to a name, and an order
// created under one name could not be opened under the other. Names of other
// machines are left to the proxy.
func oneName(baseURL string, h httpio.Handler) httpio.Handler {
	base, err := url.Parse(baseURL)
	if err != nil || !isLoopback(base.Hostname()) {
		return h
	}

	return func(w http.ResponseWriter, r *http.Request) error {
		host, port, err := net.SplitHostPort(r.Host)
		if err != nil || port != base.Port() || host == base.Hostname() || !isLoopback(host) {
			return h(w, r)
		}

		http.Redirect(w, r, base.Scheme+"://"+base.Host+r.URL.RequestURI(), http.StatusTemporaryRedirect)
		return nil
	}
}

func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}
