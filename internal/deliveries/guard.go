package deliveries

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"syscall"
	"time"
)

// Networks are those that are not public, and to which the configuration allows
// webhooks.
type Networks []netip.Prefix

// Loopback returns the networks of this machine alone.
func Loopback() Networks {
	return Networks{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
}

// notPublic are the addresses that nobody on the internet has, besides those
// that netip tells. Those that carry an IPv4 address inside are here, too: a
// translator may deliver to it. The lists are
// https://www.iana.org/assignments/iana-ipv4-special-registry and
// https://www.iana.org/assignments/iana-ipv6-special-registry.
var notPublic = prefixes(
	"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15",
	"198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
	"2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
)

// globalIPv6 are the only IPv6 addresses that are given to anybody.
var globalIPv6 = netip.MustParsePrefix("2000::/3")

func prefixes(list ...string) (out []netip.Prefix) {
	for _, s := range list {
		out = append(out, netip.MustParsePrefix(s))
	}
	return out
}

func isPublic(a netip.Addr) bool {
	switch {
	case !a.IsGlobalUnicast() || a.IsPrivate() || a.IsLoopback() || a.Zone() != "":
		return false
	case a.Is6() && !globalIPv6.Contains(a):
		return false
	}
	return !slices.ContainsFunc(notPublic, func(p netip.Prefix) bool { return p.Contains(a) })
}

// The reasons why an address is refused. They do not name it: the owner of the
// endpoint shall not learn what is behind a name in this network.
var (
	errNotPublic = errors.New("the address is not public, and ENDPOINTS_ALLOW_NETWORKS does not list its network")
	errPlain     = errors.New("plain http is only for the networks in ENDPOINTS_ALLOW_NETWORKS")
)

// check returns why nothing is sent to an address, nil if it may be. Plain http
// never leaves the allowed networks.
func (n Networks) check(a netip.Addr, plain bool) error {
	a = a.Unmap()
	allowed := slices.ContainsFunc(n, func(p netip.Prefix) bool { return p.Contains(a.WithZone("")) })

	switch {
	case allowed:
		return nil
	case !isPublic(a):
		return errNotPublic
	case plain:
		return errPlain
	}

	return nil
}

// dialer returns a dialer that refuses addresses when it connects: after DNS,
// and for each address that a name has.
func (n Networks) dialer(plain bool) *net.Dialer {
	return &net.Dialer{
		Timeout: connectTime,
		ControlContext: func(_ context.Context, _, address string, _ syscall.RawConn) error {
			to, err := netip.ParseAddrPort(address)
			if err != nil {
				return errNotPublic
			}
			return n.check(to.Addr(), plain)
		},
	}
}

// connectTime bounds DNS and the connection.
const connectTime = 5 * time.Second
