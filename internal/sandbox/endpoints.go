package sandbox

import (
	"cmp"
	"net/url"
	"time"
)

// WebhookEndpoint is https://docs.stripe.com/api/webhook_endpoints/object. The secret is shown once, at creation.
type WebhookEndpoint struct {
	ID            string            `json:"id"`
	Object        string            `json:"object"`
	APIVersion    *string           `json:"api_version"`
	Application   *string           `json:"application"`
	Created       int64             `json:"created"`
	Description   *string           `json:"description"`
	EnabledEvents []string          `json:"enabled_events"`
	Livemode      bool              `json:"livemode"`
	Metadata      map[string]string `json:"metadata"`
	Secret        string            `json:"secret,omitempty"`
	Status        string            `json:"status"`
	URL           string            `json:"url"`

	private endpointPrivate
}

type endpointPrivate struct {
	Secret   string `json:"secret"`
	Former   string `json:"former,omitempty"`    // the secret before the last rotation
	FormerTo int64  `json:"former_to,omitempty"` // until when both sign
	Connect  bool   `json:"connect,omitempty"`
}

func (o *WebhookEndpoint) objectID() string   { return o.ID }
func (o *WebhookEndpoint) objectKind() string { return kindEndpoint }
func (o *WebhookEndpoint) parents() []string  { return nil }
func (o *WebhookEndpoint) secrets() any       { return &o.private }

// Endpoint is a webhook endpoint that exists from the start.
type Endpoint struct {
	URL           string
	Secret        string   // whsec_...; made up when empty
	EnabledEvents []string // event types; empty or "*" means all
	Connect       bool     // receives the events of connected accounts instead of the platform's own
}

const maxEndpoints = 16

func createEndpoint(c *call) (any, error) {
	if c.p.str("url") == "" {
		return nil, missingParam("url")
	}
	if err := checkEndpointURL(c.p.str("url")); err != nil {
		return nil, err
	}
	events := c.p.strs("enabled_events")
	if len(events) == 0 {
		return nil, missingParam("enabled_events")
	}
	if sh := c.tx.account.kinds[kindEndpoint]; sh != nil && len(sh.ids)-sh.dead >= maxEndpoints {
		return nil, invalid("", "", "You have reached the maximum of %d test webhook endpoints.", maxEndpoints)
	}
	ep := &WebhookEndpoint{
		ID: newID("we"), Object: kindEndpoint, APIVersion: c.p.text("api_version"), Created: c.now.Unix(),
		Description: c.p.text("description"), EnabledEvents: events, Metadata: mergeMetadata(nil, c.p), Status: "enabled",
		URL: c.p.str("url"),
	}
	ep.private = endpointPrivate{Secret: newWebhookSecret(), Connect: c.p.flag("connect")}
	if ep.private.Connect {
		ep.Application = new("ca_SandboxApplication")
	}
	c.tx.put(ep)
	shown := *ep
	shown.Secret = ep.private.Secret
	return &shown, nil
}

func checkEndpointURL(raw string) error {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return invalid("url_invalid", "url", "Invalid URL: An explicit scheme (such as https) must be provided.")
	}
	return nil
}

func retrieveEndpoint(c *call) (any, error) {
	return pathObject[*WebhookEndpoint](c, "webhook endpoint")
}

func updateEndpoint(c *call) (any, error) {
	old, err := pathObject[*WebhookEndpoint](c, "webhook endpoint")
	if err != nil {
		return nil, err
	}
	next := *old
	next.Metadata = mergeMetadata(old.Metadata, c.p)
	set(&next.Description, c.p, "description")
	if events := c.p.strs("enabled_events"); len(events) > 0 {
		next.EnabledEvents = events
	}
	if raw := c.p.str("url"); raw != "" {
		if err := checkEndpointURL(raw); err != nil {
			return nil, err
		}
		next.URL = raw
	}
	if c.p.has("disabled") {
		next.Status = "enabled"
		if c.p.flag("disabled") {
			next.Status = "disabled"
		}
	}
	c.tx.put(&next)
	return &next, nil
}

func deleteEndpoint(c *call) (any, error) {
	ep, err := pathObject[*WebhookEndpoint](c, "webhook endpoint")
	if err != nil {
		return nil, err
	}
	c.tx.remove(ep.ID)
	return &DeletedObject{ID: ep.ID, Object: kindEndpoint, Deleted: true}, nil
}

func listEndpoints(c *call) (any, error) { return page[*WebhookEndpoint](c, kindEndpoint, "", nil) }

