package httpio

import (
	"context"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// maxHops bounds the walk through X-Forwarded-For. No real deployment chains
// more proxies.
const maxHops = 32

// maxRequestID is the greatest length of a request ID accepted from a proxy.
const maxRequestID = 64

// Identify adds an Exchange to the request and the Request-Id header to the
// response.
//
// It reads X-Request-Id, X-Forwarded-For and X-Forwarded-Proto only if the
// connection comes from an address in trusted. newID returns an ID for requests
// without one; it must be safe for concurrent use.
func Identify(trusted []netip.Prefix, newID func() string) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			x := identify(r, trusted)
			if x.id == "" {
				x.id = newID()
			}
			w.Header().Set("Request-Id", x.id)
			next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), exchangeKey{}, x)))
		})
	}
}

func identify(r *http.Request, trusted []netip.Prefix) *Exchange {
	x := &Exchange{https: r.TLS != nil}
	addr, ok := peer(r)
	if !ok {
		return x
	}

	x.ip = addr
	if !contains(trusted, addr) {
		return x
	}

	x.via = true
	x.ip, x.proxy = ForwardedFor(r.Header.Values("X-Forwarded-For"), addr, trusted)

	var https bool
	https, x.mixed = forwardedHTTPS(r.Header.Values("X-Forwarded-Proto"))
	x.https = x.https || https

	// A second ID may be the client's own, which the proxy passed on.
	if ids := r.Header.Values("X-Request-Id"); len(ids) == 1 && validRequestID(ids[0]) {
		x.id = ids[0]
	}

	return x
}

// ForwardedFor returns the address of the client behind a trusted peer: the
// rightmost address in the X-Forwarded-For values that is not a trusted proxy.
// The client could have written anything to the left of it, so that is ignored.
//
// isProxy reports that no entry names the client: the header is missing, or its
// walk meets an entry that is not an address. The address is then that of the
// last known proxy.
func ForwardedFor(values []string, peer netip.Addr, trusted []netip.Prefix) (client netip.Addr, isProxy bool) {
	rest, client := strings.Join(values, ","), peer
	if strings.TrimSpace(rest) == "" {
		return peer, true
	}

	for range maxHops {
		var entry string
		i := strings.LastIndexByte(rest, ',')
		entry = rest[i+1:]

		addr, ok := parseAddr(strings.TrimSpace(entry))
		if !ok {
			return client, true
		}

		client = addr
		if i < 0 || !contains(trusted, addr) {
			return client, false
		}

		rest = rest[:i]
	}

	return client, true
}

// forwardedHTTPS reports whether X-Forwarded-Proto says https. If a chain of
// proxies lists several schemes, all must be https, because the client may have
// written one of them. mixed reports that some are https and some are not.
func forwardedHTTPS(values []string) (https, mixed bool) {
	if len(values) == 0 {
		return false, false
	}

	secure, all := 0, 0
	for scheme := range strings.SplitSeq(strings.Join(values, ","), ",") {
		all++
		if strings.EqualFold(strings.TrimSpace(scheme), "https") {
			secure++
		}
	}

	return secure == all, secure > 0 && secure < all
}

func peer(r *http.Request) (netip.Addr, bool) { return parseAddr(r.RemoteAddr) }

// parseAddr parses an address with or without a port, brackets or zone. It
// returns IPv4-mapped IPv6 addresses as IPv4, so that a client always has the
// same address.
func parseAddr(s string) (netip.Addr, bool) {
	if ap, err := netip.ParseAddrPort(s); err == nil {
		return ap.Addr().Unmap().WithZone(""), true
	}
	if n := len(s); n > 2 && s[0] == '[' && s[n-1] == ']' {
		s = s[1 : n-1]
	}
	addr, err := netip.ParseAddr(s)
	return addr.Unmap().WithZone(""), err == nil
}

func contains(prefixes []netip.Prefix, addr netip.Addr) bool {
	return slices.ContainsFunc(prefixes, func(p netip.Prefix) bool { return p.Contains(addr) })
}

func validRequestID(id string) bool {
	if id == "" || len(id) > maxRequestID {
		return false
	}

	for i := range len(id) {
		c := id[i]
		alnum := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
		if !alnum && c != '-' && c != '_' {
			return false
		}
	}

	return true
}
