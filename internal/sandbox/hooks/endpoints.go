package hooks

import (
	"cmp"
	"net/http"
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
	FormerTo int64  `json:"former_to,omitempty"` // the time until which both sign
	Connect  bool   `json:"connect,omitempty"`
}

func (o *WebhookEndpoint) ObjectID() string   { return o.ID }
func (o *WebhookEndpoint) ObjectKind() string { return api.KindEndpoint }
func (o *WebhookEndpoint) Parents() []string  { return nil }
func (o *WebhookEndpoint) Secrets() any       { return &o.private }

// Endpoint is a webhook endpoint that exists from the start.
type Endpoint struct {
	URL           string
	Secret        string   // whsec_...; created if it is empty
	EnabledEvents []string // event types; empty or "*" means all
	Connect       bool     // receives the events of connected accounts instead of the platform's own
}

const maxEndpoints = 16

// ownAccount refuses the calls for a connected account: a platform gets the
// events of its accounts at its own Connect endpoints.
func ownAccount(run api.Handler) api.Handler {
	return func(c *api.Call) (any, error) {
		if c.Account == api.PlatformAccount {
			return run(c)
		}

		e := wire.Invalid("", "", "You are not permitted to configure webhook endpoints on a connected account. "+
			"Did you mean to create a Connect webhook on your account instead?")
		e.Status = http.StatusForbidden
		return nil, e
	}
}

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
		ep.Application = new(api.Application)
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
	prev, err := api.PathObject[*WebhookEndpoint](c, "webhook endpoint")
	if err != nil {
		return nil, err
	}

	next := *prev
	next.Metadata = wire.MergeMetadata(prev.Metadata, c.Params)
	api.SetText(&next.Description, c.Params, "description")

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

// receivers returns the endpoints that want an event: the platform's own or,
// for an event of an account that is connected, those for Connect. The caller
// holds the lock.
func (q *Sender) receivers(ev *api.Event) []*WebhookEndpoint {
	if ev.Owner != api.PlatformAccount {
		if _, connected := q.srv.Connected(ev.Owner); !connected {
			return nil
		}
	}
	return q.wanting(ev, ev.Account != "")
}

// wanting returns the endpoints that want an event, either those for Connect or
// the others.
func (q *Sender) wanting(ev *api.Event, forConnect bool) []*WebhookEndpoint {
	var out []*WebhookEndpoint
	for obj := range q.srv.Store.OfKind(api.PlatformAccount, api.KindEndpoint) {
		ep, ok := obj.(*WebhookEndpoint)
		if !ok || ep.Status != "enabled" || ep.private.Connect != forConnect {
			continue
		}

		if api.MatchesType(ep.EnabledEvents, ev.Type) {
			out = append(out, ep)
		}
	}

	return out
}

// EndpointNear returns an endpoint of an account or, if it has none of that ID,
// of the platform. The caller holds the lock.
func (q *Sender) EndpointNear(account, id string) (*WebhookEndpoint, bool) {
	for _, owner := range []string{account, api.PlatformAccount} {
		obj, _ := q.srv.Store.Get(owner, id)
		if ep, ok := obj.(*WebhookEndpoint); ok {
			return ep, true
		}
	}
	return nil, false
}

// Seed creates the configured endpoints. Those that a state file has restored
// are updated.
func (q *Sender) Seed() {
	store, journal := q.srv.Store, q.srv.Journal

	store.Lock()
	platform := store.Account(api.PlatformAccount)
	var changed []memory.Object
	for _, want := range q.endpoints {
		ep := q.endpointFor(platform, want)
		store.Put(platform, ep)
		changed = append(changed, ep)
	}

	lines := journal.Lines(api.PlatformAccount, changed)
	store.Unlock()

	journal.Write(lines)
}

// endpointFor returns the endpoint for a configured one, with the ID and the
// secret of the restored one if there is one.
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
		have, ok := obj.(*WebhookEndpoint)
		if !ok || have.URL != want.URL || have.private.Connect != want.Connect {
			continue
		}

		next := *have
		next.private.Secret = cmp.Or(want.Secret, have.private.Secret)
		ep = &next
	}

	ep.private.Secret = cmp.Or(ep.private.Secret, wire.NewWebhookSecret())

	ep.private.Connect = want.Connect
	if want.Connect {
		ep.Application = new(api.Application)
	}

	ep.Status = "enabled"

	ep.EnabledEvents = want.EnabledEvents
	if len(ep.EnabledEvents) == 0 {
		ep.EnabledEvents = []string{"*"}
	}

	return ep
}

// secretsAt returns the secrets that sign at a time: the current one and, for
// some time after a rotation, the previous one.
func (o *WebhookEndpoint) secretsAt(now time.Time) []string {
	if o.private.Former != "" && now.Unix() < o.private.FormerTo {
		return []string{o.private.Secret, o.private.Former}
	}
	return []string{o.private.Secret}
}

// Rotate replaces the secret of one endpoint, or of all if id is empty, and
// returns the new secrets by endpoint ID. It creates a secret if none is given.
// During overlap both secrets sign, as at Stripe:
// https://docs.stripe.com/webhooks#roll-endpoint-secrets.
func (q *Sender) Rotate(id, secret string, overlap time.Duration) map[string]string {
	out := map[string]string{}

	// Signatures are made with the configured clock, which tests do not move.
	prevEnds := q.srv.Config.Now().Add(overlap).Unix()

	_ = q.srv.Update(api.PlatformAccount, func(c *api.Call) error { // cannot fail
		for ep := range memory.All[*WebhookEndpoint](c.Tx, api.KindEndpoint) {
			if id != "" && ep.ID != id {
				continue
			}

			next := *ep
			next.private.Former, next.private.FormerTo = ep.private.Secret, prevEnds
			next.private.Secret = cmp.Or(secret, wire.NewWebhookSecret())
			c.Tx.Put(&next)
			out[ep.ID] = next.private.Secret
		}

		return nil
	})

	return out
}
