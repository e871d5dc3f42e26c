package stripecli

import (
	"context"
	"slices"
	"sync"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/hooks"
	"checkoutd/internal/sandbox/wire"
)

// Hub knows the sessions of the command line. It is safe for concurrent use.
type Hub struct {
	srv    *api.Server
	hooks  *hooks.Sender
	ctx    context.Context // ends the connections when the sandbox closes
	cancel context.CancelFunc

	mu       sync.Mutex
	sessions map[string]*session
	order    []string
}

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

// Module is what the command line adds to the API.
func (h *Hub) Module() api.Module {
	return api.Module{
		Routes: []api.Route{
			api.NewRoute("POST", "/v1/events/{id}/retry", api.SecretOnly, h.retryEvent),
			api.NewRoute("POST", "/v1/stripecli/sessions", api.SecretOnly, h.createSession),
		},
		Logged: h.pushRequestLog,
	}
}

// session finds the session of a ticket, or makes it: after a restart the
// command line comes back with its old id.
func (h *Hub) session(t ticket) *session {
	h.mu.Lock()
	defer h.mu.Unlock()

	if have := h.sessions[t.ID]; have != nil {
		return have
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

// with lists the sessions that asked for a feature.
func (h *Hub) with(feature string) []*session {
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

// pushEvent hands an event to every `listen`.
func (h *Hub) pushEvent(ev *api.Event) {
	for _, session := range h.with(featureWebhooks) {
		session.push(&message{event: ev}, &message{event: ev, latest: true})
	}
}

// pushRequestLog hands an API request to every `logs tail` whose filters let it
// through.
func (h *Hub) pushRequestLog(c *api.Call, resp api.Response) {
	for _, session := range h.with(featureLogs) {
		if entry := logEntryOf(c, resp); session.wants(entry) {
			session.push(&message{log: entry})
		}
	}
}

// retryEvent is POST /v1/events/{id}/retry, behind `stripe events resend`.
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
