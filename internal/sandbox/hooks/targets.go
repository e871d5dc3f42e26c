package hooks

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
)

// targets decides where webhooks may be sent. Whoever can call the API can name
// any address in an endpoint, and the sandbox would post to it from inside this
// machine: to a router, to a cloud's metadata service, to a database's port. So
// it posts to the endpoints of its own configuration, and to ports of this
// machine that it was told.
type targets struct {
	configured map[string]bool // host:port
	ports      []string        // "*" for all
}

func newTargets(endpoints []Endpoint, ports []string) targets {
	t := targets{configured: map[string]bool{}, ports: ports}
	for _, ep := range endpoints {
		if u, err := url.Parse(ep.URL); err == nil {
			t.configured[hostPort(u)] = true
		}
	}
	return t
}

// check returns an error that says why nothing is sent to an endpoint.
func (t targets) check(raw string) error {
	u, err := url.Parse(raw)
	if err != nil {
		return err
	}
	if t.configured[hostPort(u)] {
		return nil
	}

	// A name other than localhost could lead anywhere by the time that it is
	// looked up (DNS rebinding), so none is.
	if !isLoopback(u.Hostname()) {
		return fmt.Errorf("not sent: the offline sandbox delivers to this machine only, and %q is neither localhost nor a loopback address", u.Hostname())
	}

	if _, port, _ := net.SplitHostPort(hostPort(u)); !slices.Contains(t.ports, port) && !slices.Contains(t.ports, "*") {
		return fmt.Errorf("not sent: the offline sandbox was not told to deliver to port %s. Start it with SANDBOX_DELIVER_TO=%[1]s", port)
	}

	return nil
}

// hostPort returns the address in a URL, with its scheme's port if it names
// none.
func hostPort(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return net.JoinHostPort(strings.ToLower(u.Hostname()), port)
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

// dialLoopback connects to an address that check has allowed. It looks no
// localhost up: a resolver could be made to lie about that name, too.
func dialLoopback(ctx context.Context, network, addr string) (net.Conn, error) {
	var dialer net.Dialer
	host, port, err := net.SplitHostPort(addr)
	if err != nil || !strings.EqualFold(host, "localhost") {
		return dialer.DialContext(ctx, network, addr)
	}

	conn, err := dialer.DialContext(ctx, network, net.JoinHostPort("127.0.0.1", port))
	if err != nil {
		if v6, v6err := dialer.DialContext(ctx, network, net.JoinHostPort("::1", port)); v6err == nil {
			return v6, nil
		}
	}
	return conn, err
}