// receivers are the endpoints that want an event: those of the account that it is about, and the platform's Connect
// endpoints for a connected account's. The caller holds the lock.
func (q *sender) receivers(ev *Event) []*WebhookEndpoint {
	out := q.wanting(ev, ev.owner, ev.Account != "" && ev.owner == PlatformAccount)
	if ev.owner != PlatformAccount {
		out = append(out, q.wanting(ev, PlatformAccount, true)...)
	}
	return out
}

// wanting lists an account's endpoints, for Connect or not, that want an event.
func (q *sender) wanting(ev *Event, account string, forConnect bool) []*WebhookEndpoint {
	var out []*WebhookEndpoint
	if w := q.srv.store.accounts[account]; w != nil {
		w.each(kindEndpoint, func(obj object) {
			ep, ok := obj.(*WebhookEndpoint)
			if ok && ep.Status == "enabled" && ep.private.Connect == forConnect && matchesType(ep.EnabledEvents, ev.Type) {
				out = append(out, ep)
			}
		})
	}
	return out
}

// endpointNear finds the endpoint of an id where an account's events may go: its own, or the platform's.
// The caller holds the lock.
func (q *sender) endpointNear(account, id string) (*WebhookEndpoint, bool) {
	for _, owner := range []string{account, PlatformAccount} {
		if w := q.srv.store.accounts[owner]; w != nil {
			if ep, ok := w.objects[id].obj.(*WebhookEndpoint); ok {
				return ep, true
			}
		}
	}
	return nil, false
}

// seed creates the configured endpoints, or brings the ones that a state file remembers up to date.
func (q *sender) seed() {
	s := q.srv
	s.store.mu.Lock()
	w := s.store.account(PlatformAccount)
	var changed []object
	for _, want := range q.endpoints {
		ep := q.endpointFor(w, want)
		s.store.put(w, ep)
		changed = append(changed, ep)
	}
	lines := s.journal.lines(PlatformAccount, changed)
	s.store.mu.Unlock()
	s.journal.write(lines)
}

func (q *sender) endpointFor(w *accountData, want Endpoint) *WebhookEndpoint {
	ep := &WebhookEndpoint{ID: newID("we"), Object: kindEndpoint, Created: q.srv.now().Unix(), Metadata: map[string]string{}, URL: want.URL}
	ep.private.Secret = want.Secret
	for _, e := range w.objects {
		if have, ok := e.obj.(*WebhookEndpoint); ok && have.URL == want.URL && have.private.Connect == want.Connect {
			next := *have
			ep = &next
			if want.Secret != "" {
				ep.private.Secret = want.Secret
			}
		}
	}
	if ep.private.Secret == "" {
		ep.private.Secret = newWebhookSecret()
	}
	ep.private.Connect, ep.Status, ep.EnabledEvents = want.Connect, "enabled", want.EnabledEvents
	if len(ep.EnabledEvents) == 0 {
		ep.EnabledEvents = []string{"*"}
	}
	return ep
}

// secretsAt are the secrets that sign at a moment: the current one and, for a while after a rotation, the former.
func (o *WebhookEndpoint) secretsAt(now time.Time) []string {
	if o.private.Former != "" && now.Unix() < o.private.FormerTo {
		return []string{o.private.Secret, o.private.Former}
	}
	return []string{o.private.Secret}
}

// rotate gives an endpoint (all when id is empty) a new secret, made up when empty, and returns the secrets by
// endpoint id. For overlap both secrets sign, as at Stripe: https://docs.stripe.com/webhooks#roll-endpoint-secrets.
func (q *sender) rotate(id, secret string, overlap time.Duration) map[string]string {
	out := map[string]string{}
	former := q.srv.cfg.Now().Add(overlap).Unix()           // signatures carry the time of a clock that nobody moved
	_ = q.srv.update(PlatformAccount, func(c *call) error { // the function below does not fail
		sh := c.tx.account.kinds[kindEndpoint]
		for i := 0; sh != nil && i < len(sh.ids); i++ {
			ep, ok := find[*WebhookEndpoint](c.tx, sh.ids[i])
			if !ok || id != "" && ep.ID != id {
				continue
			}
			next := *ep
			next.private.Former, next.private.FormerTo = ep.private.Secret, former
			next.private.Secret = cmp.Or(secret, newWebhookSecret())
			c.tx.put(&next)
			out[ep.ID] = next.private.Secret
		}
		return nil
	})
	return out
}
