package hooks

import (
	"cmp"
	"net/url"
	"time"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/memory"
	"checkoutd/internal/sandbox/wire"
)

// WebhookEndpoint is https://docs.stripe.com/api/webhook_endpoints/object. The
// secret is shown once, at creation.
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

func (o *WebhookEndpoint) ObjectID() string   { return o.ID }
func (o *WebhookEndpoint) ObjectKind() string { return api.KindEndpoint }
func (o *WebhookEndpoint) Parents() []string  { return nil }
func (o *WebhookEndpoint) Secrets() any       { return &o.private }

// Endpoint is a webhook endpoint that exists from the start.
type Endpoint struct {
	URL           string
	Secret        string   // whsec_...; made up when empty
	EnabledEvents []string // event types; empty or "*" means all
	Connect       bool     // receives the events of connected accounts instead of the platform's own
}

const maxEndpoints = 16

func createEndpoint(c *api.Call) (any, error) {
	if c.Params.String("url") == "" {
		return nil, wire.MissingParam("url")
	}
	if err := checkEndpointURL(c.Params.String("url")); err != nil {
		return nil, err
	}

	events := c.Params.Strings("enabled_events")
	if len(events) == 0 {
		return nil, wire.MissingParam("enabled_events")
	}
	if c.Tx.Account.Index(api.KindEndpoint, "").Len() >= maxEndpoints {
		return nil, wire.Invalid("", "", "You have reached the maximum of %d test webhook endpoints.", maxEndpoints)
	}

	ep := &WebhookEndpoint{
		ID:            wire.NewID("we"),
		Object:        api.KindEndpoint,
		APIVersion:    c.Params.Text("api_version"),
		Created:       c.Now.Unix(),
		Description:   c.Params.Text("description"),
		EnabledEvents: events,
		Metadata:      wire.MergeMetadata(nil, c.Params),
		Status:        "enabled",
		URL:           c.Params.String("url"),
	}

	ep.private = endpointPrivate{Secret: wire.NewWebhookSecret(), Connect: c.Params.Bool("connect")}
	if ep.private.Connect {
		ep.Application = new("ca_SandboxApplication")
	}

	c.Tx.Put(ep)
	shown := *ep
	shown.Secret = ep.private.Secret

	return &shown, nil
}

func checkEndpointURL(raw string) error {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return wire.Invalid("url_invalid", "url", "Invalid URL: An explicit scheme (such as https) must be provided.")
	}
	return nil
}

func retrieveEndpoint(c *api.Call) (any, error) {
	return api.PathObject[*WebhookEndpoint](c, "webhook endpoint")
}

func updateEndpoint(c *api.Call) (any, error) {
	old, err := api.PathObject[*WebhookEndpoint](c, "webhook endpoint")
	if err != nil {
		return nil, err
	}

	next := *old
	next.Metadata = wire.MergeMetadata(old.Metadata, c.Params)
	api.Set(&next.Description, c.Params, "description")

	if events := c.Params.Strings("enabled_events"); len(events) > 0 {
		next.EnabledEvents = events
	}

	if raw := c.Params.String("url"); raw != "" {
		if err := checkEndpointURL(raw); err != nil {
			return nil, err
		}

		next.URL = raw
	}

	if c.Params.Has("disabled") {
		next.Status = "enabled"
		if c.Params.Bool("disabled") {
			next.Status = "disabled"
		}
	}

	c.Tx.Put(&next)
	return &next, nil
}

func deleteEndpoint(c *api.Call) (any, error) {
	ep, err := api.PathObject[*WebhookEndpoint](c, "webhook endpoint")
	if err != nil {
		return nil, err
	}
	c.Tx.Remove(ep.ID)
	return &api.DeletedObject{ID: ep.ID, Object: api.KindEndpoint, Deleted: true}, nil
}

func listEndpoints(c *api.Call) (any, error) {
	return api.Page[*WebhookEndpoint](c, api.KindEndpoint, "", nil)
}

// receivers are the endpoints that want an event: those of the account that it
// is about, and the platform's Connect endpoints for a connected account's. The
// caller holds the lock.
func (q *Sender) receivers(ev *api.Event) []*WebhookEndpoint {
	out := q.wanting(ev, ev.Owner, ev.Account != "" && ev.Owner == api.PlatformAccount)
	if ev.Owner != api.PlatformAccount {
		out = append(out, q.wanting(ev, api.PlatformAccount, true)...)
	}
	return out
}

