package golive

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// own and ofAccounts return the check of the endpoint for the events of the
// platform's own account, and of that for the events of connected accounts.
// Each has a secret of its own, and what an endpoint is for cannot be changed
// (https://docs.stripe.com/connect/webhooks).

func own(judge func(f *facts, k kind) verdict) func(*facts) verdict {
	return func(f *facts) verdict { return judge(f, kind{false}) }
}

func ofAccounts(judge func(f *facts, k kind) verdict) func(*facts) verdict {
	return func(f *facts) verdict { return judge(f, kind{true}) }
}

// kind is what an endpoint is for.
type kind struct{ connect bool }

func (k kind) String() string {
	if k.connect {
		return "endpoint for connected accounts"
	}
	return "endpoint"
}

// wants returns the event types that an endpoint of the kind must get.
func (k kind) wants(s Setup) []string {
	if k.connect {
		return s.ConnectEvents
	}
	return s.Events
}

// ours returns the endpoints of a kind at our address.
func ours(f *facts, k kind) (list []Endpoint) {
	for _, e := range f.endpoints.value {
		if e.Connect == k.connect && sameURL(e.URL, f.setup.WebhookURL) {
			list = append(list, e)
		}
	}
	return list
}

// current returns the endpoint that counts: an enabled one if there is one.
func current(f *facts, k kind) (Endpoint, bool) {
	list := ours(f, k)
	if i := slices.IndexFunc(list, func(e Endpoint) bool { return e.Enabled }); i >= 0 {
		return list[i], true
	}
	if len(list) > 0 {
		return list[0], true
	}
	return Endpoint{}, false
}

// ofCurrent judges the endpoint that counts, if it could be read and exists.
func ofCurrent(f *facts, k kind, judge func(e Endpoint) verdict) verdict {
	if f.endpoints.err != nil {
		return unread(f.endpoints.err)
	}
	e, ok := current(f, k)
	if !ok {
		return red(createTodo, "there is no %s at %s", k, f.setup.WebhookURL)
	}
	return judge(e)
}

const (
	createCommand = "server golive --create-endpoints"
	createTodo    = "Run: " + createCommand
)

func endpointExists(f *facts, k kind) verdict {
	return ofCurrent(f, k, func(e Endpoint) verdict {
		if !e.Enabled {
			return red("Enable it in the Dashboard. What happened meanwhile arrives by the backfill.",
				"%s is disabled: Stripe sends nothing", e.ID)
		}
		return green("%s is enabled at %s", e.ID, e.URL)
	})
}

// endpointSingle counts the endpoints at our address: each gets every event,
// signed with a secret of its own.
func endpointSingle(f *facts, k kind) verdict {
	return ofCurrent(f, k, func(e Endpoint) verdict {
		var ids []string
		for _, other := range ours(f, k) {
			if other.Enabled {
				ids = append(ids, other.ID)
			}
		}

		if len(ids) > 1 {
			return red("Delete all but the one whose secret is configured.", "every event is sent %d times: %s",
				len(ids), list(ids))
		}

		return green("no other leads here")
	})
}

func endpointMode(f *facts, k kind) verdict {
	return ofCurrent(f, k, func(e Endpoint) verdict {
		if e.Livemode != f.setup.SecretKey.Live {
			return red("Make one in the mode of the key.", "%s is of %s mode, the key of %s mode",
				e.ID, modeName(e.Livemode), modeName(f.setup.SecretKey.Live))
		}
		return green("%s is of %s mode", e.ID, modeName(e.Livemode))
	})
}

