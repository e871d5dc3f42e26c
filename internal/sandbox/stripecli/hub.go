package stripecli

import (
	"context"
	"slices"
	"sync"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/hooks"
	"checkoutd/internal/sandbox/wire"
)

// Hub holds the sessions of the command line. It is safe for concurrent use.
type Hub struct {
	srv    *api.Server
	hooks  *hooks.Sender
	ctx    context.Context // ends the connections when the sandbox closes
	cancel context.CancelFunc

	mu       sync.Mutex
	sessions map[string]*session
	order    []string // session IDs, oldest first
}

// New returns a hub that receives the events of a sender.
func New(srv *api.Server, webhooks *hooks.Sender) *Hub {
	ctx, cancel := context.WithCancel(context.Background())
	h := &Hub{
		srv:      srv,
		hooks:    webhooks,
		ctx:      ctx,
		cancel:   cancel,
		sessions: map[string]*session{},
	}

	webhooks.Listen(h.pushEvent)
	return h
}

// Close ends the connections.
func (h *Hub) Close() { h.cancel() }

// Module returns what the command line adds to the API.
func (h *Hub) Module() api.Module {
	return api.Module{
		Routes: []api.Route{
			api.NewRoute("POST", "/v1/events/{id}/retry", api.SecretOnly, h.retryEvent),
			api.NewRoute("POST", "/v1/stripecli/sessions", api.SecretOnly, h.createSession),
		},
		Logged: h.pushRequestLog,
	}
}

// session returns the session of a ticket, and creates it if necessary: after a
// restart of the sandbox, the command line returns with its previous ID.
func (h *Hub) session(t ticket) *session {
	h.mu.Lock()
	defer h.mu.Unlock()

	if existing := h.sessions[t.ID]; existing != nil {
		return existing
	}

	s := &session{ticket: t, wake: make(chan struct{}, 1)}
	h.sessions[t.ID] = s
	h.order = append(h.order, t.ID)
	if len(h.order) > maxSessions {
		delete(h.sessions, h.order[0])
		h.order = h.order[1:]
	}

	return s
}

// sessionsWith returns the sessions that asked for a feature.
func (h *Hub) sessionsWith(feature string) []*session {
	h.mu.Lock()
	defer h.mu.Unlock()

	var out []*session
	for _, id := range h.order {
		if s := h.sessions[id]; slices.Contains(s.ticket.Features, feature) {
			out = append(out, s)
		}
	}
	return out
}

// pushEvent queues an event for every `stripe listen`.
func (h *Hub) pushEvent(ev *api.Event) {
	for _, session := range h.sessionsWith(featureWebhooks) {
		session.push(&message{event: ev}, &message{event: ev, latest: true})
	}
}

// pushRequestLog queues an API request for every `stripe logs tail` whose
// filters match.
func (h *Hub) pushRequestLog(c *api.Call, resp api.Response) {
	for _, session := range h.sessionsWith(featureLogs) {
		if entry := logEntryOf(c, resp); session.wants(entry) {
			session.push(&message{log: entry})
		}
	}
}

// retryEvent handles POST /v1/events/{id}/retry, which `stripe events resend`
// calls.
func (h *Hub) retryEvent(c *api.Call) (any, error) {
	ev, err := api.PathObject[*api.Event](c, api.KindEvent)
	if err != nil {
		return nil, err
	}

	id := c.Params.String("webhook_endpoint")
	if id == "" {
		h.pushEvent(ev)
		return ev, nil
	}

	ep, ok := h.hooks.EndpointNear(c.Account, id)
	if !ok {
		return nil, wire.NoSuch("webhook endpoint", "webhook_endpoint", id)
	}

	h.hooks.Again(ev, ep)
	return ev, nil
}