// wanting lists an account's endpoints, for Connect or not, that want an event.
func (q *Sender) wanting(ev *api.Event, account string, forConnect bool) []*WebhookEndpoint {
	var out []*WebhookEndpoint
	for obj := range q.srv.Store.OfKind(account, api.KindEndpoint) {
		ep, ok := obj.(*WebhookEndpoint)
		if ok && ep.Status == "enabled" && ep.private.Connect == forConnect && api.MatchesType(ep.EnabledEvents, ev.Type) {
			out = append(out, ep)
		}
	}
	return out
}

// EndpointNear finds the endpoint of an id where an account's events may go:
// its own, or the platform's. The caller holds the lock.
func (q *Sender) EndpointNear(account, id string) (*WebhookEndpoint, bool) {
	for _, owner := range []string{account, api.PlatformAccount} {
		obj, _ := q.srv.Store.Get(owner, id)
		if ep, ok := obj.(*WebhookEndpoint); ok {
			return ep, true
		}
	}
	return nil, false
}

// Seed creates the configured endpoints, or brings the ones that a state file
// remembers up to date.
func (q *Sender) Seed() {
	s := q.srv
	s.Store.Lock()
	w := s.Store.Account(api.PlatformAccount)
	var changed []memory.Object
	for _, want := range q.endpoints {
		ep := q.endpointFor(w, want)
		s.Store.Put(w, ep)
		changed = append(changed, ep)
	}

	lines := s.Journal.Lines(api.PlatformAccount, changed)
	s.Store.Unlock()
	s.Journal.Write(lines)
}

func (q *Sender) endpointFor(account *memory.Account, want Endpoint) *WebhookEndpoint {
	ep := &WebhookEndpoint{
		ID:       wire.NewID("we"),
		Object:   api.KindEndpoint,
		Created:  q.srv.Now().Unix(),
		Metadata: map[string]string{},
		URL:      want.URL,
	}

	ep.private.Secret = want.Secret
	for obj := range account.OfKind(api.KindEndpoint) {
		if have, ok := obj.(*WebhookEndpoint); ok && have.URL == want.URL && have.private.Connect == want.Connect {
			next := *have
			ep = &next
			if want.Secret != "" {
				ep.private.Secret = want.Secret
			}
		}
	}

	if ep.private.Secret == "" {
		ep.private.Secret = wire.NewWebhookSecret()
	}

	ep.private.Connect, ep.Status, ep.EnabledEvents = want.Connect, "enabled", want.EnabledEvents
	if len(ep.EnabledEvents) == 0 {
		ep.EnabledEvents = []string{"*"}
	}

	return ep
}

// secretsAt are the secrets that sign at a moment: the current one and, for a
// while after a rotation, the former.
func (o *WebhookEndpoint) secretsAt(now time.Time) []string {
	if o.private.Former != "" && now.Unix() < o.private.FormerTo {
		return []string{o.private.Secret, o.private.Former}
	}
	return []string{o.private.Secret}
}

// Rotate gives an endpoint (all when id is empty) a new secret, made up when
// empty, and returns the secrets by endpoint id. For overlap both secrets sign,
// as at Stripe: https://docs.stripe.com/webhooks#roll-endpoint-secrets.
func (q *Sender) Rotate(id, secret string, overlap time.Duration) map[string]string {
	out := map[string]string{}
	former := q.srv.Config.Now().Add(overlap).Unix()                // signatures carry the time of a clock that nobody moved
	_ = q.srv.Update(api.PlatformAccount, func(c *api.Call) error { // the function below does not fail
		for ep := range memory.All[*WebhookEndpoint](c.Tx, api.KindEndpoint) {
			if id != "" && ep.ID != id {
				continue
			}

			next := *ep
			next.private.Former, next.private.FormerTo = ep.private.Secret, former
			next.private.Secret = cmp.Or(secret, wire.NewWebhookSecret())
			c.Tx.Put(&next)
			out[ep.ID] = next.private.Secret
		}

		return nil
	})

	return out
}