// endpointVersion checks the version of the events, which is fixed when an
// endpoint is made (https://docs.stripe.com/webhooks/versioning).
func endpointVersion(f *facts, k kind) verdict {
	const todo = "The version of an endpoint never changes. Disable this one, then run: " + createCommand
	return ofCurrent(f, k, func(e Endpoint) verdict {
		switch e.APIVersion {
		case f.setup.APIVersion:
			return green("%s sends %s", e.ID, e.APIVersion)
		case "":
			return red(todo, "%s sends the account's default version, which changes when the account is upgraded; "+
				"this server reads %s", e.ID, f.setup.APIVersion)
		}

		return red(todo, "%s sends %s, and this server reads %s", e.ID, e.APIVersion, f.setup.APIVersion)
	})
}

// endpointEvents compares the events both ways: one that is missing arrives
// hours later, by the backfill, and one that nobody handles is work for
// nothing.
func endpointEvents(f *facts, k kind) verdict {
	return ofCurrent(f, k, func(e Endpoint) verdict {
		want := k.wants(f.setup)
		if slices.Contains(e.Events, "*") {
			return red("Choose the events that docs/webhooks.md lists.",
				"%s gets every event of the account, most of which nobody handles here", e.ID)
		}

		missing, extra := without(want, e.Events), without(e.Events, want)
		switch {
		case len(missing) > 0:
			return red("Add them in the Dashboard.", "%s does not get %s", e.ID, list(missing))
		case len(extra) > 0:
			return red("Remove them in the Dashboard.", "%s gets %s, which nobody handles here", e.ID, list(extra))
		}

		return green("%s gets the %d types that this server handles", e.ID, len(want))
	})
}

// without returns what of all is not in those.
func without(all, those []string) (rest []string) {
	for _, s := range all {
		if !slices.Contains(those, s) {
			rest = append(rest, s)
		}
	}
	return rest
}

// endpointLeftovers looks for endpoints that were made for a test and then
// forgotten.
func endpointLeftovers(f *facts) verdict {
	if f.endpoints.err != nil {
		return unread(f.endpoints.err)
	}

	var left []string
	for _, e := range f.endpoints.value {
		if e.Enabled && isTestURL(e.URL) && !sameURL(e.URL, f.setup.WebhookURL) {
			left = append(left, e.ID+" ("+hostOf(e.URL)+")")
		}
	}

	if len(left) > 0 {
		return red("Delete them in the Dashboard: buyers' data is sent there.", "%s", list(left))
	}

	return green("none of the %d endpoints leads to a tunnel or to a developer's machine", len(f.endpoints.value))
}

// tunnels are the names under which machines of developers are reached.
var tunnels = []string{
	"ngrok.io", "ngrok.app", "ngrok.dev", "ngrok-free.app", "ngrok-free.dev", "localhost.run", "loca.lt",
	"serveo.net", "trycloudflare.com",
	"localtunnel.me", "webhook.site", "hookdeck.com", "smee.io", "requestbin.com", "pipedream.net", "tunnelmole.net",
	"localhost", "local", "test", "example", "internal",
}

// isTestURL reports whether an address is one that real payments have no
// business with.
func isTestURL(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" {
		return true
	}

	host := strings.ToLower(u.Hostname())
	if ip, err := netip.ParseAddr(host); err == nil {
		return ip.IsLoopback() || ip.IsPrivate() || ip.IsUnspecified() || ip.IsLinkLocalUnicast()
	}

	return slices.ContainsFunc(tunnels, func(name string) bool {
		return host == name || strings.HasSuffix(host, "."+name)
	})
}

// sameURL reports whether two addresses are the same: scheme, host with its
// port, and path.
func sameURL(a, b string) bool {
	x, err := url.Parse(a)
	if err != nil {
		return false
	}
	y, err := url.Parse(b)
	return err == nil && x.Scheme == y.Scheme && strings.EqualFold(hostPort(x), hostPort(y)) && x.Path == y.Path
}

func hostPort(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Hostname() + ":" + u.Port()
	case u.Scheme == "http":
		return u.Hostname() + ":80"
	}
	return u.Hostname() + ":443"
}

// hostOf returns the host name of an address, "" if it has none.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Hostname()
}
