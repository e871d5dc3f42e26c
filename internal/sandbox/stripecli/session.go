package stripecli

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/wire"
)

// session queues messages for a command line, even while it is not connected,
// and keeps those that it has not acknowledged.
type session struct {
	ticket ticket
	wake   chan struct{}

	mu      sync.Mutex
	queue   []*message
	unacked []*message
	epoch   int // counts connections: only the latest one may fetch
}

// push queues messages and drops the oldest if the queue is full.
func (c *session) push(items ...*message) {
	c.mu.Lock()
	for _, item := range items {
		item.conversation = wire.NewID("wc")
		if item.log != nil {
			item.conversation = wire.NewID("resp")
		}
	}

	c.queue = append(c.queue, items...)
	if excess := len(c.queue) - maxQueue; excess > 0 {
		c.queue = c.queue[excess:]
	}

	c.mu.Unlock()
	c.wakeUp()
}

// wakeUp wakes the connection that waits in next. It never blocks.
func (c *session) wakeUp() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// connect starts a connection and returns its epoch. The messages that the
// previous connection did not acknowledge are queued again, and that connection
// may not fetch any more.
func (c *session) connect() (epoch int) {
	c.mu.Lock()
	c.epoch++
	epoch = c.epoch
	c.queue, c.unacked = append(c.unacked, c.queue...), nil
	c.mu.Unlock()

	c.wakeUp()
	return epoch
}

var errReplaced = errors.New("another connection took over the session")

// next waits for a message for the connection of an epoch.
func (c *session) next(ctx context.Context, epoch int) (*message, error) {
	for {
		c.mu.Lock()
		if epoch != c.epoch {
			c.mu.Unlock()
			c.wakeUp() // the signal was meant for the newer connection
			return nil, errReplaced
		}

		if len(c.queue) > 0 {
			item := c.queue[0]
			c.queue = c.queue[1:]
			c.unacked = append(c.unacked, item)
			if excess := len(c.unacked) - maxQueue; excess > 0 {
				c.unacked = c.unacked[excess:]
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

// acknowledge drops a message. Request logs are acknowledged by their own ID.
func (c *session) acknowledge(conversation, event string) {
	c.mu.Lock()
	defer c.mu.Unlock()

	c.unacked = slices.DeleteFunc(c.unacked, func(i *message) bool {
		return i.conversation == conversation || i.log != nil && i.conversation == event
	})
}

// wants reports whether a request matches the filters of `stripe logs tail`.
// All filters must match.
func (c *session) wants(e *logEntry) bool {
	outcome := "SUCCEEDED"
	if e.Status >= http.StatusBadRequest {
		outcome = "FAILED"
	}

	side := "SELF"
	if e.account != api.PlatformAccount {
		side = "CONNECT_OUT"
	}

	code := strconv.Itoa(e.Status)
	values := map[string]string{
		"filter_account":          side,
		"filter_http_method":      e.Method,
		"filter_request_path":     e.URL,
		"filter_request_status":   outcome,
		"filter_source":           "API",
		"filter_status_code_type": code[:1] + "00",
		"filter_status_code":      code,
		"filter_ip_address":       e.caller,
	}

	for name, allowed := range c.ticket.Filters {
		if len(allowed) > 0 &&
			!slices.ContainsFunc(allowed, func(v string) bool { return strings.EqualFold(v, values[name]) }) {
			return false
		}
	}

	return true
}
