package stripecli

import (
	"context"
	"errors"
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
	sessions map[string]*cliSession
	order    []string
}

const (
	maxCLISessions = 32
	maxCLIQueue    = 2000
)

func New(srv *api.Server, webhooks *hooks.Sender) *Hub {
	ctx, cancel := context.WithCancel(context.Background())
	h := &Hub{
		srv:      srv,
		hooks:    webhooks,
		ctx:      ctx,
		cancel:   cancel,
		sessions: map[string]*cliSession{},
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
func (h *Hub) session(t cliTicket) *cliSession {
	h.mu.Lock()
	defer h.mu.Unlock()

	if have := h.sessions[t.ID]; have != nil {
		return have
	}

	s := &cliSession{ticket: t, wake: make(chan struct{}, 1)}
	h.sessions[t.ID] = s

	h.order = append(h.order, t.ID)
	if len(h.order) > maxCLISessions {
		delete(h.sessions, h.order[0])
		h.order = h.order[1:]
	}

	return s
}

// with lists the sessions that asked for a feature.
func (h *Hub) with(feature string) []*cliSession {
	h.mu.Lock()
	defer h.mu.Unlock()
	var out []*cliSession
	for _, id := range h.order {
		if s := h.sessions[id]; slices.Contains(s.ticket.Features, feature) {
			out = append(out, s)
		}
	}
	return out
}

// cliSession queues what a command line has to get while it is not connected,
// and keeps what it has not acknowledged.
type cliSession struct {
	ticket cliTicket
	wake   chan struct{}

	mu      sync.Mutex
	queue   []*cliItem
	unacked []*cliItem
	epoch   int // counts connections: only the latest one may fetch
}

// push queues messages; the oldest go when nobody fetches them.
func (c *cliSession) push(items ...*cliItem) {
	c.mu.Lock()
	for _, item := range items {
		item.conversation = wire.NewID("wc")
		if item.log != nil {
			item.conversation = wire.NewID("resp")
		}
	}

	c.queue = append(c.queue, items...)
	if over := len(c.queue) - maxCLIQueue; over > 0 {
		c.queue = c.queue[over:]
	}

	c.mu.Unlock()
	c.wakeUp()
}

func (c *cliSession) wakeUp() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// connect puts back what the former connection did not acknowledge, and ends
// that one's right to fetch.
func (c *cliSession) connect() (epoch int) {
	c.mu.Lock()
	c.epoch++
	epoch = c.epoch
	c.queue, c.unacked = append(c.unacked, c.queue...), nil
	c.mu.Unlock()
	c.wakeUp()
	return epoch
}

var errReplaced = errors.New("another connection took the session over")

// next waits for a message for the connection of that epoch.
func (c *cliSession) next(ctx context.Context, epoch int) (*cliItem, error) {
	for {
		c.mu.Lock()
		if epoch != c.epoch {
			c.mu.Unlock()
			c.wakeUp() // the word was meant for the other one
			return nil, errReplaced
		}

		if len(c.queue) > 0 {
			item := c.queue[0]
			c.queue = c.queue[1:]
			c.unacked = append(c.unacked, item)
			if over := len(c.unacked) - maxCLIQueue; over > 0 {
				c.unacked = c.unacked[over:]
			}

			c.mu.Unlock()
			return item, nil
		}

		c.mu.Unlock()
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-c.wake:
		}
	}
}

// acknowledge forgets a message; request logs are acknowledged by their own id.
func (c *cliSession) acknowledge(conversation, event string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.unacked = slices.DeleteFunc(c.unacked, func(i *cliItem) bool {
		return i.conversation == conversation || i.log != nil && i.conversation == event
	})
}
